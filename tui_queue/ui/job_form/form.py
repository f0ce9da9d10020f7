"""The form that asks for a job and says what is wrong while it is typed."""

import asyncio
import os
import shlex
from collections.abc import Awaitable, Iterable
from typing import Any, ClassVar, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Label

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import BadInputError, TuiQueueError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing import fields as wishes
from tui_queue.core.parsing.draft_fields import SWITCHES, typed, words_of
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.job_draft import swept
from tui_queue.core.parsing.sweep import FIRST, count_line, first_lines
from tui_queue.core.units.printable import printable
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.job_form.fields import (
    CHOICES,
    FIELDS,
    GROUPS,
    HINTS,
    MORE,
    OFFERED,
    SWEEPS,
    Checked,
    check_entries,
    entries_of,
    from_home,
    program,
)
from tui_queue.ui.job_form.file_browser import FileBrowser
from tui_queue.ui.job_form.input import FORM_CSS, Field
from tui_queue.ui.job_form.note import Note
from tui_queue.ui.job_form.path_suggester import PathSuggester, absolute
from tui_queue.ui.job_form.word_suggester import WordSuggester, among
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.messages import LOOKS

T = TypeVar("T")

# Ids of bindings stand for their keys.
_HINT = "A script or program, parameters too; {form.browse} browses."
_NO_TEMPLATE = "There is no template. {form.keep} keeps what stands here as one."
_ROOMY = 78  # cells of a terminal where the line below the form has room for all of its keys
_LABEL_WIDTH = 19  # cells, as in the style sheet of the form


class JobForm(ModalScreen[tuple[JobDraft, ...] | None]):
    """Asks for a job, or a sweep of them; the answer is their checked drafts, or None when it was cancelled."""

    DEFAULT_CSS = (
        "JobForm {"
        + FORM_CSS
        + """
        .field Button { margin-left: 1; }
        #lines { height: auto; max-height: 100%; scrollbar-size: 1 1; }
        #more { height: auto; margin-bottom: 1; }
        .heading { text-style: bold; margin-top: 1; }
        #below { dock: bottom; height: auto; background: $surface; }
        #first { height: auto; }
        #buttons { height: 1; margin-top: 1; align-horizontal: right; }
        #buttons Button { margin-left: 2; }
        Button { min-width: 10; background: $panel; }
        #add { background: $primary; }
    }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "submit", "Add", id="form.submit", tooltip="Add the job"),
        Binding("ctrl+o", "browse", "Browse", id="form.browse", tooltip="Choose the job's file from a list"),
        Binding("ctrl+t,f2", "more", "More", id="form.more", tooltip="Everything else that can be asked, or not"),
        Binding("ctrl+r,f5", "recent", "Recent", id="form.recent", tooltip="Begin with what was added before"),
        Binding("f3", "template", "Template", id="form.template", tooltip="Begin with what a template says"),
        Binding("f4", "keep", "Keep", id="form.keep", tooltip="Keep what stands here as a template"),
        Binding("escape", "cancel", "Cancel", id="form.cancel", tooltip="Add nothing"),
    ]

    def __init__(
        self,
        *,
        cwd: str,
        title: str = "Add a job",
        draft: JobDraft | None = None,
        verb: str = "Add",
        single: bool = False,
        commands: Commands | None = None,
    ) -> None:
        """``commands`` have templates and recent jobs to begin with.

        With ``single`` exactly one job is asked for; where nothing was changed, the answer is its ``draft`` as it was.
        """
        super().__init__()
        self._commands = commands
        self._offered = {name: words for name, words in OFFERED.items() if not (single and name in SWEEPS)}
        self._heading = title
        self._verb = verb
        self._kept = draft if single else None
        words = words_of(draft) if draft else {}
        self._more = typed({name: word for name, word in words.items() if name in MORE})
        self._switches = {name: bool(words.get(name)) for name in SWITCHES}
        self._path_was_typed = False
        self._first = {"cwd": cwd} if draft is None else entries_of(draft)
        self._path = self._first.get("path", "")  # as it was filled in: no line with parameters behind it
        self._cwd = self._first["cwd"]  # a completion may be asked for before the field is there

    def compose(self) -> ComposeResult:
        """Stack the fields, each with a line for what is wrong with it."""
        with Vertical(id="form") as form:
            form.border_title = Content(printable(self._heading))
            is_roomy = self._commands is not None and self.app.size.width >= _ROOMY
            others = "   {form.recent} recent   {form.template} template" if is_roomy else ""
            keys = f"Enter {self._verb.lower()}s   {{form.more}} more{others}   {{form.cancel}} cancels"
            form.border_subtitle = Content(self._with_keys(keys))
            with VerticalScroll(id="lines", can_focus=False):
                yield from self._compose_fields()
                yield from self._compose_more()
            with Vertical(id="below"):
                yield Note(id="command")
                with Vertical(id="first"):
                    for place in range(FIRST + 1):
                        yield Note(id=f"first-{place}")
                with Horizontal(id="buttons"):
                    yield Button("More", id="unfold", compact=True)
                    yield Button(self._verb, id="add", variant="primary", compact=True)
                    yield Button("Cancel", id="cancel", compact=True)

    def _compose_fields(self) -> ComposeResult:
        for field, label in FIELDS.items():
            with Horizontal(classes="field"):
                yield Label(label)
                yield self._input(field)
                if field == "path":
                    browse = Button("Browse", id="browse", compact=True)
                    browse.can_focus = False  # Tab goes on to the parameters; Ctrl+O does the same
                    yield browse
            yield Note(id=f"{field}-note", indent=_LABEL_WIDTH)

    def _compose_more(self) -> ComposeResult:
        with Vertical(id="more") as more:
            more.display = bool(self._more) or any(self._switches.values())
            for heading, fields in GROUPS.items():
                yield Label(heading, classes="heading")
                for field in fields:
                    with Horizontal(classes="field"):
                        yield Label(wishes.label(field))
                        yield Field(
                            self._more.get(field, ""),
                            placeholder=HINTS[field],
                            suggester=self._names_for(field),
                            id=field,
                            compact=True,
                        )
            for switch, words in self._offered.items():
                yield Checkbox(words, self._switches.get(switch, False), id=switch, compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take the keys away for what there is not."""
        return self._commands is not None or action not in ("template", "keep", "recent")

    def on_mount(self) -> None:
        """Say what the first field wants."""
        self._at_first = self._entries(), self._switched_on()
        self._check()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "path":
            self._path_was_typed = True
        elif event.input.id == "cwd":
            self._cwd = event.value
        self._check()

    @on(Checkbox.Changed)
    def _switched(self, event: Checkbox.Changed) -> None:
        event.stop()
        self._check()

    @on(Button.Pressed, "#unfold")
    def _asked_for_more(self) -> None:
        self.action_more()

    def action_more(self) -> None:
        """Fold out the fields for everything else, or in."""
        more = self.query_one("#more")
        more.display = not more.display
        self._field(next(iter(MORE)) if more.display else "path").focus()

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
        now = self._entries(), self._switched_on()
        checked = await self._checked()
        if checked.draft is not None and self._kept is not None and now == self._at_first:
            self.dismiss((self._kept,))
            return
        if checked.draft is not None:
            sweep = checked.sweep
            self.dismiss(
                (checked.draft,) if sweep is None else tuple(await asyncio.to_thread(swept, checked.draft, sweep))
            )
            return
        self._path_was_typed = True
        self._show(checked)
        for field in (*FIELDS, *MORE):
            if field in checked.errors:
                if field in MORE:
                    self.query_one("#more").display = True
                self._field(field).focus()
                return

    @work(exclusive=True, group="template")
    async def action_template(self) -> None:
        """Fill in what a template says."""
        if self._commands is None:
            return
        templates = self._commands.templates
        found = await self._ask(templates.all())
        if found is None:
            return
        if not found:
            self.query_one("#command", Note).show(self._with_keys(_NO_TEMPLATE), wrong=True)
            return

        async def remove(name: str) -> bool:
            if not await self.app.push_screen_wait(Confirm(f"Remove template {name}?")):
                return False
            await self._ask(templates.remove(name))
            left = await self._ask(templates.all())
            return left is not None and name not in left

        choose = Picker("Begin with which template?", tuple(found), remove=remove)
        name = await self.app.push_screen_wait(choose)
        if name is not None:
            self._fill(dict(found[name]))

    @work(exclusive=True, group="template")
    async def action_keep(self) -> None:
        """Keep what stands here as a template."""
        if self._commands is None:
            return
        checked = await self._checked()
        if checked.draft is None:
            self.action_submit()  # which shows what is wrong
            return
        templates = self._commands.templates
        answer = await self.app.push_screen_wait(
            Prompt("Keep it as a template under which name?", value="", check=_named)
        )
        name = (answer or "").strip()
        if not name or (found := await self._ask(templates.all())) is None:
            return
        if name not in found or await self.app.push_screen_wait(Confirm(f"Replace template {name}?")):
            words = {word: value for word, value in words_of(checked.draft).items() if word not in ("at", "after_pid")}
            await self._ask(templates.put(name, words))

    @work(exclusive=True, group="recent")
    async def action_recent(self) -> None:
        """Fill in the command of a job that was added before, and where it ran."""
        drafts = await self._ask(self._commands.jobs.recent()) if self._commands else None
        if drafts is None:
            return
        if not drafts:
            self.query_one("#command", Note).show("Nothing has been added before.", wrong=True)
            return
        shown = [f"{shlex.join([from_home(draft.path), *draft.args])}   in {from_home(draft.cwd)}" for draft in drafts]
        chosen = await self.app.push_screen_wait(Picker("Begin with which command?", shown))
        if chosen is not None:
            first = entries_of(drafts[shown.index(chosen)])
            self._path = first["path"]
            for field, entry in first.items():
                self._field(field).value = entry
            self._field("parameters").focus()

    async def _ask(self, verb: Awaitable[T]) -> T | None:
        """Await a verb; what is wrong with it is said on screen."""
        try:
            return await verb
        except TuiQueueError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return None

    def _fill(self, words: dict[str, Any]) -> None:
        args = words.pop("args", None)
        if args is not None:
            self._field("parameters").value = shlex.join(args)
        for switch in set(words) & set(self._offered):
            self.query_one(f"#{switch}", Checkbox).value = bool(words.pop(switch))
        lines = typed(words)
        self._path = str(lines.get("path", self._path))
        for name, line in lines.items():
            self._field(name).value = str(line)
        if set(lines) & set(MORE):
            self.query_one("#more").display = True

    @work(exclusive=True, group="browse")
    async def action_browse(self) -> None:
        """Choose the job's file from a list."""
        entries = self._entries()
        place = await asyncio.to_thread(_nearest_directory, entries["path"], entries["cwd"])
        chosen = await self.app.push_screen_wait(FileBrowser(place, "Choose the job's file"))
        if chosen is not None:
            path = self._field("path")
            path.value = self._path = str(chosen)
            path.focus()
            path.action_end()

    # In a thread: a file system that does not answer must stop neither the keys nor the scheduler.
    @work(exclusive=True, group=LOOKS)
    async def _check(self) -> None:
        checked = await self._checked()
        if self.display and self.is_attached:  # else it was answered meanwhile, and its fields are being taken away
            self._show(checked)

    async def _checked(self) -> Checked:
        return await asyncio.to_thread(check_entries, self._entries(), self._switched_on(), self._path)

    def _show(self, checked: Checked) -> None:
        for field in FIELDS:
            note = self.query_one(f"#{field}-note", Note)
            if field == "path" and not self._path_was_typed:
                note.show(self._with_keys(_HINT))
            else:
                note.show(checked.errors.get(field, ""), wrong=True)
        file = os.path.basename(checked.path.rstrip(os.sep))
        self._field("name").placeholder = printable(file[:200]) or "the file's name"
        command = self.query_one("#command", Note)
        first: list[str] = []
        if (draft := checked.draft) is not None:
            runs = f"Runs: {printable(shlex.join([*program(draft), *draft.args]))}"
            if checked.sweep is not None:
                runs, first = count_line(checked.sweep), list(first_lines(program(draft), checked.sweep))
            command.show(runs, f"   in {from_home(draft.cwd)}")
        else:
            others = (words for field, words in checked.errors.items() if field not in FIELDS)
            command.show(next(others, ""), wrong=True)
        for place, note in enumerate(self.query("#first Note").results(Note)):
            note.show("".join(first[place : place + 1]))
            note.display = place < len(first)
        if self.focused is not None:
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def _input(self, field: str) -> Field:
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

    def _names_for(self, field: str) -> WordSuggester | None:
        if field in CHOICES:
            return among(CHOICES[field])
        if self._commands is None or field not in ("queue", "batch"):
            return None
        known = self._commands.queues.all if field == "queue" else self._commands.batches.all

        async def names() -> Iterable[str]:
            return [each.name for each in await known()]

        return WordSuggester(names)

    def _field(self, field: str) -> Field:
        return self.query_one(f"#{field}", Field)

    def _with_keys(self, text: str) -> str:
        return with_keys(text, keys_of(self))

    def _entries(self) -> dict[str, str]:
        return {field: self._field(field).value for field in (*FIELDS, *MORE)}

    def _switched_on(self) -> dict[str, bool]:
        return {switch: self.query_one(f"#{switch}", Checkbox).value for switch in self._offered}


def _nearest_directory(path: str, cwd: str) -> str:
    """Return the directory that a half-typed path leads to, else the working directory, else home."""
    for choice in (path, os.path.dirname(path), ""):
        if "\0" not in choice + cwd and os.path.isdir(directory := absolute(choice, cwd)):
            return directory
    return os.path.expanduser("~")


def _named(name: str) -> None:
    if not title("name", name):
        raise BadInputError("name", "The template needs a name.")
