"""Keeps a sample of the GPUs for decisions, taken in a thread: a call of their driver may hang."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from tui_queue.core.model.card import Card
from tui_queue.core.system import event_loop
from tui_queue.core.system.worker_thread import Reader, wait_for

if TYPE_CHECKING:
    import asyncio

    from tui_queue.core.system.nvml import Driver

PATIENCE_S = 2.0  # a driver that has not answered by then is not waited for: a card that is lost hangs every call
WANTED_S = 60.0  # after a decision about cards, during which each further decision gets a fresh sample
STALE_S = 15.0  # what was sampled longer ago says nothing


class Gpus:
    """Samples the cards in a thread of its own. Nothing here raises.

    Decisions are made inside transactions, which may wait for no driver: they take the latest sample. A process that
    never decides about cards never loads the driver's library.
    """

    def __init__(
        self,
        runs: str,
        *,
        ignored: Callable[[], Collection[str]] = tuple,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``runs`` is the directory of our runs, by which their processes are known; ``ignored`` names programs."""
        self._runs = runs
        self._ignored = ignored
        self._clock = clock
        self._driver: Driver | None = None
        self._sample: tuple[Card, ...] | None = None
        self._sampled_at = self._wanted_at = float("-inf")
        self._reader: Reader | None = None
        self._asked: asyncio.Future[tuple[Card, ...]] | None = None
        self._is_late = False
        self.lacking = False

    def cards(self) -> tuple[Card, ...] | None:
        """Return the cards of the latest sample, by number; None without one, and when the driver hangs.

        Notes that they are wanted, so that the next ``refresh`` takes a sample, and in ``lacking`` that there was none.
        """
        self._wanted_at = now = self._clock()
        if self._is_without_driver:
            return ()
        sample = self._sample if now - self._sampled_at < STALE_S else None
        self.lacking = self.lacking or sample is None
        return sample

    async def refresh(self, max_age_s: float) -> bool:
        """Have a sample that is at most so old, if one is wanted; return whether there is one."""
        now = self._clock()
        if self._is_without_driver or now - self._wanted_at > WANTED_S:
            return self._is_without_driver
        self.lacking = False
        if now - self._sampled_at > max_age_s and not event_loop.has_loop():
            self._sample_directly()
        elif now - self._sampled_at > max_age_s:
            if self._asked is None:
                self._reader = self._reader or Reader()
                self._asked = self._reader.ask(self._ask_driver)
                self._asked.add_done_callback(self._keep)
            if not self._is_late:
                import asyncio  # noqa: PLC0415 - only a scheduler has a loop

                answered, _ = await asyncio.wait([self._asked], timeout=PATIENCE_S)
                self._is_late = not answered
        return self._is_without_driver or self._clock() - self._sampled_at < STALE_S

    def _sample_directly(self) -> None:
        with suppress(Exception):  # as with a loop: then there is no sample
            self._sample = wait_for(self._ask_driver, PATIENCE_S)
            self._sampled_at = self._clock()

    def close(self) -> None:
        """End the thread, once the driver has answered."""
        if self._reader is not None:
            self._reader.close(lambda: None)

    @property
    def _is_without_driver(self) -> bool:
        return self._driver is not None and self._driver.is_missing

    def _ask_driver(self) -> tuple[Card, ...]:
        from tui_queue.core.system.nvml import Driver  # noqa: PLC0415 - few queues share GPUs

        self._driver = self._driver or Driver(self._runs, self._ignored)
        return self._driver.sample()

    def _keep(self, asked: "asyncio.Future[tuple[Card, ...]]") -> None:
        self._asked, self._is_late = None, False
        if not asked.cancelled() and asked.exception() is None:
            self._sample, self._sampled_at = asked.result(), self._clock()
