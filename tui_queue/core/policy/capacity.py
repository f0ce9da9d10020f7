"""The capacity (slots, resources, free memory) that admission uses."""

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace


class Capacity(Struct, frozen=True, kw_only=True):
    """What a process knows of the machine and the settings, for whoever decides; measured only when it is asked.

    ``slots`` is for queues that say nothing themselves. ``resources`` are totals by the settings; without one for
    ``gpu`` there are as many as ``gpus`` finds.
    """

    slots: Callable[[], int]
    resources: Mapping[str, int] = field(default_factory=dict)
    gpus: Callable[[], tuple[int, ...]] = lambda: ()
    free: Callable[[str], float | None] = lambda _: None
    lives: Callable[[tuple[int, int]], bool] = lambda _: False

    def with_slots(self) -> "Capacity":
        """Return the same with the slots as they are now: they stand in a file."""
        slots = self.slots()
        return replace(self, slots=lambda: slots)

    def total(self, name: str) -> int | None:
        """Return how much there is of a resource; None for one that nobody knows."""
        if name in self.resources or name != "gpu":
            return self.resources.get(name)
        return len(self.gpus()) or None

    def devices(self, name: str) -> tuple[int, ...]:
        """Return the numbers of the single things that a resource counts; none for what is only counted."""
        if name != "gpu":
            return ()
        return tuple(range(self.resources[name])) if name in self.resources else self.gpus()
