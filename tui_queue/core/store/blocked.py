"""Finds pending jobs for which nothing happens until the user acts: held ones, and all that wait for them."""

import json
import sqlite3

from tui_queue.core.model.blocked import Blocked
from tui_queue.core.store.rows import reason_of

_HELD = "SELECT id, reason, reason_kind FROM jobs WHERE state = 'pending' AND held = 1"
_WAITING = """
    SELECT id, after FROM jobs INDEXED BY jobs_waiting WHERE state = 'pending' AND after <> '[]' AND held = 0"""


def blocked_jobs(db: sqlite3.Connection) -> dict[int, Blocked]:
    """Return all blocked jobs by number; of one that waits for several, those count first that no user has held."""
    held = [Blocked(held_id=row["id"], reason=reason_of(row)) for row in db.execute(_HELD)]
    found = {each.held_id: each for each in held}
    if not found:
        return {}
    behind: dict[int, list[int]] = {}
    for job_id, after in db.execute(_WAITING):
        for other, _ in json.loads(after):
            behind.setdefault(other, []).append(job_id)
    for root in sorted(held, key=lambda each: not each.reason):
        ahead = [root.held_id]
        while ahead:
            for job_id in behind.get(ahead.pop(), ()):
                if job_id not in found:
                    found[job_id] = root
                    ahead.append(job_id)
    return found
