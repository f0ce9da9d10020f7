"""Hands on keys one at a time, each once what the key before has done is done: a slow link delivers many together.

Textual gives a key to the widget that has the focus when it arrives. Those that come in one packet with the key that
opens a question would be verbs of the screen below it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable
from weakref import WeakSet

from textual.app import App
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

OF_KEYS = {"default", "submit"}  # the groups of workers of a screen that a key starts
_PATIENCE_S = 2.0  # for one thing that a key does; with a disk that does not answer other keys are obeyed
_ROUNDS = 6  # a key opens a screen, which takes the focus, and so on


@runtime_checkable
class Settles(Protocol):
    """A screen that says when it shows what keys have asked for."""

    async def settled(self) -> None:
        """Wait for that."""


class KeyOrder:
    """The keys that wait for the one before."""

    def __init__(self, app: App[Any], deliver: Callable[[Event], Awaitable[None]]) -> None:
        """``deliver`` does with a key what Textual does."""
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Event] = deque()
        self._settling: asyncio.Task[None] | None = None
        self._given_up: WeakSet[Worker[Any]] = WeakSet()

    async def take(self, event: Key | Paste) -> None:
        """Deliver a key now, or once those before it are done with."""
        self._waiting.append(event)
        if self._settling is None or self._settling.done():
            await self._next()
            self._settling = asyncio.create_task(self._go_on())
            self._settling.add_done_callback(self._fail)

    async def _next(self) -> None:
        self._target = self._app.focused or self._app.screen
        self._before = set(self._app.workers)
        await self._deliver(self._waiting.popleft())

    async def _go_on(self) -> None:
        await self._settle()
        while self._waiting and self._app.is_running:
            await self._next()
            await self._settle()

    def _fail(self, settling: "asyncio.Task[None]") -> None:
        """Let Textual end the program as it does for an error anywhere else."""
        if not settling.cancelled() and (error := settling.exception()) is not None:
            self._app.call_later(_raise, error)

    async def _settle(self) -> None:
        """Wait until the key has been obeyed, and what it has opened takes keys."""
        await self._passed_by(self._target)
        for _ in range(_ROUNDS):
            place = self._place
            await self._worked()
            screen, focused = self._place
            if screen is None or not self._app.is_running:
                return
            await self._passed_by(focused or screen)
            if self._place == place:
                break
        await self._shown(self._place[0])

    async def _shown(self, screen: object) -> None:
        """Wait until a screen shows what keys have asked for; in the palette only before one that takes a row."""
        if isinstance(screen, Settles):
            await _patiently(screen.settled())
        elif isinstance(screen, CommandPalette) and self._waiting and not _is_typed(self._waiting[0]):
            for worker in [each for each in self._app.workers if each.node is screen and not each.is_finished]:
                await self._ended(worker)

    @property
    def _place(self) -> tuple[Screen[Any] | None, Widget | None]:
        return (self._app.screen, self._app.focused) if self._app.screen_stack else (None, None)

    async def _worked(self) -> None:
        """Wait for workers that the key has started, until they are done or ask something."""
        for worker in set(self._app.workers) - self._before:
            if isinstance(worker.node, Screen) and worker.group in OF_KEYS and worker not in self._given_up:
                await self._ended(worker)

    async def _ended(self, worker: Worker[Any]) -> None:
        screen = worker.node
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while not worker.is_finished and self._place[0] is screen:
            if asyncio.get_running_loop().time() > deadline:
                self._given_up.add(worker)
                return
            await asyncio.sleep(0.002)

    async def _passed_by(self, node: DOMNode) -> None:
        """Wait until a widget, and then those around it, have done with the messages that they have by now."""
        for pump in node.ancestors_with_self:
            done = asyncio.Event()
            if pump.is_running and pump.call_later(done.set):
                await _patiently(done.wait())


def keys_of_packet(event: Key | Paste, *, is_typing: bool) -> list[Key | Paste]:
    """Return a key as it was typed: Esc and a letter that come together look like a letter with Alt.

    A line into which the user ``is_typing`` takes no letters with Alt.
    """
    if not isinstance(event, Key) or not event.key.startswith("alt+") or not event.is_printable:
        return [event]
    return [] if is_typing else [Key("escape", "\x1b"), Key(event.key.removeprefix("alt+"), event.character)]


async def _patiently(wait: Awaitable[object]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            await wait


def _raise(error: BaseException) -> None:
    raise error


def _is_typed(event: Event) -> bool:
    return isinstance(event, Paste) or (isinstance(event, Key) and event.is_printable)
