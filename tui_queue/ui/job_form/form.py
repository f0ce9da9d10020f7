"""The form that asks for a job, and shows what is wrong while the user types."""

import asyncio
import os
import shlex
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Label

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import default_name, shell_line
from tui_queue.core.model.job import Job, JobDraft
from tui_queue.core.parsing.directives import ScriptOptions
from tui_queue.core.parsing.job_command import COMMAND_FIELDS
from tui_queue.core.parsing.job_draft import swept
from tui_queue.core.parsing.sweep import FIRST, count_line, first_lines
from tui_queue.core.units.printable import printable
from tui_queue.ui.command_result import result_of
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.job_form.choices import Choices, chosen_file
from tui_queue.ui.job_form.field_help import about, has_list, words_for
from tui_queue.ui.job_form.fields import (
    MORE,
    Checked,
    check_entries,
    entries_of,
    from_home,
    path_of,
    program,
)
from tui_queue.ui.job_form.input import FORM_CSS, Field
from tui_queue.ui.job_form.more_options import MoreOptions
from tui_queue.ui.job_form.note import Note
from tui_queue.ui.job_form.origin import Origin
from tui_queue.ui.job_form.pasted_lines import ask
from tui_queue.ui.job_form.path_suggester import PathSuggester
from tui_queue.ui.job_form.running import check_running
from tui_queue.ui.job_form.typed import Typed
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.messages import SCREEN_WORKERS

# Ids of bindings stand for their keys.
_HINT = "A script or program, parameters too; {form.browse} browses."
_AS_LEFT = "As you left it."
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
        &.-short Origin, &.-low Origin, &.-low #about, &.-listing #about { display: none; }
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
        Binding("f6", "shell", "Shell", id="form.shell", tooltip="Have a shell run the command as one line, or not"),
        Binding("f7", "choose", "Choose", id="form.choose", tooltip="Choose from a list what the field can have"),
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
        running: Job | None = None,
        typed: Typed | None = None,
    ) -> None:
        """``commands`` know the templates and recent jobs to begin with; ``typed`` is what the user has left here.

        With ``single`` the form asks for exactly one job; if the user changes nothing, the answer is ``draft`` itself.
        ``running`` is a running job, of which only a few things can be changed.
        """
        super().__init__()
        self._commands = commands
        self._choices = None if commands is None else Choices(self, commands, self._complain)
        self._more = MoreOptions(draft, single=single, commands=commands)
        self._origin = None if commands is None else Origin(commands, draft, is_new=not single)
        self._heading = title
        self._verb = verb
        self._kept = draft if single else None
        self._running_job = running
        self._is_new = draft is None
        self._left = typed
        self._draft = draft
        self.typed: Typed | None = None  # what stands in it when it is left; None where that is what it began with
        self._path_was_typed = False
        self._first = {"cwd": cwd} if draft is None else entries_of(draft)
        # The path that was filled in, which no parameters follow.
        self._path = "" if draft is None else path_of(draft)
        self._cwd = self._first["cwd"]  # a completion may need it before the field is mounted

    def compose(self) -> ComposeResult:
        """Stack the fields, each with a line for what is wrong with it."""
        with Vertical(id="form") as form:
            form.border_title = Content(printable(self._heading))
            is_roomy = self._choices is not None and self.app.size.width >= _ROOMY
            others = "   {form.recent} recent   {form.template} template" if is_roomy else ""
            keys = f"Enter {self._verb.lower()}s   {{form.more}} more{others}   {{form.cancel}} cancels"
            form.border_subtitle = Content(self._with_keys(keys))
            with VerticalScroll(id="lines", can_focus=False):
                yield from self._compose_fields()
                yield self._more
            with Vertical(id="below"):
                yield Note(id="about")
                yield Note(id="command")
                if self._origin is not None:
                    yield self._origin
                with Vertical(id="first"):
                    for place in range(FIRST + 1):
                        yield Note(id=f"first-{place}")
                with Horizontal(id="buttons"):
                    yield Button("More", id="unfold", compact=True)
                    yield Button(self._verb, id="add", variant="primary", compact=True)
                    yield Button("Cancel", id="cancel", compact=True)

    def _compose_fields(self) -> ComposeResult:
        for field, label in COMMAND_FIELDS.items():
            with Horizontal(classes="field"):
                yield Label(label)
                yield self._input(field)
                if field == "path":
                    browse = Button("Browse", id="browse", compact=True)
                    browse.can_focus = False  # Tab goes on to the parameters; Ctrl+O does the same
                    yield browse
            yield Note(id=f"{field}-note", indent=_LABEL_WIDTH)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take away the keys of templates and recent jobs where there are no commands."""
        return self._choices is not None or action not in ("template", "keep", "recent")

    def on_mount(self) -> None:
        """Show what the first field wants."""
        self._at_first = self._entries(), self._more.switched_on()
        if self._left is not None:
            self._put_back(self._left)
        if self._kept is None:
            self._field("path").tells_of_lines = True
        self._check()

    def _put_back(self, typed: Typed) -> None:
        """Fill in what the user has left."""
        self._path = typed.path
        for field, entry in typed.entries.items():
            self._field(field).value = entry
        self._more.put_back(typed.entries, typed.switches)
        self._field("path").action_end()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "path":
            self._path_was_typed = True
        elif event.input.id == "cwd":
            self._cwd = event.value
        self._check()

    def on_resize(self) -> None:
        """Keep the field with the keys in view."""
        if self.focused is not None:
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what the field or the switch is for that is filled in."""
        if text := about(event.widget.id or ""):
            self.query_one("#about", Note).show(self._with_keys(text))

    @work(exclusive=True, group="choose")
    async def action_choose(self) -> None:
        """Let the user choose what the field can have."""
        field = self.focused
        if isinstance(field, Field) and field.id and has_list(field.id):
            words = await result_of(self, words_for(field.id, self._commands))
            if words:
                chosen = await self.app.push_screen_wait(Picker(MORE[field.id].caption, list(words)))
                if chosen is not None:
                    field.value = chosen
                    field.action_end()

    @on(Checkbox.Changed)
    def _switched(self, event: Checkbox.Changed) -> None:
        event.stop()
        self._check()

    @on(Button.Pressed, "#unfold")
    def _asked_for_more(self) -> None:
        self.action_more()

    def action_more(self) -> None:
        """Fold the fields for everything else out, or in."""
        self._more.display = not self._more.display
        self._field(next(iter(MORE)) if self._more.display else "path").focus()

    def action_shell(self) -> None:
        """Have a shell run the job path and the parameters as one line, or not."""
        self._more.fill({"shell": not self._more.switched_on()["shell"]})

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
        self._answer(None)

    def _answer(self, drafts: tuple[JobDraft, ...] | None) -> None:
        """Answer, and leave behind what was typed."""
        now = self._entries(), self._more.switched_on()
        if now != self._at_first:
            self.typed = Typed(entries=now[0], switches=now[1], path=self._path, like=self._draft)
        self.dismiss(drafts)

    @on(Field.Lines)
    @work(exclusive=True, group="submit")
    async def _take_lines(self, event: Field.Lines) -> None:
        """Ask whether several pasted lines are one job or several."""
        path = self._field("path")
        try:
            answer = await ask(self, event.lines, self._entries(), self._more.switched_on())
        except BadInputError as error:
            self.query_one("#path-note", Note).show(printable(str(error)), wrong=True)
            return
        if isinstance(answer, str):
            path.replace(answer, *path.selection)
        elif answer is not None:
            self._answer(answer)

    @work(exclusive=True, group="submit")
    async def action_submit(self) -> None:
        """Answer with the draft if all fields are right, else go to the first wrong one."""
        now = self._entries(), self._more.switched_on()
        checked = await self._checked()
        if checked.draft is not None and self._kept is not None and now == self._at_first:
            self._answer((self._kept,))
            return
        if checked.draft is not None:
            sweep = checked.sweep
            self._answer(
                (checked.draft,) if sweep is None else tuple(await asyncio.to_thread(swept, checked.draft, sweep))
            )
            return
        self._path_was_typed = True
        self._show(checked)
        for field in (*COMMAND_FIELDS, *MORE):
            if field in checked.errors:
                if field in MORE:
                    self._more.display = True
                self._field(field).focus()
                return

    @work(exclusive=True, group="template")
    async def action_template(self) -> None:
        """Fill in what a template says."""
        fields = await self._choices.template() if self._choices else None
        if fields is None:
            return
        if (args := fields.get("args")) is not None:
            self._field("parameters").value = shlex.join(args)
        lines = {name: str(value) for name, value in fields.items() if name in COMMAND_FIELDS}
        self._path = "" if fields.get("shell") else lines.get("path", self._path)
        for name, line in lines.items():
            self._field(name).value = line
        self._more.fill({"shell": False, **fields} if "path" in fields else fields)

    @work(exclusive=True, group="template")
    async def action_keep(self) -> None:
        """Keep what the form says as a template."""
        if self._choices is None:
            return
        checked = await self._checked()
        if checked.draft is None:
            self.action_submit()  # which shows what is wrong
        else:
            await self._choices.keep(checked.draft)

    @work(exclusive=True, group="recent")
    async def action_recent(self) -> None:
        """Fill in the command of a job that was added before, and where it ran."""
        draft = await self._choices.recent() if self._choices else None
        if draft is not None:
            entries = entries_of(draft)
            self._path = path_of(draft)
            for field, entry in entries.items():
                self._field(field).value = entry
            self._more.fill({"shell": draft.options.shell})
            self._field("parameters").focus()

    @work(exclusive=True, group="browse")
    async def action_browse(self) -> None:
        """Choose the job's file from a list."""
        entries = self._entries()
        chosen = await chosen_file(self, entries["path"], entries["cwd"])
        if chosen is not None:
            path = self._field("path")
            path.value = self._path = chosen
            path.focus()
            path.action_end()

    # In a thread: a file system that does not answer must stop neither the keys nor the scheduler.
    @work(exclusive=True, group=SCREEN_WORKERS)
    async def _check(self) -> None:
        checked = await self._checked()
        if self.display and self.is_attached:  # else the form has been answered, and its fields are being removed
            self._show(checked)
            if self._origin is not None:
                await self._origin.show(checked.draft, many=checked.sweep is not None)

    async def _checked(self) -> Checked:
        if self._running_job is not None and self._kept is not None:
            entries, switches = self._at_first
            return check_running(
                self._running_job, self._kept, {**entries, **switches}, {**self._entries(), **self._more.switched_on()}
            )
        key = self._with_keys("{form.shell}")
        scripts = ScriptOptions(await self._choices.resources()) if self._choices and self._is_new else None
        entries, switches = self._entries(), self._more.switched_on()
        return await asyncio.to_thread(check_entries, entries, switches, self._path, key, scripts)

    def _show(self, checked: Checked) -> None:
        for field in COMMAND_FIELDS:
            note = self.query_one(f"#{field}-note", Note)
            if field == "path" and not self._path_was_typed:
                note.show(self._with_keys(_HINT))
            elif field == "path" and self._is_as_left and "path" not in checked.errors:
                note.show(_AS_LEFT)
            else:
                note.show(checked.errors.get(field, ""), wrong=True)
        name = os.path.basename(checked.path.rstrip(os.sep))
        if checked.draft is not None:
            name = checked.draft.name if checked.told else default_name(checked.draft.path, checked.draft.args)
        self._field("name").placeholder = printable(name[:200]) or "the file's name"
        command = self.query_one("#command", Note)
        first: list[str] = []
        if (draft := checked.draft) is not None:
            line = shell_line(draft)
            runs = f"Runs: {printable(shlex.join([*program(draft), *draft.args]))}"
            if line is not None:
                runs = f"A shell runs: {printable(line)}"
            if checked.sweep is not None:
                runs, first = count_line(checked.sweep), list(first_lines(program(draft), checked.sweep))
            command.show(runs, f"   in {from_home(draft.cwd)}")
            first += checked.told
        else:
            others = (words for field, words in checked.errors.items() if field not in COMMAND_FIELDS)
            command.show(next(others, ""), wrong=True)
        self.set_class(bool(first), "-listing")
        for place, note in enumerate(self.query("#first Note").results(Note)):
            note.show("".join(first[place : place + 1]))
            note.display = place < len(first)
        if self.focused is not None:
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    @property
    def _is_as_left(self) -> bool:
        """Whether the form shows what the user has left in it, and no more."""
        left = self._left
        return left is not None and (self._entries(), self._more.switched_on()) == (left.entries, left.switches)

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

    def _field(self, field: str) -> Field:
        return self.query_one(f"#{field}", Field)

    def _with_keys(self, text: str) -> str:
        return with_keys(text, keys_of(self))

    def _complain(self, text: str) -> None:
        self.query_one("#command", Note).show(self._with_keys(text), wrong=True)

    def _entries(self) -> dict[str, str]:
        return {**{field: self._field(field).value for field in COMMAND_FIELDS}, **self._more.entries()}
