"""How the dashboard looks in real terminals of several kinds and sizes: nothing is cut, nothing shifts."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich.cells import cell_len

from tests.conftest import Cli, wait_for
from tests.support.raw_terminal import ASKS_FOR_IT, HAS_IT, RawTerminal, raw_terminal
from tests.support.tmux import Terminal, terminal
from tests.terminals.test_terminal import open_dashboard
from tui_queue.core.model.job import State
from tui_queue.ui.dashboard.states import LOOKS

TERMS = ("xterm", "xterm-256color", "screen", "screen-256color", "tmux-256color", "linux", "vt100")
SIZES = ((40, 12), (60, 20), (80, 24), (120, 34), (200, 50))
NAMES = ("plain", "日本語のジョブ名前です", "שלום עולם", "مرحبا", "é́ñ", "a" * 60)
STATES = {words for look in LOOKS.values() for words in (look.words(80), look.words(120))}
PLAIN = {"○": "o", "►": ">", "✓": "+", "✗": "x", "–": "-"}  # signs where there are only ASCII ones
IN_ASCII = {PLAIN[words[0]] + words[1:] for words in STATES}
SIGN = re.compile(r"[* ] *\d+ ([○◇►»‖✓✗–!?]|[o>+x=~!-]) ")
REPORTS_ALL_KEYS = 0b1000  # with kitty's protocol
PICTURES = re.compile("[\U0001f000-\U0001faff]")  # which terminals give one cell or two
COLOUR = re.compile(r"\x1b\[[0-9;]*?(3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25];)[0-9;]*m")
WAYS = (  # keys, what is seen then, and what must be whole on that screen
    ("a", "Job path", ("Esc", "Ctrl+T")),
    ("?", "Add a job", ("Esc closes",)),
    ("c", "Stop job 1", ("c Cancel job 1", "Esc Let it be")),
    ("i", "Command", ("Esc closes",)),
    ("o", "Order the jobs by", ("Enter takes it", "Esc goes back")),
    ("y", "Copy of job 1", ("Enter takes it", "Esc goes back")),
    (":", "Search for commands", ("Add a job",)),
    ("/", "state:failed", ()),
    ("2", "default", ("2 Queues", "a Add", "d Remove")),
)


def fill(cli: Cli) -> None:
    """Add a job that runs, one that fails, one that is cancelled, and some with any names that wait."""
    cli.settings("slots = 1")
    cli("add", "sleep", "6000")
    lines = [{"path": "false", "name": "fails", "priority": 1}, *({"path": "true", "name": name} for name in NAMES)]
    cli.process("add", "--from", "-", given="\n".join(map(json.dumps, lines)).encode())
    cli("cancel", str(2))


def rows(screen: str) -> list[str]:
    return [line for line in screen.splitlines() if SIGN.match(line)]


def shows_states_below_each_other(screen: str) -> bool:
    shown = [(row, state) for row in rows(screen) for state in (*STATES, *IN_ASCII) if f"{state} " in f"{row} "]
    places = {cell_len(row[: row.index(state)]) for row, state in shown}
    return len(shown) == len(rows(screen)) >= 4 and len(places) == 1


def shows_signs_below_each_other(screen: str) -> bool:
    places = {cell_len(found[0]) for row in rows(screen) if (found := SIGN.match(row))}
    return len(rows(screen)) >= 4 and len(places) == 1


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.long
def test_no_key_and_no_state_is_cut_on_any_terminal(cli: Cli, term: str, width: int, height: int) -> None:
    fill(cli)
    with terminal(cli, width=width, height=height, env=[f"TERM={term}"]) as window:
        open_dashboard(window)
        is_whole = shows_states_below_each_other if width >= 60 else shows_signs_below_each_other
        wait_for(lambda: cli.job(1)["state"] == "running", "the first job to run")
        window.wait_until(is_whole, "whole states")
        window.keys("g")
        for keys, seen, whole in WAYS:
            window.type(keys)
            for hint in (seen, *(whole if width >= 60 or keys != "2" else ("a Add", "? Help"))):
                window.wait_for(hint)
            assert not PICTURES.search(window.screen())
            window.keys("Escape")
            window.wait_for("q Quit")
            window.wait_until_gone(seen)


@contextmanager
def drawn_whole(cli: Cli, size: tuple[int, int]) -> Iterator[RawTerminal]:
    """Open the dashboard in a terminal that keeps each picture."""
    window = RawTerminal(cli.env, size=size, ignore_hangup=False, controlling=True)
    try:
        window.read_until(lambda: ASKS_FOR_IT in window.said(), "the question for whole pictures")
        window.type(HAS_IT)
        yield window
    finally:
        window.close()


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 50)])
def test_no_picture_of_the_start_cuts_a_state(cli: Cli, size: tuple[int, int]) -> None:
    fill(cli)
    with drawn_whole(cli, size) as window:
        window.see("► run")
        window.rest_for(1.5)
        drawn = [picture for picture in window.screen.pictures if rows(picture)]
        assert drawn
        for picture in drawn:
            assert all(any(f"{state} " in f"{row} " for state in STATES) for row in rows(picture)), picture


@pytest.mark.long
def test_no_picture_of_a_split_cuts_a_state_or_loses_the_cursor(cli: Cli) -> None:
    cli("add", "--hold", "--sweep", "--yes", "--name", "many", "true", "{1..150}")
    with drawn_whole(cli, (200, 50)) as window:
        window.see("◇ held")
        window.type("G" + 20 * "k")
        window.see(" 130 many")
        for looks in (r"\n─ Log", r"\n a Add", r"━ Jobs[^\n]*─ Log"):  # below, hidden, beside again
            window.rest()
            window.screen.pictures.clear()
            window.type("s")
            window.read_until(lambda looks=looks: re.search(looks, window.text()), looks)  # type: ignore[misc]
            window.rest()
            for picture in window.screen.pictures:
                assert all("◇ held" in row or "▌" in row for row in rows(picture)), picture  # or the notice is over it
                assert any(row.startswith(" 130 ") for row in rows(picture)), picture


def is_reversed(drawn: str, words: str) -> bool:
    """Return whether the first letter of some words is drawn in reverse, which may have been begun lines before."""
    found = re.search(words, drawn)
    codes = re.findall(r"[0-9]+", " ".join(re.findall(r"\x1b\[([0-9;]*)m", drawn[: found.start()]))) if found else []
    return [code for code in codes if code in {"0", "7", "27"}][-1:] == ["7"]


def test_without_colours_signs_and_the_cursor_are_still_there(cli: Cli) -> None:
    fill(cli)
    with terminal(cli, env=["NO_COLOR=1"]) as window:
        open_dashboard(window)
        window.wait_for(LOOKS[State.RUNNING].words(80))
        wait_for(lambda: is_reversed(coloured(window), r" 1 .*sleep"), "the cursor")
        drawn = coloured(window)
        assert not COLOUR.search(drawn), COLOUR.findall(drawn)


def coloured(window: Terminal) -> str:
    """Return the screen with its attributes, without tmux's own default colours."""
    return re.sub(r"\x1b\[[34]9m", "", window.tmux("capture-pane", "-p", "-e"))


def test_keys_are_understood_as_a_terminal_reports_them_that_was_asked_to(cli: Cli) -> None:
    """Kitty's protocol has levels, and versions of Textual differ in those that they understand."""
    with raw_terminal(cli.env, size=(80, 24)) as window:
        asked = re.search(r"\x1b\[>(\d+)u", window.said())
        assert asked is not None
        window.type("\x1b[63;2;63u" if int(asked[1]) & REPORTS_ALL_KEYS else "?")
        window.see("Esc closes")
        window.type("\x1b[27u")
        window.read_until_gone("Esc closes")
        window.type("q")
        assert window.end_reading() == 0


def clashes(window: RawTerminal) -> list[str]:
    """Return the rows in which a letter has the colour of what lies below it."""
    return [
        window.screen.display[row]
        for row in range(window.screen.lines)
        if any(cell.data.strip() and cell.fg == cell.bg != "default" for cell in window.screen.buffer[row].values())
    ]


@pytest.mark.parametrize("term", ["xterm", "screen", "linux", "vt100", "ansi"])
@pytest.mark.long
def test_no_text_has_the_colour_of_its_ground_where_there_are_16_colours(cli: Cli, term: str) -> None:
    fill(cli)
    cli.settings('dashboard = {signs = "unicode"}')
    env = {name: value for name, value in cli.env.items() if name not in ("COLORTERM", "NO_COLOR")}
    with raw_terminal(env, size=(80, 24), term=term) as window:
        window.see("► run")
        assert clashes(window) == []
        for keys, seen in (("a", "Job path"), ("\x1bc", "Stop job 1"), ("n?", "closes"), ("\x1b,", "grace_s")):
            for key in keys:
                window.type(key)
                window.rest()
            window.see(seen)
            assert clashes(window) == [], seen


@pytest.mark.parametrize("size", [(20, 5), (30, 8)])
@pytest.mark.long
def test_a_tiny_terminal_shows_fields_and_the_keys_for_help_and_quit(cli: Cli, size: tuple[int, int]) -> None:
    cli("add", "--hold", "true")
    window = RawTerminal(cli.env, size=size, ignore_hangup=False, controlling=True)
    try:
        window.see("? Help q Quit")
        for keys, fields in (
            ("a", ("Job path", "Parameter")),
            ("\x1b", ("true",)),
            ("Q", ("Q Cancel all", "Esc Stay")),
            ("\x1b", ("true",)),
            ("o", ("start",)),
            ("\x1b", ("true",)),
            (",", ("Jobs at", "Grace")),
        ):
            window.type(keys)
            window.rest()
            for field in fields:
                window.see(field)
    finally:
        window.close()
