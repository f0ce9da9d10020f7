"""A disk that does not answer any more freezes no key: the logs on it stay as they are, all else goes on."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.conftest import PATIENCE_S, Cli, process_is_alive, wait_for
from tests.dashboard.test_log_pane import Host, go_to
from tests.faults.conftest import LINES
from tests.support.disks import ServedDisk
from tests.support.pilot import drawn, driven, see, until
from tests.support.processes import children, is_watcher, of_queue, run_of
from tests.support.raw_terminal import raw_terminal

WAITS = "waiting for the disk"
LAST = f"line {LINES - 1} ."


async def test_a_log_stays_as_it_is_and_keys_act_in_order_once_the_disk_answers(disk: ServedDisk) -> None:
    app = Host(disk.path / "log")
    async with driven(app, size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, LAST)
        with disk.stopped():
            await pilot.press("g", "j", "j", "pagedown", "k")
            await see(pilot, WAITS)
            assert LAST in drawn(app)
        await see(pilot, "line 22 .")
        assert "line 21 ." not in drawn(app)
        await until(pilot, lambda: WAITS not in drawn(app), "it to wait no longer")
        await pilot.press("G")
        await see(pilot, LAST)


async def test_another_log_is_shown_at_once_while_the_disk_of_the_first_hangs(disk: ServedDisk, tmp_path: Path) -> None:
    app, other = Host(disk.path / "log"), tmp_path / "other"
    async with driven(app, size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, LAST)
        with disk.stopped():
            for key in ("g", "w", "t", "number_sign", "n", "right_curly_bracket"):
                await pilot.press(key)
            await see(pilot, WAITS)
            app.log_view.show(str(other), live=True, placeholder="")
            await see(pilot, "other 499 .")
            assert WAITS not in drawn(app)
            await pilot.press("g")
            await see(pilot, "other 0 .")
            app.show()
            await see(pilot, WAITS)
            assert "other" not in drawn(app)
            app.log_view.show({"1": str(app.path), "2": str(other)}, live=True, placeholder="")
            await see(pilot, WAITS)
            app.log_view.show(str(other), live=True, placeholder="")
            await see(pilot, "other 499 .")
        app.show()
        await see(pilot, LAST)


async def test_searches_and_counts_wait_for_the_disk_and_keep_no_key_waiting(disk: ServedDisk, tmp_path: Path) -> None:
    app, other = Host(disk.path / "log"), tmp_path / "other"
    async with driven(app, size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, LAST)
        await go_to(pilot, "slash", "/line .9 /")
        await see(pilot, "of 9 lines")
        with disk.stopped():
            await go_to(pilot, "ampersand", "8")
            await go_to(pilot, "slash", "7")
            await go_to(pilot, "L", "300")
            await see(pilot, WAITS)
            app.log_view.show(str(other), live=False, placeholder="")
            await see(pilot, "other 499 .")
            await go_to(pilot, "slash", "250")
            await see(pilot, "250: 1 of 1 lines")


async def test_a_compressed_log_on_a_disk_that_hangs_is_shown_once_it_answers(disk: ServedDisk, tmp_path: Path) -> None:
    app = Host(tmp_path / "other")
    async with driven(app, size=(80, 24)) as pilot:
        with disk.stopped():
            app.log_view.show(str(disk.path / "packed"), live=True, placeholder="")
            await see(pilot, WAITS)
        await see(pilot, "packed 8999 .")


@pytest.mark.parametrize(
    ("key", "words", "seen"),
    [
        ("slash", "/ 42. /", "/ 42. /: 10 of 10 lines"),
        ("ampersand", "/ 42. /", "only / 42. /: 10 lines"),
        ("L", "4001", "packed 4000 ."),
    ],
)
async def test_what_is_asked_of_a_log_before_it_is_there_is_done_then(
    disk: ServedDisk, tmp_path: Path, key: str, words: str, seen: str
) -> None:
    app = Host(tmp_path / "other")
    async with driven(app, size=(80, 24)) as pilot:
        with disk.stopped():
            app.log_view.show(str(disk.path / "packed"), live=True, placeholder="")
            app.log_view.focus()
            await see(pilot, WAITS)
            await go_to(pilot, key, words)
        await see(pilot, seen)


async def test_a_disk_that_breaks_is_said(disk: ServedDisk) -> None:
    app = Host(disk.path / "log")
    async with driven(app, size=(120, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, LAST)
        disk.remove()
        await pilot.press("g")
        await see(pilot, "can't be read")


def test_the_dashboard_lives_and_is_left_while_the_log_in_it_hangs(
    cli: Cli, tmp_path: Path, serve: Callable[[Path, Path], ServedDisk]
) -> None:
    cli("add", "--name", "near", "echo", "from the near one")
    cli("add", "--name", "far", "--after", "1", "seq", "-f", "line %.0f .", "0", str(LINES - 1))
    cli.drain()
    far, content = cli.home / "runs" / "2", tmp_path / "content"
    far.rename(content)
    far.mkdir()
    disk = serve(content, far)
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see(LAST)
        with disk.stopped():
            window.type("lgkw")
            window.see(WAITS)
            window.type("l?")
            window.see("Change a copy and add it")
            window.type("\x1b")
            window.see("Progress, why")
            window.type("j")
            window.read_until(lambda: re.search(r"(?m)^from the near one *$", window.text()), "its log")
            window.type("k")
            window.see(WAITS)
            cli("add", "--name", "third", "echo", "from the third one")
            window.see("third")
            window.type("q")
            assert window.end_reading() == 0


def test_a_script_on_a_stuck_disk_holds_up_no_writer(
    cli: Cli, tmp_path: Path, serve: Callable[[Path, Path], ServedDisk]
) -> None:
    for name in ("content", "disk"):
        (tmp_path / name).mkdir()
    (tmp_path / "content" / "job").write_text("#!/bin/sh\n")
    (tmp_path / "content" / "job").chmod(0o755)
    disk = serve(tmp_path / "content", tmp_path / "disk")
    cli("add", str(tmp_path / "disk" / "job"))
    with disk.stopped():
        scheduler = cli.start("run", "--until-empty")
        with closing(sqlite3.connect(cli.home / "queue.db")) as db:
            wait_for(lambda: db.execute("SELECT 1 FROM runs").fetchone(), "the job to be claimed")
        cli("add", "true")
        wait_for(lambda: cli.job(2)["state"] == "completed", "another job to end")
        assert cli.job(1)["state"] == "pending"
        assert "script not compared: its disk has not answered in 1 s" in cli("show", "1")
    scheduler.communicate(timeout=60)
    assert cli.job(1)["state"] == "completed"


@contextmanager
def holding(path: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program of no queue that has a file open as its input."""
    with path.open("rb") as file:
        process = subprocess.Popen(words, stdin=file, stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"]})
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_job_without_watcher_is_cancelled_while_another_program_holds_a_file_on_a_stuck_disk(
    cli: Cli, disk: ServedDisk
) -> None:
    cli("add", "--grace", "1s", "sleep", "1000")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    (watcher,) = (pid for pid in of_queue(cli.home) if is_watcher(pid) and run_of(pid, cli.home) == (1, 1))
    (command,) = children(watcher)
    with holding(disk.path / "log", "sleep", "1000"), disk.stopped():
        os.kill(watcher, signal.SIGKILL)
        cancelling = cli.start("cancel", "1")
        try:
            cancelling.communicate(timeout=PATIENCE_S)
            runner.communicate(timeout=PATIENCE_S)
        finally:
            for process in (cancelling, runner):
                process.kill()
                process.communicate()
        assert cli.job(1)["state"] == "cancelled"
        assert not process_is_alive(command)


def test_commands_open_a_queue_whose_files_were_removed_while_its_holder_has_a_stuck_file_open(
    cli: Cli, disk: ServedDisk
) -> None:
    cli("add", "--hold", "true")
    store = cli.home / "queue.db"
    code = (
        "import sqlite3, sys; store = sqlite3.connect(sys.argv[1]); store.execute('SELECT * FROM jobs').fetchall();"
        " print('open', flush=True); sys.stdin.read(0); import time; time.sleep(1000)"
    )
    with holding(disk.path / "log", sys.executable, "-c", code, str(store)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with disk.stopped():
            (cli.home / "queue.db-wal").unlink()
            listing = cli.start("list")
            try:
                said = listing.communicate(timeout=PATIENCE_S)
            finally:
                listing.kill()
                listing.communicate()
            assert listing.returncode in (0, 4), said


@pytest.mark.long
def test_a_time_limit_holds_though_the_script_that_it_warns_is_on_a_stuck_disk(
    cli: Cli, tmp_path: Path, scheduler: Callable[[], None], serve: Callable[[Path, Path], ServedDisk]
) -> None:
    for name in ("content", "disk"):
        (tmp_path / name).mkdir()
    gate = tmp_path / "gate"
    (tmp_path / "content" / "job").write_text(
        f"trap : EXIT; trap 'echo warned' USR1; touch {gate}; while :; do sleep 0.1; done\n"
    )
    disk = serve(tmp_path / "content", tmp_path / "disk")
    words = f"bash {disk.path / 'job'}; exit 3"
    cli("add", "--timeout", "3s", "--warn", "USR1@1s", "--grace", "1s", "--shell", words)
    scheduler()
    wait_for(gate.exists, "the script to begin")
    with disk.stopped():
        wait_for(lambda: cli.job(1)["finished_at"], "the end")
        assert (cli.job(1)["state"], cli.job(1)["reason"]) == ("failed", "timeout")
