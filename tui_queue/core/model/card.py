"""The cards (GPUs) of this machine as a sample has found them."""

from msgspec import Struct

from tui_queue.core.model.leftover import processes_text

VISIBLE = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")  # the first that a job has counts
GIVEN = (*VISIBLE, "CUDA_DEVICE_ORDER")  # what a job gets with its cards
GIVEN_MARK = "TUI_QUEUE_CARDS"  # is set beside them: they are not the user's own


class CardUser(Struct, frozen=True, kw_only=True):
    """A process that uses a card. ``user`` is empty where that can't be known, ``job_id`` None for no job of ours."""

    pid: int
    user: str = ""
    job_id: int | None = None


class Card(Struct, frozen=True, kw_only=True):
    """A card by the driver's number, which is that of the PCI bus; ``free`` are bytes, None where that is not told."""

    number: int
    uuid: str = ""
    free: float | None = None
    users: tuple[CardUser, ...] = ()

    @property
    def occupied(self) -> str:
        """Who uses the card, in words; empty when it is free."""
        if not self.users:
            return ""
        first = self.users[0]
        if first.job_id is not None:
            count = sum(each.job_id == first.job_id for each in self.users)
            return f"gpu {self.number}: {processes_text(count)} of job {first.job_id}"
        more = f" and {len(self.users) - 1} more" if len(self.users) > 1 else ""
        owner = f"{first.user}, " if first.user else ""
        return f"gpu {self.number}: used by {owner}pid {first.pid}{more}"
