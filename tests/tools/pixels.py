"""Compares two pictures by their pixels."""

import struct
import zlib
from collections.abc import Iterator

SEEN_FROM = 24  # of 255 of a channel, from which a pixel looks different
MANY = 12  # such pixels, from which a picture does
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def differ_visibly(one: bytes, other: bytes) -> bool:
    """Whether two PNG files look different."""
    if one == other:
        return False
    (size, first), (other_size, second) = rows_of(one), rows_of(other)
    if size != other_size:
        return True
    seen = 0
    for row, another in zip(first, second, strict=True):
        if row != another:
            seen += sum(abs(a - b) >= SEEN_FROM for a, b in zip(row, another, strict=True))
            if seen >= MANY:
                return True
    return False


def rows_of(png: bytes) -> tuple[tuple[int, ...], Iterator[bytes]]:
    """Return width, height and channels of a PNG file of 8 bits a channel, and its rows of bytes."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("not a PNG file")
    place, packed, header = len(_SIGNATURE), b"", b""
    while place < len(png):
        (length,), kind = struct.unpack(">I", png[place : place + 4]), png[place + 4 : place + 8]
        data = png[place + 8 : place + 8 + length]
        header = data if kind == b"IHDR" else header
        packed += data if kind == b"IDAT" else b""
        place += length + 12
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or interlaced or colours not in _CHANNELS:
        raise ValueError("a kind of PNG file that is not read here")
    channels = _CHANNELS[colours]
    return (width, height, channels), _unfiltered(zlib.decompress(packed), width * channels, channels)


def _unfiltered(data: bytes, length: int, step: int) -> Iterator[bytes]:
    above = bytearray(length)
    for begin in range(0, len(data), length + 1):
        kind, row = data[begin], bytearray(data[begin + 1 : begin + 1 + length])
        if kind == 2:
            row = bytearray((a + b) & 255 for a, b in zip(row, above, strict=True))
        elif kind:
            for at in range(length):
                left = row[at - step] if at >= step else 0
                corner = above[at - step] if at >= step else 0
                guess = (left, left, 0, (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
                row[at] = (row[at] + guess) & 255
        above = row
        yield bytes(row)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    by_left, by_above, by_corner = abs(guess - left), abs(guess - above), abs(guess - corner)
    if by_left <= by_above and by_left <= by_corner:
        return left
    return above if by_above <= by_corner else corner
