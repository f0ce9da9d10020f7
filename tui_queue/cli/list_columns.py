"""The columns of `list`, and the orders of its rows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import command_line, parameters_line
from tui_queue.core.model.job import Job
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable


class Pids(Protocol):
    """What knows the leading processes of jobs that run."""

    def pid(self, job: Job) -> int | None:
        """Return its number; None of a job that does not run."""


class Column(Struct, frozen=True):
    """A column: the value that rows are ordered by, and how it is shown if not as it is."""

    value: Callable[[Job, Pids], Any]
    shown: Callable[[Any], str] = str


def _time(value: datetime) -> str:
    return f"{value.astimezone():%m-%d %H:%M:%S}"


def _state(job: Job, _: Pids) -> str:
    return "paused" if job.paused else f"{job.state}{job.left_text}"


COLUMNS: Mapping[str, Column] = {
    "id": Column(lambda job, _: job.id),
    "state": Column(_state),
    "reason": Column(lambda job, _: job.reason, printable),
    "queue": Column(lambda job, _: job.queue, printable),
    "started": Column(lambda job, _: job.started_at, _time),
    "elapsed": Column(lambda job, _: job.elapsed_s(datetime.now(UTC)), duration),
    "name": Column(lambda job, _: job.name, printable),
    "parameters": Column(lambda job, _: parameters_line(job), printable),
    "added": Column(lambda job, _: job.created_at, _time),
    "attempt": Column(lambda job, _: job.attempt),
    "batch": Column(lambda job, _: job.batch, printable),
    "command": Column(lambda job, _: command_line(job), printable),
    "cwd": Column(lambda job, _: job.cwd, printable),
    "ended": Column(lambda job, _: job.finished_at, _time),
    "exit": Column(lambda job, _: job.exit_code),
    "pid": Column(lambda job, pids: pids.pid(job)),
    "priority": Column(lambda job, _: job.priority),
    "signal": Column(lambda job, _: job.signal),
    "timeout": Column(lambda job, _: job.timeout_s, duration),
    "uuid": Column(lambda job, _: job.uuid),
}
USUAL = ("id", "state", "reason", "queue", "started", "elapsed", "name", "parameters")
# As JSON calls them.
_SAME = {
    "args": "parameters",
    "created_at": "added",
    "elapsed_s": "elapsed",
    "exit_code": "exit",
    "finished_at": "ended",
    "path": "command",
    "started_at": "started",
    "timeout_s": "timeout",
}


def names_of(text: str) -> tuple[str, ...]:
    """Return the columns that are named between commas. Raises BadInputError."""
    return tuple(_known("columns", name) for name in text.split(","))


def in_order(jobs: Sequence[Job], field: str, pids: Pids) -> list[Job]:
    """Return the jobs in the order of a column, with - before it the other way round; those without a value last."""
    name = _known("sort", field.removeprefix("-"))
    values = {job.id: COLUMNS[name].value(job, pids) for job in jobs}
    with_value = [job for job in jobs if values[job.id] not in (None, "")]
    with_value.sort(key=lambda job: values[job.id], reverse=field.startswith("-"))
    return [*with_value, *(job for job in jobs if values[job.id] in (None, ""))]


def cells_of(jobs: Sequence[Job], name: str, pids: Pids) -> list[str]:
    """Return the cells of one column, a job each."""
    column = COLUMNS[name]
    value_of, shown = column.value, column.shown
    return ["" if (value := value_of(job, pids)) is None else shown(value) for job in jobs]


def _known(option: str, name: str) -> str:
    wanted = name.strip().lower()
    wanted = _SAME.get(wanted, wanted)
    if wanted not in COLUMNS:
        raise BadInputError(option, f"--{option} {printable(name)}: no such column; there are {', '.join(COLUMNS)}.")
    return wanted
