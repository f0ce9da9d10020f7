"""Jobs that were read before, so that of a thousand rows only those that have changed are made into jobs again."""

import sqlite3

from tui_queue.core.model.job import Job
from tui_queue.core.store.rows import job_of

_KEPT = 5000  # jobs; more are shown only to users who go through them one by one


class KnownJobs:
    """What the rows of ``jobs`` mean; for one thread."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[object, ...], Job]] = {}

    def of(self, row: sqlite3.Row) -> Job:
        """Return the job in a row, as users see it: the same object as long as the row is the same."""
        values = tuple(row)
        number: int = row["id"]
        known = self._known.get(number)
        if known is not None and known[0] == values:
            return known[1]
        if len(self._known) >= _KEPT:
            self._known.clear()
        job = job_of(row).shown
        self._known[number] = values, job
        return job
