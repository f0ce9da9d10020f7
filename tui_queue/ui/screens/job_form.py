"""The form that asks for a job and says what is wrong while it is typed."""

import asyncio
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, TypeVar

from rich.cells import cell_len
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Paste
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static
from textual_fspicker.base_dialog import Dialog, FileSystemPickerScreen
from textual_fspicker.parts import CurrentDirectory, DirectoryNavigation

from tui_queue.core.drafts import check_cwd, check_name, check_path, make_draft, parse_parameters
from tui_queue.core.errors import BadInputError
from tui_queue.core.models import JobDraft
from tui_queue.core.printable import printable

T = TypeVar("T")

_FIELDS = {"path": "Job path", "parameters": "Parameters", "cwd": "Working directory", "name": "Name"}
_HINT = "A .py file or any program; Ctrl+O browses."
_LABEL_WIDTH = 19  # cells, as in the style sheet of the form
_PATIENCE_S = 1.0  # how long a completion may take, on a network file system that does not answer


class JobForm(ModalScreen[JobDraft | None]):
    """Asks for one job; the answer is its checked draft, or None when it was cancelled."""

    DEFAULT_CSS = """
    JobForm {
        align: center middle;

        #form {
            width: 100%; max-width: 78; height: auto; max-height: 100%; overflow-y: auto; padding: 1 2;
            border: round $primary; border-title-color: $foreground;
            border-subtitle-color: $text-muted; background: $surface;
        }
        .field { height: 1; }
        .field Label { width: 19; color: $text-muted; }
        .field:focus-within Label { color: $foreground; text-style: bold; }
        .field Input { width: 1fr; background: $panel; }
        .field Button { margin-left: 1; }
        #command { margin: 0 0 1 0; }
        #buttons { height: 1; align-horizontal: right; }
        #buttons Button { margin-left: 2; }
        Button { min-width: 10; background: $panel; }
        #add { background: $primary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Add", id="form.submit", tooltip="Add the job"),
        Binding("ctrl+o", "browse", "Browse", id="form.browse", tooltip="Choose the job's file from a list"),
        Binding("escape", "cancel", "Cancel", id="form.cancel", tooltip="Add nothing"),
    ]

    def __init__(self, *, cwd: str, title: str = "Add a job", draft: JobDraft | None = None) -> None:
        super().__init__()
        self._heading = title
        self._python = draft.python if draft else None
        self._path_was_typed = False
        self._first = {"cwd": cwd} if draft is None else _entries_of(draft)
        self._cwd = self._first["cwd"]  # a completion may be asked for before the field is there

    def compose(self) -> ComposeResult:
        """Stack the fields, each with a line for what is wrong with it."""
        with Vertical(id="form") as form:
            form.border_title = Content(printable(self._heading))
            form.border_subtitle = Content("Enter adds   Esc cancels")
            for field, label in _FIELDS.items():
                with Horizontal(classes="field"):
                    yield Label(label)
                    yield self._input(field)
                    if field == "path":
                        browse = Button("Browse", id="browse", compact=True)
                        browse.can_focus = False  # Tab goes on to the parameters; Ctrl+O does the same
                        yield browse
                yield Note(id=f"{field}-note", indent=_LABEL_WIDTH)
            yield Note(id="command")
            with Horizontal(id="buttons"):
                yield Button("Add", id="add", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Say what the first field wants."""
        self._check()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "path":
            self._path_was_typed = True
        elif event.input.id == "cwd":
            self._cwd = event.value
        self._check()

    @on(Input.Submitted)
    @on(Button.Pressed, "#add")
    def _entered(self, event: Input.Submitted | Button.Pressed) -> None:
        event.stop()
        self.action_submit()

    @on(Button.Pressed, "#browse")
    def _asked_to_browse(self) -> None:
        self.action_browse()

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Answer with nothing."""
        self.dismiss(None)

    @work(exclusive=True, group="submit")
    async def action_submit(self) -> None:
        """Answer with the draft if all is right, else go to the first field that is not."""
        checked = await asyncio.to_thread(_check_entries, self._entries(), self._python)
        if checked.draft is not None:
            self.dismiss(checked.draft)
            return
        self._path_was_typed = True
        self._show(checked)
        for field in _FIELDS:
            if field in checked.errors:
                self._field(field).focus()
                return

    @work(exclusive=True, group="browse")
    async def action_browse(self) -> None:
        """Choose the job's file from a list."""
        entries = self._entries()
        place = await asyncio.to_thread(_nearest_directory, entries["path"], entries["cwd"])
        chosen = await self.app.push_screen_wait(FileBrowser(place, "Choose the job's file"))
        if chosen is not None:
            path = self._field("path")
            path.value = str(chosen)
            path.focus()
            path.action_end()

    # In a thread: a file system that does not answer must stop neither the keys nor the scheduler.
    @work(exclusive=True, group="check")
    async def _check(self) -> None:
        self._show(await asyncio.to_thread(_check_entries, self._entries(), self._python))

    def _show(self, checked: "_Checked") -> None:
        for field in _FIELDS:
            note = self.query_one(f"#{field}-note", Note)
            if field == "path" and not self._path_was_typed:
                note.show(_HINT)
            else:
                note.show(checked.errors.get(field, ""), wrong=True)
        path = os.path.basename(self._field("path").value.rstrip(os.sep))
        self._field("name").placeholder = printable(path[:200]) or "the file's name"
        command = self.query_one("#command", Note)
        if checked.draft is not None:
            command.show(_command(checked.draft), f"   in {_from_home(checked.draft.cwd)}")
        else:  # the interpreter of a cloned job has no field of its own
            command.show(checked.errors.get("python", ""), wrong=True)

    def _input(self, field: str) -> "Field":
        suggester = None
        if field == "path":
            suggester = PathSuggester(lambda: self._cwd)
        elif field == "cwd":
            suggester = PathSuggester(lambda: ".", directories_only=True)
        hints = {"parameters": 'as in a shell: 10 "two words"', "cwd": "the current directory"}
        return Field(
            self._first.get(field),
            placeholder=hints.get(field, ""),
            suggester=suggester,
            select_on_focus=False,
            id=field,
            compact=True,
        )

    def _field(self, field: str) -> "Field":
        return self.query_one(f"#{field}", Field)

    def _entries(self) -> dict[str, str]:
        return {field: self._field(field).value for field in _FIELDS}


class Field(Input):
    """An Input that draws each character it cannot show as one sign, so that pasted text is never obeyed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # A burst of keys goes to whoever has the focus as it arrives; with priority Tab moves it in time.
        Binding("tab", "complete", "Complete, or next field", show=False, priority=True),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field before", show=False),
    ]

    @property
    def _value(self) -> Text:
        return Text(_signs(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(_signs(self.value[:position]))

    def on_paste(self, event: Paste) -> None:
        """Take all lines as one: Input would drop all but the first."""
        event.prevent_default()
        event.stop()
        self.replace(" ".join(event.text.strip("\r\n").splitlines()), *self.selection)

    def action_complete(self) -> None:
        """Take the suggestion that is shown; without one go to the next field."""
        settled = self.message_queue_size == 0  # else it belongs to less than what has been typed
        if settled and self._suggestion not in ("", self.value) and self.cursor_at_end:
            self.value = self._suggestion
            self.action_end()
        else:
            self.screen.focus_next()


class PathSuggester(Suggester):
    """Continues a path from the names on disk; ``base`` tells where a relative one starts."""

    def __init__(self, base: Callable[[], str], *, directories_only: bool = False) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._base = base
        self._directories_only = directories_only

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path continued by one name, or None; a name that is whole already is left alone."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await asyncio.to_thread(_continued, value, self._base(), self._directories_only)
        except TimeoutError:
            return None


class Note(Widget):
    """One line under a field; of a long text the end is kept, which says what to do."""

    DEFAULT_CSS = """
    Note {
        height: 1; color: $text-muted;
        &.-wrong { color: $text-error; }
    }
    """

    def __init__(self, *, id: str, indent: int = 0) -> None:  # noqa: A002
        super().__init__(id=id)
        self._indent = indent
        self.text = ""
        self._place = ""

    def show(self, text: str, place: str = "", *, wrong: bool = False) -> None:
        """Show ``text``; with a ``place`` after it, that is kept whole and the end of ``text`` is cut off."""
        if (text, place) != (self.text, self._place):
            self.text, self._place = text, place
            self.refresh()
        self.set_class(wrong, "-wrong")

    def render(self) -> Text:
        """Return as much as there is room for."""
        room = self.content_size.width
        place = _end_of(self._place, room // 2)
        if not place:
            indent = max(0, min(self._indent, room - cell_len(self.text)))
            return Text(" " * indent + _end_of(self.text, room), no_wrap=True)
        text = Text(self.text, no_wrap=True)
        text.truncate(room - cell_len(place), overflow="ellipsis")
        return text.append(place)


class FileBrowser(FileSystemPickerScreen):
    """Chooses one file; names that a terminal would obey, or could not draw, are left out."""

    DEFAULT_CSS = """
    FileBrowser {
        Dialog { width: 90%; max-width: 100; height: 90%; border: round $primary; background: $surface; }
        Dialog OptionList, Dialog OptionList:focus { background: $surface; background-tint: $surface; }
        #keys { height: 1; padding: 0 1; color: $text-muted; }
    }
    """

    class Place(CurrentDirectory):
        """Where we are; a directory may be called anything."""

        def update(self, content: object = "", *, layout: bool = True) -> None:
            """Draw the directory as plain text."""
            super().update(Text(printable(str(content)), no_wrap=True), layout=layout)

    class Navigation(DirectoryNavigation):
        """The entries of one directory."""

        def hide(self, path: Path) -> bool:
            """Leave out what cannot be drawn as it is."""
            return printable(path.name) != path.name or super().hide(path)

    def compose(self) -> ComposeResult:
        """Stack the place, its entries, and the keys."""
        with Dialog() as dialog:
            dialog.border_title = Content(printable(self._title))
            yield self.Place()
            yield self.Navigation(self._location)
            yield Static("Enter choose   Backspace up   . hidden   Esc back", id="keys")

    @on(DirectoryNavigation.Changed)
    def _moved(self, event: DirectoryNavigation.Changed) -> None:
        self.query_one(self.Place).current_directory = event.navigation.location

    @on(DirectoryNavigation.Selected)
    def _chosen(self, event: DirectoryNavigation.Selected) -> None:
        self.dismiss(event.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What came of the fields: a draft, or what is wrong by field."""

    draft: JobDraft | None
    errors: Mapping[str, str]


def _check_entries(entries: Mapping[str, str], python: str | None) -> _Checked:
    errors: dict[str, str] = {}

    def attempt(check: Callable[[], T]) -> T | None:
        try:
            return check()
        except BadInputError as error:
            errors[error.field] = str(error)
            return None

    path = entries["path"]
    args = attempt(lambda: parse_parameters(entries["parameters"]))
    cwd = attempt(lambda: check_cwd(entries["cwd"]))
    attempt(lambda: check_name(entries["name"]))
    if cwd is not None or not path.strip() or path.startswith((os.sep, "~")):
        attempt(lambda: check_path(path, cwd or os.sep))
    if errors or args is None or cwd is None:
        return _Checked(draft=None, errors=errors)
    draft = attempt(lambda: make_draft(path=path, args=args, cwd=cwd, name=entries["name"], python=python or ""))
    return _Checked(draft=draft, errors=errors)


def _entries_of(draft: JobDraft) -> dict[str, str]:
    """Return the fields that lead to a draft; a name that is the file's own follows the path."""
    name = "" if draft.name == os.path.basename(draft.path) else draft.name
    return {"path": draft.path, "parameters": shlex.join(draft.args), "cwd": draft.cwd, "name": name}


def _continued(value: str, base: str, directories_only: bool) -> str | None:
    head, slash, start = value.rpartition(os.sep)
    if not start:
        return None
    try:
        with os.scandir(_absolute(head + slash, base)) as entries:
            names = [entry.name for entry in entries if _may_follow(entry, start, directories_only)]
        if not names or (directories_only and start in names):
            return None
        name = min(names)
        directory = os.path.isdir(os.path.join(_absolute(head + slash, base), name))
    except (OSError, ValueError):
        return None
    suggestion = head + slash + name + (os.sep if directory else "")
    return suggestion if suggestion != value else None


def _may_follow(entry: "os.DirEntry[str]", start: str, directories_only: bool) -> bool:
    name = entry.name
    if not name.startswith(start) or printable(name) != name or (name[0] == "." and start[0] != "."):
        return False
    return not directories_only or os.path.isdir(entry.path)


def _absolute(path: str, base: str) -> str:
    return os.path.abspath(os.path.join(os.path.expanduser(base), os.path.expanduser(path)))


def _nearest_directory(path: str, cwd: str) -> str:
    """Return the directory that a half-typed path leads to, else the working directory, else home."""
    for choice in (path, os.path.dirname(path), ""):
        if "\0" not in choice + cwd and os.path.isdir(directory := _absolute(choice, cwd)):
            return directory
    return os.path.expanduser("~")


def _command(draft: JobDraft) -> str:
    """Return one line that shows what will run."""
    path = draft.path
    if path.startswith(draft.cwd.rstrip(os.sep) + os.sep):
        path = os.path.relpath(path, draft.cwd)
    python = [draft.python or "python"] if draft.path.endswith(".py") else []
    return f"Runs: {printable(shlex.join([*python, path, *draft.args]))}"


def _from_home(path: str) -> str:
    home = os.path.expanduser("~")
    within = path == home or path.startswith(home.rstrip(os.sep) + os.sep)
    return printable("~" + path[len(home) :] if within else path)


@lru_cache(maxsize=8)
def _signs(text: str) -> str:
    """Return ``text`` with one visible sign for each character that has none, so that positions stay."""
    return text if text.isprintable() else "".join(map(_sign, text))


def _sign(char: str) -> str:
    if char < " ":
        return chr(0x2400 + ord(char))  # Unicode's pictures of control characters, in their order
    return char if char.isprintable() else "\ufffd"


def _end_of(text: str, room: int) -> str:
    if cell_len(text) <= room:
        return text
    end = text[max(0, len(text) - room + 1) :]
    while end and cell_len(end) >= room:
        end = end[1:]
    return f"…{end}"
