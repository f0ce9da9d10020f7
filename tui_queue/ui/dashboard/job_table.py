"""The table of jobs; it shows the overview it is given and keeps its cursor on the same job.

A job that ends moves all rows behind it. So the rows of DataTable are empty places, and what stands in one is found
when it is drawn: a change costs what the rows in view cost, however many jobs there are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import Self

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.events import Resize
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.strip import Strip
from textual.widgets import DataTable

from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.queue import DEFAULT_QUEUE
from tui_queue.ui.dashboard.columns import NATURAL, ORDER_OF, in_order
from tui_queue.ui.dashboard.row_cells import RowCells
from tui_queue.ui.dashboard.row_strip import GAP, RowStyle, row_strip
from tui_queue.ui.terminal.private import NEW_ROWS, SHOWS_HOVER, SIZE_UPDATED
from tui_queue.ui.tokens import is_of_terminal

_KEPT = 1000  # styles of rows


class JobTable(DataTable[Text]):
    """Jobs, one a row."""

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

    _rows: tuple[Job, ...] = ()  # in the order they are shown; DataTable asks before it is made
    _adds_places = False  # all the while row_count is that of the places

    @dataclass
    class Moved(Message):
        """The cursor came to another job, or that job has changed."""

        job: Job | None

    class Bottom(Message):
        """The user went to the last row."""

    class AllSelected(Message):
        """The user selected all that is shown."""

    def __init__(self, *, id: str, columns: Sequence[str] = (), order: str = NATURAL) -> None:  # noqa: A002
        """Without ``columns`` it has the usual ones, and those of them that say nothing are left out."""
        super().__init__(id=id, cursor_type="row", zebra_stripes=False, cell_padding=0)
        SIZE_UPDATED.replace(self, self._fit)
        self.order = order
        self._given: tuple[Job, ...] = ()
        self._cells = RowCells(columns)
        self._places: dict[int, int] = {}  # of each of them
        self._styles: dict[object, RowStyle] = {}
        self._selected: set[int] = set()
        self._chosen: tuple[Job, ...] = ()  # those; empty until a verb asks, as each does whenever keys change
        self._anchor: int | None = None  # the job that was selected last
        self._drawn_on: date | None = None  # what is of today shows its time, all else its day
        self._laid_out = 0
        self._widest = 0  # characters of the longest number
        self._with_queue = False  # whether any job is in another queue than the default one

    @property
    def row_count(self) -> int:
        """How many jobs are shown; DataTable may have more places."""
        return len(self.rows) if self._adds_places else len(self._rows)

    def get_row_at(self, row_index: int) -> list[Text]:
        """Return what stands in a place for DataTable: nothing."""
        return []

    def is_valid_row_index(self, row_index: int) -> bool:
        """Whether there is a job in this row."""
        return 0 <= row_index < len(self._rows)

    def validate_virtual_size(self, size: Size) -> Size:
        """Be as high as the jobs need."""
        return Size(size.width, len(self._rows) + self.header_height)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that is shown."""
        return self._rows

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        return self._rows[self.cursor_row] if self.is_valid_row_index(self.cursor_row) else None

    @property
    def chosen(self) -> tuple[Job, ...]:
        """The selected jobs in the order they are shown; where none is, the one under the cursor."""
        if not self._selected:
            return (self.job,) if self.job else ()
        if not self._chosen:
            self._chosen = tuple(job for job in self._rows if job.id in self._selected)
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
        kept, before = self.job, self._in_view()
        now = datetime.now(UTC)
        if (today := now.astimezone().date()) != self._drawn_on:
            self._drawn_on = today
            self._cells.forget()
        self._rows = jobs
        self._places = {job.id: place for place, job in enumerate(jobs)}
        self._selected &= self._places.keys()
        self._chosen = ()
        self._make_room()
        with self.prevent(DataTable.RowHighlighted), self.app.batch_update():
            self._keep_in_place(None if kept is None else kept.id)
            self._draw_changes(before, now)
        self.post_message(self.Moved(self.job))

    def order_by(self, order: str) -> None:
        """Show the same jobs in another order."""
        if order != self.order:
            self.order = order
            self._lay_out()

    def have_columns(self, columns: Sequence[str]) -> None:
        """Show other columns; without any the usual ones."""
        self._cells.columns = tuple(columns)
        self._lay_out()

    def tick(self) -> None:
        """Let the time of running jobs go on."""
        self._draw_changes(self._in_view(), datetime.now(UTC))

    def tell_time(self, starts: Mapping[int, datetime]) -> None:
        """Say anew of all jobs when something happened, or will; ``starts`` are of those that wait for slots."""
        before = self._in_view()
        self._cells.starts = starts
        self._cells.forget()
        self._draw_changes(before, datetime.now(UTC))

    @property
    def in_view(self) -> tuple[Job, ...]:
        """The jobs whose rows can be seen."""
        return tuple(self._rows[row] for row in self._rows_in_view)

    @property
    def running_in_view(self) -> tuple[Job, ...]:
        """The running jobs whose rows can be seen."""
        return tuple(job for job in self.in_view if job.state is State.RUNNING)

    @property
    def measures(self) -> bool:
        """Whether it shows what running jobs use."""
        return self._cells.measures

    def show_forecasts(self, forecasts: Mapping[int, Forecast]) -> None:
        """Show how far running jobs have come, and what they use."""
        self._cells.forecasts = forecasts
        self.tick()

    def move_to(self, job_id: int) -> None:
        """Put the cursor on a job, if it is shown."""
        if job_id in self._places:
            self.move_cursor(row=self._places[job_id])

    def action_scroll_bottom(self) -> None:
        """Go to the last row."""
        super().action_scroll_bottom()
        self.post_message(self.Bottom())

    def action_select(self) -> None:
        """Select the job under the cursor, or not any more, and go on to the next."""
        if (job := self.job) is not None:
            self._anchor = job.id
            self._select(self._selected ^ {job.id})
            self.action_cursor_down()

    def action_select_range(self) -> None:
        """Select all jobs from the one that was selected last to the one under the cursor."""
        if (job := self.job) is None:
            return
        begin, end = sorted((self.cursor_row, self._places.get(self._anchor or job.id, self.cursor_row)))
        self._select(self._selected | {job.id for job in self._rows[begin : end + 1]})

    def action_select_all(self) -> None:
        """Select all jobs that are shown; none where all are."""
        if self._selected == self._places.keys():
            self._select(set())
        else:
            self._select({*self._places})
            self.post_message(self.AllSelected())

    def _select(self, keys: set[int]) -> None:
        before = self._in_view()
        changed, self._selected, self._chosen = keys ^ self._selected, keys, ()
        self._cells.forget(changed)
        if changed:
            self._draw_changes(before, datetime.now(UTC))
            self.post_message(self.Moved(self.job))

    def refresh_row(self, row_index: int) -> Self:
        """Draw one row again."""
        line = row_index + self.header_height - self.scroll_offset.y
        if self.header_height <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))
        return self

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
        kept, top = self.job, self.scroll_y
        with self.prevent(DataTable.RowHighlighted):
            self.clear(columns=True)
            self._cells.lay_out(self._laid_out, self.order, widest=self._widest, with_queue=self._with_queue)
            for (name, words), width in zip(self._cells.headings.items(), self._cell_widths, strict=True):
                self.add_column(words, key=name, width=width)
        self.show(self._given)
        # DataTable measures rows when it is idle; until then it could not be scrolled to where it was.
        self._make_room()
        self.scroll_y = self.scroll_target_y = top
        if kept is not None:
            self.move_to(kept.id)

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

    def render_line(self, y: int) -> Strip:
        """Return a line of the screen; the headings are DataTable's."""
        row = y - self.header_height + self.scroll_offset.y
        if y < self.header_height:
            return super().render_line(y)
        width, style = self.size.width, self.rich_style
        if not self.is_valid_row_index(row):
            return Strip.blank(width, style)
        cells = self._cells_of(self._rows[row], None)
        hovered = row == self.hover_row and bool(SHOWS_HOVER.of(self))
        colours = self._row_style(row, style, hovered=hovered, chosen=row == self.cursor_row)
        return row_strip(cells, tuple(self._cells.widths.values()), width, colours, self.app.console)

    def notify_style_update(self) -> None:
        """Take other colours."""
        super().notify_style_update()
        self._styles.clear()

    def _row_style(self, row: int, base: Style, *, hovered: bool, chosen: bool) -> RowStyle:
        focused = chosen and self.has_focus
        known = self._styles.get(key := (row, base, hovered, chosen, focused))
        if known is None:
            if len(self._styles) >= _KEPT:
                self._styles.clear()
            above = Style()
            for name, applies in (("datatable--hover", hovered), ("datatable--cursor", chosen)):
                if applies and self.show_cursor:
                    above += self.get_component_rich_style(name)
            few = is_of_terminal(self.app.current_theme)  # of those colours not all can be read where the cursor is
            own = Style.from_color(color=above.color) if few else Style()
            known = self._styles[key] = RowStyle(base + above, own, row, self.app.console)
        return known

    def _cells_of(self, job: Job, now: datetime | None) -> list[Text]:
        return self._cells.of(job, now, marked=job.id in self._selected)

    @property
    def _rows_in_view(self) -> range:
        first = self.scroll_offset.y
        return range(first, min(len(self._rows), first + max(0, self.size.height - self.header_height)))

    def _in_view(self) -> dict[int, list[Text]]:
        """Return what each line of the screen shows."""
        first = self.scroll_offset.y
        known = ((row - first, self._cells.drawn(self._rows[row])) for row in self._rows_in_view)
        return {line: drawn for line, drawn in known if drawn is not None}

    def _draw_changes(self, before: Mapping[int, list[Text]], now: datetime) -> None:
        """Draw the cells that differ from those that the lines of the screen have shown."""
        first, lefts = self.scroll_offset.y, list(accumulate(self._cell_widths, initial=0))
        shown = {row - first: self._cells_of(self._rows[row], now) for row in self._rows_in_view}
        for line in before.keys() | shown.keys():
            old, new = before.get(line), shown.get(line)
            if old is None or new is None or len(old) != len(new):
                self.refresh(Region(0, line + self.header_height, self.size.width, 1))
                continue
            for left, width, was, now_is in zip(lefts, self._cell_widths, old, new, strict=False):
                if was is not now_is and (was != now_is or was.style != now_is.style):
                    self.refresh(Region(left, line + self.header_height, width, 1))

    @property
    def _cell_widths(self) -> list[int]:
        *widths, last = self._cells.widths.values() or [0]
        return [*(width + GAP for width in widths), last]

    def _make_room(self) -> None:
        """Have a place for each job, and be as high as they need."""
        self._adds_places = True
        for place in range(len(self.rows), len(self._rows)):
            self.add_row(key=str(place))
        self._adds_places = False
        NEW_ROWS.clear(self)
        # DataTable measures rows when it is idle; until then it could not be scrolled to where it was.
        before, size = self.virtual_size, Size(sum(self._cell_widths), len(self._rows) + self.header_height)
        if before.width != size.width or (before.height > self.size.height) != (size.height > self.size.height):
            self.virtual_size = size
        elif before != size:  # the scrollbar stays or stays away: the screen need not be laid out anew
            self.set_reactive(JobTable.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height

    def _keep_in_place(self, kept: int | None) -> None:
        """Put the cursor on its job, on the line of the screen where it is; one that is gone gives way to the next."""
        line = self.cursor_row - self.scroll_y
        row = self._places.get(kept, -1) if kept is not None else -1
        if row < 0:
            row = min(self.cursor_row, len(self._rows) - 1)
        if row < 0 or row == self.cursor_row:
            return
        self.scroll_y = self.scroll_target_y = max(0, min(row - line, self.max_scroll_y))
        self.move_cursor(row=row, scroll=False)  # that would be to the row where it was
