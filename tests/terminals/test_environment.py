"""What the environment and the shell say of the terminal: sizes, colours, the locale, jobs of the shell."""

import json
import os
import subprocess

import pytest

from tests.conftest import Cli
from tests.support.raw_terminal import raw_terminal
from tests.support.tmux import terminal
from tests.terminals.test_terminal_types import COLOUR


def test_columns_and_lines_do_not_fix_the_size(cli: Cli) -> None:
    with raw_terminal({**cli.env, "COLUMNS": "60", "LINES": "12"}, size=(80, 24)) as window:
        window.see("q Quit")
        assert "Quit" in window.screen.display[23]
        window.resize(100, 30)
        window.read_until(lambda: "Quit" in window.screen.display[29], "the keys in the last line")


@pytest.mark.parametrize(("value", "coloured"), [("", True), ("1", False)])
def test_an_empty_no_color_is_none(cli: Cli, value: str, coloured: bool) -> None:
    cli("add", "--hold", "true")
    with raw_terminal({**cli.env, "NO_COLOR": value}, size=(80, 24)) as window:
        window.see("held")
        window.rest()
        assert bool(COLOUR.search(window.said())) == coloured


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_can_not_move_its_cursor_is_refused_in_a_sentence(cli: Cli, term: str) -> None:
    master, slave = os.openpty()
    done = subprocess.run(
        cli.words(), env={**cli.env, "TERM": term}, stdin=slave, stdout=slave, stderr=slave, timeout=60, check=False
    )
    said = os.read(master, 4096).decode()
    os.close(master)
    os.close(slave)
    assert done.returncode == 2
    assert f"TERM={term}: no dashboard can be drawn in such a terminal" in said
    assert "\x1b" not in said


def test_without_utf_8_all_is_ascii_and_stands_where_it_stood(cli: Cli) -> None:
    job = {"path": "true", "name": "J\u00f6b \u65e5\u672c", "hold": True}
    cli.process("add", "--from", "-", given=json.dumps(job).encode())
    env = {name: value for name, value in cli.env.items() if not name.startswith(("LC_", "LANG"))}
    with raw_terminal(env, size=(80, 24)) as window:
        window.see("o held")
        window.see("Job ????")
        window.type("a")
        window.see("+- Add a job ---")
        window.rest()
        assert window.said().isascii()


@pytest.mark.long
def test_started_in_the_background_of_a_shell_it_waits_for_fg(cli: Cli) -> None:
    with terminal(cli) as window:
        window.type(f"set -m; {' '.join(map(str, cli.words()))} &\n")
        window.wait_until(lambda screen: screen.count("$") >= 2, "the shell")
        while "Stopped" not in window.screen():
            window.type("clear; jobs\n")
            window.wait_until(lambda screen: "Running" in screen or "Stopped" in screen, "the jobs of the shell")
        window.type("fg\n")
        window.wait_for("q Quit")
        window.type("q")
        window.wait_until(lambda screen: screen.rstrip().endswith("$"), "the shell again")
