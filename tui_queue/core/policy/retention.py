"""Chooses the ended jobs that retention removes, and measures their logs on disk."""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct

from tui_queue.core.model.retention import Limits, Removal
from tui_queue.core.units.durations import duration
from tui_queue.core.units.sizes import size_text


class EndedJob(Struct, frozen=True, kw_only=True):
    """An ended job, and what its runs take on disk; a process still waits for one that is ``protected``."""

    id: int
    finished_at: datetime
    log_bytes: int = 0
    protected: bool = False


def removals(ended: Iterable[EndedJob], limits: Limits, *, now: datetime) -> tuple[Removal, ...]:
    """Return what goes, oldest first, so that the latest jobs stay within the limits.

    Protected jobs count and stay. The latest job stays, however large its logs are: a user is about to read them.
    """
    latest_first = sorted(ended, key=lambda each: (each.finished_at, each.id), reverse=True)
    return tuple(_too_many(latest_first, limits, now))[::-1]


def log_sizes(runs_dir: str) -> dict[int, int]:
    """Return the bytes on disk of each job's directory by job number; one that vanishes counts as nothing."""
    sizes = {}
    with suppress(OSError), os.scandir(runs_dir) as entries:
        for entry in entries:
            if entry.name.isascii() and entry.name.isdigit() and str(int(entry.name)) == entry.name:
                sizes[int(entry.name)] = _on_disk(entry.path)
    return sizes


def _too_many(latest_first: list[EndedJob], limits: Limits, now: datetime) -> Iterator[Removal]:
    oldest = None if limits.max_age_s is None else now - timedelta(seconds=limits.max_age_s)
    total = 0
    for place, job in enumerate(latest_first):
        total += job.log_bytes
        if job.protected:
            continue
        if oldest is not None and job.finished_at < oldest:
            yield Removal(job_id=job.id, reason=f"older than {_span(limits.max_age_s)}")
        elif limits.max_jobs is not None and place >= limits.max_jobs:
            yield Removal(
                job_id=job.id, reason=f"more than {limits.max_jobs:,} ended job{'' if limits.max_jobs == 1 else 's'}"
            )
        elif limits.max_bytes is not None and total > limits.max_bytes and place > 0:
            yield Removal(job_id=job.id, reason=f"logs above {size_text(limits.max_bytes)}")


def _span(seconds: int | None) -> str:
    """Return ``30d`` rather than ``30d00h``."""
    return duration(seconds).removesuffix("00s").removesuffix("00m").removesuffix("00h")


def _on_disk(directory: str) -> int:
    """Return the bytes of the blocks of everything in a directory; a file with two names counts once."""
    seen: set[tuple[int, int]] = set()
    blocks, waiting = 0, [directory]
    while waiting:
        path = waiting.pop()
        with suppress(OSError):
            found = os.lstat(path)
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
            blocks += found.st_blocks
            if stat.S_ISDIR(found.st_mode):
                with os.scandir(path) as entries:
                    waiting.extend(entry.path for entry in entries)
    return blocks * 512
