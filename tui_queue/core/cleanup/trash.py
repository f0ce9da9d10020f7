"""The directories of removed jobs' runs: moved to the trash, restored, deleted."""

import os
import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime

from tui_queue.core.errors import StoreError, WrongStateError
from tui_queue.core.model.job import Job
from tui_queue.core.model.trash import DELETED_AFTER_S, RESTORABLE_S, TrashedJobs
from tui_queue.core.store.rows import microseconds
from tui_queue.core.units.printable import printable

_TRASH = ".removed"  # beside the directories of jobs: to move there is to rename


def move_away(runs: str, ids: Sequence[int], at: datetime) -> set[int]:
    """Move the runs of jobs aside; return which have had any. Raises OSError."""
    os.makedirs(os.path.join(runs, _TRASH), mode=0o700, exist_ok=True)
    moved = set()
    for job_id in ids:
        with suppress(FileNotFoundError):
            os.rename(_place(runs, job_id), _place_in_trash(runs, job_id, at))
            moved.add(job_id)
    return moved


def move_back(runs: str, trashed: TrashedJobs) -> None:
    """Undo ``move_away``. Raises WrongStateError for what is not kept any more, and StoreError."""
    if not all(os.path.isdir(_place_in_trash(runs, job_id, trashed.at)) for job_id in trashed.ran):
        raise WrongStateError(f"The logs are gone: a removed job can be brought back for {RESTORABLE_S // 60} minutes.")
    try:
        for job_id in trashed.ran:
            os.rename(_place_in_trash(runs, job_id, trashed.at), _place(runs, job_id))
    except OSError as error:
        raise StoreError(f"{printable(runs)}: can't be changed: {error.strerror}.") from None


def empty_trash(runs: str, *, now: datetime, ours: Collection[TrashedJobs] = ()) -> None:
    """Delete the runs of jobs that can't be brought back any more, and those of ``ours``."""
    own = {_place_in_trash(runs, job_id, trashed.at) for trashed in ours for job_id in trashed.ran}
    with suppress(OSError), os.scandir(os.path.join(runs, _TRASH)) as entries:
        for entry in entries:
            at = entry.name.rpartition("-")[2]
            # Either way: the clock may have been set.
            is_old = at.isdecimal() and abs(now.timestamp() - int(at) / 1_000_000) > DELETED_AFTER_S
            if is_old or entry.path in own:
                shutil.rmtree(entry.path, ignore_errors=True)


def make_young(job: Job) -> None:
    """Have the copy of a job's script stay for a while, though no job refers to it."""
    if job.options.script is not None and job.options.script.copy:
        with suppress(OSError):
            os.utime(os.path.dirname(job.options.script.copy))


def _place(runs: str, job_id: int) -> str:
    return os.path.join(runs, str(job_id))


def _place_in_trash(runs: str, job_id: int, at: datetime) -> str:
    return os.path.join(runs, _TRASH, f"{job_id}-{microseconds(at)}")
