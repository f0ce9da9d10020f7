"""Jobs, queues and schedules as tables that fit the terminal; in a pipe nothing is cut."""

import shutil
import sys
from collections.abc import Callable, Sequence
from functools import cache

import click

from tui_queue.cli.json_output import Object
from tui_queue.cli.list_columns import USUAL, Pids, cells_of
from tui_queue.core.model.command_line import command_line
from tui_queue.core.model.job import Job
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.units.printable import printable
from tui_queue.core.units.widths import cells, clipped

# As on the screen of the dashboard: a colour only repeats what the word says.
_COLOURS = {
    "pending": "yellow",
    "running": "green",
    "paused": "white",
    "completed": "green",
    "failed": "red",
    "cancelled": "bright_black",
    "ok": "green",
    "look": "yellow",
    "wrong": "red",
}


class _NoPids:
    def pid(self, _: Job) -> int | None:
        return None


def print_table(jobs: Sequence[Job]) -> None:
    """Print a line a job."""
    click.echo(table_of(jobs, USUAL, _NoPids()))


def table_of(jobs: Sequence[Job], names: Sequence[str], pids: Pids) -> str:
    """Return a line a job with these columns."""
    columns = [[name.upper(), *cells_of(jobs, name, pids)] for name in names]
    return _text(columns, state=names.index("state") if "state" in names else -1)


def print_queues(queues: Sequence[Object], limit: int | None) -> None:
    """Print the queues."""
    rows = [
        (
            printable(each["name"]),
            f"{each['running']}/{each['slots']}",
            str(each["pending"]),
            "paused" if each["paused"] else "",
            f"{each['hours']} {each['zone']}" if each["hours"] else "",
        )
        for each in queues
    ]
    print_columns(("QUEUE", "RUNNING", "PENDING", "STATE", "HOURS"), rows, state=3)
    if limit is not None:
        click.echo(f"At most {limit} in all queues together.")


def print_schedules(schedules: Sequence[Schedule]) -> None:
    """Print the schedules."""
    rows = [
        (
            printable(schedule.name),
            schedule.rule,
            schedule.zone,
            "paused"
            if schedule.paused
            else ""
            if schedule.next_at is None
            else f"{schedule.next_at.astimezone():%m-%d %H:%M:%S}",
            printable(command_line(schedule.draft)),
            printable(schedule.said),
        )
        for schedule in schedules
    ]
    print_columns(("SCHEDULE", "RULE", "ZONE", "NEXT", "COMMAND", "LAST TIME"), rows)


def coloured(word: str) -> str:
    """Return a word in its colour, if it has one."""
    known = word.partition(",")[0]
    return click.style(word, fg=_COLOURS[known]) if known in _COLOURS else word


def print_columns(heads: Sequence[str], rows: Sequence[Sequence[str]], *, state: int = -1) -> None:
    """Print a table; the words of the column ``state`` have their colour."""
    # One write: a call of `echo` for each line would take a fifth of the time.
    click.echo(columns_text(heads, rows, state=state))


def columns_text(heads: Sequence[str], rows: Sequence[Sequence[str]], *, state: int = -1) -> str:
    """Return a table; the words of the column ``state`` have their colour.

    The columns that are wider than their share of the terminal give way, the last one first.
    """
    return _text(list(zip(heads, *rows, strict=True)), state=state)


def _text(columns: Sequence[Sequence[str]], *, state: int) -> str:
    widths = [max(map(cells, column)) for column in columns]
    if sys.stdout.isatty():
        widths = _fitting(widths, shutil.get_terminal_size().columns)
    shown = [
        _padded(column, width, colour=coloured if place == state else str)
        for place, (column, width) in enumerate(zip(columns, widths, strict=True))
    ]
    return "\n".join(["  ".join(line).rstrip() for line in zip(*shown, strict=True)])


def _padded(texts: Sequence[str], width: int, *, colour: Callable[[str], str]) -> list[str]:
    """Return texts that each take ``width`` columns: cut or filled up with blanks."""

    @cache
    def padded(text: str) -> str:
        cut = clipped(text, width)
        return colour(cut) + " " * (width - cells(cut))

    return [padded(text) for text in texts]


def _fitting(widths: Sequence[int], room: int) -> list[int]:
    """Return widths of columns that fit with two blanks between them: the widest ones give way."""
    fitting = list(widths)
    excess = sum(fitting) + 2 * (len(fitting) - 1) - room
    while excess > 0 and max(fitting) > _LEAST:
        widest = len(fitting) - 1 - fitting[::-1].index(max(fitting))
        second = max([width for place, width in enumerate(fitting) if place != widest] + [_LEAST])
        step = min(excess, max(1, fitting[widest] - second))
        fitting[widest] -= step
        excess -= step
    return fitting


_LEAST = 4
_LABEL_WIDE = 11


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print a label and a text on each line."""
    click.echo(pairs_text(pairs))


def pairs_text(pairs: Sequence[tuple[str, str]]) -> str:
    """Return a label and a text on each line."""
    width = max([_LABEL_WIDE, *(len(label) + 1 for label, _ in pairs)])
    return "\n".join(f"{label:<{width}}{printable(text)}" for label, text in pairs)
