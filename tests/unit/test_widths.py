"""Widths of texts: ours are those that Rich and Textual lay the screen out by."""

import sys

import pytest
from rich import cells as rich_cells

from tui_queue.core.units.printable import printable
from tui_queue.core.units.widths import cells, characters_in, clipped, clusters, is_one_each, is_sure

SEQUENCES = {
    "a picture by its selector": ("\u2764\ufe0f", 2),
    "a sign by its selector": ("\u263a\ufe0e", 1),
    "a skin tone": ("\U0001f44d\U0001f3fd", 2),
    "a keycap": ("1\ufe0f\u20e3", 2),
    "a flag": ("\U0001f1e9\U0001f1ea", 2),
    "a family": ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 2),
    "an accent": ("e\u0301", 1),
    "vowel signs": ("\u0915\u094d\u0937\u093f", 2),
    "Hangul in parts": ("\u1112\u1161\u11ab", 2),
    "a hexagram": ("\u4dc0", 2),
}
pytestmark = pytest.mark.skipif(not hasattr(rich_cells, "split_graphemes"), reason="an older Rich measures otherwise")


def test_each_character_is_as_wide_as_it_is_drawn() -> None:
    shown = (chr(code) for code in range(0x20, sys.maxunicode) if not 0xD800 <= code < 0xE000)
    wrong = [f"U+{ord(char):04X}" for char in shown if char.isprintable() and cells(char) != rich_cells.cell_len(char)]
    assert wrong == []


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_sequences_are_as_wide_as_they_are_drawn(sequence: str) -> None:
    text, wide = SEQUENCES[sequence]
    assert printable(text) == text
    for around in ("", "a", "\u65e5"):
        whole = f"{around}{text}{around}"
        assert cells(whole) == rich_cells.cell_len(whole) == wide + 2 * cells(around)
        assert "".join(cluster for cluster, _ in clusters(whole)) == whole


def test_no_picture_is_cut() -> None:
    family = SEQUENCES["a family"][0]
    assert clipped(f"{family}abc", 4) == f"{family}a…"
    assert clipped(f"ab{family}", 3) == "ab…"
    assert characters_in(f"{family}abc", 3) == len(family) + 1
    assert clipped(family, 1) == "…"
    assert clipped(family, 0) == ""


def test_letters_lines_and_scripts_of_east_asia_are_sure_and_pictures_are_not() -> None:
    assert all(is_sure(*cluster) for cluster in clusters("aé─│✓▶日本語한글"))
    for name, (text, _) in SEQUENCES.items():
        assert not all(is_sure(*cluster) for cluster in clusters(text)), name


def test_what_takes_one_column_each_is_as_wide_as_it_is_long() -> None:
    for code in range(0x20, 0x30000):
        if is_one_each(chr(code)):
            assert cells(chr(code)) == 1, hex(code)
            assert is_sure(chr(code), 1), hex(code)
    assert is_one_each("a\xe9\u2500\u2713\u05d0")
    assert not is_one_each("\u65e5")
    assert not is_one_each("e\u0301")


def test_the_two_letters_of_a_flag_stay_together() -> None:
    flag = SEQUENCES["a flag"][0]
    assert list(clusters(f"{flag}{flag}x")) == [(flag, 2), (flag, 2), ("x", 1)]
