"""Functions that all commands share."""

import sys
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own."""
    import asyncio

    from tui_queue.core.system.inherited_signals import reset_signals  # what it imports asyncio imports anyway

    reset_signals()
    return asyncio.run(work)


def open_queue(*, standby: bool = False) -> AbstractAsyncContextManager["OpenQueue"]:
    """Open the queue that the environment names, as `bootstrap.open_queue` does."""
    from tui_queue import bootstrap

    return bootstrap.open_queue(standby=standby)


def confirm(question: str) -> bool:
    """Ask the user on a terminal; without a terminal the answer is yes."""
    return not sys.stdin.isatty() or click.confirm(question, err=True)
