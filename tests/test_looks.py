"""How the dashboard looks in real terminals of several kinds and sizes: nothing is cut, nothing shifts."""

import json
import re

import pytest
from rich.cells import cell_len

from tests.conftest import Cli, wait_for
from tests.test_terminal import open_dashboard
from tests.tmux import Terminal, terminal
from tui_queue.core.models import State
from tui_queue.ui.format import SIGNS

NAMES = ("plain", "日本語のジョブ名前です", "שלום עולם", "مرحبا", "é́ñ", "a" * 60)
COLOUR = re.compile(r"\x1b\[[0-9;]*?(3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25];)[0-9;]*m")
WAYS = (  # keys, what is seen then, and what must be whole on that screen
    ("a", "Job path", ("Esc", "Ctrl+T")),
    ("?", "Add a job", ("Esc closes",)),
    ("c", "Stop job 1", ("Yes", "No")),
    ("i", "Command", ("Esc closes",)),
    ("o", "Order the jobs by", ("Enter takes it", "Esc goes back")),
    ("y", "Copy of job 1", ("Enter takes it", "Esc goes back")),
    ("/", "state:failed", ()),
    ("2", "default", ("1 Jobs", "a Add", "d Remove")),
)


def fill(cli: Cli) -> None:
    """Add a job that runs, one that fails, one that is cancelled, and some with any names that wait."""
    cli.settings("slots = 1")
    cli("add", "sleep", "60")
    lines = [{"path": "false", "name": "fails", "priority": 1}, *({"path": "true", "name": name} for name in NAMES)]
    cli.process("add", "--from", "-", given="\n".join(map(json.dumps, lines)).encode())
    cli("cancel", str(2))


def rows(screen: str) -> list[str]:
    return [line for line in screen.splitlines() if re.match(r" ●?\d+ ", line)]


@pytest.mark.parametrize(
    ("term", "width", "height"),
    [("xterm-256color", 80, 24), ("screen-256color", 60, 20), ("tmux-256color", 200, 50), ("linux", 80, 24)],
)
def test_no_key_and_no_state_is_cut_on_any_terminal(cli: Cli, term: str, width: int, height: int) -> None:
    fill(cli)
    with terminal(cli, width=width, height=height, env=[f"TERM={term}"]) as window:
        open_dashboard(window)
        screen = window.wait_for("▶ running")
        window.keys("g")
        states = {f"{sign} {state}" for state, (sign, _) in SIGNS.items()}
        places = set()
        for row in rows(screen):
            (state,) = [state for state in states if state in row]
            places.add(cell_len(row[: row.index(state)]))
        assert len(rows(screen)) >= 4
        assert len(places) == 1, screen
        for keys, seen, whole in WAYS:
            window.type(keys)
            shown = window.wait_for(seen)
            for hint in whole:
                assert hint in (shown if hint in shown else window.wait_for(hint)), (keys, hint)
            window.keys("Escape")
            window.wait_for("q Quit")
            window.wait_until_gone(seen)


def is_reversed(drawn: str, words: str) -> bool:
    """Return whether the first letter of some words is drawn in reverse, which may have been begun lines before."""
    found = re.search(words, drawn)
    codes = re.findall(r"[0-9]+", " ".join(re.findall(r"\x1b\[([0-9;]*)m", drawn[: found.start()]))) if found else []
    return [code for code in codes if code in {"0", "7", "27"}][-1:] == ["7"]


def test_without_colours_signs_and_the_cursor_are_still_there(cli: Cli) -> None:
    fill(cli)
    with terminal(cli, env=["NO_COLOR=1"]) as window:
        open_dashboard(window)
        window.wait_for(f"{SIGNS[State.RUNNING][0]} running")
        wait_for(lambda: is_reversed(coloured(window), r" 1 .*sleep"), "the cursor")
        drawn = coloured(window)
        assert not COLOUR.search(drawn), COLOUR.findall(drawn)


def coloured(window: Terminal) -> str:
    """Return the screen with its attributes, without tmux's own default colours."""
    return re.sub(r"\x1b\[[34]9m", "", window.tmux("capture-pane", "-p", "-e"))
