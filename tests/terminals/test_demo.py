"""`tui-queue demo` shows a queue with example jobs, and leaves nothing behind."""

import signal
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.processes import of_queue
from tests.support.raw_terminal import PROGRAM, raw_terminal

WORDS = (*PROGRAM, "demo")


def test_a_demo_needs_a_terminal(cli: Cli) -> None:
    assert "needs a terminal" in cli.error("demo")


@pytest.mark.long
def test_a_demo_shows_jobs_in_every_state_and_is_removed_in_the_end(cli: Cli, tmp_path: Path) -> None:
    directory = tmp_path / "temporary"
    directory.mkdir()
    cli("add", "--hold", "true")
    with raw_terminal({**cli.env, "TMPDIR": str(directory)}, size=(120, 34), words=WORDS) as window:
        for shown in ("running", "exit 1", "slots", "after #", "opens", "held", "begins"):
            window.see(shown)
        (home,) = directory.glob("*/queue")
        assert of_queue(home)
        window.type("q")
        assert window.end_reading() == 0
        assert "The queue of the demo is removed." in window.said()
        assert "Made a new queue" not in window.said()
    assert list(directory.iterdir()) == []
    wait_for(lambda: not of_queue(home), "the watchers to end")
    assert cli.jobs().keys() == {1}


@pytest.mark.long
def test_a_demo_is_removed_where_the_connection_breaks(cli: Cli, tmp_path: Path) -> None:
    with raw_terminal({**cli.env, "TMPDIR": str(tmp_path)}, size=(80, 24), words=WORDS) as window:
        window.see("run")
        (home,) = tmp_path.glob("tui-queue-demo-*/queue")
        window.process.send_signal(signal.SIGHUP)
        window.end_reading()
    wait_for(lambda: not home.parent.exists(), "the directory of the demo to go")
    wait_for(lambda: not of_queue(home), "the watchers to end")
