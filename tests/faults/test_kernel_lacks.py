"""A kernel or a sandbox without pidfds, and a machine without a usable /proc."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, missing, process_is_alive, wait_for
from tests.support.commands import ended, process_states, start_record, state
from tests.support.refused_calls import PIDFD_OPEN, PIDFD_SEND_SIGNAL, with_refused_calls

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pidfds and /proc are Linux's")


def without_pidfd(cli: Cli, numbers: list[int], error: str) -> "subprocess.Popen[bytes]":
    """Start a scheduler that the kernel refuses these calls, as well as all that it starts."""
    words = with_refused_calls(cli.words("run", "--until-empty"), numbers, error)
    return subprocess.Popen(words, env=cli.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize(
    ("numbers", "error"),
    [
        pytest.param([PIDFD_OPEN, PIDFD_SEND_SIGNAL], "ENOSYS", id="an old kernel"),
        pytest.param([PIDFD_SEND_SIGNAL], "EPERM", id="a sandbox", marks=pytest.mark.long),
    ],
)
def test_a_job_is_paused_resumed_and_cancelled_without_pidfds(
    cli: Cli, tmp_path: Path, numbers: list[int], error: str
) -> None:
    cli.settings("grace_s = 0.1")
    daemon = tmp_path / "daemon"
    cli("add", "sh", "-c", f"trap '' TERM; setsid sh -c 'echo $$ > {daemon}; exec sleep 600' & sleep 600 & wait; wait")
    runner = without_pidfd(cli, numbers, error)
    number = int(wait_for(lambda: daemon.read_text() if daemon.exists() else "", "the daemon"))
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    leader = start_record(cli, 1)["pid"]
    cli("pause", "1")
    wait_for(lambda: process_states(leader) | process_states(number) == {"T"}, "all its processes to be stopped")
    cli("resume", "1")
    wait_for(lambda: "T" not in process_states(leader) | process_states(number), "all of them to go on")
    cli("cancel", "1")
    assert (ended(runner), state(cli, 1)) == (1, ("cancelled", "cancelled by user"))
    assert not process_is_alive(leader)
    assert not process_is_alive(number)


def test_the_time_limit_holds_without_pidfds(cli: Cli) -> None:
    cli("add", "--timeout", "1s", "sleep", "600")
    assert ended(without_pidfd(cli, [PIDFD_OPEN], "EPERM")) == 1
    assert state(cli, 1) == ("failed", "timeout")


@pytest.mark.long
def test_the_processes_of_a_killed_watcher_are_ended_without_pidfds(cli: Cli, tmp_path: Path) -> None:
    cli("add", "sleep", "600")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    record = start_record(cli, 1)
    os.kill(record["watcher"], 9)
    words = with_refused_calls(cli.words("cancel", "1"), [PIDFD_OPEN], "ENOSYS")
    subprocess.run(words, env=cli.env, cwd=ROOT, check=True, timeout=60)
    assert not process_is_alive(record["pid"])
    ended(runner)


Place = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["not mounted", pytest.param("another PID namespace", marks=pytest.mark.long)])
def place(request: pytest.FixtureRequest, cli: Cli) -> tuple[str, Place]:
    """Return what is wrong with /proc, and a function that runs a command of the queue where that is so."""
    if shutil.which("unshare") is None:
        missing("unshare (util-linux) is not installed")
    if request.param == "not mounted":
        prefix = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]
    else:
        prefix = ["unshare", "--pid", "--fork"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make namespaces")

    def run(*args: str) -> "subprocess.CompletedProcess[str]":
        words = [*prefix, *map(os.fsdecode, cli.words(*args))]
        return subprocess.run(words, env=cli.env, cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)

    return request.param, run


def test_without_a_usable_proc_jobs_are_kept_and_the_user_hears_why_none_starts(
    cli: Cli, place: tuple[str, Place]
) -> None:
    what, run = place
    added = run("add", "true")
    assert (added.returncode, added.stdout) == (0, "1\n")
    refused = run("run", "--until-empty")
    assert refused.returncode == 4
    for said in (added.stderr, refused.stderr):
        assert said.startswith("tui-queue: /proc is ")
        assert what in said
        assert said.count("\n") == 1
    examined = run("doctor")
    assert examined.returncode == 1
    assert f"wrong processes    {refused.stderr.removeprefix('tui-queue: ').partition(' here.')[0]}" in examined.stdout
    assert state(cli, 1)[0] == "pending"
    cli.drain()
    assert state(cli, 1) == ("completed", "exit 0")


@pytest.mark.long
def test_a_running_job_of_another_place_is_left_alone_where_there_is_no_proc(
    cli: Cli, place: tuple[str, Place], tmp_path: Path
) -> None:
    cli("add", "--on-lost", "requeue", "sh", "-c", f"echo x >> {tmp_path}/starts; sleep 600")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    runner.kill()
    ended(runner)
    assert place[1]("run", "--until-empty").returncode == 4
    assert state(cli, 1)[0] == "running"
    assert (tmp_path / "starts").read_text() == "x\n"
    assert place[1]("cancel", "1").returncode == 0  # by its watcher
    cli.drain(code=1)
    assert state(cli, 1)[0] == "cancelled"
