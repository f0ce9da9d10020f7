"""Makes the directories of a queue, after a check that they are ours, and says whether they can be written."""

import os
import time
from contextlib import closing, suppress

from msgspec import Struct

from tui_queue.core.errors import StoreError
from tui_queue.core.system import ownership
from tui_queue.core.units.printable import printable
from tui_queue.paths import DIRECTORIES, FILES, Paths

_SHOWN = 5  # processes that a message names


class Prepared(Struct, frozen=True):
    """What was found at the place of a queue.

    ``refusal`` says why nothing can be written, if so. ``notice`` is what the user should know: that there is no queue
    yet, or a new one.
    """

    refusal: str = ""
    notice: str = ""


def check(paths: Paths) -> None:
    """Raise StoreError where another user has a hand in what a queue uses. Reads nothing of it."""
    if ownership.check_directory(paths.state):
        ownership.check_entries(paths.state, files=FILES, directories=DIRECTORIES)
    folder = os.path.dirname(paths.settings)
    if folder != paths.state:
        ownership.check_directory(folder)
        ownership.check_file(paths.settings)


def prepare(paths: Paths, *, create: bool) -> Prepared:
    """Get the place of a queue, which was checked, ready; with ``create`` make one where there is none.

    Raises StoreError.
    """
    is_there = os.path.exists(paths.store)
    if not is_there and not create:
        return Prepared(
            refusal=f"{printable(paths.state)}: there is no queue yet; `tui-queue add` makes one.",
            notice=f"There is no queue in {printable(paths.state)} yet.",
        )
    if os.path.isdir(paths.state) and (refusal := why_read_only(paths)):
        return Prepared(refusal=refusal)
    if not is_there:
        _check_left_behind(paths)
        make_private(paths.state)
        check(paths)  # another user may have been first
        _put_strange_runs_aside(paths)
    for directory in (paths.runs, paths.wake):
        _make_one(directory, directory)  # and none above it: a queue that is moved at this moment is not made anew
    return Prepared(notice="" if is_there else f"Made a new queue in {printable(paths.state)}.")


def why_read_only(paths: Paths) -> str:
    """Return why nothing can be written to a queue that is there; empty where it can."""
    for path in (paths.state, paths.store, paths.runs, paths.wake):
        if not os.path.exists(path) or os.access(path, os.W_OK):  # in this order: another process may make it now
            continue
        why = "you have no permission to write it"
        with suppress(OSError):
            if os.statvfs(path).f_flag & os.ST_RDONLY:
                why = "its file system is mounted so"
        return f"{printable(path)}: it is read-only, {why}; jobs can be listed and shown, but nothing changed."
    return ""


def _check_left_behind(paths: Paths) -> None:
    """Raise StoreError where jobs of a queue that was here still run: their files are elsewhere, or gone."""
    from tui_queue.core.execution.left_behind import processes_of_runs  # noqa: PLC0415 - only for a new queue

    if found := processes_of_runs(paths.runs):
        numbers = ", ".join(map(str, found[:_SHOWN])) + (" …" if len(found) > _SHOWN else "")
        raise StoreError(
            f"{printable(paths.state)}: jobs of a queue that was moved or deleted still run (processes {numbers}), and "
            "a new queue here would mix with them. Set TUI_QUEUE_HOME to where it is now, or end them first."
        )


def _put_strange_runs_aside(paths: Paths) -> None:
    """Keep the runs of a database that is gone away from those of a new one, whose numbers begin with 1 again."""
    if not (os.path.isdir(paths.runs) and os.listdir(paths.runs)):
        return
    from tui_queue.core.store.lock_file import LockTakenError, opening_lock  # noqa: PLC0415 - seldom needed

    try:
        with closing(opening_lock(paths.store)) as lock, lock.held():
            if not os.path.exists(paths.store):  # else they are of a queue that another process has made just now
                os.rename(paths.runs, f"{paths.runs}.of-lost-queue-{time.time_ns()}")
    except (LockTakenError, OSError) as error:
        raise StoreError(f"{printable(paths.runs)}: can't be put aside: {error}. Rename it, and try again.") from None


def make_private(directory: str) -> None:
    """Make a directory, and those above it, for the user alone, with any umask."""
    missing, wanted = [], directory
    while not os.path.isdir(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    for each in reversed(missing):
        _make_one(each, wanted)


def _make_one(directory: str, wanted: str) -> None:
    if os.path.isdir(directory):
        return
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:  # another process was first
        if not os.path.isdir(directory):
            raise _not_created(wanted, "a file or a link that leads nowhere is in its place") from None
        ownership.check_directory(directory)
    except OSError as error:
        raise _not_created(wanted, error.strerror) from None


def _not_created(directory: str, why: str | None) -> StoreError:
    return StoreError(f"{printable(directory)}: can't be created: {why}. Set TUI_QUEUE_HOME to another place.")
