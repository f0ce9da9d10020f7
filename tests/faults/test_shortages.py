"""Something that a start needs is used up or away for a while: no job ends for that, and none is started in vain."""

import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Cli, missing, nicer, wait_for
from tests.dashboard.test_dashboard import dashboard
from tests.support.clock import by_another_clock
from tests.support.commands import ended, stop
from tests.support.disks import small_disk
from tests.support.pilot import drawn, see, until
from tests.support.processes import children, is_watcher, of_queue

Script = Callable[..., str]
WAITS = "can't start now: "
NO_ROOM = "no room left on the disk; next try "
UNLIMITED = str(resource.getrlimit(resource.RLIMIT_NPROC)[0])


def why(cli: Cli, number: int) -> str:
    """Return the reason of a job; nothing while it is tried."""
    found: str = cli.job(number)["reason"]
    return "" if found == "starting" else found


def watchers(cli: Cli) -> list[int]:
    """Return the watchers of a queue, and what forks them."""
    known = [pid for pid in of_queue(cli.home) if is_watcher(pid)]
    return [*{*known, *(child for pid in known for child in children(pid))}]


def scheduler(cli: Cli) -> "subprocess.Popen[bytes]":
    """Start a scheduler that stays, and wait until it has a watcher in reserve."""
    runner = cli.start("run", "--standby", "--stay")
    wait_for(lambda: len(watchers(cli)) > 1, "the first watcher")
    return runner


def ever_tried(cli: Cli) -> int:
    """Return how many jobs were put back after a start that did not happen."""
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        (found,) = db.execute("SELECT count(*) FROM jobs WHERE reason_kind = 'shortage'").fetchone()
        return int(found)


@pytest.fixture
def few_files(home: Path) -> Iterator[Path]:
    """Give the queue a file system for some dozen files; return its top."""
    with small_disk(home, "nr_inodes=60"):
        yield home


def use_up(disk: Path) -> Path:
    """Create files until there is no room for another one."""
    filler = disk / "filler"
    filler.mkdir()
    with suppress(OSError):
        for number in range(1000):
            (filler / str(number)).touch()
    return filler


def test_starts_that_a_full_disk_prevents_take_no_retry_and_no_attempt(few_files: Path, cli: Cli) -> None:
    cli.settings("slots = 2")
    cli("add", "--hold", "--retries", "1", "sh", "-c", "exit 5")
    cli("add", "--hold", "true")
    runner = scheduler(cli)
    cli("list")  # what it needs of the disk, it has from now on
    filler = use_up(few_files)
    cli("release", "1", "2")
    wait_for(lambda: NO_ROOM in why(cli, 1) and NO_ROOM in why(cli, 2), "the reason")
    assert why(cli, 1).startswith(WAITS)
    assert (cli.job(1)["state"], cli.job(1)["attempt"]) == ("pending", 0)
    assert NO_ROOM in cli("status")
    assert NO_ROOM in cli("doctor", code=1)
    assert not list((few_files / "runs").iterdir())
    shutil.rmtree(filler)
    wait_for(lambda: cli.job(1)["state"] == "failed" and cli.job(2)["state"] == "completed", "the ends")
    assert [cli.job(number)["attempt"] for number in (1, 2)] == [2, 1]
    assert WAITS not in cli("status")
    stop(runner)


class OrdinaryUser(Cli):
    """The command line of a user for whom limits hold, also where the tests run as root."""

    def words(self, *args: str | bytes) -> list[str | bytes]:
        words = super().words(*args)
        return [*self.becomes(), *words]

    def becomes(self) -> list[str | bytes]:
        """Return the words before a command of this user."""
        if os.geteuid():
            return []
        user = str(self.home.stat().st_uid)
        # The tests' own files may be root's alone; to read them lifts no limit.
        reads = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", *reads]

    def limit_processes(self, most: str) -> None:
        """Let no watcher of the queue start more processes than there are, or as many as it may again."""
        for pid in watchers(self):
            subprocess.run([*self.becomes(), "prlimit", f"--pid={pid}", f"--nproc={most}:"], check=False)


@pytest.fixture
def ordinary(cli: Cli) -> Iterator[OrdinaryUser]:
    """Return the command line of a user who has a queue of their own, and no other process."""
    if shutil.which("prlimit") is None or shutil.which("setpriv") is None:
        missing("prlimit and setpriv (util-linux) are not there; root has no limits")
    with tempfile.TemporaryDirectory(prefix="tui-queue-ordinary-") as top:
        home = Path(top) / "home"
        queue = OrdinaryUser(home, {**cli.env, "TUI_QUEUE_HOME": str(home), "HOME": top})
        queue.settings()
        if os.geteuid() == 0:
            for path in (Path(top), home, home / "config.toml"):
                os.chown(path, 60_000 + os.getpid() % 5_000, -1)
        yield queue
        if (home / "queue.db").exists():
            queue.process("cancel", "--all")


@pytest.mark.long
@pytest.mark.parametrize("words", [("true",), ("--nice", str(nicer(1)), "true"), ("--pty", "true")])
def test_a_job_that_no_process_can_be_made_for_waits_until_one_can(ordinary: OrdinaryUser, words: tuple[str]) -> None:
    ordinary.settings("slots = 1")
    ordinary("add", "--hold", *words)
    runner = scheduler(ordinary)
    ordinary.limit_processes("1")
    ordinary("release", "1")
    wait_for(lambda: "too many processes (ulimit -u); next try " in why(ordinary, 1), "the reason")
    assert not list((ordinary.home / "runs").iterdir())
    ordinary.limit_processes(UNLIMITED)
    wait_for(lambda: ordinary.job(1)["state"] == "completed", "the end")
    assert ordinary.job(1)["attempt"] == 1
    stop(runner)


@pytest.mark.long
def test_a_shortage_of_processes_tries_one_of_many_jobs_at_a_time_and_is_told_once(ordinary: OrdinaryUser) -> None:
    told = ordinary.home / "told"
    program = ordinary.home / "hook"
    program.write_text(f'#!/bin/sh\necho "$TUI_QUEUE_EVENT: $TUI_QUEUE_TEXT" >> {told}\n')
    program.chmod(0o755)
    ordinary.settings(f'notify.hook = "{program}"\nslots = 8')
    ordinary("add", "--hold", "--sweep", "true", "{1..100}")
    runner = scheduler(ordinary)
    ordinary.limit_processes("1")
    ordinary("release", *map(str, range(1, 101)))
    wait_for(told.exists, "the notification")
    jobs = ordinary.jobs()
    assert {job["state"] for job in jobs.values()} == {"pending"}
    assert {job["attempt"] for job in jobs.values()} == {0}
    assert all("too many processes" in job["reason"] or job["reason"] == "starting" for job in jobs.values())
    assert ever_tried(ordinary) <= 8 + 3
    ordinary.limit_processes(UNLIMITED)
    wait_for(lambda: {job["state"] for job in ordinary.jobs().values()} == {"completed"}, "the ends")
    assert {job["attempt"] for job in ordinary.jobs().values()} == {1}
    assert told.read_text().startswith("shortage: Too many processes (ulimit -u). The start is tried again, ")
    assert told.read_text().count("\n") == 1
    stop(runner)


@pytest.mark.long
def test_a_program_that_is_being_written_and_an_interpreter_that_is_away_are_waited_for(
    cli: Cli, script: Script, tmp_path: Path
) -> None:
    program, python = tmp_path / "program", tmp_path / "python"
    shutil.copy("/bin/true", program)
    python.symlink_to(sys.executable)
    cli.settings("slots = 2")
    cli("add", str(program))
    cli("add", "--python", str(python), "jobs/countdown.py", "0")
    cli("add", "true")
    python.rename(tmp_path / "away")
    with program.open("ab"):
        runner = scheduler(cli)
        wait_for(lambda: f"{WAITS}{program}: text file busy; next try " in why(cli, 1), "the first reason")
        wait_for(lambda: f"{WAITS}{python}: no such interpreter; next try " in why(cli, 2), "the second reason")
        wait_for(lambda: cli.job(3)["state"] == "completed", "the job that nothing stands in the way of")
    (tmp_path / "away").rename(python)
    cli.process("release", "1", "2")  # refused when the scheduler has tried them again just now
    wait_for(lambda: all(job["state"] == "completed" for job in cli.jobs().values()), "the ends")
    assert {job["attempt"] for job in cli.jobs().values()} == {1}
    stop(runner)


@pytest.fixture
def own_interpreter(cli: Cli, tmp_path: Path) -> Path:
    """Have the queue run by an interpreter that starts only with LD_LIBRARY_PATH, as an environment module's may."""
    python = tmp_path / "module" / "python"
    python.parent.mkdir()
    needs = "libpython3.so: cannot open shared object file: No such file or directory"
    python.write_text(
        '#!/bin/bash\n[ "$LD_LIBRARY_PATH" = /module ] ||'
        f' {{ echo "$0: error while loading shared libraries: {needs}" >&2; exit 127; }}\n'
        f'exec -a "$0" {os.path.realpath(sys.executable)} "$@"\n'
    )
    python.chmod(0o755)
    if not shutil.which("bash"):
        missing("bash is not here to stand for an interpreter")
    return python


class OwnInterpreter(Cli):
    """The command line by an interpreter that the user has from an environment module."""

    def words(self, *args: str | bytes) -> list[str | bytes]:
        return [self.env["MODULE"], *super().words(*args)[1:]]


@pytest.fixture
def module(cli: Cli, own_interpreter: Path) -> Cli:
    path = os.pathsep.join(filter(None, sys.path))
    env = {"MODULE": str(own_interpreter), "LD_LIBRARY_PATH": "/module", "PYTHONPATH": path}
    return OwnInterpreter(cli.home, cli.env | env)


def test_a_watcher_gets_what_its_interpreter_needs_and_the_job_its_own(cli: Cli, module: Cli) -> None:
    cli("add", "--env", "LD_LIBRARY_PATH=/job", "sh", "-c", "echo $LD_LIBRARY_PATH")
    module.drain()
    assert cli("log", "1") == "/job\n"
    assert cli.job(1)["attempt"] == 1


@pytest.mark.long
def test_jobs_wait_while_no_watcher_starts_and_doctor_says_why(cli: Cli, module: Cli, own_interpreter: Path) -> None:
    runner = scheduler(module)
    away = own_interpreter.with_name("away")
    own_interpreter.rename(away)
    for pid in watchers(cli):
        os.kill(pid, signal.SIGKILL)
    cli("add", "true")
    gone = f"no watcher starts: {own_interpreter}: no such file or directory"
    wait_for(lambda: f"{WAITS}{gone}; next try " in why(cli, 1), "the reason")
    assert (cli.job(1)["state"], cli.job(1)["attempt"]) == ("pending", 0)
    assert gone in cli("doctor", code=1)
    own_interpreter.write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    own_interpreter.chmod(0o755)
    cli.process("release", "1")  # refused when the scheduler tries it just now
    wait_for(lambda: f"{WAITS}no watcher starts: broken; next try " in why(cli, 1), "the reason of another interpreter")
    assert cli.job(1)["attempt"] == 0
    away.rename(own_interpreter)
    cli.process("release", "1")
    wait_for(lambda: cli.job(1)["state"] == "completed", "the end")
    assert cli.job(1)["attempt"] == 1
    stop(runner)


def test_doctor_tries_whether_a_watcher_starts(cli: Cli, module: Cli, own_interpreter: Path) -> None:
    assert f"starts with {own_interpreter}" in module("doctor")
    whole = own_interpreter.read_text()
    own_interpreter.write_text(whole.replace("exec", '[ "$3" != -c ] || { echo broken >&2; exit 1; }\nexec', 1))
    assert "no watcher starts: broken" in module("doctor", code=1)


@pytest.mark.long
def test_a_full_temporary_directory_holds_up_neither_the_start_nor_the_end(cli: Cli, tmp_path: Path) -> None:
    cli("add", "true", *["x" * 100_000] * 9)
    with small_disk(tmp_path / "full", "size=64k") as full, suppress(OSError), (full / "filler").open("wb") as filler:
        filler.write(bytes(65_536))
        filler.flush()
        elsewhere = Cli(cli.home, {**cli.env, "TMPDIR": str(full), "SQLITE_TMPDIR": str(full)})
        runner = elsewhere.start("run", "--until-empty")
        wait_for(lambda: cli.job(1)["state"] == "completed", "the end")
        assert ended(runner) == 0


def is_completed(cli: Cli, number: int) -> bool:
    return bool(cli.job(number)["state"] == "completed")


def is_another_reason(cli: Cli, before: str) -> bool:
    return why(cli, 1) not in ("", before)


def set_clock(clock: Path, text: str) -> None:
    new = clock.with_suffix(".new")
    new.write_text(text)
    new.rename(clock)


@pytest.mark.long
def test_a_job_is_held_whose_start_keeps_failing_while_others_of_its_queue_start(cli: Cli, tmp_path: Path) -> None:
    program, clock = tmp_path / "program", tmp_path / "clock"
    shutil.copy("/bin/true", program)
    clock.write_text("+0\n")
    cli.settings("slots = 2")
    cli("add", str(program))
    elsewhere = by_another_clock(cli, FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1")
    with program.open("ab"):
        runner = elsewhere.start("run", "--standby", "--stay")
        for others in range(1, 20):
            before = wait_for(lambda: why(elsewhere, 1), "a start that fails")
            if cli.job(1)["held"]:
                break
            number = int(cli("add", "true"))
            wait_for(partial(is_completed, cli, number), "a start of another job")
            set_clock(clock, f"+{10 * others}m\n")
            cli("add", "--hold", "true")  # the scheduler looks at the clock again
            wait_for(partial(is_another_reason, elsewhere, before), "the next try")
    assert re.fullmatch(rf"can't start, tried (9|1\d) times: {program}: text file busy", why(cli, 1))
    cli("release", "1")
    wait_for(lambda: cli.job(1)["state"] == "completed", "the end")
    assert cli.job(1)["attempt"] == 1
    stop(runner)


async def test_the_header_and_the_rows_of_the_dashboard_name_the_shortage(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli("add", "--hold", "true")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    async with dashboard(size=(200, 50)) as (pilot, app, _):
        await pilot.press("h")
        await until(pilot, lambda: f"{WAITS}no watcher starts: {tmp_path}" in drawn(app).splitlines()[1], "the header")
        await until(pilot, lambda: WAITS in drawn(app).splitlines()[4], "the row")
        (tmp_path / "python").symlink_to(os.path.realpath(sys.prefix + "/bin/python"))
        await see(pilot, "✓ completed")
        await until(pilot, lambda: WAITS not in drawn(app), "the header without it")
    assert cli.job(1)["attempt"] == 1
