"""Reads from the directories of runs what a store that is older than they are does not know."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from tui_queue.core.execution.run_files import Owner, RunFiles


class RunsOnDisk:
    """What the directories below that of all runs held when this was made; reads all of them, and blocks."""

    def __init__(self, runs: str) -> None:
        self._owners: dict[int, dict[int, Owner | None]] = {
            number: {
                attempt: RunFiles.of(runs, number, attempt).owner()
                for attempt in _numbers(os.path.join(runs, str(number)))
            }
            for number in _numbers(runs)
        }

    @property
    def highest(self) -> int:
        """The highest number of a job; 0 where there is none."""
        return max(self._owners, default=0)

    def claimed(self, number: int, uuid: str, created_at: datetime) -> list[int]:
        """Return which attempts of a job have begun, by what their watchers have left."""
        owners = self._owners.get(number, {})
        return [attempt for attempt, owner in owners.items() if owner is not None and owner.is_job(uuid, created_at)]

    def unknown(self, known: Mapping[int, tuple[str, datetime]]) -> Iterator[str]:
        """Yield the directories, as they lie beside the store, whose runs are of none of these jobs.

        ``known`` has the UUID of each job and when it was added, by number.
        """
        for number, owners in self._owners.items():
            if number not in known:
                yield os.path.join("runs", str(number))
                continue
            for attempt, owner in owners.items():
                if owner is not None and not owner.is_job(*known[number]):
                    yield os.path.join("runs", str(number), str(attempt))


def _numbers(directory: str) -> list[int]:
    with suppress(OSError):
        return sorted(int(name) for name in os.listdir(directory) if name.isdecimal())
    return []
