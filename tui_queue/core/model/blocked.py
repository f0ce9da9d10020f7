"""Pending jobs for which nothing happens until the user acts."""

from msgspec import Struct

from tui_queue.core.model.reason import NO_REASON, Reason


class Blocked(Struct, frozen=True, kw_only=True):
    """Why a job is blocked: the held job that it waits for in the end, or itself, and why that is held.

    Without a ``reason`` the user has held it.
    """

    held_id: int
    reason: Reason = NO_REASON

    def text(self, job_id: int) -> str:
        """Say so of the job with this number."""
        why = f" ({self.reason})" if self.reason else ""
        if job_id == self.held_id:
            return f"Job {job_id} is held{why}"
        return f"Job {job_id} waits for job {self.held_id}, which is held{why}"
