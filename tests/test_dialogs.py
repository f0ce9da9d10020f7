"""The question with two answers, and the keys."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from tui_queue.ui.screens.confirm import Confirm
from tui_queue.ui.screens.help import Help

T = TypeVar("T")

KEYS = [
    ("Jobs", [("a", "Add a job"), ("d Delete", "Remove [/oops]")]),
    ("Log", [("l", "Whole screen"), ("f", "Follow")]),
]


class Host(App[None], Generic[T]):
    """Shows one screen and keeps its answers."""

    def __init__(self, screen: Screen[T]) -> None:
        super().__init__()
        self.shown = screen
        self.answers: list[T | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.shown, self.answers.append)


async def until(pilot: Pilot[None], holds: Callable[[], object], what: str) -> None:
    """Let the app go on until ``holds`` is true."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, f"waited 10 s for {what}"
        await pilot.pause(0.01)


def drawn(app: Host[T]) -> str:
    """Return what the screen shows, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], False),
        (["y"], True),
        (["n"], False),
        (["escape"], False),
        (["left", "enter"], True),
        (["right", "enter"], True),
        (["left", "right", "enter"], False),
        (["tab", "enter"], True),
    ],
)
async def test_a_question_is_answered_no_unless_yes_is_chosen(keys: list[str], answer: bool) -> None:
    app = Host(Confirm("Stop it?"))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: app.focused is not None, "a focused button")
        await pilot.press(*keys)
        await until(pilot, lambda: app.answers, "an answer")
    assert app.answers == [answer]


async def test_a_question_with_a_click_on_yes_is_answered_yes() -> None:
    app = Host(Confirm("Stop it?", yes="Stop it", no="Let it run"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None, "a focused button")
        await pilot.click("#yes")
        await until(pilot, lambda: app.answers, "an answer")
    assert app.answers == [True]


async def test_a_question_is_drawn_as_it_is_whatever_it_contains() -> None:
    app = Host(Confirm("Stop [/oops] and [bold]x[/]?", yes="Stop it", no="Let it run"))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "Stop [/oops] and [bold]x[/]?" in drawn(app), "the question")
        for part in ("Stop it", "Let it run"):
            assert part in drawn(app)


@pytest.mark.parametrize("key", ["escape", "q", "?", "f1"])
async def test_the_keys_are_shown_and_closed(key: str) -> None:
    app = Host(Help(KEYS))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "Remove [/oops]" in drawn(app), "the keys")
        await pilot.press(key)
        await until(pilot, lambda: app.answers, "the end")
    assert app.answers == [None]


async def test_more_keys_than_lines_can_be_scrolled() -> None:
    app = Host(Help([("All", [(f"k{number}", f"does {number}.") for number in range(100)])]))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "does 0." in drawn(app), "the keys")
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: "does 0." not in drawn(app), "a scrolled page")
        await pilot.press("up", "up", "up")
        await until(pilot, lambda: "does 0." in drawn(app), "the page before")
        await pilot.press("end")
        await until(pilot, lambda: "does 99." in drawn(app), "the last key")
