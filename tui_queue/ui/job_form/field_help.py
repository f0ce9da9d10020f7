"""One line about each field of the form of a job, and the words that it can have; pure but for the names of queues."""

from collections.abc import Sequence

from tui_queue.core.commands.commands import Commands
from tui_queue.core.parsing.job_options import BY_NAME
from tui_queue.core.parsing.option import Offer
from tui_queue.ui.job_form.fields import MORE, SWEEPS

# Ids of bindings stand for their keys.
_OF_COMMAND = {
    "path": "The script or program; its parameters may stand behind it.",
    "parameters": "What it is given, in words as for a shell; quotes keep blanks.",
    "cwd": "The directory it runs in; default: where the dashboard was opened.",
    "name": "What the table calls it; default: the file's name.",
}
_LISTED = " {form.choose} lists them."


def about(field: str) -> str:
    """Return what a field or switch is for, its default named; empty for all else."""
    if field in _OF_COMMAND:
        return _OF_COMMAND[field]
    if field in SWEEPS:
        return f"{SWEEPS[field]}."
    if field not in BY_NAME:
        return ""
    option = BY_NAME[field]
    said = option.help
    if field in MORE and "Default" not in said:
        said += " Default: none."
    return f"{said}{_LISTED if has_list(field) else ''}"


def has_list(field: str) -> bool:
    """Whether what a field can have is known."""
    option = MORE.get(field)
    return option is not None and (bool(option.choices) or option.offers in (Offer.QUEUES, Offer.BATCHES))


async def words_for(field: str, commands: Commands | None) -> Sequence[str]:
    """Return what a field can have."""
    option = MORE[field]
    if option.choices or commands is None:
        return option.choices
    known = commands.queues.all if option.offers is Offer.QUEUES else commands.batches.all
    return [each.name for each in await known()]
