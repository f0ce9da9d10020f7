"""Text that a terminal draws and never obeys."""

import codecs
import re
import unicodedata

# Cf holds the bidirectional overrides and zero-width marks, Cs the surrogates that stand for
# undecodable bytes, Zl and Zp the separators that a terminal may take for a line break.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINER = "\u200d"  # joins emoji into one picture; it moves nothing


def printable(text: str) -> str:
    """Return ``text`` with every control, format and undecodable character written out.

    Control characters use caret notation (``ESC`` is ``^[``), undecodable bytes ``\\xNN``, others ``\\uNNNN``.
    """
    if text.isprintable():  # for Python the joiner is not
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"^{chr(code ^ 0x40)}"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0xA0 and code >= 0x80:
        return f"\\x{code:02x}"
    if char != _JOINER and unicodedata.category(char) in _HIDDEN:
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return char


class Harmless:
    """Makes a stream of bytes fit for a terminal: colours, tabs and line ends pass, the rest is written out."""

    _PASS = "(\x1b\\[[0-9;:]*m|[\n\r\t])"
    _OPEN = "\x1b(\\[[0-9;:]{0,64})?$"

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """Return what can be shown by now; an unfinished colour or character waits for its end."""
        text = self._rest + self._decoder.decode(data, final)
        unfinished = None if final else re.search(self._OPEN, text)
        self._rest = text[unfinished.start() :] if unfinished else ""
        parts = re.split(self._PASS, text[: len(text) - len(self._rest)])
        return "".join(part if place % 2 else printable(part) for place, part in enumerate(parts))
