"""What every command works with: the parts of an open queue, and the ways to wake its other processes."""

import os
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING

from tui_queue.core.errors import BadInputError
from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job, JobDraft
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.policy.cards import GPU, given_visible, too_few
from tui_queue.core.scheduling import wakeup
from tui_queue.core.scheduling.background import Background
from tui_queue.core.scheduling.lease import Lease
from tui_queue.core.store.incoming import Incoming
from tui_queue.core.store.store import Store
from tui_queue.core.system import event_loop
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import size_text

if TYPE_CHECKING:
    from tui_queue.core.cleanup.cleaner import Cleaner
    from tui_queue.core.model.card import Card


class CommandContext:
    """The parts of one open queue.

    ``wake`` is the directory of its listeners, ``scripts`` that of copied scripts. ``leave_out`` returns the names of
    variables that the user's settings leave out of environments, ``python`` the interpreter that they name.
    """

    def __init__(
        self,
        store: Store,
        executor: Executor,
        lease: Lease,
        background: Background,
        *,
        cleaner: "Callable[[], Cleaner]",
        capacity: Capacity,
        environments: EnvironmentFiles,
        leave_out: Callable[[], tuple[str, ...]],
        python: Callable[[], str],
        wake: str,
        scripts: str,
        incoming: Incoming,
    ) -> None:
        self.store = store
        self.executor = executor
        self.lease = lease
        self.background = background
        self._cleaner = cleaner
        self.capacity = capacity
        self.environments = environments
        self.leave_out = leave_out
        self.python = python
        self.wake = wake
        self.scripts = scripts
        self.incoming = incoming
        self.changed: Callable[[], None] = lambda: None  # called in the event loop after each change by this process

    @property
    def cleaner(self) -> "Cleaner":
        """What removes ended jobs; made when it is needed."""
        return self._cleaner()

    # What the user asked for is stored when these are called. So an error is a warning, on stderr unless the program
    # logs elsewhere: a caller that heard of a failure would ask for the same once more.

    def wake_listeners(self) -> None:
        """Tell every process of the queue on this host that something has changed."""
        self.changed()
        if self.store.is_elsewhere:  # pipes of another host have no reader here, and would be removed
            return
        try:
            wakeup.wake_listeners(self.wake)
        except OSError as error:
            _warn(
                f"the change is stored, but the other processes of the queue could not be told: {why(error)}. They "
                "see it within 30 seconds."
            )

    def wake_scheduler(self) -> None:
        """Make sure that a process schedules, and tell every process that something has changed."""
        self.start_background()
        self.wake_listeners()

    def start_background(self) -> None:
        """Make sure that a process schedules also when no dashboard is open."""
        if self.store.is_elsewhere:
            return
        try:
            self.background.ensure()
        except OSError as error:
            _warn(
                f"the change is stored, but no process in the background could be started: {why(error)}. Start one "
                "with `tui-queue run --background`."
            )

    async def reach(self, jobs: Sequence[Job], order: Callable[[Job], Coroutine[None, None, object]]) -> None:
        """Give an order to the watchers of these jobs."""
        outcomes = await event_loop.gather(*map(order, jobs))
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, OSError | RuntimeError):  # RuntimeError: no thread can be started
                _warn(
                    f"the change is stored, but job {job.id} could not be reached: {why(outcome)}. Give the command "
                    "once more."
                )
            elif isinstance(outcome, BaseException):
                raise outcome

    @property
    def other_host(self) -> str:
        """The name of the other host that runs the queue; empty where this one does."""
        host = self.store.other_host
        return "" if host is None else host.shown

    def require_host(self) -> None:
        """Raise OtherHostError where another host runs the queue: for what does more than to change the store."""
        if (host := self.store.other_host) is not None:
            raise host.refusal()

    async def check_resources(self, draft: JobDraft) -> None:
        """Raise BadInputError for a resource that does not exist, or of which a job asks more than there is."""
        for name, wanted in draft.options.resources:
            total = await self._total(name)
            if total is None:
                raise BadInputError(
                    "resource", f"{name}: no such resource; give its total in the settings, [resources]."
                )
            if wanted > total:
                raise BadInputError("resource", f"{name}={size_text(wanted)}: there are {size_text(total)} in all.")
            if name == GPU and given_visible(draft.options):
                cards = await self._cards()
                if cards is not None and (few := too_few(draft.options, wanted, cards)):
                    raise BadInputError("env", f"{few}; name others in it, or leave it out.")

    async def resources(self) -> frozenset[str]:
        """Return the names of the resources that the queue has."""
        names = {*self.capacity.resources}
        if GPU not in names and await self._cards():
            names.add(GPU)
        return frozenset(names)

    async def _total(self, name: str) -> int | None:
        if name != GPU or GPU in self.capacity.resources:
            return self.capacity.total(name)
        if (cards := await self._cards()) is None:
            raise BadInputError(
                "resource", "gpu: the driver does not answer; say in the settings which cards there are, gpu = [0, 1]."
            )
        return len(cards) or None

    async def _cards(self) -> "tuple[Card, ...] | None":
        """Return the cards of the queue, sampled if need be; None when the driver does not answer."""
        cards = self.capacity.cards()
        return self.capacity.cards() if cards is None and await self.capacity.gpus.refresh(0) else cards


def _warn(message: str) -> None:
    import logging  # noqa: PLC0415 - takes long, and there is seldom anything to log

    logging.getLogger(__name__).warning("tui-queue: %s", printable(message))


def why(error: Exception) -> str:
    """Say in words what went wrong."""
    if not isinstance(error, OSError):
        return str(error)
    reason = (error.strerror or str(error)).lower()
    return f"{os.fsdecode(error.filename)}: {reason}" if error.filename else reason
