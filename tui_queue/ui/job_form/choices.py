"""Dialogs that fill the form: recent commands, templates, files."""

import asyncio
import os
import shlex
from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import shell_line
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.job_draft import fields_of
from tui_queue.core.parsing.job_options import BY_NAME
from tui_queue.core.units.printable import printable
from tui_queue.ui.command_result import result_of
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.job_form.fields import from_home
from tui_queue.ui.job_form.file_browser import FileBrowser
from tui_queue.ui.job_form.path_suggester import absolute

# Ids of bindings stand for their keys.
_NO_TEMPLATE = "There is no template. {form.keep} keeps what stands here as one."


class Choices:
    """Asks the user to choose from what the queue knows; each answer is None if the user does not."""

    def __init__(self, screen: Screen[Any], commands: Commands, complain: Callable[[str], None]) -> None:
        """``complain`` shows that there is nothing to choose from; ids of bindings in its text stand for keys."""
        self._screen = screen
        self._commands = commands
        self._complain = complain
        self._resources: frozenset[str] | None = None

    async def resources(self) -> frozenset[str]:
        """Return the names of the resources that the queue has, as they were when they were asked for first."""
        if self._resources is None:
            self._resources = await self._commands.queues.resources()
        return self._resources

    async def recent(self) -> JobDraft | None:
        """Return the draft of a job that was added before."""
        drafts = await result_of(self._screen, self._commands.jobs.recent())
        if drafts is None:
            return None
        if not drafts:
            self._complain("Nothing has been added before.")
            return None
        shown = [f"{_command(draft)}   in {from_home(draft.cwd)}" for draft in drafts]
        chosen = await self._screen.app.push_screen_wait(Picker("Begin with which command?", shown))
        return None if chosen is None else drafts[shown.index(chosen)]

    async def template(self) -> dict[str, Any] | None:
        """Return the fields of a template; the user may remove templates from the list."""
        found = await result_of(self._screen, self._commands.templates.all())
        if found is None:
            return None
        if not found:
            self._complain(_NO_TEMPLATE)
            return None
        picker = Picker("Begin with which template?", tuple(found), remove=self._remove)
        name = await self._screen.app.push_screen_wait(picker)
        chosen = None if name is None else await result_of(self._screen, self._commands.templates.get(name))
        return None if chosen is None else dict(chosen)

    async def keep(self, draft: JobDraft) -> None:
        """Ask for a name and keep a draft as a template under it."""
        prompt = Prompt("Keep it as a template under which name?", value="", check=_check_name)
        name = (await self._screen.app.push_screen_wait(prompt) or "").strip()
        if not name or (found := await result_of(self._screen, self._commands.templates.all())) is None:
            return
        if name not in found or await self._screen.app.push_screen_wait(
            Confirm(f"Replace template {name}?", yes="Replace it", no="Keep it")
        ):
            fields = fields_of(draft)
            lasting = {key: value for key, value in fields.items() if key not in BY_NAME or BY_NAME[key].lasting}
            await result_of(self._screen, self._commands.templates.put(name, lasting))

    async def _remove(self, name: str) -> bool:
        if not await self._screen.app.push_screen_wait(
            Confirm(f"Remove template {name}?", yes="Remove it", no="Keep it")
        ):
            return False
        await result_of(self._screen, self._commands.templates.remove(name))
        left = await result_of(self._screen, self._commands.templates.all())
        return left is not None and name not in left


async def chosen_file(screen: Screen[Any], path: str, cwd: str) -> str | None:
    """Let the user choose a file; the list begins where a half-typed path leads."""
    directory = await asyncio.to_thread(_nearest_directory, path, cwd)
    chosen = await screen.app.push_screen_wait(FileBrowser(directory, "Choose the job's file"))
    return None if chosen is None else str(chosen)


def _nearest_directory(path: str, cwd: str) -> str:
    """Return the directory that a half-typed path leads to, else the working directory, else home."""
    for choice in (path, os.path.dirname(path), ""):
        if "\0" not in choice + cwd and os.path.isdir(directory := absolute(choice, cwd)):
            return directory
    return os.path.expanduser("~")


def _command(draft: JobDraft) -> str:
    line = shell_line(draft)
    return shlex.join([from_home(draft.path), *draft.args]) if line is None else printable(line)


def _check_name(name: str) -> None:
    if not title("name", name):
        raise BadInputError("name", "The template needs a name.")
