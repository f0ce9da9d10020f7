"""Functions that all commands share."""

import sys
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui_queue.core.errors import NoSuchJobError, OtherHostError, StoreError

if TYPE_CHECKING:
    from signal import Signals

    from tui_queue.bootstrap import OpenQueue

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T], *, waits: bool = True, blocked: "Collection[Signals]" = ()) -> T:
    """Run a coroutine in an event loop of its own, or without one where it ``waits`` for nothing: that takes less time.

    Signals that are ``blocked`` come once the coroutine has handlers for them.
    """
    from tui_queue.core.system.inherited_signals import reset_signals

    reset_signals(blocked=blocked)
    if not waits:
        from tui_queue.core.system import event_loop

        return event_loop.run(work)
    import asyncio

    return asyncio.run(work)


@asynccontextmanager
async def use_queue(*, create: bool = False, must_write: bool = False) -> AsyncIterator["OpenQueue"]:
    """Open the queue that the environment names; where there was none, say so on stderr in the end.

    That a new one was made is told on a terminal only: a script that adds the first job has asked for it.
    """
    from tui_queue.bootstrap import open_queue

    async with open_queue(create=create, must_write=must_write) as queue:
        try:
            yield queue
        except NoSuchJobError as error:
            error.args = (" ".join(filter(None, (str(error), queue.notice))),)
            raise
        except StoreError:
            queue.check_place()  # that says more where the whole queue was moved
            raise
    if queue.notice and (not create or sys.stderr.isatty()):
        click.echo(f"tui-queue: {queue.notice}", err=True)


def examples(*lines: str) -> str:
    """Return the end of a command's `--help`: lines to type, each without the name of the program."""
    return "\n".join(["\b", "Examples:", *(f"  tui-queue {line}" for line in lines)])


def confirm(question: str) -> bool:
    """Ask the user on a terminal; without a terminal the answer is yes."""
    return not sys.stdin.isatty() or click.confirm(question, err=True)


def refuse_elsewhere(queue: "OpenQueue") -> None:
    """Raise OtherHostError where another host runs the queue: this one must not schedule."""
    if queue.commands.elsewhere:
        raise OtherHostError(queue.commands.elsewhere)


def say_elsewhere(queue: "OpenQueue") -> None:
    """Tell the user where another host runs the queue."""
    if queue.commands.elsewhere:
        click.echo(f"tui-queue: {queue.commands.elsewhere}", err=True)
