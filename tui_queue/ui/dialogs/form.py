"""A form of fields and switches, checked while the user types."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from msgspec import Struct, field
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, Label, Static

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.dialogs.switch import Switch
from tui_queue.ui.job_form.input import FORM_CSS, Field
from tui_queue.ui.job_form.word_suggester import among
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.messages import SCREEN_WORKERS

T = TypeVar("T")

_PREVIEW = 6  # lines


class Entry(Struct, frozen=True, kw_only=True):
    """One line to fill in; ``choices`` complete what is typed, of ``several`` words the last.

    ``key`` is what the file calls it, if it is of one.
    """

    name: str
    label: str
    key: str = ""
    value: str = ""
    hint: str = ""
    choices: Sequence[str] = ()
    several: bool = False


class Entries(Struct, frozen=True, kw_only=True):
    """What a form asks for; ``switches`` are a name, a label and whether it is on, ``about`` says more by name."""

    title: str
    lines: Sequence[Entry]
    switches: Sequence[tuple[str, str, bool]] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    then: str = "Enter saves"


class Filled(Struct, Generic[T], frozen=True, kw_only=True):
    """What came of the lines, and what to show of it."""

    value: T
    preview: Sequence[str] = field(default_factory=tuple)


class EntryForm(ModalScreen[T | None]):
    """Asks until ``check`` accepts the lines, by name, and the switches; the answer is what it makes of them.

    With ``save`` that is to be saved first, and what is wrong with that is said too.
    """

    DEFAULT_CSS = (
        "EntryForm {"
        + FORM_CSS
        + """
        #lines { height: auto; max-height: 100%; scrollbar-size: 1 1; }
        #below { dock: bottom; height: auto; background: $surface; }
        #note, #preview { height: auto; margin-top: 1; color: $text-muted; }
        #note { color: $text-error; }
        #about { height: auto; color: $text-muted; }
        .field .key { width: auto; padding-left: 1; color: $text-muted; text-style: none; }
        &.-narrow .field .key { display: none; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Save", id="entries.submit", tooltip="Take what stands here"),
        Binding("f7", "choose", "Choose", id="entries.choose", tooltip="Choose from a list what the line can have"),
        Binding("escape", "leave", "Back", id="entries.leave", tooltip="Change nothing"),
    ]

    def __init__(
        self,
        entries: Entries,
        check: Callable[[Mapping[str, str], Mapping[str, bool]], Filled[T]],
        *,
        save: Callable[[T], object] | None = None,
    ) -> None:
        super().__init__()
        self._entries = entries
        self._check = check
        self._save = save

    def compose(self) -> ComposeResult:
        """Stack the lines, the switches, what is wrong, and what comes of it."""
        with Vertical(id="form") as form:
            form.border_title = Content(printable(self._entries.title))
            form.border_subtitle = Content(
                with_keys(f"{self._entries.then}   {{entries.leave}} goes back", keys_of(self))
            )
            with VerticalScroll(id="lines", can_focus=False):
                for entry in self._entries.lines:
                    with Horizontal(classes="field"):
                        yield Label(entry.label)
                        yield Field(
                            entry.value,
                            placeholder=entry.hint,
                            suggester=among(entry.choices, several=entry.several) if entry.choices else None,
                            select_on_focus=False,
                            id=entry.name,
                            compact=True,
                        )
                        if entry.key:
                            yield Label(entry.key, classes="key")
                for name, label, value in self._entries.switches:
                    yield Switch(label, value, id=name, compact=True)
            with Vertical(id="below"):
                if self._entries.about:
                    yield Static(id="about", markup=False)
                yield Static(id="note", markup=False)
                yield Static(id="preview", markup=False)

    def on_mount(self) -> None:
        """Show what comes of the lines as they are."""
        self._show_result()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say more about the line or the switch that is filled in."""
        if self._entries.about:
            words = self._entries.about.get(event.widget.id or "", "")
            self.query_one("#about", Static).update(with_keys(words, keys_of(self)))

    @work(exclusive=True, group="choose")
    async def action_choose(self) -> None:
        """Let the user choose what the line can have; of several words one more."""
        line = self.focused
        entry = next((each for each in self._entries.lines if line is not None and each.name == line.id), None)
        if entry is None or not entry.choices or not isinstance(line, Field):
            return
        if (chosen := await self.app.push_screen_wait(Picker(entry.label, list(entry.choices)))) is not None:
            line.value = f"{line.value} {chosen}".strip() if entry.several else chosen
            line.action_end()

    @on(Input.Changed)
    @on(Checkbox.Changed)
    def _changed(self, event: Input.Changed | Checkbox.Changed) -> None:
        event.stop()
        self._show_result()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_submit()

    @work(exclusive=True, group="submit")
    async def action_submit(self) -> None:
        """Answer if all is right, else go to the line that is not."""
        try:
            filled = await asyncio.to_thread(self._check, *self._now())
            if self._save is not None:
                await asyncio.to_thread(self._save, filled.value)
        except BadInputError as error:
            self._complain(error)
            for entry in self._entries.lines:
                if entry.name == error.field:
                    self.query_one(f"#{entry.name}").focus()
        else:
            self.dismiss(filled.value)

    def action_leave(self) -> None:
        """Answer with nothing."""
        self.dismiss(None)

    @work(exclusive=True, group=SCREEN_WORKERS)
    async def _show_result(self) -> None:
        try:
            filled = await asyncio.to_thread(self._check, *self._now())
        except BadInputError as error:
            self._complain(error)
        else:
            self._show("", "\n".join(map(printable, filled.preview[:_PREVIEW])))

    def _complain(self, error: BadInputError) -> None:
        self._show(printable(str(error)), "")

    def _show(self, note: str, preview: str) -> None:
        if self.display and self.is_attached:  # else it has been answered, and its lines are being taken away
            for name, text in (("#note", note), ("#preview", preview)):
                self.query_one(name, Static).update(text)
                self.query_one(name).display = bool(text)
            if self.focused is not None:
                self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def _now(self) -> tuple[dict[str, str], dict[str, bool]]:
        lines = {entry.name: self.query_one(f"#{entry.name}", Field).value for entry in self._entries.lines}
        switches = {name: self.query_one(f"#{name}", Checkbox).value for name, _, _ in self._entries.switches}
        return lines, switches
