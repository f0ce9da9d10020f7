"""A queue of its own for each test, and its command line as real processes."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.support.command_server import CommandServer

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
JOBS = ROOT / "jobs"
PATIENCE_S = 60  # for a condition; far more than it takes, so that a busy machine fails no test
# A shell has its jobs in the background ignore it, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for(probe: Callable[[], T | None], what: str, timeout: float = PATIENCE_S) -> T:
    """Return the first true value of ``probe``; fail with ``what`` if none comes."""
    deadline, pause = time.monotonic() + timeout, 0.01
    while time.monotonic() < deadline:
        if value := probe():
            return value
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)  # a probe often runs a command, which takes time from other tests
    raise AssertionError(f"waited {timeout} s for {what}")


def missing(reason: str) -> None:
    """Skip where a program is not installed; where all tests are required, fail."""
    if os.environ.get("TUI_QUEUE_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def nicer(levels: int) -> int:
    """Return the nice level that is so much above that of the tests; an ordinary user gives a job no lower one."""
    return min(19, os.getpriority(os.PRIO_PROCESS, 0) + levels)


def process_is_alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has reaped yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # it may end while it is read
        return not Path("/proc/self").exists()


@dataclass
class Cli:
    """The command line of one queue.

    A ``server`` runs what ends by itself in forks of its own process, which is much faster than a start anew.
    """

    home: Path
    env: dict[str, str]
    server: CommandServer | None = None

    def settings(self, text: str = "", *, background: bool = False) -> None:
        """Write the settings file; without a background process unless a test is about that."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        file = self.home / "config.toml"
        file.touch(mode=0o600)
        file.write_text(f"{text}\nbackground = {str(background).lower()}\n")

    def __call__(self, *args: str | bytes, code: int = 0, cwd: Path | None = None) -> str:
        done = self.process(*args, cwd=cwd)
        assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
        return done.stdout.decode(errors="surrogateescape")

    def process(
        self, *args: str | bytes, cwd: Path | None = None, given: bytes = b""
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run a command without a terminal; ``given`` is its input."""
        if self.server and self.server.can_run(self.env):
            return self.server.run(args, env=self.env, cwd=cwd or ROOT, given=given)
        return subprocess.run(
            self.words(*args),
            env=self.env,
            cwd=cwd or ROOT,
            input=given,
            capture_output=True,
            timeout=120,
            check=False,
            start_new_session=True,
        )

    def error(self, *args: str | bytes, code: int = 2) -> str:
        """Run something that is refused; return its one line on stderr."""
        done = self.process(*args)
        lines = done.stderr.decode().splitlines()
        assert (done.returncode, len(lines)) == (code, 1), (args, done)
        return lines[0]

    def start(self, *args: str) -> "subprocess.Popen[bytes]":
        """Start a command that runs beside the test."""
        return subprocess.Popen(
            self.words(*args), env=self.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def bound_by_modes(self, *args: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a command for which the modes of files hold, also where the tests run as root."""
        prefix: list[str] = []
        if os.geteuid() == 0:
            if shutil.which("setpriv") is None:
                missing("root may do everything, and setpriv (util-linux) is not there to lift that")
            without = "-dac_override,-dac_read_search"
            prefix = ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}"]
        return subprocess.run(
            [*prefix, *self.words(*args)], env=self.env, cwd=ROOT, capture_output=True, timeout=120, check=False
        )

    def words(self, *args: str | bytes) -> list[str | bytes]:
        return [sys.executable, "-m", "tui_queue", *args]

    def jobs(self) -> dict[int, dict[str, Any]]:
        return {job["id"]: job for job in json.loads(self("list", "--json", "--limit", "100000"))}

    def job(self, number: int) -> dict[str, Any]:
        return self.jobs()[number]

    def drain(self, code: int = 0) -> None:
        """Run the queue until it is empty."""
        self("run", "--until-empty", code=code)


LONG_TIMEOUT_S = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as quick the unit tests that start no process, and give those that take long more time."""
    for item in items:
        if item.get_closest_marker("long"):
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(LONG_TIMEOUT_S))
        elif isinstance(item, pytest.Function) and _starts_no_process(item):
            item.add_marker("quick")


def _starts_no_process(item: pytest.Function) -> bool:
    return item.path.parent.name == "unit" and "cli" not in item.fixturenames and not hasattr(item.module, "subprocess")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


# The first would hide buffering, and our own modules are compiled once, as after an installation. A terminal of a test
# has a size of its own.
UNSET = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES")


@pytest.fixture(scope="session")
def command_server() -> Iterator[CommandServer | None]:
    """What runs commands; None where TUI_QUEUE_FRESH asks for an interpreter of its own for each command."""
    if os.environ.get("TUI_QUEUE_FRESH"):
        yield None
        return
    server = CommandServer({name: value for name, value in os.environ.items() if name not in UNSET})
    yield server
    server.close()


@pytest.fixture
def cli(home: Path, monkeypatch: pytest.MonkeyPatch, command_server: CommandServer | None) -> Iterator[Cli]:
    monkeypatch.setenv("TUI_QUEUE_HOME", str(home))
    for variable in UNSET:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")  # many colours, and signs that are not ASCII
    if not any(os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        monkeypatch.setenv("LANG", "C.UTF-8")
    queue = Cli(home, dict(os.environ), command_server)
    queue.settings()
    yield queue
    _end_all_runs(queue)


@pytest.fixture
def scheduler(cli: Cli) -> Iterator[Callable[[], None]]:
    """Return a function that starts a scheduler, which schedules until the test has ended."""
    started: list[subprocess.Popen[bytes]] = []
    yield lambda: started.append(cli.start("run", "--standby", "--stay"))
    for process in started:
        process.terminate()
        process.communicate(timeout=60)


def _end_all_runs(queue: Cli) -> None:
    """Leave no process of a failed test behind."""
    store = queue.home / "queue.db"
    if not store.is_file() or not os.access(store, os.W_OK):
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(store)) as db:  # a test may have broken it
        for (number,) in db.execute("SELECT id FROM jobs WHERE state = 'running'").fetchall():
            queue.process("cancel", str(number))


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes an executable file and returns its path."""

    def write(name: str, text: str, mode: int = 0o755) -> str:
        path = tmp_path / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    return write
