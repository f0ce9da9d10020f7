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
from tui_queue.ui.dashboard.cells import SIGN_ALONE_BELOW, cell, short_time, state_cell, why_cell
from tui_queue.ui.dashboard.row_strip import GAP
from tui_queue.ui.dashboard.states import FORMAL_FROM, is_quiet
from tui_queue.ui.dashboard.when import When, took_cell

MARK = "*"  # before the number of a selected job
_SCROLLBAR = 1
_WIDEST_FROM = 150  # cells of a pane from which it has every usual column


class Seen(Struct, frozen=True):
    """The values that the cells of a row are made of.

    A job that is selected is ``marked``; one that waits for a slot may get it when it ``starts``. With ``parameters``
    those stand behind the name, since they have no column; ``pane`` is the width of the table.
    """

    job: Job
    now: datetime
    forecast: Forecast | None
    starts: datetime | None
    when: When
    marked: bool
    widths: Mapping[str, int]
    pane: int
    parameters: bool


class Column(Struct, frozen=True):
    """A column of the table; its ``widths`` begin with the width of the pane from which each holds.

    One that shares takes of the width that is left, and at least its own. Where the terminal is narrow the columns with
    the highest ``spare`` are left out first; 0 is never left out. A cell of one that is ``right`` stands at its end.
    """

    heading: str
    widths: Mapping[int, int]
    cell: Callable[[Seen], Text]
    spare: int = 0
    shares: bool = False
    right: bool = False

    def width(self, pane: int) -> int:
        """Return the width in a pane of this width, in cells."""
        return self.widths[max(begin for begin in self.widths if begin <= max(0, pane))]


def _id_cell(seen: Seen) -> Text:
    number = str(seen.job.id)
    if not seen.marked:
        return cell(number, "muted" if is_quiet(seen.job) else "bold")
    return Text.assemble((MARK.ljust(max(1, seen.widths.get("id", 0) - len(number))), "key"), (number, "key"))


def _name_cell(seen: Seen) -> Text:
    style = "muted" if is_quiet(seen.job) else ""
    if not seen.parameters or not (parameters := parameters_line(seen.job)):
        return cell(seen.job.name, style)
    return Text.assemble(cell(seen.job.name, style), " ", cell(parameters, "muted"), no_wrap=True, overflow="ellipsis")


def _activity(seen: Seen) -> Activity | None:
    return seen.forecast.activity if seen.forecast is not None and seen.job.state is State.RUNNING else None


def _cpu_cell(seen: Seen) -> Text:
    active = _activity(seen)
    return cell("" if active is None else f"{active.percent:.0f}%")


def _memory_cell(seen: Seen) -> Text:
    active = _activity(seen)
    return cell("" if active is None else mebibytes(active.rss_bytes))


def _parameters_cell(seen: Seen) -> Text:
    return cell(parameters_line(seen.job), "muted")


def _when_cell(seen: Seen) -> Text:
    return seen.when.cell(seen.job, seen.forecast, seen.now, seen.starts)


def _quietly(words: str, seen: Seen) -> Text:
    return cell(words, "muted" if is_quiet(seen.job) else "")


COLUMNS = {
    "id": Column("ID", {0: 4}, _id_cell, right=True),
    "state": Column(
        "State",
        {0: 1, SIGN_ALONE_BELOW: 8, FORMAL_FROM: 11},
        lambda seen: state_cell(seen.job, seen.pane),
    ),
    "name": Column("Job", {0: 8}, _name_cell, shares=True),
    "parameters": Column("Parameters", {0: 6}, _parameters_cell, spare=3, shares=True),
    "path": Column("Path", {0: 10}, lambda seen: cell(seen.job.path, "muted"), spare=9, shares=True),
    "queue": Column("Queue", {0: 8}, lambda seen: cell(seen.job.queue, "muted"), spare=4),
    "batch": Column("Batch", {0: 10}, lambda seen: cell(seen.job.batch, "muted"), spare=8),
    "priority": Column("Pri", {0: 4}, lambda seen: _quietly(str(seen.job.priority), seen), spare=6, right=True),
    "attempt": Column("Try", {0: 3}, lambda seen: _quietly(str(seen.job.attempt or ""), seen), spare=7, right=True),
    "added": Column("Added", {0: 8}, lambda seen: cell(short_time(seen.job.created_at, seen.now), "muted"), spare=11),
    "ended": Column("Ended", {0: 8}, lambda seen: cell(short_time(seen.job.finished_at, seen.now), "muted"), spare=10),
    "why": Column(
        "Progress, why",
        {0: 14, SIGN_ALONE_BELOW: 21, FORMAL_FROM: 24, _WIDEST_FROM: 29},
        lambda seen: why_cell(seen.job, seen.forecast, seen.widths.get("why", 0)),
    ),
    "when": Column(
        "When",
        {0: 8, SIGN_ALONE_BELOW: 10, FORMAL_FROM: 11},
        _when_cell,
        spare=1,
    ),
    "started": Column(
        "Started", {0: 8}, lambda seen: cell(short_time(seen.job.started_at, seen.now), "muted"), spare=5
    ),
    "cpu": Column("CPU", {0: 5}, _cpu_cell, spare=5, right=True),
    "memory": Column("Memory", {0: 9}, _memory_cell, spare=5, right=True),
    "elapsed": Column("Took", {0: 6}, lambda seen: took_cell(seen.job, seen.now), spare=2, right=True),
}
MEASURED = {"cpu", "memory"}  # columns for which the processes of running jobs are measured
_USUAL = {  # columns, by the width of the pane from which on they are shown
    0: ("id", "state", "name", "when"),
    SIGN_ALONE_BELOW: ("id", "state", "name", "why", "when", "elapsed"),
    FORMAL_FROM: ("id", "state", "name", "parameters", "queue", "why", "when", "elapsed"),
    _WIDEST_FROM: ("id", "state", "name", "parameters", "queue", "why", "when", "started", "cpu", "memory", "elapsed"),
}


def usual_columns(pane: int) -> tuple[str, ...]:
    """Return the columns that a pane of this width has, unless the user has chosen others."""
    return _USUAL[max(begin for begin in _USUAL if begin <= max(0, pane))]


def layout(names: Sequence[str], pane: int, *, widest: int, order: str) -> dict[str, int]:
    """Return those of these columns that fit, with their widths in cells; ``widest`` has the longest number."""
    widths = {name: COLUMNS[name].width(pane) for name in names}
    if "id" in widths:
        widths["id"] = max(widths["id"], widest + 1)
    widths = {name: max(taken, len(heading(name, order, pane))) for name, taken in widths.items()}
    spare = sorted((name for name in widths if COLUMNS[name].spare), key=lambda name: COLUMNS[name].spare)
    while spare and _taken(widths) > pane:
        del widths[spare.pop()]
    sharing = [name for name in widths if COLUMNS[name].shares]
    left = max(0, pane - _taken({name: 0 if name in sharing else taken for name, taken in widths.items()}))
    for place, name in enumerate(sharing):
        widths[name] = max(COLUMNS[name].width(pane), left // (len(sharing) - place))
        left -= widths[name]
    return widths


def _taken(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1) + _SCROLLBAR


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


def heading(name: str, order: str, pane: int) -> str:
    """Return the heading of a column, with an arrow if the rows are ordered by it; none above a sign alone."""
    if name == "state" and pane < SIGN_ALONE_BELOW:
        return ""
    by, rises = ORDER_OF.get(name, ("", False))
    return f"{COLUMNS[name].heading}{('↑' if rises else '↓') if by == order else ''}"


def _latest_first(at: datetime | None) -> float:
    return -at.timestamp() if at else 0.0


def in_order(jobs: tuple[Job, ...], order: str) -> tuple[Job, ...]:
    """Return jobs in one of the orders."""
    key = ORDERS[order][1]
    return jobs if key is None else tuple(sorted(jobs, key=key))  # type: ignore[arg-type]
