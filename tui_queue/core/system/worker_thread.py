"""Threads for what may never come back, such as a read of a disk that hangs: they keep no process from ending.

Those of asyncio and of concurrent.futures won't do: both wait at the end of the program until all of them have ended.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from tui_queue.core.system import event_loop

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

T = TypeVar("T")
_Todo = SimpleQueue[Callable[[], object] | None]


class Reader:
    """Does one thing after another in a thread of its own, which begins with the first of them."""

    def __init__(self) -> None:
        self._todo: _Todo = SimpleQueue()
        self._runs = False

    def ask(self, question: Callable[[], T]) -> "asyncio.Future[T]":
        """Return what will have the answer, or what was raised, once all that was asked before is done."""
        import asyncio  # noqa: PLC0415 - most commands have no loop

        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            try:
                found = question()
            except Exception as error:  # noqa: BLE001 - the caller gets it
                _tell(loop, answer, partial(answer.set_exception, error))
            else:
                _tell(loop, answer, partial(answer.set_result, found))

        self.do(work)
        return answer

    def do(self, work: Callable[[], object]) -> None:
        """Do this once all that was asked before is done."""
        self._todo.put(work)
        if not self._runs:
            self._runs = True
            threading.Thread(target=_do, args=(self._todo,), name="reader", daemon=True).start()

    def close(self, last: Callable[[], object]) -> None:
        """End once all that was asked, and at last this, is done; the caller does not wait for that."""
        self.do(last)
        self._todo.put(None)


class ReaderPool:
    """Answers each question in a thread that is free, and begins another one where all are busy."""

    def __init__(self) -> None:
        self._free: list[Reader] = []

    def ask(self, question: Callable[[], T]) -> "Future[T]":
        """Return what will have the answer, or what was raised; a question that never comes back holds up no other.

        The answer does not wake the event loop, which costs more than a short question: a caller asks whether it is
        done, and waits by `asyncio.wrap_future` only where it is not.
        """
        from concurrent.futures import Future  # noqa: PLC0415 - as above

        reader = self._free.pop() if self._free else Reader()
        answer: Future[T] = Future()
        answer.set_running_or_notify_cancel()  # a caller that stops waiting does not take the question back

        def work() -> None:
            try:
                answer.set_result(question())
            except Exception as error:  # noqa: BLE001 - the caller gets it
                answer.set_exception(error)
            self._free.append(reader)

        reader.do(work)
        return answer

    def close(self) -> None:
        """End the threads that are free."""
        for reader in self._free:
            reader.close(lambda: None)
        self._free.clear()


async def in_thread(question: Callable[[], T]) -> T:
    """Return the answer, as ``asyncio.to_thread`` does; one that never comes keeps no process from ending."""
    if not event_loop.has_loop():
        return wait_for(question)
    reader = Reader()
    answer = reader.ask(question)
    reader.close(lambda: None)
    return await answer


def wait_for(question: Callable[[], T], timeout_s: float | None = None) -> T:
    """Return the answer from a thread: to wait for it can be ended, to ask a disk that hangs can't.

    Raises TimeoutError, and what ``question`` raises.
    """
    answers: list[T] = []
    errors: list[Exception] = []
    done = threading.Event()

    def work() -> None:
        try:
            answers.append(question())
        except Exception as error:  # noqa: BLE001 - the caller gets it
            errors.append(error)
        finally:
            done.set()

    Reader().close(work)
    if not done.wait(timeout_s):
        raise TimeoutError
    if errors:
        raise errors[0]
    return answers[0]


def _do(todo: _Todo) -> None:
    while (work := todo.get()) is not None:
        with suppress(OSError):  # what is closed at last may be on a disk that is broken
            work()


def _tell(loop: "asyncio.AbstractEventLoop", answer: "asyncio.Future[T]", say: Callable[[], None]) -> None:
    def tell() -> None:
        if not answer.done():
            say()

    with suppress(RuntimeError):  # the loop is closed: no caller waits any more
        loop.call_soon_threadsafe(tell)
