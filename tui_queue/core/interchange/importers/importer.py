"""The type `Importer`, and functions that importers share."""

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.record import Record
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.schedule import Schedule

SHELL = "/bin/sh"


class Origin(Struct, frozen=True, kw_only=True):
    """Where and when a file is read: relative paths in it start at ``cwd``."""

    cwd: str
    now: datetime


class Skipped(Struct, frozen=True, kw_only=True):
    """A line of a file that can't be taken, and why."""

    line: int
    why: str


Found = Record | Schedule | Queue | Skipped


class Importer(Struct, frozen=True, kw_only=True):
    """One format of files.

    ``name``: what the user calls it.
    ``recognises``: whether a text looks like this format.
    ``read``: yields what a text holds: jobs, schedules, queues with their slots, and lines that can't be taken. Raises
    BadInputError that names the line.
    ``foreign``: whether it is of another program, which may start the same jobs still.
    ``caution``: what the user must check in jobs that have yet to run, because the format loses it.
    ``search_path``: the PATH that its jobs have; empty where the format does not tell.
    """

    name: str
    recognises: Callable[[str], bool]
    read: Callable[[str, Origin], Iterator[Found]]
    foreign: bool = False
    caution: str = ""
    search_path: str = ""


def first_line(text: str) -> str:
    """Return the first line that is not blank; empty without one."""
    return next((line for line in text.splitlines() if line.strip()), "")


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that is not blank, with its number in the file."""
    return ((number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip())


@contextmanager
def naming_line(number: int) -> Iterator[None]:
    """Put the number of the line before the message of each BadInputError raised in the block."""
    try:
        yield
    except BadInputError as error:
        raise BadInputError(error.field, f"Line {number}: {error}") from None


def words_of(command: str) -> list[str]:
    """Split a command as a shell would; at its blanks where a quote is not closed."""
    try:
        return shlex.split(command) or [""]
    except ValueError:
        return command.split() or [""]


def first_word(command: str) -> str:
    """Return a name for the job of a command: the file name of its first word."""
    return os.path.basename(words_of(command)[0])[:40] or "job"
