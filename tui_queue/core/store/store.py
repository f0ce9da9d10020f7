"""The store: one connection to the database, and what can be done with it, one object a noun."""

from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING, Self

from tui_queue.core.store.database import Database
from tui_queue.core.store.host_file import HostFile
from tui_queue.core.store.jobs import Jobs
from tui_queue.core.store.queries import Queries
from tui_queue.core.store.queues import Queues
from tui_queue.core.system import event_loop

if TYPE_CHECKING:
    from tui_queue.core.store.batches import Batches
    from tui_queue.core.store.import_export import ImportExport
    from tui_queue.core.store.leftovers import Leftovers
    from tui_queue.core.store.outbox import Outbox
    from tui_queue.core.store.runs import Runs
    from tui_queue.core.store.schedules import Schedules
    from tui_queue.core.store.statistics import Statistics
    from tui_queue.core.store.taking_in import TakingIn
    from tui_queue.core.store.templates import Templates


class Store:
    """The store in the file at ``path``; an async context manager. Raises StoreError.

    ``refusal`` says why nothing can be written, if so. ``wake`` is called to have other processes look at their files.
    With ``host``, the file that names the host of the queue, every other host reads copies.
    """

    def __init__(
        self, path: str, refusal: str = "", *, wake: Callable[[], None] = lambda: None, host: HostFile | None = None
    ) -> None:
        self.host = host
        self.database = Database(path, refusal, wake=wake, host=host)
        self.jobs = Jobs(self.database)
        self.queries = Queries(self.database)
        self.queues = Queues(self.database)

    @property
    def is_elsewhere(self) -> bool:
        """Whether another host runs the queue, as far as is known."""
        return self.database.is_elsewhere

    @property
    def other_host(self) -> HostFile | None:
        """The file that names another host where that runs the queue, as far as is known; None where this one does."""
        return self.host if self.is_elsewhere else None

    async def claim_host(self) -> None:
        """Have the host file name this host, as it is called now. Raises OtherHostError."""
        if self.host is not None:
            await event_loop.to_thread(self.host.claim)
            await event_loop.to_thread(self.host.refresh)

    async def earlier_boots(self) -> Collection[str]:
        """Return boots of the hosts that had the queue before this one: their runs may still go on there."""
        named = None if self.host is None else await event_loop.to_thread(self.host.named)
        return () if named is None else named.earlier

    # What few commands need is imported when it is needed, so that the others start sooner.

    @cached_property
    def runs(self) -> "Runs":
        """The runs of jobs, for a scheduler."""
        from tui_queue.core.store.runs import Runs  # noqa: PLC0415

        return Runs(self.database)

    @cached_property
    def schedules(self) -> "Schedules":
        """Schedules."""
        from tui_queue.core.store.schedules import Schedules  # noqa: PLC0415

        return Schedules(self.database)

    @cached_property
    def outbox(self) -> "Outbox":
        """Notifications that are to be sent."""
        from tui_queue.core.store.outbox import Outbox  # noqa: PLC0415

        return Outbox(self.database)

    @cached_property
    def leftovers(self) -> "Leftovers":
        """Processes that ended runs have left."""
        from tui_queue.core.store.leftovers import Leftovers  # noqa: PLC0415

        return Leftovers(self.database)

    @cached_property
    def batches(self) -> "Batches":
        """Batches."""
        from tui_queue.core.store.batches import Batches  # noqa: PLC0415

        return Batches(self.database)

    @cached_property
    def templates(self) -> "Templates":
        """Templates."""
        from tui_queue.core.store.templates import Templates  # noqa: PLC0415

        return Templates(self.database)

    @cached_property
    def statistics(self) -> "Statistics":
        """Figures of ended jobs."""
        from tui_queue.core.store.statistics import Statistics  # noqa: PLC0415

        return Statistics(self.database)

    @cached_property
    def import_export(self) -> "ImportExport":
        """Jobs that come from other queues, and go to them."""
        from tui_queue.core.store.import_export import ImportExport  # noqa: PLC0415

        return ImportExport(self.database)

    @cached_property
    def taking_in(self) -> "TakingIn":
        """Jobs that other hosts have left."""
        from tui_queue.core.store.taking_in import TakingIn  # noqa: PLC0415

        return TakingIn(self.database)

    async def __aenter__(self) -> Self:
        await self.database.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.__aexit__()
