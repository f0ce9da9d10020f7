"""Several lines that are pasted as a command: a job of each, or one of all."""

import asyncio
from collections.abc import Mapping
from typing import Any

from textual.screen import Screen

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.bulk import drafts_of_lines
from tui_queue.core.parsing.job_command import is_there
from tui_queue.core.parsing.shell_syntax import shell_sign
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.job_form.fields import MORE, SWEEPS


async def ask(
    screen: Screen[Any], lines: list[str], entries: Mapping[str, str], switches: Mapping[str, bool]
) -> tuple[JobDraft, ...] | str | None:
    """Ask what lines are to be: return the drafts of a job of each, one line of all, or None for nothing.

    The other fields count for all jobs; where only a shell can act on the lines, it runs each. Raises BadInputError.
    """
    number = sum(1 for line in lines if line.strip() and not line.lstrip().startswith("#"))
    wrong: BadInputError | None = None
    drafts: tuple[JobDraft, ...] = ()
    by_shell = switches.get("shell", False) or await asyncio.to_thread(_are_for_shell, lines, entries["cwd"])
    try:
        drafts = tuple(await asyncio.to_thread(_drafts, lines, entries, switches, by_shell=by_shell))
    except BadInputError as error:
        wrong = error
    runs = ", a shell runs each line" if by_shell else ", one of each line"
    each, joined = f"Add {number:,} jobs{runs}", "Join them to one command"
    chosen = await screen.app.push_screen_wait(
        Picker(f"{len(lines):,} lines: add {number:,} jobs, or one?", [each, joined])
    )
    if chosen == each and wrong is not None:
        raise wrong
    return drafts if chosen == each else " ".join(lines) if chosen == joined else None


def _are_for_shell(lines: list[str], cwd: str) -> bool:
    return any(shell_sign(line, lambda word: is_there(word, cwd)) for line in lines if not is_there(line, cwd))


def _drafts(
    lines: list[str], entries: Mapping[str, str], switches: Mapping[str, bool], *, by_shell: bool
) -> list[JobDraft]:
    fields: dict[str, Any] = {name: option.of_line(entries[name]) for name, option in MORE.items() if entries[name]}
    fields |= {name: value for name, value in switches.items() if name not in SWEEPS}
    fields |= {"cwd": entries["cwd"], "name": entries["name"], "shell": by_shell}
    return drafts_of_lines(lines, fields)
