"""The columns that the table of jobs can have, which of them fit a width, and the orders of its rows; pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from rich.text import Text

from tui_queue.core.analysis.usage_chart import mebibytes
from tui_queue.core.model.command_line import parameters_line
from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.usage import Activity
from tui_queue.core.units.durations import duration
from tui_queue.ui.dashboard.cells import cell, exit_cell, short_time, state_cell

PADDING = 2  # cells that a column takes beside its width
_SCROLLBAR = 1
_WIDE = 100  # cells from which the reason has room


class Seen(Struct, frozen=True):
    """The values that the cells of a row are made of; ``mark`` stands before the number of a selected job."""

    job: Job
    now: datetime
    forecast: Forecast | None
    mark: str
    widths: Mapping[str, int]


class Column(Struct, frozen=True):
    """A column of the table. One that shares takes the width that is left, and at least its own.

    Where the terminal is narrow the columns with the highest ``spare`` are left out first; 0 is never left out.
    """

    heading: str
    width: int
    cell: Callable[[Seen], Text]
    spare: int = 0
    shares: bool = False
    wide: int = 0  # its width where the table is wide


def _id_cell(seen: Seen) -> Text:
    return cell(f"{seen.mark}{seen.job.id}", "bold reverse" if seen.mark else "bold")


def _activity(seen: Seen) -> Activity | None:
    return seen.forecast.activity if seen.forecast is not None and seen.job.state is State.RUNNING else None


def _cpu_cell(seen: Seen) -> Text:
    active = _activity(seen)
    return cell("" if active is None else f"{active.percent:.0f}%")


def _memory_cell(seen: Seen) -> Text:
    active = _activity(seen)
    return cell("" if active is None else mebibytes(active.rss_bytes))


def _ended_cell(seen: Seen) -> Text:
    return cell(short_time(seen.job.finished_at, seen.now))


def _why_cell(seen: Seen) -> Text:
    return exit_cell(seen.job, seen.forecast, seen.widths.get("why", 0))


COLUMNS = {
    "id": Column("ID", 4, _id_cell),
    "name": Column("Name", 8, lambda seen: cell(seen.job.name), shares=True),
    "parameters": Column("Parameters", 6, lambda seen: cell(parameters_line(seen.job)), spare=3, shares=True),
    "path": Column("Path", 10, lambda seen: cell(seen.job.path), spare=9, shares=True),
    "queue": Column("Queue", 8, lambda seen: cell(seen.job.queue), spare=4),
    "batch": Column("Batch", 10, lambda seen: cell(seen.job.batch), spare=8),
    "priority": Column("Pri", 4, lambda seen: cell(str(seen.job.priority)), spare=6),
    "state": Column("State", 12, lambda seen: state_cell(seen.job)),
    "attempt": Column("Try", 3, lambda seen: cell(str(seen.job.attempt or "")), spare=7),
    "added": Column("Added", 8, lambda seen: cell(short_time(seen.job.created_at, seen.now)), spare=11),
    "started": Column("Started", 8, lambda seen: cell(short_time(seen.job.started_at, seen.now)), spare=5),
    "ended": Column("Ended", 8, _ended_cell, spare=10),
    "elapsed": Column("Elapsed", 7, lambda seen: cell(duration(seen.job.elapsed_s(seen.now))), spare=2),
    "cpu": Column("CPU", 5, _cpu_cell, spare=5),
    "memory": Column("Memory", 10, _memory_cell, spare=5),
    "why": Column("Exit/why", 14, _why_cell, wide=26),
}
MEASURED = {"cpu", "memory"}  # columns for which the processes of running jobs are measured
DEFAULT_COLUMNS = ("id", "name", "parameters", "queue", "state", "started", "elapsed", "why")


def layout(names: Sequence[str], width: int, *, widest: int, order: str) -> dict[str, int]:
    """Return those of these columns that fit, with their widths in cells; ``widest`` has the longest number."""
    widths = {name: (COLUMNS[name].wide if width >= _WIDE else 0) or COLUMNS[name].width for name in names}
    if "id" in widths:
        widths["id"] = max(widths["id"], widest + 1)
    widths = {name: max(taken, len(heading(name, order))) for name, taken in widths.items()}
    spare = sorted((name for name in widths if COLUMNS[name].spare), key=lambda name: COLUMNS[name].spare)
    while spare and _taken(widths) > width:
        del widths[spare.pop()]
    sharing = [name for name in widths if COLUMNS[name].shares]
    left = max(0, width - _taken({name: 0 if name in sharing else taken for name, taken in widths.items()}))
    for place, name in enumerate(sharing):
        widths[name] = max(COLUMNS[name].width, left // (len(sharing) - place))
        left -= widths[name]
    return widths


def _taken(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + PADDING * len(widths) + _SCROLLBAR


NATURAL = "queue"
# Each order of the rows: its words, and its sort key; without a key the rows stay as the queue has them.
ORDERS: Mapping[str, tuple[str, Callable[[Job], object] | None]] = {
    NATURAL: ("as they start, then the latest ended", None),
    "number": ("number, the highest first", lambda job: -job.id),
    "name": ("name", lambda job: (job.name.casefold(), job.id)),
    "state": ("state", lambda job: (list(type(job.state)).index(job.state), job.id)),
    "priority": ("priority, the highest first", lambda job: (-job.priority, job.id)),
    "elapsed": ("time taken, the longest first", lambda job: -(job.elapsed_s(datetime.now(UTC)) or 0)),
    "started": ("start, the latest first", lambda job: _latest_first(job.started_at)),
    "ended": ("end, the latest first", lambda job: _latest_first(job.finished_at)),
}


# The order that a click on the heading of a column chooses, and whether that order rises.
ORDER_OF: Mapping[str, tuple[str, bool]] = {
    "id": ("number", False),
    "name": ("name", True),
    "state": ("state", True),
    "priority": ("priority", False),
    "elapsed": ("elapsed", False),
    "started": ("started", False),
    "ended": ("ended", False),
}


def heading(name: str, order: str) -> str:
    """Return the heading of a column, with an arrow if the rows are ordered by it."""
    by, rises = ORDER_OF.get(name, ("", False))
    return f"{COLUMNS[name].heading}{('↑' if rises else '↓') if by == order else ''}"


def _latest_first(at: datetime | None) -> float:
    return -at.timestamp() if at else 0.0


def in_order(jobs: tuple[Job, ...], order: str) -> tuple[Job, ...]:
    """Return jobs in one of the orders."""
    key = ORDERS[order][1]
    return jobs if key is None else tuple(sorted(jobs, key=key))  # type: ignore[arg-type]
