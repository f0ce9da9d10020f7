"""Characters that terminals give one cell or two: whatever they give, borders and columns stand where they should."""

import json
from collections.abc import Callable

import pyte
import pytest
from wcwidth import wcwidth

from tests.conftest import Cli
from tests.support.raw_terminal import RawTerminal, raw_terminal
from tests.support.tmux import terminal
from tests.terminals.test_terminal import open_dashboard
from tests.unit.test_widths import SEQUENCES
from tui_queue.core.units.widths import is_one_each

WIDTH, HEIGHT = 100, 40
TEXTS = [text for text, _ in SEQUENCES.values()]
NAME = f"job {''.join(TEXTS[:6])} end"
OPINIONS: dict[str, Callable[[str], int]] = {
    "by wcwidth": wcwidth,
    "always one cell": lambda char: 1 if wcwidth(char) and not is_one_each(char) else wcwidth(char),
    "always two cells": lambda char: wcwidth(char) if is_one_each(char) else 2,
}


def add(cli: Cli) -> None:
    lines = [f"{text} {number}" for number, text in enumerate(TEXTS)]
    job = {"path": "printf", "args": ["%s\n", *lines, "the end"], "name": NAME}
    cli.process("add", "--from", "-", given=json.dumps(job).encode())


def screens(window: RawTerminal, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, pyte.Screen]]:
    """Return what terminals of each opinion show of all that was sent."""
    shown = []
    for opinion, width_of in OPINIONS.items():
        screen = pyte.Screen(WIDTH, HEIGHT)
        with monkeypatch.context() as other:
            other.setattr("pyte.screens.wcwidth", width_of)
            pyte.ByteStream(screen).feed(window.sent)
        shown.append((opinion, screen))
    return shown


def column(screen: pyte.Screen, at: int, rows: range) -> str:
    return "".join(screen.buffer[row][at].data for row in rows)


@pytest.mark.long
def test_borders_stand_in_terminals_of_any_opinion(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    add(cli)
    with raw_terminal(cli.env, size=(WIDTH, HEIGHT)) as window:
        window.see("the end")
        window.rest()
        top = next(row for row in range(HEIGHT) if window.screen.display[row].startswith("─ Log "))
        for opinion, screen in screens(window, monkeypatch):
            assert screen.buffer[top][WIDTH - 1].data == "─", opinion
            for row in range(top + 1, top + 1 + len(TEXTS)):
                number = row - top - 1
                place = SEQUENCES[list(SEQUENCES)[number]][1] + 1
                assert screen.buffer[row][place].data == str(number), (opinion, number)
        window.type("i")
        window.see("Esc closes")
        window.rest()
        buffer = window.screen.buffer
        top, left = next((row, at) for row in range(HEIGHT) for at in range(WIDTH) if buffer[row][at].data == "┏")
        bottom = next(row for row in range(top, HEIGHT) if buffer[row][left].data == "└")
        for opinion, screen in screens(window, monkeypatch):
            side = column(screen, WIDTH - 1 - left, range(top, bottom + 1))
            assert side == f"┓{'│' * (bottom - top - 1)}┘", opinion


@pytest.mark.long
def test_borders_stand_in_tmux(cli: Cli) -> None:
    add(cli)
    with terminal(cli, width=WIDTH, height=HEIGHT) as window:
        open_dashboard(window)
        window.wait_for("the end")
        lines = window.tmux("capture-pane", "-p", "-N").splitlines()
        assert [line[-1] for line in lines if line.startswith("─ Log ")] == ["─"]
