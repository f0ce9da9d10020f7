"""Waits with an event loop and without one.

Most commands do one thing and end. They run without a loop: to import asyncio takes a fifth of such a command's time.
What the core does for both kinds of callers waits by the functions here; what needs a loop in any case imports asyncio
itself.
"""

import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

if TYPE_CHECKING:
    import asyncio

P = ParamSpec("P")
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits only by the functions of this module, without a loop. Raises what it raises."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("a coroutine without an event loop waits for one")


def has_loop() -> bool:
    """Whether an event loop runs in this thread."""
    if (loops := sys.modules.get("asyncio")) is None:
        return False
    try:
        loops.get_running_loop()
    except RuntimeError:
        return False
    return True


async def sleep(seconds: float) -> None:
    """Wait this number of seconds."""
    if has_loop():
        import asyncio  # noqa: PLC0415 - it is imported already

        await asyncio.sleep(seconds)
    else:
        # Not time.sleep, which fails under libfaketime, by which users and tests set another clock.
        threading.Event().wait(seconds)


async def to_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``work`` returns; with a loop it is called in a thread, which does not hold the loop up."""
    if has_loop():
        import asyncio  # noqa: PLC0415 - it is imported already

        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)


async def gather(*works: Awaitable[T]) -> list[T | BaseException]:
    """Return the result of each, or what it has raised; with a loop they go on at the same time."""
    if has_loop():
        import asyncio  # noqa: PLC0415 - it is imported already

        return await asyncio.gather(*works, return_exceptions=True)
    outcomes: list[T | BaseException] = []
    for work in works:
        try:
            outcomes.append(await work)
        except Exception as error:  # noqa: BLE001 - the caller gets it
            outcomes.append(error)
    return outcomes


def raising(outcomes: Sequence[T | BaseException]) -> list[T]:
    """Return the results that ``gather`` has returned. Raises the first that is an error."""
    results: list[T] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        results.append(outcome)
    return results


class Lock:
    """A lock between the tasks of a loop; without a loop there is only one caller. An async context manager."""

    def __init__(self) -> None:
        self._lock: asyncio.Lock | None = None

    async def __aenter__(self) -> Self:
        if has_loop():
            if self._lock is None:
                import asyncio  # noqa: PLC0415 - it is imported already

                self._lock = asyncio.Lock()
            await self._lock.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.release()
