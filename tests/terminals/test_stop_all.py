"""One key ends everything and leaves."""

from pathlib import Path

from tests.conftest import Cli, wait_for
from tests.support.raw_terminal import raw_terminal

STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.1; done"


def states(cli: Cli) -> list[str]:
    return [job["state"] for _, job in sorted(cli.jobs().items())]


def test_all_jobs_are_cancelled_and_then_it_leaves(cli: Cli) -> None:
    cli.settings("slots = 2", background=True)
    for _ in range(4):
        cli("add", "sleep", "60")
    wait_for(lambda: states(cli) == ["running"] * 2 + ["pending"] * 2, "two to run")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.type("Q")
        window.see("Stop 2 running jobs and take out 2 pending ones, then")
        window.see("They have run for")
        window.type("\r")  # the default is to leave all as it is
        window.read_until(lambda: "Stop 2" not in window.text(), "the question to go")
        assert states(cli) == ["running"] * 2 + ["pending"] * 2
        window.type("Q")
        window.see("Stop 2")
        window.type("y")
        assert window.end_reading() == 0
        assert b"Traceback" not in window.sent
        assert b"Going on in the background" not in window.sent
    assert states(cli) == ["cancelled"] * 4


def test_it_waits_for_a_run_that_does_not_end_at_once(cli: Cli, tmp_path: Path) -> None:
    cli.settings("grace_s = 600")
    gate = tmp_path / "gate"
    with raw_terminal(cli.env, size=(80, 24)) as window:
        cli("add", "sh", "-c", f"trap '' TERM; echo ready; until [ -e {gate} ]; do sleep 0.1; done")
        window.see("ready")
        window.type("Q")
        window.see("Stop 1 running job, then leave?")
        window.type("y")
        window.see("Stopping 1 running job …")
        window.type("\x10")  # the palette in front of it does not keep it from leaving
        window.see("Search")
        assert states(cli) == ["running"]
        gate.touch()
        wait_for(lambda: states(cli) == ["cancelled"], "the end")
        window.type("\x1b")
        assert window.end_reading() == 0


def test_who_does_not_want_to_wait_stays_or_leaves(cli: Cli) -> None:
    cli.settings("slots = 1\ngrace_s = 60")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        cli("add", "sh", "-c", STUBBORN)
        cli("add", "true")
        window.see("ready")
        window.type("Q")
        window.see("Stop 1 running job and take out 1 pending one, then leave?")
        window.type("y")
        window.see("Stopping 1 running job …")
        window.type("\x1b")
        window.read_until(lambda: "Stopping" not in window.text(), "the dashboard")
        assert states(cli) == ["running", "cancelled"]
        window.type("Q")
        window.see("Stop 1 running job, then leave?")
        window.type("y")
        window.see("Stopping 1 running job …")
        window.type("q")
        assert window.end_reading() == 0
        assert "Without you 1 run on" in window.said()
    cli.settings("grace_s = 0")
    cli("cancel", "1")


def test_with_nothing_to_stop_it_just_leaves(cli: Cli) -> None:
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("Q Stop all")
        window.type("Q")
        assert window.end_reading() == 0
