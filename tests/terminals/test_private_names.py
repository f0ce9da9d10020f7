"""Textual without one of its private names that we use: the dashboard draws and takes keys all the same, plainly."""

import sys

import pytest
from textual.dom import DOMNode
from textual.widgets import Input

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import see
from tests.support.raw_terminal import raw_terminal
from tui_queue.ui.terminal.private import NAMES, READ_IN, PrivateName

PASTE = "\x1b[200~a\tb\x07c\x1b[201~"


def walk(cli: Cli, *hidden: str) -> None:
    """Use a dashboard that these names are hidden from by keys: the table, a job's log, a form, the help, a resize."""
    cli.settings("slots = 1")
    for name in ("first", "second"):
        cli("add", "--name", name, "echo", f"printed by {name}")
    words = (sys.executable, "-m", "tests.support.without_names", *hidden)
    with raw_terminal(cli.env, size=(100, 30), words=words) as window:
        window.see("✓ 2 ")
        window.type("G")
        window.see("printed by first")
        window.type("g")
        window.see("printed by second")
        window.type("a")
        window.see("Job path")
        window.type("echo " + PASTE)
        window.see("echo a␉b␇c")
        window.type("\x1b[D\x1b[Dx")  # the cursor goes where it is put
        window.see("echo a␉bx␇c")
        window.type("\x1b")
        window.read_until_gone("Job path")
        window.resize(80, 24)
        window.type("?")
        window.see("Esc closes")
        window.type("\x1b")
        window.read_until_gone("Esc closes")
        window.see("✓ done")
        window.rest()
        window.screen.reset()
        window.resize(100, 30)
        for text in ("✓ 2 ", "first", "printed by second", "q Quit"):
            window.see(text)
        window.type("q")
        assert window.end_reading() == 0
        assert window.is_as_before()
        assert "Traceback" not in window.said()


def test_the_dashboard_works_without_any_of_them(cli: Cli) -> None:
    walk(cli, *(name.path for name in NAMES))


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES, ids=[name.path for name in NAMES])
def test_the_dashboard_works_without(cli: Cli, name: PrivateName) -> None:
    walk(cli, name.path)


async def test_textual_has_each_of_them(cli: Cli) -> None:
    """The list that this fails with is what to replace, after an upgrade of Textual, in ui/terminal/private.py."""
    cli("add", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        things: list[DOMNode] = [app, Input(), *app.query("*")]
        missing = [
            f"{name.path} (seen in {READ_IN}): {name.reason} Without it: {name.without}"
            for name in NAMES
            if name.find() is None and all(name.of(thing) is None for thing in things)
        ]
    assert missing == []
