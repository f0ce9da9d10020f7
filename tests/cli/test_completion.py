"""Real shells in a real terminal, whose Tab key offers jobs, queues and paths."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, missing
from tests.support.tmux import terminal

# How each shell is started without anybody's settings, and how it learns of our completion.
SHELLS = {
    "bash": ("bash --norc --noprofile", 'eval "$(tui-queue completion bash)"'),
    "zsh": ("zsh -f", 'autoload -Uz compinit && compinit -D -u && eval "$(tui-queue completion zsh)"'),
    "fish": ("fish --no-config", "tui-queue completion fish | source"),
}


@pytest.fixture
def on_path(cli: Cli, tmp_path: Path) -> Cli:
    """Have the command ``tui-queue`` on PATH, as after an installation."""
    directory = tmp_path / "bin"
    directory.mkdir()
    program = directory / "tui-queue"
    words = " ".join(map(str, cli.words()))
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec {words} "$@"\n')
    program.chmod(0o755)
    cli.env = {**cli.env, "PATH": f"{directory}:{cli.env['PATH']}", "HOME": str(tmp_path)}
    return cli


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_offers_commands_jobs_queues_and_paths(on_path: Cli, shell: str) -> None:
    cli = on_path
    if shutil.which(shell) is None:
        missing(f"{shell} is not installed; apt install {shell}")
    start, learn = SHELLS[shell]
    cli("queue", "add", "graphics")
    cli("add", "--hold", "--name", "sevenfold", "true")
    with terminal(cli, width=100) as window:
        window.type(f"{start}\n")
        window.type("echo rea''dy\n")
        window.wait_for("\nready")
        window.type(f"{learn}\n")
        window.type("echo lear''ned\n")
        window.wait_for("\nlearned")

        def line(typed: str, completed: str) -> None:
            """Type the beginning of a line and Tab; see the whole line."""
            window.type(f"clear\n{typed}")
            window.wait_for(typed.rstrip())
            window.keys("Tab")
            window.wait_for(completed)
            window.keys("C-c")

        line("tui-queue statu", "tui-queue status")
        line("tui-queue cancel ", "tui-queue cancel 1")
        line("tui-queue list --queue gra", "tui-queue list --queue graphics")
        line("tui-queue add jobs/count", "tui-queue add jobs/countdown.py")
        line("tui-queue queue pau", "tui-queue queue pause")
        # Of several each is offered; zsh and fish tell what it is.
        cli("add", "--hold", "--name", "eightfold", "true")
        window.type("clear\ntui-queue show ")
        window.wait_for("tui-queue show")
        window.keys("Tab", "Tab")
        if shell == "bash":
            window.wait_for("1  2")
        else:
            window.wait_for("eightfold: pending")
            window.wait_for("sevenfold: pending")


def test_a_key_that_is_pressed_makes_no_queue(cli: Cli, tmp_path: Path) -> None:
    place = tmp_path / "not yet"
    env = {"TUI_QUEUE_HOME": str(place), "_TUI_QUEUE_COMPLETE": "bash_complete"}
    queue = Cli(place, {**cli.env, **env, "COMP_WORDS": "tui-queue show ", "COMP_CWORD": "2"})
    assert queue().strip() == ""
    assert not place.exists()
