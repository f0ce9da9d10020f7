"""The pictures of the README, and how the tool that makes them tells whether one looks different."""

import re
import struct
import zlib

import pytest

from tests.conftest import ROOT
from tests.tools.make_screenshots import MOST, MOST_BYTES
from tests.tools.pixels import MANY, differ_visibly

SIZE = 40


def png(rows: list[bytes], filters: int = 0) -> bytes:
    """Return a PNG file of grey pixels; with ``filters`` each row is stored as its difference from the one above."""
    lines, above = [], bytes(SIZE)
    for row in rows:
        stored = bytes((a - b) & 255 for a, b in zip(row, above, strict=True)) if filters else row
        lines.append(bytes([filters]) + stored)
        above = row
    header = struct.pack(">IIBBBBB", SIZE, len(rows), 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines)))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("changed", "by", "looks_other"), [(0, 0, False), (MANY, 10, False), (MANY - 1, 90, False), (MANY, 90, True)]
)
def test_a_picture_looks_different_once_some_pixels_do(changed: int, by: int, looks_other: bool) -> None:
    before = [bytes([100] * SIZE)] * 3
    after = [before[0], bytes([100 + by] * changed + [100] * (SIZE - changed)), before[2]]
    assert differ_visibly(png(before), png(after, filters=2)) == looks_other
    assert differ_visibly(png(before), png(before[:2]))


def test_the_pictures_are_few_and_small_and_those_of_the_readme_are_among_them() -> None:
    files = [*(ROOT / "screenshots").iterdir()]
    assert {file.suffix for file in files} == {".png"}
    assert len(files) <= MOST
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES
    assert set(re.findall(r"\(screenshots/([^)]*)\)", (ROOT / "README.md").read_text())) <= {
        file.name for file in files
    }
