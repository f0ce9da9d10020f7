"""What is drawn can be read: contrast of all texts, in all themes that are offered, on all screens."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.screen import ModalScreen

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import see, until
from tui_queue.ui.app import TuiQueueApp
from tui_queue.ui.theme import theme_names
from tui_queue.ui.tokens import GREYED, READABLE, contrast_of, is_of_terminal

OURS = ("dark", "light", "contrast")
OTHERS = tuple(name for name in theme_names() if name not in (*OURS, "auto", "tui-queue"))
LINES = range(0x2500, 0x25A0)  # that are drawn with characters of a text
SCREENS = {  # keys that open a screen, what is seen there, and keys that close it
    "jobs": ("g", "line 3", ""),
    "log": ("\t/line\r", "3 lines", "\x1b\x1b"),
    "help": ("?", "closes", "\x1b"),
    "form": ("a", "Job path", "\x1b"),
    "all fields": ("a\x14", "Attempts", "\x1b"),
    "wrong field": ("anone\t", "no such file", "\x1b"),
    "question": ("c", "Stop job 3", "\x1b"),
    "details": ("i", "Esc closes", "\x1b"),
    "picker": ("o", "Order the", "\x1b"),
    "prompt": ("F", "Search all logs", "\x1b"),
    "palette": (":", "Follow the end", "\x1b"),
    "palette with words": (":add", "Add a job", "\x1b\x1b"),
    "filter": ("/state:f", "state:f", "\x1b"),
    "settings": (",", "grace_s", "\x1b"),
    "queues": ("2", "default", "1"),
    "schedules": ("3", "Rule", "1"),
    "batches": ("4", "Batch", "1"),
    "statistics": ("5", "ended within", "1"),
}
KEYS = {"\t": "tab", "\r": "enter", "\x1b": "escape", "\x14": "ctrl+t"}


def fill(cli: Cli) -> None:
    """Add a job of each state."""
    cli.settings("slots = 1")
    jobs: Sequence[dict[str, Any]] = [
        {"path": "false", "priority": 2},
        {"path": "true", "priority": 2},
        {"path": "sh", "args": ["-c", "printf 'line %s\n' 1 2 3; sleep 6000"], "priority": 1},
        {"path": "true", "name": "waits"},
        {"path": "true", "name": "gone"},
        {"path": "true", "name": "stays", "hold": True},
    ]
    cli.process("add", "--from", "-", given="\n".join(map(json.dumps, jobs)).encode())
    cli("cancel", "5")


def faint(app: TuiQueueApp) -> Iterator[tuple[str, str, str, float]]:
    """Yield what has too little contrast: a text, its colour, what lies below it, and the contrast."""
    screen = app.screen
    inside = screen.children[0].region if isinstance(screen, ModalScreen) else screen.region
    greyed = [key.region for key in screen.query("FooterKey.-disabled")]
    for y, strip in enumerate(screen._compositor.render_strips()):
        x = 0
        for text, style, _ in strip:
            begin, x = x, x + len(text)
            if not text.strip() or style is None or not inside.contains(begin, y):
                continue
            if all(ord(char) in LINES or char == " " for char in text):
                continue
            fore, back = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
            if style.dim or fore is None or fore.triplet is None or back is None or back.triplet is None:
                yield text.strip(), str(style), "not a colour of the theme", 0
                continue
            contrast = contrast_of(Color(*fore.triplet), Color(*back.triplet))
            if contrast < (GREYED if any(key.contains(begin, y) for key in greyed) else READABLE) - 0.05:
                yield text.strip(), fore.triplet.hex, back.triplet.hex, round(contrast, 2)


def has_background(app: TuiQueueApp, colour: str) -> bool:
    """Whether the jobs lie on a colour."""
    return app.screen_stack[0].background_colors[1].hex == Color.parse(colour).hex


async def press(pilot: Pilot[Any], keys: str) -> None:
    for key in keys:
        await pilot.press(KEYS.get(key, key))


@asynccontextmanager
async def filled(cli: Cli) -> AsyncIterator[tuple[Pilot[Any], TuiQueueApp]]:
    fill(cli)
    async with dashboard((120, 40), toasts=True) as (pilot, app, _):
        await see(pilot, "► run")
        await press(pilot, "g")
        await see(pilot, "line 3")
        yield pilot, app


async def unreadable(pilot: Pilot[Any], app: TuiQueueApp, themes: Sequence[str]) -> list[object]:
    """Return what can't be read on any screen in these themes."""
    wrong: list[object] = []
    for screen, (keys, seen, back) in SCREENS.items():
        await press(pilot, keys)
        await see(pilot, seen)
        for theme in themes:
            app.put_on(theme)
            await until(pilot, partial(has_background, app, app.theme_variables["background"]), theme)
            wrong += [(theme, screen, *each) for each in faint(app)]
        await press(pilot, back)
        await until(pilot, lambda: len(app.screen_stack) == 1, f"{screen} to go")
    return wrong


@pytest.fixture(autouse=True)
def many_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.long
async def test_all_texts_can_be_read_in_our_themes(cli: Cli) -> None:
    async with filled(cli) as (pilot, app):
        assert await unreadable(pilot, app, OURS) == []


@pytest.mark.long
async def test_all_texts_can_be_read_in_the_themes_of_textual(cli: Cli) -> None:
    async with filled(cli) as (pilot, app):
        themes = [name for name in OTHERS if (theme := app.get_theme(name)) is not None and not is_of_terminal(theme)]
        assert len(themes) > 15
        assert await unreadable(pilot, app, themes) == []
