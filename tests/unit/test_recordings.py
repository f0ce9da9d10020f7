"""Output of real programs is drawn as in a terminal; ``python -m tests.tools.make_recordings`` recorded it."""

import copy
import re
import unicodedata
from pathlib import Path
from typing import Any

import pyte
import pytest
from pyte.screens import wcwidth

from tests.tools.make_recordings import OUT, WINDOW
from tui_queue.core.logs.terminal.escapes import rows

RECORDINGS = sorted(OUT.glob("*.log"))

# Theirs is what tmux shows, and pyte.
OURS_DIFFERS = {
    "enlighten": "a line end in the last row of a window scrolls; rows here have no last one",
    "g++-templates": "a line end within a sequence ends it",
    "gcc-wrapped-links": "a line end within a link ends its address, of which the rest is shown",
}

# These draw at the last rows of their window, where a higher one has no bottom.
AT_THE_BOTTOM = {"apt-fancy", "apt-fancy-long", "enlighten"}

# Sequences that say nothing of where text stands, and of which pyte takes a part for text or fails.
UNKNOWN_TO_PYTE = re.compile(
    r"\x1b\[[0-9;]*:[0-9:;]*m"  # colours and underlines with colons
    r"|\x1b\[[<=>][0-9;]*[@-~]"  # keyboards, versions
    r"|\x1b\[[<=>?]?[0-9;]*[!-/][@-~]"  # resets, cursor shapes
    r"|\x1b\[\?[0-9;]*[nu]"  # questions
    r"|\x1bP[^\x1b]*\x1b\\"  # device control strings
)
# HPA, SCOSC and SCORC, which pyte has not, and what it has for them.
OTHERWISE_IN_PYTE = {r"\x1b\[(\d*)`": "\x1b[\\1G", r"\x1b\[s": "\x1b7", r"\x1b\[u": "\x1b8"}


class Reference(pyte.HistoryScreen):
    """A screen of pyte's, which shows as tmux does what pyte has not or has otherwise."""

    main: tuple[Any, Any] | None = None

    def set_mode(self, *modes: int, **kinds: bool) -> None:
        if 1049 in modes and self.main is None:
            self.main = copy.deepcopy(self.buffer), copy.copy(self.cursor)
            super().erase_in_display(2)
        super().set_mode(*modes, **kinds)

    def reset_mode(self, *modes: int, **kinds: bool) -> None:
        if 1049 in modes and self.main is not None:
            self.buffer, self.cursor = self.main
        super().reset_mode(*modes, **kinds)

    def erase_in_display(self, how: int = 0, *others: Any, **kinds: bool) -> None:
        """Scroll away what the whole screen is cleared of."""
        if how == 2 and self.main is None:
            used = [row for row, line in self.buffer.items() if text_of(line).strip()]
            self.history.top.extend(self.buffer.pop(row) for row in range(max(used, default=-1) + 1))
        super().erase_in_display(how, *others, **kinds)

    def draw(self, data: str) -> None:
        """Join all marks that have no width, and leave a blank of each half of a wide character."""
        for char in data:
            line, column = self.buffer[self.cursor.y], self.cursor.x
            width = wcwidth(char)
            if width > 0:
                if not line[column].data and line[column - 1].data:
                    line[column - 1] = line[column] = self.cursor.attrs
                super().draw(char)
                if not line[column + width].data:
                    line[column + width] = self.cursor.attrs
            elif not width and column:
                before = column - 1 if line[column - 1].data else column - 2
                line[before] = line[before]._replace(data=line[before].data + char)

    def insert_lines(self, count: int | None = None) -> None:
        column = self.cursor.x
        super().insert_lines(count)
        self.cursor.x = column

    def delete_lines(self, count: int | None = None) -> None:
        column = self.cursor.x
        super().delete_lines(count)
        self.cursor.x = column


def text_of(line: Any) -> str:
    return "".join(line[column].data for column in range(max(line, default=-1) + 1))


def shown_by_pyte(output: bytes, lines: int) -> list[str]:
    """Return what a terminal shows and has scrolled away; bytes that are no UTF-8 are written out, as ours are."""
    text = UNKNOWN_TO_PYTE.sub("", output.decode(errors="backslashreplace"))
    for theirs, known in OTHERWISE_IN_PYTE.items():
        text = re.sub(theirs, known, text)
    screen = Reference(400, lines, history=10_000)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))  # as the kernel's terminal does
    shown = [screen.buffer[row] for row in range(max(screen.buffer, default=-1) + 1)]
    return [text_of(line) for line in [*screen.history.top, *shown]]


def stripped(lines: list[str]) -> str:
    """Return lines without the blanks and empty lines at their ends, and with characters composed."""
    return "\n".join(unicodedata.normalize("NFC", line.rstrip()) for line in lines).rstrip("\n")


def marked(recording: Path) -> Any:
    reason = OURS_DIFFERS.get(recording.stem)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(recording, marks=marks, id=recording.stem)


@pytest.mark.parametrize("recording", [marked(recording) for recording in RECORDINGS])
def test_a_recording_looks_as_in_a_terminal(recording: Path) -> None:
    output = recording.read_bytes()
    lines = WINDOW[0] if recording.stem in AT_THE_BOTTOM else 60 + output.count(b"\n")
    assert stripped(rows(output)) == stripped(shown_by_pyte(output, lines))
