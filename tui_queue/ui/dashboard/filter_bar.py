"""The line in which the user types which jobs to show."""

from collections.abc import Callable

from rich.highlighter import Highlighter
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from tui_queue.core.parsing.filter import WrongWord, check_typed, parse_filter, remark
from tui_queue.core.units.widths import cells
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.job_window import JobWindow
from tui_queue.ui.job_form.input import Line

_PLACEHOLDER = "words  state:failed  held  !queue:gpu  name:'two words'  #12  exit:137  age:>2d"


class FilterBar(Horizontal):
    """Reads the filter while the user types it; a word that is wrong is marked, and why stands beside it.

    Until then the table keeps the jobs that were asked for last, dimmed.
    """

    DEFAULT_CSS = """
    FilterBar {
        display: none; height: 1; padding: 0 1; background: $panel;
        &.-open { display: block; }
        #filter-sign { width: 2; color: $key; }
        #filter { width: 1fr; background: $panel; }
        #filter-note {
            width: auto; max-width: 60%; height: 1; color: $text-error;
            text-wrap: nowrap; text-overflow: ellipsis;
            &.-remark { color: $text-muted; max-width: 75%; }
        }
        &.-wrong #filter { max-width: 60%; }
        &.-wrong #filter-note { width: 1fr; max-width: 100%; padding-left: 1; }
    }
    JobTable.-stale { text-opacity: 65%; }
    JobTable.-stale:ansi { text-opacity: 50%; }
    """

    def __init__(self, table: JobTable, window: JobWindow, refresh: Callable[[], None]) -> None:
        """``refresh`` shows the jobs of the window in the table."""
        super().__init__()
        self._table = table
        self._window = window
        self._refresh = refresh
        self._marked = _Marked()

    def compose(self) -> ComposeResult:
        """Put the line before the note on it."""
        yield Static("/", id="filter-sign")
        line = Line(placeholder=_PLACEHOLDER, highlighter=self._marked, id="filter", compact=True)
        yield line
        yield Static(id="filter-note", markup=False)

    @property
    def is_asked(self) -> bool:
        """Whether the user is typing into it."""
        return self.query_one(Input).has_focus

    def open(self, text: str | None = None) -> None:
        """Let the user type; with a text that is the filter at once."""
        self.add_class("-open")
        if text is not None:
            self.query_one(Input).value = text
        self.screen.set_focus(self.query_one(Input))

    def close(self) -> None:
        """Show all jobs again."""
        self.query_one(Input).value = ""
        self.remove_class("-open")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        try:
            only = parse_filter(event.value)
        except WrongWord as wrong:
            self._complain(wrong)
            return
        self._say("", remark(event.value, states=True))
        self._window.filter_by(only)
        self._refresh()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Let keys be verbs again; not while a word is wrong: they would be for jobs that were not asked for."""
        event.stop()
        try:
            check_typed(event.value)
        except WrongWord as wrong:
            self._complain(wrong)
        else:
            self._table.focus()

    def _complain(self, wrong: WrongWord) -> None:
        self._marked.place = wrong.begin, wrong.begin + len(wrong.word)
        self._say(wrong.why, "")

    def _say(self, wrong: str, note: str) -> None:
        line, said = self.query_one(Input), self.query_one("#filter-note", Static)
        if not wrong:
            self._marked.place = None
        self.set_class(bool(wrong), "-wrong")
        line.styles.width = cells(line.value) + 1 if wrong else None
        self._table.set_class(bool(wrong), "-stale")
        said.set_class(bool(note), "-remark")
        said.update(wrong or note)
        line.refresh()


class _Marked(Highlighter):
    """Marks a part of a line as wrong, also where there are no colours."""

    place: tuple[int, int] | None = None

    def highlight(self, text: Text) -> None:
        """Mark it."""
        if self.place is not None:
            for style in ("fail", "underline"):
                text.stylize(style, *self.place)
