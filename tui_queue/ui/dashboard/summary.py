"""The second line of every screen: slots, counts of jobs, which process schedules, and figures of the machine."""

import os
from collections.abc import Callable

from rich.text import Text
from textual.widgets import Static

from tui_queue.core.model.job import State
from tui_queue.core.model.overview import Overview, Surroundings
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import size_text
from tui_queue.ui.dashboard.cells import bar
from tui_queue.ui.dashboard.states import LOOKS

_BARS = " ▁▂▃▄▅▆▇█"
_GAUGE = 6  # cells
_WORDS_FROM = 118  # cells of the screen from which counts have words
_LABEL_FROM = 60  # cells from which the slots have a label
_CANCELLED_FROM = 150  # cells from which there is room for how many were cancelled
_SMALL = 40  # cells below which slots and counts are all there is
_COUNTED = (State.RUNNING, State.PENDING, State.FAILED, State.COMPLETED, State.CANCELLED)
_WORRY = 9  # rank of what the user is to know on any screen


class QueueStatus:
    """What is known of the queue and its machine, for the screens that show it."""

    def __init__(self) -> None:
        self.overview: Overview | None = None
        self.surroundings: Surroundings | None = None
        self._shown_by: list[Callable[[], None]] = []

    def show(self, overview: Overview) -> None:
        """Show an overview on all screens."""
        self.overview = overview
        self._tell()

    @property
    def shows_surroundings(self) -> bool:
        """Whether figures of the machine are shown."""
        return self.surroundings is not None

    def show_surroundings(self, surroundings: Surroundings | None) -> None:
        """Show figures of the machine, where there is room."""
        self.surroundings = surroundings
        self._tell()

    def call(self, draw: Callable[[], None]) -> None:
        """Call this after each change, until ``leave``."""
        self._shown_by.append(draw)

    def leave(self, draw: Callable[[], None]) -> None:
        """Call this no more."""
        self._shown_by.remove(draw)

    def _tell(self) -> None:
        for draw in self._shown_by:
            draw()


class Summary(Static):
    """One line that fits the width of the terminal; what matters least is left out first."""

    def __init__(self, status: QueueStatus) -> None:
        super().__init__(classes="summary", markup=False)
        self._status = status
        self._drawn = Text()

    def on_mount(self) -> None:
        """Draw, now and after each change."""
        self._status.call(self._draw)
        self.app.theme_changed_signal.subscribe(self, self._redraw)
        self._draw()

    def on_unmount(self) -> None:
        """Draw no more; the signal would keep this line for as long as the app."""
        self._status.leave(self._draw)
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self) -> None:
        """Choose again what fits."""
        self._draw()

    def _redraw(self, _: object) -> None:
        """Draw the same in other colours."""
        self._drawn = Text()
        self._draw()

    def _draw(self) -> None:
        if self._status.overview is None:
            return
        line = compose_line(self._status.overview, self.size.width or 80, self._status.surroundings)
        if (line, line.spans) != (self._drawn, self._drawn.spans):
            self._drawn = line
            self.update(line, layout=False)  # one line as before: nothing else moves


def compose_line(overview: Overview, width: int, surroundings: Surroundings | None = None) -> Text:
    """Return the line for a width in cells: of its parts, those of the lowest ranks are left out until it fits."""
    parts = [(_WORRY, _gauge(overview, label=width >= _LABEL_FROM)), (8, _counts(overview, width))]
    parts += [(_WORRY, Text(words, style="fail")) for words in _worries(overview)]
    parts += [(7, Text(words, style="muted")) for words in _scheduler(overview)]
    if surroundings is not None:
        parts += _figures(surroundings, cores=width >= _WORDS_FROM)
    if width < _SMALL:
        parts = [(rank, part) for rank, part in parts if rank >= 8]
    blanks = Text(" " * (3 if width >= _WORDS_FROM else 2))
    while True:
        line = Text.assemble(" ", blanks.join(part for _, part in parts), no_wrap=True)
        if line.cell_len <= width or len(parts) == 1:
            break
        parts.remove(min(reversed(parts), key=lambda part: part[0]))
    line.truncate(width, overflow="ellipsis")
    return line


def _gauge(overview: Overview, *, label: bool) -> Text:
    lit, rest = bar(overview.taken / overview.slots if overview.slots else 0, _GAUGE)
    words = "slots " if label else ""
    return Text.assemble(
        (words, "muted"), (lit, "bar"), (rest, "rule"), (f" {overview.taken}/{overview.slots}", "bold")
    )


def _counts(overview: Overview, width: int) -> Text:
    words, cancelled = width >= _WORDS_FROM, width >= _CANCELLED_FROM
    counted = [(state, overview.count(state)) for state in _COUNTED]
    return Text("   " if words else "  ").join(
        Text(
            f"{LOOKS[state].sign} {count}{f' {state}' if words else ''}",
            style=LOOKS[state].style if count else "muted",
        )
        for state, count in counted
        if state is not State.CANCELLED or (count and cancelled)
    )


def _worries(overview: Overview) -> list[str]:
    """Return what keeps jobs from starting."""
    paused = [queue.name for queue in overview.queues if queue.paused]
    worries = [f"queue {printable(paused[0])} paused"] if len(paused) == 1 else []
    if len(paused) > 1:
        worries = [f"{len(paused)} queues paused"]
    if overview.shortage:
        worries.append(printable(overview.shortage))
    if overview.other_host:
        worries.append(f"{overview.other_host} runs this queue")
    elif overview.holder is None:
        worries.append("no scheduler")
    return worries


def _scheduler(overview: Overview) -> list[str]:
    holder = overview.holder
    if overview.other_host or holder is None:
        return []
    if holder.pid == os.getpid():
        return ["scheduler here"]
    return ["scheduler: other screen" if holder.tty else "scheduler in background"]


def _figures(surroundings: Surroundings, *, cores: bool) -> list[tuple[int, Text]]:
    """Return load, free memory and disk, and how many jobs ended in each of the last minutes, as far as known."""
    parts: list[tuple[int, Text]] = []
    if surroundings.load is not None:
        of_all = f"/{os.cpu_count()}" if cores else ""
        parts.append((6, _figure("load ", f"{surroundings.load:.1f}{of_all}")))
    if surroundings.mem is not None:
        parts.append((5, _figure("mem ", _rough_size(surroundings.mem))))
    if surroundings.disk is not None:
        parts.append((4, _figure("disk ", _rough_size(surroundings.disk))))
    if most := max(surroundings.ended, default=0):
        bars = "".join(_BARS[-(-ended * (len(_BARS) - 1) // most)] for ended in surroundings.ended)
        words = f"{sum(surroundings.ended)} ended in {len(surroundings.ended)}m"
        parts.append((2, Text(f"{bars.lstrip()} {words}", style="muted")))
    return parts


def _figure(label: str, value: str) -> Text:
    return Text.assemble((label, "muted"), value)


def _rough_size(size_bytes: float) -> str:
    """Return a size in few digits, so that it seldom changes: 3.4G, 120G."""
    text = size_text(int(size_bytes))
    return text if len(text) <= len("9.9G") else f"{float(text[:-1]):.0f}{text[-1]}"
