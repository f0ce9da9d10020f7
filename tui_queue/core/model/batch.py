"""A batch: jobs with the same name to act on all of them."""

from datetime import datetime

from msgspec import Struct

from tui_queue.core.model.job import State


class Batch(Struct, frozen=True, kw_only=True):
    """How the jobs of a batch stand; ``finished_at`` is None while one is pending or running."""

    name: str
    counts: dict[State, int]
    created_at: datetime
    finished_at: datetime | None

    @property
    def jobs(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def ended(self) -> int:
        """How many of them have ended."""
        return sum(number for state, number in self.counts.items() if state.ended)
