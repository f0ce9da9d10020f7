"""The table of jobs; it shows the overview it is given and keeps its cursor on the same job."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Self

from rich.text import Text
from textual.binding import Binding
from textual.events import Resize
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.widgets import DataTable

from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.queue import DEFAULT_QUEUE
from tui_queue.ui.dashboard.columns import (
    COLUMNS,
    DEFAULT_COLUMNS,
    MEASURED,
    NATURAL,
    ORDER_OF,
    PADDING,
    Seen,
    heading,
    in_order,
    layout,
)
from tui_queue.ui.terminal.private import CELL_CACHE, LINE_CACHE, ROW_CACHE, ROW_TEXT_CACHE, SIZE_UPDATED

# How many each cache of DataTable keeps; with Textual's own sizes they come to a hundred megabytes of what has changed
# since and is never shown again.
_KEPT = ((CELL_CACHE, 2000), (ROW_CACHE, 300), (ROW_TEXT_CACHE, 300), (LINE_CACHE, 300))
_MARK = "●"  # before the number of a selected job


class JobTable(DataTable[Text]):
    """Jobs, one a row; the row's key is the job's number."""

    BINDINGS = [
        Binding("j", "cursor_down", "Down", show=False, id="table.down"),
        Binding("k", "cursor_up", "Up", show=False, id="table.up"),
        Binding("g", "scroll_top", "Top", show=False, id="table.top"),
        Binding("G", "scroll_bottom", "Bottom", show=False, id="table.bottom"),
        Binding("space", "select", "Select", show=False, id="table.select", tooltip="Select the job, or not any more"),
        Binding("V", "select_range", "Select range", show=False, id="table.range", tooltip="Select up to here"),
        Binding("asterisk", "select_all", "Select all", show=False, id="table.all", tooltip="Select all, or none"),
        Binding(
            "slash",
            "screen.filter",
            "Filter",
            key_display="/",
            id="table.filter",
            show=False,
            priority=True,  # else words that come in one burst with it would be taken for verbs
            tooltip="Show some only",
        ),
    ]

    _writes_cell = False  # all the while DataTable would draw the whole table for it

    @dataclass
    class Moved(Message):
        """The cursor came to another job, or that job has changed."""

        job: Job | None

    class Bottom(Message):
        """Somebody went to the last row."""

    class AllSelected(Message):
        """Somebody selected all that is shown."""

    def __init__(self, *, id: str, columns: Sequence[str] = (), order: str = NATURAL) -> None:  # noqa: A002
        """Without ``columns`` it has the usual ones, and those of them that say nothing are left out."""
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        for cache, size in _KEPT:
            if (kept := cache.of(self)) is not None:
                kept.maxsize = size
        SIZE_UPDATED.replace(self, self._fit)
        self._columns = tuple(columns)  # the number is among them always: rows are put in order by it
        self.order = order
        self._given: tuple[Job, ...] = ()
        self._forecasts: Mapping[int, Forecast] = {}
        self._widths: dict[str, int] = {}
        self._jobs: dict[str, Job] = {}
        self._cells: dict[str, list[Text]] = {}
        self._selected: set[str] = set()
        self._chosen: tuple[Job, ...] = ()  # those; empty until somebody asks, as each verb does whenever keys change
        self._anchor: str | None = None  # the job that was selected last
        self._drawn_on: date | None = None  # what is of today shows its time, all else its day
        self._laid_out = 0
        self._widest = 0  # characters of the longest number
        self._with_queue = False  # whether any job is in another queue than the default one

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that is shown."""
        return tuple(self._jobs.values())

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        key = self._key_at_cursor()
        return None if key is None else self._jobs.get(key)

    @property
    def chosen(self) -> tuple[Job, ...]:
        """The selected jobs in the order they are shown; where none is, the one under the cursor."""
        if not self._selected:
            return (self.job,) if self.job else ()
        if not self._chosen:
            self._chosen = tuple(job for key, job in self._jobs.items() if key in self._selected)
        return self._chosen

    @property
    def selected(self) -> int:
        """How many are selected."""
        return len(self._selected)

    def unselect(self) -> bool:
        """Select none; return whether any was."""
        any_was = bool(self._selected)
        self._select(set())
        return any_was

    def show(self, jobs: tuple[Job, ...]) -> None:
        """Show exactly these jobs; they come in the order they start."""
        self._given = jobs
        jobs = in_order(jobs, self.order)
        with_queue = any(job.queue != DEFAULT_QUEUE for job in jobs)
        widest = max((len(str(job.id)) for job in jobs), default=0)
        if (with_queue, widest) != (self._with_queue, self._widest):
            self._with_queue, self._widest = with_queue, widest
            self._lay_out()
        kept = self._key_at_cursor()
        place = self.cursor_row
        now = datetime.now(UTC)
        before, today = self._jobs, now.astimezone().date()
        if today != self._drawn_on:
            before, self._drawn_on = {}, today
        self._jobs = {str(job.id): job for job in jobs}
        self._selected &= self._jobs.keys()
        self._chosen = ()
        with self.prevent(DataTable.RowHighlighted), self.app.batch_update():
            for key in [key for key in self._cells if key not in self._jobs]:
                self.remove_row(key)
                del self._cells[key]
            for key, job in self._jobs.items():
                if key not in self._cells or job.state is State.RUNNING or before.get(key) != job:
                    self._show_row(key, self._row(job, now))
            self._order()
            self._put_cursor(kept, place)
        self.post_message(self.Moved(self.job))

    def order_by(self, order: str) -> None:
        """Show the same jobs in another order."""
        if order != self.order:
            self.order = order
            self._lay_out()

    def have_columns(self, columns: Sequence[str]) -> None:
        """Show other columns; without any the usual ones."""
        self._columns = tuple(columns)
        self._lay_out()

    def tick(self) -> None:
        """Let the time of running jobs go on."""
        now = datetime.now(UTC)
        for key, job in self._jobs.items():
            if job.started_at is not None and not job.state.ended and key in self._cells:
                self._show_row(key, self._row(job, now))

    @property
    def running_in_view(self) -> tuple[Job, ...]:
        """The running jobs whose rows can be seen."""
        first = self.scroll_offset.y
        in_view = islice(self._jobs.values(), first, first + self.size.height)
        return tuple(job for job in in_view if job.state is State.RUNNING)

    @property
    def measures(self) -> bool:
        """Whether it shows what running jobs use."""
        return not MEASURED.isdisjoint(self._widths)

    def show_forecasts(self, forecasts: Mapping[int, Forecast]) -> None:
        """Show how far running jobs have come, and what they use."""
        self._forecasts = forecasts
        self.tick()

    def move_to(self, job_id: int) -> None:
        """Put the cursor on a job, if it is shown."""
        if str(job_id) in self._cells:
            self.move_cursor(row=self.get_row_index(str(job_id)))

    def action_scroll_bottom(self) -> None:
        """Go to the last row."""
        super().action_scroll_bottom()
        self.post_message(self.Bottom())

    def action_select(self) -> None:
        """Select the job under the cursor, or not any more, and go on to the next."""
        if (key := self._key_at_cursor()) is not None:
            self._anchor = key
            self._select(self._selected ^ {key})
            self.action_cursor_down()

    def action_select_range(self) -> None:
        """Select all jobs from the one that was selected last to the one under the cursor."""
        keys, key = list(self._jobs), self._key_at_cursor()
        if key is None:
            return
        begin, end = sorted((keys.index(key), keys.index(self._anchor if self._anchor in keys else key)))
        self._select(self._selected | {*keys[begin : end + 1]})

    def action_select_all(self) -> None:
        """Select all jobs that are shown; none where all are."""
        if self._selected == self._jobs.keys():
            self._select(set())
        else:
            self._select({*self._jobs})
            self.post_message(self.AllSelected())

    def _select(self, keys: set[str]) -> None:
        changed, self._selected, self._chosen = keys ^ self._selected, keys, ()
        now, place = datetime.now(UTC), list(self._widths).index("id") if self._widths else 0
        for key in changed & self._cells.keys():
            number = COLUMNS["id"].cell(self._seen(self._jobs[key], now))
            self._cells[key][place] = number
            self._show_cell(key, place, number)
        if changed:
            self.post_message(self.Moved(self.job))

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw again; but for one cell that is written, DataTable asks for the whole table."""
        if self._writes_cell:
            return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def on_resize(self, event: Resize) -> None:
        """Fit the columns, where that has not been done before the new size was drawn."""
        if self._fit_columns(event.size):
            self._show_cursor()

    def _fit(self, plain: Callable[..., bool], size: Size, *args: object, **kwargs: object) -> bool:
        """Fit the columns and keep the cursor in view before a new size is drawn; ``plain`` takes the size."""
        self._fit_columns(size)
        is_new = plain(size, *args, **kwargs)
        if is_new:
            self._show_cursor()
        return is_new

    def _fit_columns(self, size: Size) -> bool:
        if size.width in (0, self._laid_out):
            return False
        self._laid_out = size.width
        self._lay_out()
        return True

    def _show_cursor(self) -> None:
        """Scroll so that the row under the cursor is seen, at once."""
        region = Region(int(self.scroll_x), self.cursor_row + self.header_height, self.size.width, 1)
        self.scroll_to_region(region, animate=False, spacing=Spacing(top=self.header_height), force=True)

    def _lay_out(self) -> None:
        if not self._laid_out:
            return
        kept, top = self._key_at_cursor(), self.scroll_y
        with self.prevent(DataTable.RowHighlighted):
            self.clear(columns=True)
            self._cells.clear()
            wanted = self._columns or [name for name in DEFAULT_COLUMNS if name != "queue" or self._with_queue]
            self._widths = layout(wanted, self._laid_out, widest=self._widest, order=self.order)
            for name, width in self._widths.items():
                self.add_column(heading(name, self.order), key=name, width=width)
        self.show(self._given)
        # DataTable measures rows when it is idle; until then it could not be scrolled to where it was.
        self.virtual_size = Size(sum(self._cell_widths), self.row_count + self.header_height)
        self.scroll_y = self.scroll_target_y = top
        if kept is not None:
            self.move_to(int(kept))

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Order the rows by the column whose heading was clicked, or, when they are, as they start."""
        event.stop()
        order, _ = ORDER_OF.get(event.column_key.value or "", ("", False))
        if order:
            self.order_by(NATURAL if order == self.order else order)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Say which job the cursor is on."""
        event.stop()
        self.post_message(self.Moved(self.job))

    def _key_at_cursor(self) -> str | None:
        if not self.is_valid_row_index(self.cursor_row):
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value

    def _seen(self, job: Job, now: datetime) -> Seen:
        mark = _MARK if str(job.id) in self._selected else ""
        return Seen(job, now, self._forecasts.get(job.id), mark, self._widths)

    def _row(self, job: Job, now: datetime) -> list[Text]:
        seen = self._seen(job, now)
        return [COLUMNS[name].cell(seen) for name in self._widths]

    def _show_row(self, key: str, cells: list[Text]) -> None:
        old = self._cells.get(key)
        self._cells[key] = cells
        if old is None:
            self.add_row(*cells, key=key)
            return
        for place, (before, after) in enumerate(zip(old, cells, strict=True)):
            if before != after or before.style != after.style:
                self._show_cell(key, place, after)

    def _show_cell(self, key: str, place: int, text: Text) -> None:
        """Show another text in a cell, and draw that alone."""
        self._writes_cell = True
        try:
            self.update_cell(key, list(self._widths)[place], text)
        finally:
            self._writes_cell = False
        widths = self._cell_widths
        cell = Region(sum(widths[:place]), self.get_row_index(key) + self.header_height, widths[place], 1)
        if self.window_region.overlaps(cell):
            self.refresh(cell.translate(-self.scroll_offset))

    @property
    def _cell_widths(self) -> list[int]:
        return [width + PADDING for width in self._widths.values()]

    def _order(self) -> None:
        wanted = {key: place for place, key in enumerate(self._jobs)}
        if [row.key.value for row in self.ordered_rows] != list(wanted):
            self.sort("id", key=lambda number: wanted[number.plain.removeprefix(_MARK)])

    def _put_cursor(self, kept: str | None, place: int) -> None:
        row = self.get_row_index(kept) if kept in self._cells else min(place, self.row_count - 1)
        if row >= 0 and row != self.cursor_row:
            self.move_cursor(row=row)
