"""The line at the top: where we are, how much runs, how much waits, who schedules."""

import os
import socket

from rich.text import Text
from textual.widgets import Static

from tui_queue.core.models import Overview, State
from tui_queue.core.printable import printable
from tui_queue.ui.format import SIGNS


class Summary(Static):
    """One line that fits the width it is given: what matters less is left out first."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._overview: Overview | None = None
        self._drawn = Text()

    def show(self, overview: Overview) -> None:
        """Show an overview; nothing is drawn when the line stays the same."""
        self._overview = overview
        self._draw()

    def on_resize(self) -> None:
        """Choose again what fits."""
        self._draw()

    def _draw(self) -> None:
        if self._overview is None:
            return
        line = compose_line(self._overview, self.size.width or 80)
        if line != self._drawn:
            self._drawn = line
            self.update(line)


def compose_line(overview: Overview, width: int) -> Text:
    """Return the line for a width in cells."""
    name, at = Text("tui-queue", style="bold"), Text(f" @ {printable(socket.gethostname())}")
    slots = Text(f"slots {overview.count(State.RUNNING)}/{overview.slots}")
    words, signs = _counts(overview, words=True), _counts(overview, words=False)
    scheduler = _scheduler(overview)
    paused = [queue.name for queue in overview.queues if queue.paused]
    if paused:
        what = f"queue {printable(paused[0])}" if len(paused) == 1 else f"{len(paused)} queues"
        slots.append(f"   {what} paused", style="bold yellow")
    for choice in (
        [name + at, slots, *words, scheduler],
        [name + at, slots, *signs, scheduler],
        [name + at, slots, *signs],
        [slots, *signs],
    ):
        line = Text("   ").join(choice)
        if line.cell_len <= width:
            break
    line.truncate(width, overflow="ellipsis")
    return line


def _counts(overview: Overview, *, words: bool) -> list[Text]:
    return [
        Text(f"{SIGNS[state][0]} {overview.count(state)}{f' {state}' if words else ''}", style=SIGNS[state][1])
        for state in State
        if overview.count(state) or state in (State.RUNNING, State.PENDING)
    ]


def _scheduler(overview: Overview) -> Text:
    holder = overview.holder
    if holder is None:
        return Text("no scheduler", style="bold red")
    if holder.pid == os.getpid():
        return Text("scheduler here", style="dim")
    where = f" on {printable(holder.tty.removeprefix('/dev/'))}" if holder.tty else ""
    return Text(f"scheduler: process {holder.pid}{where}", style="dim")
