"""What stands in the rows of the table of jobs: the columns that fit, and the cells of each job as drawn last."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich.text import Text

from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, State
from tui_queue.core.units.widths import cells as width_of
from tui_queue.ui.dashboard.columns import COLUMNS, MEASURED, Seen, heading, layout, usual_columns
from tui_queue.ui.dashboard.when import When

_KEPT = 1000  # rows that were drawn, whose cells are kept


class RowCells:
    """Makes the cells of jobs, and keeps them while they would stay the same."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Without ``columns`` there are the usual ones, and those of them that say nothing are left out."""
        self.columns = tuple(columns)  # the number is among them always: rows are put in order by it
        self.forecasts: Mapping[int, Forecast] = {}
        self.starts: Mapping[int, datetime] = {}  # when jobs that wait for a slot may get one
        self.widths: dict[str, int] = {}
        self.headings: dict[str, str] = {}
        self._pane = 0
        self._parameters = False  # whether they stand behind the name
        self._when = When()
        self._drawn: dict[int, tuple[Job, list[Text]]] = {}  # cells of jobs, and what they were made of

    @property
    def measures(self) -> bool:
        """Whether any column shows what running jobs use."""
        return not MEASURED.isdisjoint(self.widths)

    def lay_out(self, pane: int, order: str, *, widest: int, with_queue: bool) -> None:
        """Choose the columns for a pane of this width, in cells; ``with_queue`` jobs are in several queues."""
        wanted = self.columns or [name for name in usual_columns(pane) if name != "queue" or with_queue]
        self.widths = layout(wanted, pane, widest=widest, order=order)
        self.headings = {name: self._heading(name, order, pane) for name in self.widths}
        self._pane = pane
        self._parameters = "parameters" not in self.widths and (not self.columns or "parameters" in self.columns)
        self.forget()

    def _heading(self, name: str, order: str, pane: int) -> str:
        words = heading(name, order, pane)
        return words.rjust(self.widths[name]) if COLUMNS[name].right else words

    def forget(self, jobs: Iterable[int] | None = None) -> None:
        """Make the cells of these jobs anew, or of all."""
        if jobs is None:
            self._drawn.clear()
            return
        for job in jobs:
            self._drawn.pop(job, None)

    def drawn(self, job: Job) -> list[Text] | None:
        """Return the cells of a job as they were made last."""
        known = self._drawn.get(job.id)
        return None if known is None else known[1]

    def of(self, job: Job, now: datetime | None, *, marked: bool) -> list[Text]:
        """Return the cells of a job; those made last, where they are so still and ``now`` is not given."""
        known = self._drawn.get(job.id)
        if known is not None and known[0] == job and (now is None or job.state is not State.RUNNING):
            return known[1]
        if len(self._drawn) > _KEPT:
            self._drawn.clear()
        now = now or datetime.now(UTC)
        seen = Seen(
            job,
            now,
            self.forecasts.get(job.id),
            self.starts.get(job.id),
            self._when,
            marked=marked,
            widths=self.widths,
            pane=self._pane,
            parameters=self._parameters,
        )
        cells = [self._cell(name, seen) for name in self.widths]
        self._drawn[job.id] = job, cells
        return cells

    def _cell(self, name: str, seen: Seen) -> Text:
        made = COLUMNS[name].cell(seen)
        if COLUMNS[name].right and (blanks := self.widths[name] - width_of(made.plain)) > 0:
            made.pad_left(blanks)
        return made
