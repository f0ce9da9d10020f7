"""What a parent leaves to the program: ignored and blocked signals, a score for the OOM killer, limits."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, nicer, process_is_alive, wait_for
from tests.support.commands import ended, start_record, state

STATUS = ("SigBlk", "SigIgn")
STANDARD = (1 << 31) - 1  # the signals that are no real-time ones: libc ignores two of those for its own purposes


def start_with(cli: Cli, prepare: Callable[[], object], *args: str) -> "subprocess.Popen[bytes]":
    """Start a command in a process that ``prepare`` has got ready."""
    return subprocess.Popen(
        cli.words(*args),
        env=cli.env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=prepare,  # noqa: PLW1509
    )


@pytest.mark.parametrize(("script", "told"), [("exit 0", "ended"), ("exit 3", "ended: hook: exit 3")])
def test_a_hook_has_its_true_exit_code_where_the_shell_ignores_sigchld(
    cli: Cli, tmp_path: Path, script: str, told: str
) -> None:
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o700)
    with (cli.home / "config.toml").open("a") as file:
        file.write(f'[notify]\non = "end"\nhook = "{hook}"\n')
    cli("add", "true")
    runner = start_with(cli, lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN), "run", "--until-empty")
    assert ended(runner) == 0
    assert json.loads(cli("show", "--json", "1"))["told"] == [told]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the signals of a process")
@pytest.mark.long
@pytest.mark.parametrize("more", [(), ("--nice", str(nicer(1)))], ids=["plain", "nice"])
def test_a_job_inherits_no_ignored_or_blocked_signal(cli: Cli, more: tuple[str, ...]) -> None:
    def deaf() -> None:
        for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP, signal.SIGXCPU, signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})

    cli("add", *more, "grep", "Sig[BI]", "/proc/self/status")
    assert ended(start_with(cli, deaf, "run", "--until-empty")) == 0
    found = dict(line.split(":") for line in cli("log", "1").split("\n") if line)
    assert {name: int(mask, 16) & STANDARD for name, mask in found.items()} == dict.fromkeys(STATUS, 0)


def test_a_scheduler_hears_sigterm_that_its_parent_blocks(cli: Cli) -> None:
    cli("add", "sleep", "600")
    runner = start_with(cli, lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}), "run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    runner.terminate()
    assert ended(runner) == 1
    assert state(cli, 1)[0] == "running"


def test_a_scheduler_under_nohup_outlives_its_terminal(cli: Cli, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    cli("add", "sh", "-c", f"read word < {gate}")
    runner = start_with(cli, lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN), "run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    runner.send_signal(signal.SIGHUP)
    gate.write_text("go\n")
    assert (ended(runner), state(cli, 1)) == (0, ("completed", "exit 0"))


@pytest.mark.long
def test_a_soft_limit_on_processor_time_ends_the_job_and_neither_scheduler_nor_watcher(cli: Cli) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (1, resource.RLIM_INFINITY))

    start_with(cli, limit, "add", sys.executable, "-c", "while True: pass").communicate(timeout=60)
    runner = start_with(cli, limit, "run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    for pid in (runner.pid, start_record(cli, 1)["watcher"]):
        os.kill(pid, signal.SIGXCPU)  # as the kernel does to a process that has used up its time
    assert ended(runner) == 1
    assert state(cli, 1) == ("failed", f"signal {int(signal.SIGXCPU)} (SIGXCPU)")


def test_doctor_names_limits_that_would_end_a_scheduler(cli: Cli) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (3600, 3600))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))

    said = start_with(cli, limit, "doctor").communicate()[0].decode()
    assert "look  processor    at most 1h00m for each process, after which a scheduler is killed\n" in said
    assert "look  file size    at most 1G bytes for each, the store and logs too\n" in said


@pytest.mark.skipif(not os.path.exists("/proc/self/oom_score_adj"), reason="there is no OOM killer here")
@pytest.mark.parametrize(
    ("more", "inherited", "of_job"),
    [
        pytest.param((), 200, 300, id="plain"),
        pytest.param(("--nice", str(nicer(1))), 0, 100, id="nice", marks=pytest.mark.long),
        pytest.param(("--pty",), 950, 1000, id="pty", marks=pytest.mark.long),
    ],
)
def test_the_kernel_kills_a_job_before_its_watcher(
    cli: Cli, more: tuple[str, ...], inherited: int, of_job: int
) -> None:
    def score(pid: int) -> int:
        return int(Path(f"/proc/{pid}/oom_score_adj").read_text())

    cli("add", *more, "sh", "-c", "sleep 600 & echo $!; wait")
    runner = start_with(
        cli, lambda: Path("/proc/self/oom_score_adj").write_text(str(inherited)), "run", "--until-empty"
    )
    child = int(wait_for(lambda: cli("log", "1").strip(), "the job"))
    record = wait_for(lambda: cli.job(1)["started_at"] and start_record(cli, 1), "the start")
    scores = [score(pid) for pid in (runner.pid, record["watcher"], record["pid"], child)]
    cli("cancel", "1")
    ended(runner)
    assert scores == [inherited, inherited, of_job, of_job]
    assert not process_is_alive(child)
