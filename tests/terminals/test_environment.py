"""What the environment and the shell say of the terminal: sizes, colours, the locale, jobs of the shell."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.raw_terminal import raw_terminal
from tests.support.tmux import Terminal, terminal
from tests.terminals.test_terminal_types import COLOUR


def test_columns_and_lines_do_not_fix_the_size(cli: Cli) -> None:
    with raw_terminal({**cli.env, "COLUMNS": "60", "LINES": "12"}, size=(80, 24)) as window:
        window.see("q Quit")
        assert "Quit" in window.screen.display[23]
        window.resize(100, 30)
        window.read_until(lambda: "Quit" in window.screen.display[29], "the keys in the last line")


@pytest.mark.parametrize(("value", "coloured"), [pytest.param("", True, marks=pytest.mark.long), ("1", False)])
def test_an_empty_no_color_is_none(cli: Cli, value: str, coloured: bool) -> None:
    cli("add", "--hold", "true")
    with raw_terminal({**cli.env, "NO_COLOR": value}, size=(80, 24)) as window:
        window.see("held")
        window.rest()
        assert bool(COLOUR.search(window.said())) == coloured


@pytest.mark.parametrize("term", ["dumb", pytest.param("unknown", marks=pytest.mark.long)])
def test_a_terminal_that_can_not_move_its_cursor_is_refused_in_a_sentence(cli: Cli, term: str) -> None:
    master, slave = os.openpty()
    done = subprocess.run(
        cli.words(), env={**cli.env, "TERM": term}, stdin=slave, stdout=slave, stderr=slave, timeout=60, check=False
    )
    said = os.read(master, 4096).decode()
    os.close(master)
    os.close(slave)
    assert done.returncode == 2
    assert f"TERM={term}: the dashboard can't be drawn on such a terminal" in said
    assert "\x1b" not in said


@pytest.mark.long
def test_without_utf_8_all_is_ascii_and_stands_where_it_stood(cli: Cli) -> None:
    job = {"path": "true", "name": "J\u00f6b \u65e5\u672c", "hold": True}
    cli.process("add", "--from", "-", given=json.dumps(job).encode())
    env = {name: value for name, value in cli.env.items() if not name.startswith(("LC_", "LANG"))}
    with raw_terminal(env, size=(80, 24)) as window:
        window.see("= hold")
        window.see("Job ????")
        window.type("a")
        window.see("+= Add a job ===")
        window.rest()
        assert window.said().isascii()


@pytest.mark.long
@pytest.mark.parametrize(("term", "signs", "plain"), [("linux", "auto", True), ("vt100", "unicode", False)])
def test_terminals_without_our_signs_have_ascii_unless_the_user_wants_others(
    cli: Cli, term: str, signs: str, plain: bool
) -> None:
    cli.settings(f'dashboard = {{signs = "{signs}"}}')
    cli("add", "--hold", "true")
    with raw_terminal(cli.env, size=(80, 24), term=term) as window:
        window.see("= hold" if plain else "◇ hold")
        window.rest()
        assert window.said().isascii() == plain


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


@contextmanager
def in_shell(cli: Cli) -> Iterator[Terminal]:
    """Open the dashboard from a shell that has given the terminal a title."""
    with terminal(cli) as window:
        window.type("printf '\\033]2;of the shell\\a'; clear\n")
        wait_for(lambda: title(window) == "of the shell", "the title of the shell")
        window.type(f"{' '.join(map(str, cli.words()))}\n")
        window.wait_for("scheduler here")
        yield window


def title(window: Terminal) -> str:
    return window.tmux("display", "-p", "#{pane_title}").strip()


def is_stopped(pid: int) -> bool:
    """Whether a signal, or the terminal, has stopped a process."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def pid_of(cli: Cli) -> int:
    return int(json.loads(cli("status", "--json"))["scheduler"]["pid"])


@pytest.mark.long
def test_ctrl_z_lets_another_process_schedule_and_fg_brings_it_back(cli: Cli) -> None:
    cli.settings("slots = 1", background=True)
    cli("add", "sleep", "600")
    cli("add", "true")
    with in_shell(cli) as window:
        window.wait_for("► run")
        window.keys("C-z")
        window.wait_for("Stopped")
        cli("cancel", "1")
        wait_for(lambda: cli.job(2)["state"] == "completed", "the job that waited", timeout=9)
        window.type("fg\n")
        window.wait_for("scheduler here")
        window.type("q")
        window.wait_until_gone("scheduler here")


@pytest.mark.long
@pytest.mark.parametrize("number", ["STOP", "TSTP"])
def test_a_stop_bg_and_fg_leave_the_title_of_the_shell_behind(cli: Cli, tmp_path: Path, number: str) -> None:
    with in_shell(cli) as window:
        wait_for(lambda: title(window) != "of the shell", "our title")
        pid = pid_of(cli)
        subprocess.run(["kill", f"-{number}", str(pid)], check=True)
        window.wait_for("Stopped")
        continued = tmp_path / "continued"
        window.type(f"bg; : >{continued}\n")
        wait_for(continued.exists, "the shell to continue it")
        wait_for(lambda: is_stopped(pid), "it to stop again")
        window.type("fg\n")
        window.wait_for("scheduler here")
        window.type("q")
        window.wait_until_gone("scheduler here")
        assert title(window) == "of the shell"
