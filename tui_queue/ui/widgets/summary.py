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
    parts = [Text.assemble(("tui-queue", "bold"), f" @ {printable(socket.gethostname())}")]
    running = overview.count(State.RUNNING)
    parts.append(Text(f"slots {running}/{overview.slots}"))
    parts += [
        Text(f"{SIGNS[state][0]} {overview.count(state)} {state}", style=SIGNS[state][1])
        for state in State
        if overview.count(state) or state in (State.RUNNING, State.PENDING)
    ]
    parts.append(_scheduler(overview))
    short = [Text(part.plain.removesuffix(f" {state}"), part.style) for part, state in _with_state(parts)]
    for choice in (parts, parts[:-1], [parts[0], *short], short):
        line = Text("   ").join(choice)
        if line.cell_len <= width:
            return line
    line.truncate(width, overflow="ellipsis")
    return line


def _with_state(parts: list[Text]) -> list[tuple[Text, str]]:
    return [(part, part.plain.rpartition(" ")[2]) for part in parts[1:-1]]


def _scheduler(overview: Overview) -> Text:
    holder = overview.holder
    if holder is None:
        return Text("no scheduler", style="bold red")
    if holder.pid == os.getpid():
        return Text("scheduler here", style="dim")
    where = f" on {printable(holder.tty)}" if holder.tty else ""
    return Text(f"scheduler: process {holder.pid}{where}", style="dim")
