"""The line at the top: the host, how many jobs run and wait, which process schedules, figures of the machine."""

import os
import socket

from rich.text import Text
from textual.widgets import Static

from tui_queue.core.model.job import State
from tui_queue.core.model.overview import Overview, Surroundings
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import size_text
from tui_queue.ui.dashboard.states import LOOKS

_BARS = " ▁▂▃▄▅▆▇█"


class Summary(Static):
    """One line that fits the width of the terminal; what matters least is left out first."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._overview: Overview | None = None
        self._surroundings: Surroundings | None = None
        self._drawn = Text()

    def show(self, overview: Overview) -> None:
        """Show an overview; nothing is drawn when the line stays the same."""
        self._overview = overview
        self._draw()

    @property
    def shows_surroundings(self) -> bool:
        """Whether it shows figures of the machine."""
        return self._surroundings is not None

    def show_surroundings(self, surroundings: Surroundings | None) -> None:
        """Show figures of the machine, where there is room."""
        self._surroundings = surroundings
        self._draw()

    def on_resize(self) -> None:
        """Choose again what fits."""
        self._draw()

    def redraw(self) -> None:
        """Draw the same in other colours."""
        self._drawn = Text()
        self._draw()

    def _draw(self) -> None:
        if self._overview is None:
            return
        line = compose_line(self._overview, self.size.width or 80, self._surroundings)
        if line != self._drawn:
            self._drawn = line
            self.update(line, layout=False)  # one line as before: nothing else moves


def compose_line(overview: Overview, width: int, surroundings: Surroundings | None = None) -> Text:
    """Return the line for a width in cells."""
    name, at = Text("tui-queue", style="bold"), Text(f" @ {printable(socket.gethostname())}")
    slots = Text(f"slots {overview.taken}/{overview.slots}")
    words, signs = _counts(overview, words=True), _counts(overview, words=False)
    scheduler = _scheduler(overview)
    paused = [queue.name for queue in overview.queues if queue.paused]
    if paused:
        what = f"queue {printable(paused[0])}" if len(paused) == 1 else f"{len(paused)} queues"
        slots.append(f"   {what} paused", style="worry")
    if overview.shortage:
        slots.append(f"   {printable(overview.shortage)}", style="worry")
    figures = [] if surroundings is None else _figures(surroundings)
    shorter = [[Text("  ".join(figures[:kept]), style="muted")] for kept in range(len(figures), 0, -1)]
    for choice in (
        *([name + at, slots, *words, scheduler, *end] for end in (*shorter, [])),
        *([name + at, slots, *signs, scheduler, *end] for end in (*shorter, [])),
        *([[slots, *signs, scheduler]] if overview.other_host else []),
        [name + at, slots, *signs],
        [slots, *signs],
        [slots],
    ):
        line = Text("   ").join(choice)
        if line.cell_len <= width:
            break
    line.truncate(width, overflow="ellipsis")
    return line


def _figures(surroundings: Surroundings) -> list[str]:
    """Return load, free memory and disk, and how many jobs ended in each of the last minutes, as far as known."""
    parts = [
        f"load {surroundings.load:.1f}" if surroundings.load is not None else "",
        f"mem {_rough_size(surroundings.mem)}" if surroundings.mem is not None else "",
        f"disk {_rough_size(surroundings.disk)}" if surroundings.disk is not None else "",
    ]
    if most := max(surroundings.ended, default=0):
        bars = "".join(_BARS[-(-ended * (len(_BARS) - 1) // most)] for ended in surroundings.ended)
        parts.append(f"{bars} {sum(surroundings.ended)} ended in {len(surroundings.ended)}m")
    return list(filter(None, parts))


def _rough_size(size_bytes: float) -> str:
    """Return a size in few digits, so that it seldom changes: 3.4G, 120G."""
    text = size_text(int(size_bytes))
    return text if len(text) <= len("9.9G") else f"{float(text[:-1]):.0f}{text[-1]}"


def _counts(overview: Overview, *, words: bool) -> list[Text]:
    return [
        Text(f"{LOOKS[state].sign} {overview.count(state)}{f' {state}' if words else ''}", style=LOOKS[state].style)
        for state in State
        if overview.count(state) or state in (State.RUNNING, State.PENDING)
    ]


def _scheduler(overview: Overview) -> Text:
    holder = overview.holder
    if overview.other_host:
        return Text(f"{overview.other_host} runs this queue", style="worry")
    if holder is None:
        return Text("no scheduler", style="fail")
    if holder.pid == os.getpid():
        return Text("scheduler here", style="muted")
    where = f" on {printable(holder.tty.removeprefix('/dev/'))}" if holder.tty else ""
    return Text(f"scheduler: process {holder.pid}{where}", style="muted")
