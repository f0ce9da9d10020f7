"""Functions that all commands share."""

import asyncio
import sys
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

import click

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own."""
    return asyncio.run(work)


def confirm(question: str) -> bool:
    """Ask the user on a terminal; without a terminal the answer is yes."""
    return not sys.stdin.isatty() or click.confirm(question, err=True)


def shown_time(time: datetime | None) -> str:
    """Return a time as a person reads it here, with its offset."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M:%S %z}"
