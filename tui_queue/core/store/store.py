"""The store: one connection to the database, and what can be done with it, one object a noun."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Self

from tui_queue.core.store.database import Database
from tui_queue.core.store.jobs import Jobs
from tui_queue.core.store.leftovers import Leftovers
from tui_queue.core.store.outbox import Outbox
from tui_queue.core.store.queries import Queries
from tui_queue.core.store.queues import Queues
from tui_queue.core.store.runs import Runs
from tui_queue.core.store.schedules import Schedules

if TYPE_CHECKING:
    from tui_queue.core.store.batches import Batches
    from tui_queue.core.store.import_export import ImportExport
    from tui_queue.core.store.statistics import Statistics
    from tui_queue.core.store.templates import Templates


class Store:
    """The store in the file at ``path``; an async context manager. Raises StoreError.

    ``refusal`` says why nothing can be written, if so. ``wake`` is called to have other processes look at their files.
    """

    def __init__(self, path: str, refusal: str = "", *, wake: Callable[[], None] = lambda: None) -> None:
        self.database = Database(path, refusal, wake=wake)
        self.jobs = Jobs(self.database)
        self.runs = Runs(self.database)
        self.queries = Queries(self.database)
        self.queues = Queues(self.database)
        self.schedules = Schedules(self.database)
        self.outbox = Outbox(self.database)
        self.leftovers = Leftovers(self.database)

    # What few commands need is imported when it is needed, so that the others start sooner.

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

    async def __aenter__(self) -> Self:
        await self.database.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.__aexit__()
