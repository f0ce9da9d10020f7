"""The watcher as a program of its own: what it imports, where its compiled modules go, and its old path."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tui_queue
from tests.conftest import Cli, process_is_alive, wait_for
from tests.support.processes import is_watcher, of_queue, words
from tui_queue.core.execution import watcher_pool
from tui_queue.core.execution.watcher import messages, records

PACKAGE = Path(tui_queue.__file__).parent
OLD_PATH = PACKAGE / "core/executors/shim.py"
MODULES = "import sys; print(*sys.modules)"


def started_modules(command: list[str]) -> set[str]:
    """Return what a watcher has imported once it is ready for runs; its own modules are named watcher.…"""
    end = watcher_pool.CODE.rindex("serve(")
    code = watcher_pool.CODE[:end] + MODULES
    line = [*command[: command.index(watcher_pool.CODE)], code, *command[-2:]]
    return set(subprocess.run(line, capture_output=True, check=True, env={}).stdout.decode().split())


def test_a_watcher_imports_the_standard_library_and_all_modules_of_its_own() -> None:
    """What it imported later would be another version's once the package is upgraded."""
    found = started_modules(watcher_pool.command())
    ours = {name for name in found if name.partition(".")[0] == "watcher"}
    files = {path.stem for path in (PACKAGE / "core/execution/watcher").glob("*.py")} - {"__init__"}
    assert ours == {"watcher", *(f"watcher.{name}" for name in files)}
    others = {name for name in found - ours if name.partition(".")[0] not in sys.stdlib_module_names}
    assert others == {"__main__"}
    assert not found & {"typing", "dataclasses", "contextlib", "socket", "logging"}  # they take long to import


def test_a_watcher_writes_no_compiled_modules_where_its_scheduler_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert "watcher.serve" in started_modules(watcher_pool.command())
    assert not list(tmp_path.rglob("*.pyc"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert "watcher.serve" in started_modules(watcher_pool.command())
    assert list(tmp_path.rglob("serve.*.pyc"))


def test_a_watcher_shows_in_ps_what_it_is(cli: Cli) -> None:
    cli("add", "sleep", "60")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    watchers = [pid for pid in of_queue(cli.home) if is_watcher(pid)]
    assert len(watchers) >= 2  # the one that forks them is counted too
    assert all("tui_queue" in " ".join(words(pid)) and "watcher" in " ".join(words(pid)) for pid in watchers)
    cli("cancel", "1")
    runner.communicate(timeout=30)


@contextmanager
def started_by_old_path() -> Iterator[tuple[int, int, socket.socket]]:
    """Start the watcher as version 0.1.0 did; yield its process, and the descriptors for orders and for runs."""
    ours, theirs = socket.socketpair(type=watcher_pool.KIND)
    orders, writable = os.pipe()
    with ours, theirs:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(OLD_PATH)],
            {"TUI_QUEUE_LOG": ""},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, orders, 10),
                (os.POSIX_SPAWN_DUP2, theirs.fileno(), 4),
                (os.POSIX_SPAWN_DUP2, 10, 3),
                (os.POSIX_SPAWN_CLOSE, 10),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1),
                (os.POSIX_SPAWN_DUP2, 0, 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
        )
        os.close(orders)
        theirs.close()
        try:
            yield pid, writable, ours
        finally:
            os.close(writable)
            ours.close()
            os.waitpid(pid, 0)


def test_a_scheduler_of_the_version_before_finds_the_watcher_by_its_old_path(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "7" / "1"
    run.parent.parent.mkdir()
    spec: dict[str, Any] = {
        "directory": str(run),
        "argv": ["/bin/sh", "-c", 'echo "hello $NAME"; umask; exit 3'],
        "env": ["PATH=/usr/bin:/bin", "NAME=world", f"TUI_QUEUE_LOG={run}/log"],
        "path": "/bin/sh",
        "cwd": str(tmp_path),
        "umask": 0o027,
        "grace_s": 5.0,
        "timeout_s": None,
        "warn_signal": 0,
        "warn_s": 0.0,
        "silence_s": 0,
        "nice": 0,
        "pty": False,
        "times": True,
        "log_limit": 0,
        "log_full": "keep",
    }
    events, theirs = socket.socketpair()
    events.settimeout(30)
    with events, started_by_old_path() as (pid, orders, runs):
        os.write(orders, b"+")
        socket.send_fds(runs, [json.dumps(spec).encode()], [theirs.fileno()])
        theirs.close()
        with events.makefile("rb") as said:
            end_line = next(line for line in said if line[:1] != messages.STARTED)
        events.send(messages.STORED)
        assert process_is_alive(pid)
    assert end_line[:1] == messages.ENDED
    end = records.unsealed(end_line[1:])
    assert end is not None
    assert end["exit_code"] == 3
    assert (run / "log").read_text() == "hello world\n0027\n"
    # It is told first, and written then.
    wait_for(lambda: records.unsealed((run / "end").read_bytes().partition(b"\n")[0]) == end, "the end record")
