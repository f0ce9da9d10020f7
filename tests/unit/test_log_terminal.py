"""Output on screen: what a terminal would show, and nothing a terminal would do."""

import random

import pytest

from tui_queue.core.logs.terminal.cells import parts_of, text_of
from tui_queue.core.logs.terminal.escapes import Emulator, rows
from tui_queue.core.logs.terminal.sgr import BOLD, STRIKE, UNDERLINE, CellStyle


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (b"plain", "plain"),
        (b"10%\r20%", "20%"),
        (b"abc\rX", "Xbc"),
        (b"from Windows\r\n", "from Windows\n"),
        (b"abc\r\x1b[K", ""),
        (b"abc\b\bX", "aXc"),
        (b"abc\x1b[1K", "   "),
        (b"abc\x1b[2Kd", "   d"),
        (b"a\tb", "a       b"),
        ("naïve ✓ 日本".encode(), "naïve ✓ 日本"),
        ("日本\rx".encode(), "x 本"),
        ("日本\r\x1b[3Gx".encode(), "日x "),
        ("e\u0301x\r\x1b[1Cy".encode(), "e\u0301y"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"[red]x[/] [@click=app.quit]y", "[red]x[/] [@click=app.quit]y"),
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"a\x1b[6n\x1b[c\x1b[?25lb", "ab"),
        (b"\x1b]0;title\x07a\x1b]2;title\x1b\\b", "ab"),
        (b"\x1b]52;c;ZXZpbA==\x07a", "a"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b'\x1bP$q"p\x1b\\a\x1b_apc\x1b\\b\x1b^pm\x1b\\c\x1bXsos\x1b\\d', "abcd"),
        (b"a\x1b]0;no end", "a"),
        (b"a\x1b[31", "a"),
        (b"a\x1b", "a"),
        (b"a\x1b(Bc\x1b7d", "acd"),
        ("a\x9b31mb\x9d0;t\x9cc".encode(), "abc"),
        (b"a\x00\x07\x0e\x7fb", "ab"),
        ("a\u202eb\u200bc\u2028d".encode(), "a\\u202eb\\u200bc\\u2028d"),
        (b"one\ntwo\x1b[A!\nthree", "one!\nthree"),
        (b"1\n2\n3\x1b[2F\x1b[Kx", "x\n2\n3"),
        (b"1\n2\n\x1b[1A\x1b[Jx", "1\nx\n"),
        (b"ab\x1b[sc\x1b[ud", "abd"),
        (b"a\n\x1b[3;5Hx", "a\n\n    x"),
        (b"abcdef\x1b[3G\x1b[2P", "abef"),
        (b"abef\x1b[3G\x1b[2@cd", "abcdef"),
        (b"abcd\x1b[2G\x1b[2X", "a  d"),
        (b"1\n3\x1b[L2", "1\n 2\n3"),
        (b"1\n2\n3\x1b[A\x1b[M", "1\n3"),
        (b"before\x1b[?1049h\x1b[Hinside\x1b[?1049l after", "before after"),
        (b"first\x1b[2J\x1b[Hsecond", "first\nsecond"),
        (b"a\x1b[9999Ab\x1b[9999Dc", "cb"),
    ],
)
def test_output_shows_what_a_terminal_would_have_shown(output: bytes, shown: str) -> None:
    assert "\n".join(rows(output)) == shown


def test_styles_of_cells() -> None:
    emulator = Emulator()
    emulator.feed(
        b"\x1b[1;31mred\x1b[0m plain \x1b[38;5;200mpink\x1b[39m\x1b[48;2;1;2;3mon\x1b[m\x1b[97;4:3mwhite\x1b[24;4:0m"
        b"\x1b[38:2::255:0:16;9mstruck\x1b[0m\x1b]8;id=1;http://x\x1b\\link\x1b]8;;\x07."
    )
    assert parts_of(emulator.screen.rows[0]) == [
        ("red", CellStyle(fg="1", attributes=BOLD)),
        (" plain ", CellStyle()),
        ("pink", CellStyle(fg="200")),
        ("on", CellStyle(bg="#010203")),
        ("white", CellStyle(fg="15", attributes=UNDERLINE)),
        ("struck", CellStyle(fg="#ff0010", attributes=STRIKE)),
        ("link", CellStyle(link="http://x")),
        (".", CellStyle()),
    ]


@pytest.mark.parametrize(
    "codes", [b"38", b"38;5", b"38;5;999", b"48;2;1", b"38;9;1", b"1;;;", b"9999999", b":", b"38;"]
)
def test_colours_that_are_none_are_passed_over(codes: bytes) -> None:
    assert rows(b"\x1b[" + codes + b"mtext") == ["text"]


def test_pieces_of_any_size_show_the_same() -> None:
    output = "a\x1b[31mré日\x1b[0m\x1b]0;title\x07\r\nb\x1b[1A\x1b[2Cx\x1b]8;;u\x1b\\y\n\x1b[?1049hz\x1b[?47l.".encode()
    whole = rows(output)
    for size in range(1, len(output)):
        emulator = Emulator()
        for begin in range(0, len(output), size):
            emulator.feed(output[begin : begin + size])
        emulator.feed(b"", final=True)
        assert [text_of(row) for row in emulator.screen.rows] == whole, size


def test_whatever_bytes_come_nothing_but_text_is_left() -> None:
    dice = random.Random(20)
    pieces = [b"\x1b", b"[", b"]", b"m", b"0;1", b"\r", b"\b", b"\t", b"K", b"\xc2\x9b", b"\x07", b"\\", b"P", b"ab"]
    pieces += [b"A", b"99", b"L", b"@", b"H", b"J", b"?1049h", b"?1049l", b"\n", "日".encode(), "\u0301".encode()]
    for _ in range(3_000):
        output = b"".join(
            dice.choice(pieces) if dice.random() < 0.7 else bytes([dice.randrange(256)]) for _ in range(60)
        )
        for row in rows(output):
            assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in row), output
