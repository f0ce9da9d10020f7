"""The directories of removed jobs' runs: moved to the trash, restored, deleted."""

import os
import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime

from tui_queue.core.errors import StoreError
from tui_queue.core.model.job import Job
from tui_queue.core.model.trash import DELETED_AFTER_S, TrashedJobs
from tui_queue.core.store.rows import microseconds
from tui_queue.core.units.printable import printable

FULL_BYTES = 1 << 30  # free, below which a disk is nearly full: or, of a small disk, below the share
FULL_SHARE = 20
_TRASH = ".removed"  # beside the directories of jobs: to move there is to rename


def move_away(runs: str, ids: Sequence[int], at: datetime, *, ran: Collection[int]) -> None:
    """Move the runs of jobs aside. Raises OSError.

    Those that ``ran`` have a directory in the trash also when the user has deleted theirs: it says that nothing of what
    was there has been emptied.
    """
    os.makedirs(os.path.join(runs, _TRASH), mode=0o700, exist_ok=True)
    for job_id in ids:
        try:
            os.rename(_place(runs, job_id), _place_in_trash(runs, job_id, at))
        except FileNotFoundError:
            if job_id in ran:
                os.makedirs(_place_in_trash(runs, job_id, at), exist_ok=True)


def move_back(runs: str, trashed: TrashedJobs) -> set[int]:
    """Undo ``move_away``; return whose runs were moved. Raises StoreError."""
    moved = set()
    try:
        for job_id in trashed.ids:
            with suppress(FileNotFoundError):  # it has had no runs, or they were moved back and then a crash came
                os.rename(_place_in_trash(runs, job_id, trashed.at), _place(runs, job_id))
                moved.add(job_id)
                _remove_empty(_place(runs, job_id))
    except OSError as error:
        raise StoreError(f"{printable(runs)}: can't be changed: {error.strerror}.") from None
    return moved


def has_runs(runs: str, trashed: TrashedJobs, job_id: int) -> bool:
    """Whether the runs of a removed job are still there."""
    return os.path.isdir(_place_in_trash(runs, job_id, trashed.at)) or os.path.isdir(_place(runs, job_id))


def empty_trash(runs: str, *, now: datetime, ours: Collection[TrashedJobs] = (), everything: bool = False) -> None:
    """Delete the runs of jobs that can't be brought back any more, and those of ``ours``, or ``everything``."""
    own = {_place_in_trash(runs, job_id, trashed.at) for trashed in ours for job_id in trashed.ids}
    with suppress(OSError), os.scandir(os.path.join(runs, _TRASH)) as entries:
        for entry in entries:
            at = entry.name.rpartition("-")[2]
            # Either way: the clock may have been set.
            is_old = at.isdecimal() and abs(now.timestamp() - int(at) / 1_000_000) > DELETED_AFTER_S
            if everything or is_old or entry.path in own:
                shutil.rmtree(entry.path, ignore_errors=True)


def is_nearly_full(runs: str) -> bool:
    """Whether the disk of the runs has so little room left that nothing is to lie in the trash; blocks."""
    with suppress(OSError):
        usage = shutil.disk_usage(runs)
        return usage.free < min(FULL_BYTES, usage.total // FULL_SHARE)
    return False


def make_young(job: Job) -> None:
    """Have the copies of a job's script and input stay for a while, though no job refers to them."""
    script = job.options.script
    for copy in filter(None, (script.copy if script is not None else "", job.options.stdin)):
        with suppress(OSError):
            os.utime(os.path.dirname(copy))


def _remove_empty(directory: str) -> None:
    with suppress(OSError):
        os.rmdir(directory)


def _place(runs: str, job_id: int) -> str:
    return os.path.join(runs, str(job_id))


def _place_in_trash(runs: str, job_id: int, at: datetime) -> str:
    return os.path.join(runs, _TRASH, f"{job_id}-{microseconds(at)}")
