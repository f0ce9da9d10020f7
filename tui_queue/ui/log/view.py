"""Values that the parts of the log pane hand each other: the layout, a line, and the view as a whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

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
