"""Text that the user selects with the mouse in a log: what is copied is what was selected, however the log moves."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.support.raw_terminal import RawTerminal, raw_terminal
from tui_queue.core.units.widths import cells

PRINTS = "seq -f 'line %g of it' 40; until [ -e go ]; do sleep 0.02; done; seq -f 'later %g' 30; sleep 60"
PRESS, MOVE, RELEASE, WHEEL_UP = (0, "M"), (32, "M"), (0, "m"), (64, "M")


def mouse(window: RawTerminal, what: tuple[int, str], column: int, row: int) -> None:
    """Report the mouse at a cell, both counted from 0."""
    window.type(f"\x1b[<{what[0]};{column + 1};{row + 1}{what[1]}")


def place(window: RawTerminal, words: str) -> tuple[int, int]:
    """Return the column and the row of the first cell of some words."""
    for row, line in enumerate(window.screen.display):
        if (column := line.find(words)) >= 0:
            return cells(line[:column]), row
    raise AssertionError(f"{words!r} is not on screen:\n{window.text()}")


def drag(window: RawTerminal, begin: str, end: str) -> None:
    """Select from the first letter of some words to the last letter of others."""
    column, row = place(window, begin)
    mouse(window, PRESS, column, row)
    column, row = place(window, end)
    mouse(window, MOVE, column + len(end) - 1, row)
    mouse(window, RELEASE, column + len(end) - 1, row)


def copied(window: RawTerminal) -> str:
    """Press the key that copies; return what the clipboard gets."""
    window.rest()
    window.sent = b""
    window.type("y")
    window.read_until(lambda: re.search(r"\x1b]52;c;[^\a]*\a", window.said()), "the text for the clipboard")
    found = re.search(r"\x1b]52;c;([^\a]*)\a", window.said())
    assert found is not None
    return base64.b64decode(found[1]).decode()


@contextmanager
def live_log(cli: Cli, tmp_path: Path) -> Iterator[RawTerminal]:
    script = tmp_path / "prints.sh"
    script.write_text(PRINTS)
    cli("add", "--cwd", str(tmp_path), "sh", str(script))
    with raw_terminal(cli.env, size=(100, 40)) as window:
        window.see("line 40 of it")
        yield window


def test_selected_lines_are_copied_though_the_log_has_grown_since(cli: Cli, tmp_path: Path) -> None:
    with live_log(cli, tmp_path) as window:
        drag(window, "34 of it", "line 36")
        (tmp_path / "go").touch()
        window.see("later 30")
        assert "line 36" not in window.text()
        assert copied(window) == "34 of it\nline 35 of it\nline 36"


@pytest.mark.long
def test_selected_lines_are_copied_though_the_wheel_has_moved_them(cli: Cli, tmp_path: Path) -> None:
    with live_log(cli, tmp_path) as window:
        drag(window, "28 of it", "line 29")
        window.rest()
        marked = [cell.bg for cell in window.screen.buffer[place(window, "line 29")[1]].values()]
        column, row = place(window, "line 36")
        line = place(window, "line 29")[1]
        for _ in range(2):
            mouse(window, WHEEL_UP, column, row)
        window.read_until(lambda: place(window, "line 29")[1] == line + 6, "the wheel to move the lines")
        window.rest()
        assert [cell.bg for cell in window.screen.buffer[place(window, "line 29")[1]].values()] == marked
        assert copied(window) == "28 of it\nline 29"


@pytest.mark.long
def test_what_was_selected_in_other_rows_is_not_copied(cli: Cli, tmp_path: Path) -> None:
    """Where only some lines are shown, positions mean others: there ``y`` asks what to copy."""
    with live_log(cli, tmp_path) as window:
        drag(window, "34 of it", "line 36")
        window.rest()
        window.type("&of it\r")
        window.see("only of it: 40 lines")
        window.rest()
        window.type("y")
        window.see("Copy of job 1")


@pytest.mark.long
def test_the_text_behind_signs_of_two_cells_is_the_one_that_is_copied(cli: Cli) -> None:
    cli("add", "printf", "%s\\n", "日本語の first", "日本語の second")
    with raw_terminal(cli.env, size=(40, 20)) as window:
        window.see("second")
        drag(window, "first", "second")
        assert copied(window) == "first\n日本語の second"
