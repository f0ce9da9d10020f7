"""What all list screens have: a table on the whole screen, refreshed as the queue changes, with keys."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence, Set
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.units.printable import printable
from tui_queue.ui.dashboard.cells import cell
from tui_queue.ui.dashboard.footer import Keys
from tui_queue.ui.dashboard.header import Header
from tui_queue.ui.dashboard.summary import QueueStatus
from tui_queue.ui.dashboard.tabs import TABS
from tui_queue.ui.dashboard.undo import Undo
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.help import Help
from tui_queue.ui.job_form.note import Note
from tui_queue.ui.keymap import bindings_of, keys_of, with_keys
from tui_queue.ui.messages import SCREEN_WORKERS, QueueChanged, follow
from tui_queue.ui.title_rule import TitleRule

T = TypeVar("T")

# The last key of each list screen.
HELP_KEY = Binding("question_mark,f1", "help", "Help", key_display="?", id="app.help", tooltip="All the keys here")


class TableScreen(ModalScreen[str | None]):
    """Shows rows by name; the answer is the list screen to open next, None to go back to the jobs, or their filter."""

    DEFAULT_CSS = """
    TableScreen {
        background: $background;

        #box { height: 1fr; background: $background; }
        DataTable { height: 1fr; background: $background; scrollbar-size: 1 1; }
        Note { padding: 0 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1,escape,q", "go('')", "Jobs", show=False, id="view.jobs", tooltip="Back to the jobs"),
        Binding("2", "go('queues')", "Queues", show=False, id="view.queues", tooltip="All queues"),
        Binding("3", "go('schedules')", "Schedules", show=False, id="view.schedules", tooltip="All schedules"),
        Binding("4", "go('batches')", "Batches", show=False, id="view.batches", tooltip="All batches"),
        Binding("5", "go('history')", "Statistics", show=False, id="view.history", tooltip="How ended jobs have done"),
        Binding("colon", "app.command_palette", "Palette", show=False, id="app.palette"),
        Binding("j", "cursor(1)", "Down", show=False, id="listing.down"),
        Binding("k", "cursor(-1)", "Up", show=False, id="listing.up"),
        Binding("g", "end(-1)", "First", show=False, id="listing.top"),
        Binding("G", "end(1)", "Last", show=False, id="listing.bottom"),
    ]
    OF_ROW: ClassVar[Set[str]] = frozenset()  # the actions for the row under the cursor
    NAME: ClassVar[str] = ""
    TOPIC: ClassVar[str] = "keys"  # the help page that fits
    EMPTY: ClassVar[str] = ""  # ids of bindings in braces stand for their keys
    COLUMNS: ClassVar[Mapping[str, int]] = {}  # heading: width in cells; 0 takes what is left

    def __init__(self, commands: Commands, undo: Undo, status: QueueStatus) -> None:
        """``undo`` is that of the dashboard, so that what is done with jobs here can be taken back there.

        The header shows the ``status``.
        """
        super().__init__()
        self.commands = commands
        self.undo = undo
        self.rule = TitleRule(TABS[f"view.{self.NAME}"])
        self._status = status
        self.hints: Mapping[str, str] = {}  # the line below the table for a row, by its name
        self._names: list[str] = []
        self.changed = asyncio.Event()  # set whenever the rows are to be refreshed

    async def rows(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Return what to show: the name of each row, and its cells."""
        raise NotImplementedError

    def applies(self, action: str, parameters: tuple[object, ...], name: str) -> bool:
        """Whether one of the actions of OF_ROW applies to the row of this name."""
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what does not apply to the row under the cursor."""
        if action not in self.OF_ROW:
            return True
        name = self.chosen if self._names else None
        return (name is not None and self.applies(action, parameters, name)) or None

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Return why the key of an action does nothing now."""
        if self.chosen is None:
            return with_keys(self.EMPTY, keys_of(self))
        return self.refusal(action, self.chosen) if action in self.OF_ROW else ""

    def refusal(self, action: str, name: str) -> str:
        """Say that an action does not apply to the row of this name."""
        return f"That does not apply to {name}."

    def compose(self) -> ComposeResult:
        """Stack the header, the table, a line for hints and errors, and the keys."""
        yield Header(f"view.{self.NAME}", keys_of(self), self._status)
        with Vertical(id="box"):
            yield self.rule
            yield DataTable[Text](cursor_type="row", id="rows")
            yield Note(id="note")
        yield Keys(spare={})

    def on_mount(self) -> None:
        """Lay the columns out and fill them."""
        width = self.app.size.width - 1 - 2 * len(self.COLUMNS)
        spare = width - sum(self.COLUMNS.values())
        table = self.query_one(DataTable)
        open_ended = sum(1 for wanted in self.COLUMNS.values() if not wanted)
        for heading, wanted in self.COLUMNS.items():
            table.add_column(heading, width=wanted or max(8, spare // open_ended))
        self.rule.follow(table)
        table.focus()
        self.run_worker(follow(self.changed, self._refresh_rows), group=SCREEN_WORKERS)
        self.changed.set()

    @property
    def chosen(self) -> str | None:
        """The name of the row under the cursor."""
        row = self.query_one(DataTable).cursor_row
        return self._names[row] if 0 <= row < len(self._names) else None

    def on_queue_changed(self, message: QueueChanged) -> None:
        """Refresh soon."""
        self.changed.set()

    async def _refresh_rows(self) -> None:
        """Show the rows that the store has now; the cursor stays on its row."""
        try:
            rows = await self.rows()
        except TuiQueueError as error:
            self.query_one(Note).show(printable(str(error)), wrong=True)
            return
        table, kept = self.query_one(DataTable), self.chosen
        row = table.cursor_row
        table.clear()
        for _name, cells in rows:
            table.add_row(*map(cell, cells))
        self._names = [name for name, _ in rows]
        table.move_cursor(row=self._names.index(kept) if kept in self._names else min(row, len(rows) - 1))
        self._show_hint()
        self.refresh_bindings()

    def on_data_table_row_highlighted(self) -> None:
        """Show the hint of the row, and which keys apply to it."""
        self._show_hint()
        self.refresh_bindings()

    def _show_hint(self) -> None:
        note = self.query_one(Note)
        if not note.has_class("-wrong"):
            note.show(self.hints.get(self.chosen or "", "") if self._names else with_keys(self.EMPTY, keys_of(self)))

    async def ask(self, command: Awaitable[T]) -> T | None:
        """Await a command; what is wrong with it is shown below the table."""
        note = self.query_one(Note)
        note.show("")
        try:
            return await command
        except TuiQueueError as error:
            note.show(printable(str(error)), wrong=True)
            return None

    def sure(self, question: str, act: str, key: str, *, detail: str = "") -> Confirm:
        """Return the question before an act; ``key`` is the id of the binding that has asked."""
        return Confirm(question, detail=detail, yes=act, no="Let it be", keys=keys_of(self)[key])

    def action_go(self, where: str) -> None:
        """Open another list screen, or go back to the jobs."""
        if where != self.NAME:
            self.dismiss(where or None)

    def go_to(self, number: int) -> None:
        """Go back to the jobs, and to one of them."""
        self.dismiss(f"#{number}")

    def show_only(self, words: str) -> None:
        """Go back to the jobs that a filter finds."""
        self.dismiss(words)

    def action_cursor(self, rows: int) -> None:
        """Move the cursor by rows."""
        table = self.query_one(DataTable)
        table.move_cursor(row=table.cursor_row + rows)

    def action_end(self, side: int) -> None:
        """Move the cursor to the first row, or to the last."""
        self.query_one(DataTable).move_cursor(row=0 if side < 0 else len(self._names) - 1)

    def action_help(self) -> None:
        """Show all the keys."""
        keys = keys_of(self)
        words = ("listing.down listing.up", "Down, up"), ("listing.top listing.bottom", "First, last")
        move = [(" ".join(keys[name] for name in names.split()), what) for names, what in words]
        own, views = (
            [(keys[str(binding.id)], binding.tooltip) for binding in bindings_of([kind]) if binding.tooltip]
            for kind in (type(self), TableScreen)
        )
        self.app.push_screen(Help([(self.NAME.capitalize(), own), ("Move", move), ("Views", views)], topic=self.TOPIC))
