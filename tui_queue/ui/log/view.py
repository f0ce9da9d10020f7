"""Values that the parts of the log pane hand each other: the layout, a line, and the view as a whole."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple

from textual.geometry import Region, Size

from tui_queue.core.logs.text import LogRow, Place


class Layout(NamedTuple):
    """The lines and the cells of a line that there is room for, and how rows are shown in them."""

    height: int
    width: int
    wrap: bool
    numbers: bool
    times: bool


class Line(NamedTuple):
    """One line of the pane: a row, or the part of a wrapped row with this number, from 0."""

    row: LogRow
    part: int
    time: datetime | None = None  # when it was written, where times are shown and known
    number: int | None = None  # of the line in its file, where numbers are shown and known


class Span(NamedTuple):
    """A part of the text of a log: from a character of one row to before a character of another one."""

    begin: Place
    first: int
    end: Place
    behind: int


class View(NamedTuple):
    """The lines in view, and the state of the log when they were read."""

    lines: Sequence[Line] = ()
    layout: Layout = Layout(1, 1, wrap=False, numbers=False, times=False)
    names: Sequence[str] = ()  # of the logs, where several are shown
    following: bool = True
    part: tuple[float, float] = (0.0, 1.0)  # the share of the log before the first line, and before the end of the last
    hit: tuple[int, Place] | None = None  # offset in the file and row of the line that the user went to
    unseen: int = 0  # lines that came since the view stopped following
    uncounted: int = 0  # bytes that came since then, and whose lines are not counted
    size: int = 0  # bytes of the log
    restarts: int = 0  # how often the log was written anew
    only_matching: bool = False

    def thumb(self, height: int) -> range | None:
        """Return which lines of the bar show what part of the log is in view; None where all of it is."""
        if len(self.lines) < height:
            return None
        begin, end = self.part
        first = min(int(begin * height), height - 1)
        return range(first, max(first, min(int(end * height + 0.5), height) - 1) + 1)


def differences(before: View, now: View, size: Size) -> Sequence[Region] | None:
    """Return the lines of a pane of that size that another view of the same log changes; None for all of it."""
    frame = before.layout, before.names, before.hit, before.restarts, before.only_matching
    if frame != (now.layout, now.names, now.hit, now.restarts, now.only_matching) or not (before.lines and now.lines):
        return None
    lines = zip_longest(before.lines, now.lines)
    rows = {y for y, (was, is_now) in enumerate(lines) if _differ(was, is_now)}
    bars = before.thumb(size.height), now.thumb(size.height)
    if (bars[0] is None) != (bars[1] is None):
        return None
    rows |= {*(bars[0] or ())} ^ {*(bars[1] or ())}
    return [Region(0, y, size.width, 1) for y in rows]


def _differ(was: Line | None, is_now: Line | None) -> bool:
    # Cells of the same row may have been written over.
    return was != is_now or not isinstance(is_now.row.row if is_now is not None else "", str)
