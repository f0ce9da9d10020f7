"""The screen of lines that a search in all logs has found."""

from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable

from tui_queue.core.commands.commands import Commands
from tui_queue.core.commands.reports import FoundLines
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.cells import cell
from tui_queue.ui.dashboard.wording import count
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.messages import SCREEN_WORKERS
from tui_queue.ui.title_rule import TitleRule

PER_LOG = 20  # lines
JOBS = 10_000  # the latest ones
MOST = 1_000  # lines in all
REPORTED = 50  # logs without a match between two reports of progress
_NUMBER_WIDE, _NAME_WIDE = 7, 14  # cells


class SearchHit(NamedTuple):
    """A line that was found; ``offset`` is in bytes from the start of the log."""

    job_id: int
    attempt: int
    offset: int


class SearchResults(ModalScreen[SearchHit | None]):
    """Shows lines as they are found; the result is the one that the user goes to."""

    DEFAULT_CSS = """
    SearchResults {
        background: $background;

        #box { height: 1fr; background: $background; }
        DataTable { height: 1fr; background: $background; scrollbar-size: 1 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Back", id="found.leave", tooltip="Go to none"),
        Binding("j", "cursor(1)", "Down", show=False, id="found.down"),
        Binding("k", "cursor(-1)", "Up", show=False, id="found.up"),
        Binding("g", "end(-1)", "First", show=False, id="found.top"),
        Binding("G", "end(1)", "Last", show=False, id="found.bottom"),
    ]

    def __init__(self, commands: Commands, words: str) -> None:
        super().__init__()
        self._commands = commands
        self._words = words
        self._rule = TitleRule(printable(words))
        self._rows: list[SearchHit] = []
        self._lines = 0

    def compose(self) -> ComposeResult:
        """Show a table."""
        with Vertical(id="box"):
            yield self._rule
            yield DataTable[Text](cursor_type="row", id="lines")

    def on_mount(self) -> None:
        """Begin to search."""
        table = self.query_one(DataTable)
        table.add_column("Job", width=_NUMBER_WIDE)
        table.add_column("Name", width=_NAME_WIDE)
        table.add_column("Line", width=max(20, self.app.size.width - _NUMBER_WIDE - _NAME_WIDE - 9))
        self._rule.follow(table)
        table.focus()
        self._search()

    @work(group=SCREEN_WORKERS)
    async def _search(self) -> None:
        logs, jobs = 0, set[int]()
        try:
            async for found in self._commands.reports.find_in_logs(self._words, per_log=PER_LOG, jobs=JOBS):
                logs += 1
                jobs.add(found.job.id)
                self._add(found)
                if found.lines or logs % REPORTED == 0:
                    self._say(f"{self._so_far(len(jobs))} so far")
                if self._lines >= MOST:
                    self._say(f"{self._so_far(len(jobs))}, there may be more")
                    return
        except TuiQueueError as error:
            self._say(printable(str(error)))
        else:
            self._say(self._so_far(len(jobs)))

    def _add(self, found: FoundLines) -> None:
        attempt = "" if found.attempt == found.job.attempt else f"attempt {found.attempt}  "
        for offset, line in found.lines:
            self._add_row(found, offset, Text.assemble((attempt, "muted"), line.strip(), no_wrap=True))
        if found.more:  # this row leads to the last line that is shown
            self._add_row(found, found.lines[-1][0], Text(f"{attempt}… and more in this log", style="muted"))
        self._lines += len(found.lines)

    def _add_row(self, found: FoundLines, offset: int, line: Text) -> None:
        self._rows.append(SearchHit(found.job.id, found.attempt, offset))
        self.query_one(DataTable).add_row(Text(str(found.job.id)), cell(found.job.name), line)

    def _so_far(self, jobs: int) -> str:
        return f"{count(self._lines, 'line')} in {count(jobs, 'job')}"

    def _say(self, what: str) -> None:
        self._rule.say(right=f"{what} · {with_keys('Enter goes there   {found.leave} goes back', keys_of(self))}")

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Go to the line under the cursor."""
        self.dismiss(self._rows[event.cursor_row])

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_cursor(self, lines: int) -> None:
        """Move by lines."""
        table = self.query_one(DataTable)
        (table.action_cursor_down if lines > 0 else table.action_cursor_up)()

    def action_end(self, side: int) -> None:
        """Move to the first line, or to the last."""
        table = self.query_one(DataTable)
        table.move_cursor(row=0 if side < 0 else table.row_count - 1)
