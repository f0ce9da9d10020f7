"""Functions that all commands share."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own."""
    return asyncio.run(work)


def confirm(question: str) -> bool:
    """Ask the user on a terminal; without a terminal the answer is yes."""
    return not sys.stdin.isatty() or click.confirm(question, err=True)
