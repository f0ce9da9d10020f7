"""The variables of a job on the command line: `--env` adds one or changes it, `--no-env` takes one away."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.job_draft import Fields
from tui_queue.core.parsing.job_options import BY_NAME
from tui_queue.core.units.printable import printable

F = TypeVar("F", bound=Callable[..., Any])

no_env_option = click.option(
    "--no-env",
    "without_env",
    multiple=True,
    metavar="NAME",
    help="Take away a variable that --env has set. Default: none.",
)


def with_variables(fields: Fields, draft: JobDraft, without: Sequence[str]) -> Fields:
    """Return the fields with all variables that a changed job has: those of its draft, those that are given, but for
    those that it is to be ``without``. Raises BadInputError for one that is not there.
    """
    if not without and "env" not in fields:
        return fields
    return {**fields, "env": variables(BY_NAME["env"].given_in(draft), fields.get("env", ()), without)}


def variables(before: Iterable[str], given: Iterable[str], without: Sequence[str]) -> tuple[str, ...]:
    """Return assignments with others that are ``given`` added or in their place. Raises BadInputError."""
    known = {_name(text): text for text in before}
    for name in without:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise BadInputError(
                "env", f"--no-env {printable(name)}: no such variable was set with --env; set: {there}."
            )
        del known[name]
    added = {_name(text): text for text in given}
    if both := added.keys() & set(without):
        raise BadInputError("env", f"{min(both)}: either --env or --no-env.")
    return tuple((known | added).values())


def _name(text: str) -> str:
    return text.partition("=")[0]
