"""`list` in other orders and columns, and drawn again; the processes of jobs."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.commands import ended, start_record
from tests.support.processes import children
from tests.support.raw_terminal import PROGRAM, RawTerminal


def terminal(cli: Cli, *words: str, size: tuple[int, int] = (100, 12)) -> RawTerminal:
    return RawTerminal(cli.env, size=size, ignore_hangup=False, controlling=True, words=(*PROGRAM, *words))


def test_rows_have_the_order_and_the_columns_that_were_asked_for(cli: Cli) -> None:
    for priority, name in ((1, "b"), (5, "a"), (3, "c")):
        cli("add", "--hold", "--priority", str(priority), "--name", name, "echo", "x")
    assert cli("list", "--columns", "name,priority").splitlines() == ["NAME  PRIORITY", "a     5", "c     3", "b     1"]
    for field, wanted in (
        ("name", [2, 1, 3]),
        ("-name", [3, 1, 2]),
        ("-priority", [2, 3, 1]),
        ("created_at", [1, 2, 3]),
    ):
        assert [job["id"] for job in json.loads(cli("list", "--json", "--sort", field))] == wanted
    cli("release", "3")
    cli.drain()
    assert cli("list", "--sort", "-ended", "--columns", "id,exit,pid").splitlines()[1:] == ["3   0", "2", "1"]
    known = "no such column; there are id, state, reason, queue, started, elapsed, name, parameters, added, "
    assert known in cli.error("list", "--sort", "size")
    assert known in cli.error("list", "--columns", "id,")
    assert "--columns can't be used with --json" in cli.error("list", "--json", "--columns", "id")
    for command in ("list", "status"):
        assert "--watch needs a terminal, and standard output is none" in cli.error(command, "--watch")
        assert "--watch can't be used with --json" in cli.error(command, "--watch", "--json")


@pytest.mark.long
def test_a_list_is_drawn_again_when_it_changes_and_ends_with_ctrl_c(cli: Cli) -> None:
    cli("add", "--hold", "--name", "first", "true")
    window = terminal(cli, "list", "--watch", "--columns", "id,state,name")
    try:
        window.see("pending  first")
        received = window.received
        cli("release", "1")
        for _ in range(20):
            cli("add", "--hold", "--name", "more", "true")
        window.see("… 12 more lines")
        assert b"\x1b[2J" not in window.sent
        assert window.text().splitlines()[0].strip() == "ID  STATE    NAME"
        assert window.received - received < 20_000
        window.type("\x03")
        assert window.end_reading() == 130
        assert "Traceback" not in window.text()
    finally:
        window.close()


@pytest.mark.long
def test_a_status_is_drawn_again_when_it_changes(cli: Cli) -> None:
    cli("add", "--hold", "true")
    window = terminal(cli, "status", "--watch")
    try:
        window.see("1 pending, 0 running")
        cli("add", "--hold", "true")
        window.see("2 pending, 0 running")
        window.type("\x03")
        assert window.end_reading() == 130
    finally:
        window.close()


@pytest.mark.long
def test_a_terminal_sees_how_far_the_jobs_have_come_that_are_waited_for(cli: Cli, tmp_path: Path) -> None:
    cli("add", "false")
    cli("add", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done")
    cli("add", "--after", "2", "true")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["state"] == "failed" and cli.job(2)["state"] == "running", "a scheduler")
    window = terminal(cli, "wait", "1-3")
    try:
        window.see("1 of 3 ended, 1 failed; 1 running")
        (tmp_path / "go").touch()
        assert window.end_reading() == 1
        assert window.text().strip() == ""  # the line has gone
    finally:
        window.close()
    ended(runner)
    assert cli.process("wait", "1").stderr == b""


@pytest.mark.long
def test_the_job_of_a_process_is_found_by_any_of_its_processes(cli: Cli, tmp_path: Path) -> None:
    cli("add", "sh", "-c", f"env -i sleep 61 & sleep 62 & touch {tmp_path}/there; wait")
    cli("add", "sleep", "63")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: (tmp_path / "there").exists() and cli.job(2)["pid"], "the jobs")
    record, pid = start_record(cli, 1), cli.job(1)["pid"]
    assert record["pid"] == pid
    below = wait_for(lambda: children(pid) if len(children(pid)) == 2 else None, "the children")
    for process in [pid, record["watcher"], *below]:
        assert json.loads(cli("show", "--json", "--pid", str(process)))["id"] == 1
    assert json.loads(cli("show", "--json", "--pid", str(cli.job(2)["pid"])))["pid"] == cli.job(2)["pid"]
    stranger = subprocess.Popen(["sleep", "60"], env={"TUI_QUEUE_LOG": f"{tmp_path}/other/runs/3/1/log"})
    plain = subprocess.Popen(["sleep", "60"], env={})
    gone = below[0]
    os.kill(gone, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{gone}").exists(), "it to be gone")
    for number, message in (
        (plain.pid, "a process of no job"),
        (stranger.pid, f"a process of a job of another queue; its output goes to {tmp_path}/other/runs/3/1/log"),
        (gone, "there is no such process"),
    ):
        assert f"{number}: {message}" in cli.error("show", "--pid", str(number), code=3)
    for other in (stranger, plain):
        other.kill()
        other.wait()
    assert "--pid can't be used with an ID" in cli.error("show", "--pid", "1", "1")
    cli("cancel", "--all")
    ended(runner)
    assert cli.job(1)["pid"] is None
