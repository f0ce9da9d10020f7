"""The capacity (slots, resources, free memory) that admission uses."""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from tui_queue.core.model.card import Card
from tui_queue.core.policy.cards import GPU, own_cards


class CardSource(Protocol):
    """What samples the cards (GPUs) of this machine."""

    lacking: bool  # whether a decision has lacked a sample since the last refresh

    def cards(self) -> tuple[Card, ...] | None:
        """Return the cards of the latest sample; None without one."""

    async def refresh(self, max_age_s: float) -> bool:
        """Have a sample that is at most so old, if one is wanted; return whether there is one."""


class NoCards:
    """The cards of a machine without any."""

    lacking = False

    def cards(self) -> tuple[Card, ...] | None:
        """Return none."""
        return ()

    async def refresh(self, max_age_s: float) -> bool:
        """Do nothing."""
        return True


class Capacity(Struct, frozen=True, kw_only=True):
    """What a process knows of the machine and the settings, by which it is decided who starts; measured when asked.

    ``slots`` is for queues that say nothing themselves. ``resources`` are totals by the settings, for ``gpu`` maybe the
    numbers of the cards; without one there are as many as ``gpus`` finds. ``visible`` is the CUDA_VISIBLE_DEVICES of
    this process. ``waiting`` is how many jobs of a schedule may wait behind one that has not ended.
    """

    slots: Callable[[], int]
    waiting: Callable[[], int] = lambda: 1
    resources: Mapping[str, int | tuple[int, ...]] = field(default_factory=dict)
    gpus: CardSource = field(default_factory=NoCards)
    visible: str | None = None
    free: Callable[[str], float | None] = lambda _: None
    lives: Callable[[tuple[int, int]], bool] = lambda _: False

    def with_settings(self) -> "Capacity":
        """Return the same with the settings as they are now: they stand in a file."""
        slots, waiting = self.slots(), self.waiting()
        return replace(self, slots=lambda: slots, waiting=lambda: waiting)

    def total(self, name: str) -> int | None:
        """Return how much there is of a resource; None for an unknown one."""
        total = self.resources.get(name)
        if name == GPU and total is None:
            return len(self.cards() or ()) or None
        return len(total) if isinstance(total, tuple) else total

    def cards(self) -> tuple[Card, ...] | None:
        """Return the cards that the queue may hand out; None while the driver has not answered."""
        return own_cards(self.resources.get(GPU), self.gpus.cards(), self.visible)
