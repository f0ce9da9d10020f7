"""One line of output on screen: what a terminal would show, and nothing a terminal would do."""

import random
import time

import pytest
from rich.style import Style

from tui_queue.ui.ansi import render


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"plain", "plain"),
        (b"10%\r20%", "20%"),
        (b"abc\rX", "Xbc"),
        (b"from Windows\r", "from Windows"),
        (b"abc\r\x1b[K", ""),
        (b"abc\b\bX", "aXc"),
        (b"abc\x1b[1K", "   "),
        (b"abc\x1b[2Kd", "   d"),
        (b"a\tb", "a       b"),
        ("naïve ✓ 日本".encode(), "naïve ✓ 日本"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"[red]x[/] [@click=app.quit]y", "[red]x[/] [@click=app.quit]y"),
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"a\x1b[2J\x1b[H\x1b[?1049h\x1b[6nb", "ab"),
        (b"\x1b]0;title\x07a\x1b]2;title\x1b\\b", "ab"),
        (b"\x1b]52;c;ZXZpbA==\x07a", "a"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b'\x1bP$q"p\x1b\\a\x1b_apc\x1b\\b\x1b^pm\x1b\\c\x1bXsos\x1b\\d', "abcd"),
        (b"a\x1b]0;no end", "a"),
        (b"a\x1b[31", "a"),
        (b"a\x1b", "a"),
        (b"a\x1bcb\x1b(Bc\x1b7d", "abcd"),
        ("a\x9b31mb\x9d0;t\x9cc\x85d".encode(), "abc\\x85d"),
        (b"a\x00\x07\x0b\x7fb", "a^@^G^K^?b"),
        ("a\u202eb\u200bc\u2028d".encode(), "a\\u202eb\\u200bc\\u2028d"),
    ],
)
def test_a_line_shows_what_a_terminal_would_have_shown(line: bytes, shown: str) -> None:
    assert render(line).plain == shown


def test_colours_show() -> None:
    text = render(b"\x1b[1;31mred\x1b[0m plain \x1b[38;5;200mpink\x1b[39m \x1b[48;2;1;2;3mon\x1b[m off \x1b[97mwhite")
    styles = {text.plain[span.start : span.end]: span.style for span in text.spans}
    assert styles["red"] == Style(bold=True, color="color(1)")
    assert styles["pink"] == Style(color="color(200)")
    assert Style.parse("on rgb(1,2,3)").bgcolor == Style.parse(str(styles["on"])).bgcolor
    assert styles["white"] == Style(color="color(15)")
    assert not any(word in "".join(styles) for word in ("plain", "off"))


@pytest.mark.parametrize("codes", [b"38", b"38;5", b"38;5;999", b"48;2;1", b"38;9;1", b"1;;;", b"9999999", b":"])
def test_colours_that_are_none_are_passed_over(codes: bytes) -> None:
    assert render(b"\x1b[" + codes + b"mtext").plain == "text"


def test_whatever_bytes_come_nothing_but_text_is_left() -> None:
    dice = random.Random(20)
    pieces = [b"\x1b", b"[", b"]", b"m", b"0;1", b"\r", b"\b", b"\t", b"K", b"\xc2\x9b", b"\x07", b"\\", b"P", b"ab"]
    for _ in range(3_000):
        line = b"".join(dice.choice(pieces) if dice.random() < 0.7 else bytes([dice.randrange(256)]) for _ in range(40))
        shown = render(line).plain
        assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown), line


def test_a_line_of_any_length_costs_little() -> None:
    begun = time.process_time()
    for line in (b"x" * 50_000_000, b"x\r" * 1_000_000, b"\x1b]" * 1_000_000, b"\x1b[" * 1_000_000):
        assert len(render(line).plain) < 10_000
    # A thousandth of what reading them whole would take.
    assert time.process_time() - begun < 5
