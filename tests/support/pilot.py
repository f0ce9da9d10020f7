"""Waits for what the user sees, for tests that drive an app by its pilot."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from tests.conftest import PATIENCE_S

LONGEST_PAUSE_S = 0.1  # between two looks, each of which draws the screen and so takes time from other tests
SETTLING = 3  # rounds in which all widgets handle their messages


@asynccontextmanager
async def driven(app: App[Any], *, size: tuple[int, int], notifications: bool = False) -> AsyncIterator[Pilot[Any]]:
    """Run an app without a terminal; its workers end before the widgets that they draw on, as when the user leaves."""
    async with app.run_test(size=size, notifications=notifications) as pilot:
        try:
            yield pilot
        finally:
            app.workers.cancel_all()


async def until(pilot: Pilot[Any], holds: Callable[[], object], what: str) -> None:
    """Let the app go on until ``holds`` is true, and everything that changed together with it is laid out."""
    deadline, pause = time.monotonic() + PATIENCE_S, 0.01
    while not holds():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}:\n{drawn(pilot.app)}"
        await pilot.pause(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)
    # Widgets draw new content at once, but a layout takes further messages: from the widget to the screen, and from
    # there to all widgets. In between ``drawn`` shows new content in an old layout, which no terminal does.
    for _ in range(SETTLING):
        await pilot.pause(0)


async def see(pilot: Pilot[Any], text: str) -> None:
    """Let the app go on until the text is drawn."""
    await until(pilot, lambda: text in drawn(pilot.app), repr(text))


def drawn(app: App[Any]) -> str:
    """Return what the screen shows, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)
