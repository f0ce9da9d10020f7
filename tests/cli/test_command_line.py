"""The command line as its users meet it: a process with words, output and an exit code."""

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import JOBS, ROOT, Cli, wait_for

Script = Callable[..., str]


def test_five_countdowns_run_three_at_a_time_and_all_complete(cli: Cli) -> None:
    numbers = [cli("add", "jobs/countdown.py", "1").strip() for _ in range(5)]
    assert numbers == ["1", "2", "3", "4", "5"]
    cli.drain()
    jobs = cli.jobs()
    assert {job["state"] for job in jobs.values()} == {"completed"}
    assert most_at_once(jobs.values()) == 3
    assert cli("log", "1") == "Countdown: 1 seconds\n"


def most_at_once(jobs: Iterable[dict[str, Any]]) -> int:
    changes: list[tuple[datetime, int]] = []
    for job in jobs:
        changes.append((datetime.fromisoformat(job["started_at"]), 1))
        changes.append((datetime.fromisoformat(job["finished_at"]), -1))
    now = most = 0
    for _, step in sorted(changes):
        now += step
        most = max(most, now)
    return most


def test_jobs_start_in_the_order_they_were_added(cli: Cli) -> None:
    cli.settings("slots = 1")
    for _ in range(4):
        cli("add", "true")
    cli.drain()
    starts = [cli.job(number)["started_at"] for number in range(1, 5)]
    assert all(first < second for first, second in pairwise(starts))


@pytest.mark.parametrize("code", [0, 1, 3, 126, 127, 255])
def test_the_exit_code_is_recorded_and_decides_the_state(cli: Cli, script: Script, code: int) -> None:
    cli("add", script("ends.sh", f"#!/bin/sh\nexit {code}\n"))
    cli.drain(code=1 if code else 0)
    job = cli.job(1)
    assert (job["state"], job["exit_code"], job["signal"]) == ("failed" if code else "completed", code, None)
    assert job["reason"] == f"exit {code}"


def test_a_job_that_a_signal_ends_failed_by_that_signal(cli: Cli, script: Script) -> None:
    cli("add", script("dies.sh", "#!/bin/sh\nkill -9 $$\n"))
    cli.drain(code=1)
    job = cli.job(1)
    assert (job["state"], job["exit_code"], job["signal"]) == ("failed", None, 9)
    assert job["reason"] == "signal 9 (SIGKILL)"


def test_stdout_and_stderr_are_kept_in_the_order_they_were_written(cli: Cli, script: Script) -> None:
    cli("add", script("both.sh", "#!/bin/sh\necho one\necho two >&2\necho three\n"))
    cli.drain()
    assert cli("log", "1") == "one\ntwo\nthree\n"


ODD = [
    "a b",
    "",
    "'",
    '"',
    "$(touch /tmp/x)",
    "-n",
    "--help",
    "new\nline",
    "ü",
    "*",
    "\\",
    "[/oops]",
    "\x1b[2J",
]


def test_odd_arguments_and_paths_arrive_as_they_are(cli: Cli, tmp_path: Path) -> None:
    directory = tmp_path / "a b\n[/oops] 'x'"
    directory.mkdir(parents=True)
    job = directory / "-say it.py"
    job.write_text("import json, os, sys\nprint(json.dumps(sys.argv[1:]))\nprint(os.getcwd())\n")
    cli("add", "--cwd", str(directory), "--", str(job), *ODD)
    cli("add", "--cwd", str(directory), "./-say it.py", *ODD)
    cli.drain()
    for number in ("1", "2"):
        words, where = cli("log", number).split("\n", 1)
        assert json.loads(words) == ODD
        assert where == f"{directory}\n"


def test_a_name_that_is_not_utf8_is_kept_byte_for_byte(cli: Cli, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.sh"
    with open(path, "wb") as file:
        file.write(b'#!/bin/sh\nprintf "%s" "$1"\n')
    os.chmod(path, 0o755)
    cli("add", path, b"\xff\xfe")
    cli.drain()
    assert cli.process("log", "--raw", "1").stdout == b"\xff\xfe"
    assert "caf\\xe9.sh" in cli("list")


def test_a_job_has_a_number_and_a_uuid_and_both_name_it(cli: Cli) -> None:
    job = json.loads(cli("add", "--json", "--name", "greeting", "echo", "hello"))
    assert (job["id"], job["name"], job["state"]) == (1, "greeting", "pending")
    assert uuid.UUID(job["uuid"]).version == 4
    cli.drain()
    for key in ("1", job["uuid"], job["uuid"][:8]):
        assert cli("log", key) == "hello\n"


def test_a_job_knows_what_it_is(cli: Cli, script: Script) -> None:
    cli("add", script("env.sh", "#!/bin/sh\necho $TUI_QUEUE_JOB $TUI_QUEUE_ATTEMPT\ncat; tty\n"))
    cli.drain(code=1)
    assert cli("log", "1") == "1 1\nnot a tty\n"


def test_a_job_inherits_no_descriptor_of_ours_but_the_one_that_says_it_lives(cli: Cli) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc to list a process's descriptors")
    cli("add", "sh", "-c", "cd /proc/self/fd && exec ls -l")
    cli.drain()
    found = dict(re.findall(r"(\d+) -> (\S+)", cli("log", "1")))
    del found["3"]  # the directory that is listed
    assert {number: Path(target).name for number, target in found.items()} == {
        "0": "null",
        "1": "log",
        "2": "log",
        "243": "alive",
    }


def test_a_retried_job_runs_again_with_a_log_of_its_own(cli: Cli, tmp_path: Path, script: Script) -> None:
    flag = tmp_path / "flag"
    cli(
        "add",
        script(
            "twice.sh",
            f"#!/bin/sh\n[ -e {flag} ] && echo second || {{ touch {flag}; echo first; exit 1; }}\n",
        ),
    )
    cli.drain(code=1)
    assert cli("log", "1") == "first\n"
    cli("retry", "1")
    assert cli.job(1)["state"] == "pending"
    cli.drain()
    assert cli("log", "1") == "second\n"
    assert (cli.job(1)["state"], cli.job(1)["attempt"]) == ("completed", 2)


def test_a_pending_job_is_cancelled_and_never_starts(cli: Cli, tmp_path: Path) -> None:
    cli("add", "touch", str(tmp_path / "made"))
    cli("cancel", "1")
    assert cli.job(1)["state"] == "cancelled"
    cli.drain()
    assert not (tmp_path / "made").exists()


def test_a_removed_job_takes_its_logs_along(cli: Cli) -> None:
    cli("add", "echo", "hello")
    assert "Cancel it first" in cli.error("remove", "1")
    cli.drain()
    log = Path(cli.job(1)["log_path"])
    assert log.read_text() == "hello\n"
    cli("remove", "1")
    assert cli.jobs() == {}
    assert not log.parent.parent.exists()


def test_a_verb_on_several_jobs_changes_all_or_none(cli: Cli) -> None:
    cli("add", "true")
    cli("add", "true")
    assert "99: no such job" in cli.error("cancel", "1", "2", "99", code=3)
    assert {job["state"] for job in cli.jobs().values()} == {"pending"}
    cli("cancel", "1", "2")
    assert {job["state"] for job in cli.jobs().values()} == {"cancelled"}


def test_log_follows_until_the_run_ends(cli: Cli) -> None:
    cli("add", "jobs/countdown.py", "2")
    follower = cli.start("log", "1", "-f")
    cli.drain()
    out, err = follower.communicate(timeout=30)
    assert (out, err, follower.returncode) == (b"Countdown: 2 seconds\nCountdown: 1 seconds\n", b"", 0)


def test_a_job_added_while_the_queue_runs_is_started_at_once(cli: Cli) -> None:
    cli("add", "sleep", "60")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["state"] == "running", "the first job")
    cli("add", "true")
    wait_for(lambda: cli.job(2)["state"] == "completed", "the second job")
    cli("cancel", "1")
    runner.communicate(timeout=30)
    assert runner.returncode == 1
    assert cli.job(1)["state"] == "cancelled"


def test_jobs_outlive_the_scheduler_and_their_end_is_found_by_the_next(cli: Cli, tmp_path: Path) -> None:
    cli("add", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo done; exit 7")
    cli("add", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; sleep 1; echo later")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: all(job["started_at"] for job in cli.jobs().values()), "both to run")
    runner.kill()
    runner.communicate()
    (tmp_path / "go").touch()
    wait_for(lambda: cli("log", "1") == "done\n", "the first to end")
    assert cli.job(1)["state"] == "running"  # nobody schedules, nobody writes it down
    cli.drain(code=1)
    assert [cli.job(number)["reason"] for number in (1, 2)] == ["exit 7", "exit 0"]
    assert cli("log", "2") == "later\n"
    assert [cli.job(number)["attempt"] for number in (1, 2)] == [1, 1]


def test_two_schedulers_start_each_job_once(cli: Cli, tmp_path: Path) -> None:
    for _ in range(20):
        cli("add", "sh", "-c", f"echo $TUI_QUEUE_JOB >> {tmp_path}/starts")
    both = [cli.start("run", "--until-empty") for _ in range(2)]
    assert [process.communicate(timeout=60) for process in both] == [(b"", b"")] * 2
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(map(int, (tmp_path / "starts").read_text().split())) == list(range(1, 21))


def test_adding_from_many_processes_at_once_loses_nothing(cli: Cli) -> None:
    adders = [cli.start("add", "true") for _ in range(20)]
    numbers = sorted(int(process.communicate()[0]) for process in adders)
    assert numbers == list(range(1, 21))


@pytest.mark.parametrize("count", [120, pytest.param(1500, marks=pytest.mark.long)])
def test_adding_while_other_commands_open_and_close_the_queue_loses_nothing(cli: Cli, count: int) -> None:
    """At each moment some commands open the database, some close it, and now and then none has it open."""
    with ThreadPoolExecutor(8) as pool:
        adders = list(pool.map(lambda _: cli.process("add", "--hold", "true"), range(count)))
    assert [(adder.returncode, adder.stderr) for adder in adders] == [(0, b"")] * count
    assert sorted(int(adder.stdout) for adder in adders) == list(range(1, count + 1))
    assert sorted(cli.jobs()) == list(range(1, count + 1))


def test_the_list_is_plain_text_in_a_pipe(cli: Cli) -> None:
    cli("add", "--name", "[/oops]\x1b[2J", "echo", "a b")
    lines = cli("list").splitlines()
    assert lines[0].split() == ["ID", "STATE", "REASON", "QUEUE", "STARTED", "ELAPSED", "NAME", "PARAMETERS"]
    assert "[/oops]^[[2J" in lines[1]
    assert lines[1].endswith("'a b'")


def test_a_log_on_a_terminal_can_not_command_it(cli: Cli) -> None:
    cli("add", "printf", r"\033]0;title\007\033[2J\033[31mred\033[0m\n")
    cli.drain()
    assert cli.process("log", "1").stdout == b"red\n"
    raw = cli.process("log", "--raw", "1").stdout
    assert raw == b"\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\n"
    typed = subprocess.run(
        ["script", "-qec", f"{sys.executable} -m tui_queue log 1", "/dev/null"],
        env=cli.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    ).stdout
    assert typed == b"^[]0;title^G^[[2J\x1b[31mred\x1b[0m\r\n\x1b[0m"


def test_a_log_in_a_pipe_is_the_text_that_a_terminal_would_show(cli: Cli) -> None:
    cli("add", "printf", r"one\n\033[32mtwo\033[0m\n 10%%\r 20%%\rdone\nbar 1\nbar 2\033[A\rBAR 1\n\nend")
    cli.drain()
    assert cli("log", "1") == "one\ntwo\ndone\nBAR 1\nbar 2\nend"
    assert cli("log", "-n", "2", "1") == "\nend"


def test_files_are_private(cli: Cli) -> None:
    cli("add", "echo", "hello")
    cli.drain()
    for path in [cli.home, *cli.home.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_command_is_also_a_module_and_names_its_version(cli: Cli) -> None:
    assert cli("--version") == "tui-queue 0.1.0\n"
    assert "add" in cli("--help")


def test_the_example_jobs_are_there() -> None:
    assert (JOBS / "countdown.py").is_file()


def test_a_queue_with_a_schedule_is_empty_once_its_jobs_have_ended(cli: Cli) -> None:
    cli("schedule", "add", "--every", "1h", "--yes", "later", "true")
    cli("add", "true")
    cli.drain()
    assert cli.job(1)["state"] == "completed"


def test_ctrl_c_while_the_program_is_loaded_ends_it_without_a_traceback(cli: Cli, tmp_path: Path) -> None:
    waiting = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
    (tmp_path / "click.py").write_text(waiting)  # what the program loads among the first
    env = {**cli.env, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(cli.words("list"), env=env, cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")
