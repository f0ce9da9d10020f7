"""Jobs that are named by when they were added: @, last, @~1, and no ID at all."""

import json
import shlex
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Cli


def in_terminal(cli: Cli, *lines: str) -> "subprocess.CompletedProcess[str]":
    """Run commands from one shell in a session of its own, as those of a terminal are."""
    tool = shlex.join(map(str, cli.words()))
    text = "\n".join(f"{tool} {line}" for line in lines)
    return subprocess.run(
        ["sh", "-c", text + "\ntrue"], env=cli.env, capture_output=True, text=True, start_new_session=True, check=True
    )


def test_last_is_the_job_that_was_added_last_from_this_terminal(cli: Cli) -> None:
    cli("add", "--name", "first", "true")
    mine = in_terminal(
        cli,
        "add --name one true",
        "add --name two --hold true",
        "add --name three --hold --after last,@~1:ended true",
        "show --json",
        "release @",
        "show @~2 --json",
        "show @~3",
    )
    three, one = mine.stdout.split("{\n", 1)[1].split("\n}\n", 1)
    shown = json.loads("{" + three + "}")
    assert (shown["name"], shown["after"]) == (
        "three",
        [{"id": 3, "outcome": "completed"}, {"id": 2, "outcome": "ended"}],
    )
    assert json.loads(one)["name"] == "one"
    assert not cli.job(4)["held"]
    assert "tui-queue: @ is job 4, three.\n" in mine.stderr
    assert mine.stderr.endswith("@~3: no such job was added from this terminal; `tui-queue list` shows all.\n")
    # From another terminal, where none was added, it is the one that was added last to the queue.
    other = in_terminal(cli, "show --json")
    assert json.loads(other.stdout)["name"] == "three"


def test_several_jobs_are_shown_by_one_command_and_a_log_needs_no_number(cli: Cli) -> None:
    for word in ("one", "two"):
        cli("add", "--name", word, "echo", f"output of {word}")
    cli.drain()
    assert [job["name"] for job in json.loads(cli("show", "1-2", "--json"))] == ["one", "two"]
    shown = cli("show", "1", "2")
    assert shown.index("one") < shown.index("\n\n") < shown.index("two")
    assert in_terminal(cli, "log").stdout == "output of two\n"
    assert "no such job" in in_terminal(cli, "log @~7").stderr


def test_add_waits_for_the_job_or_follows_it_and_an_interrupt_lets_it_go_on(
    cli: Cli, scheduler: Callable[[], None], tmp_path: Path
) -> None:
    scheduler()
    assert cli("add", "--wait", "sh", "-c", "exit 3", code=3) == "1\n"
    followed = cli.process("add", "--follow", "--retries", "1", "sh", "-c", "echo try $TUI_QUEUE_ATTEMPT; exit 4")
    assert (followed.returncode, followed.stdout, followed.stderr) == (4, b"try 1\ntry 2\n", b"2\n")
    several = cli.process("add", "--follow", "--sweep", "-y", "echo", "{1..2}")
    assert several.returncode == 2
    assert b"--follow needs a single job, and there are 2; use --wait." in several.stderr
    assert list(cli.jobs()) == [2, 1]
    go = tmp_path / "go"
    adding = cli.start("add", "--follow", "sh", "-c", f"echo begun; until [ -e {go} ]; do sleep 0.02; done")
    assert adding.stdout is not None
    assert adding.stdout.readline() == b"begun\n"
    adding.send_signal(signal.SIGINT)
    _, said = adding.communicate(timeout=60)
    assert (adding.returncode, said.rstrip() + b"\n") == (
        130,
        b"3\ntui-queue: Job 3 continues; type `tui-queue log -f 3` to follow its output.\n",
    )
    assert cli.job(3)["state"] == "running"
    go.touch()
    cli("wait", "3")
