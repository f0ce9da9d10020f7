"""What is left of a screen that was closed: nothing, however often one is opened."""

import weakref
from typing import Any

import pytest
from textual.widget import Widget

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import see, until
from tui_queue.ui.terminal.caches import tidy

Kept = list["weakref.ref[Widget]"]
# Keys, and what the screen that each opens shows once it is whole. Textual may start a timer of a form behind its end.
SCREENS = {
    "2": "━ Queues ━",
    "3": "━ Schedules ━",
    "4": "━ Batches ━",
    "5": "━ Statistics ━",
    "question_mark": "━ Keys ━",
}


def widgets(screen: Any) -> Kept:
    return [weakref.ref(widget) for widget in (screen, *screen.walk_children())]


def names(kept: Kept) -> list[str]:
    """Return the kinds of the widgets that are still there, once all that nothing refers to is let go."""
    tidy()
    return sorted({type(widget).__name__ for each in kept if (widget := each()) is not None})


@pytest.mark.long
async def test_screens_that_were_closed_are_let_go(cli: Cli) -> None:
    cli("add", "--hold", "--name", "first", "true")
    kept: Kept = []
    async with dashboard(size=(120, 40)) as (pilot, app, _):
        for key, seen in SCREENS.items():
            await pilot.press(key)
            await see(pilot, seen)
            kept += widgets(app.screen)
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1, "the screen to close")
        assert len(kept) > len(SCREENS)
        await pilot.press("j")
        await until(pilot, lambda: names(kept) == [], f"{names(kept)} to go")
