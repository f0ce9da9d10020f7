"""A disk that does not answer any more freezes no key: the logs on it stay as they are, all else goes on."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Cli, missing, process_is_alive, wait_for
from tests.dashboard.test_log_pane import Host, go_to
from tests.support.commands import start_record
from tests.support.pilot import drawn, driven, see, until
from tests.support.raw_terminal import raw_terminal
from tui_queue.core.logs.compression import pack

WAITS = "waiting for the disk"
LINES = 60_000
LAST = f"line {LINES - 1} ."


class Disk:
    """A mounted image whose server can be stopped: then whoever asks it for what the kernel has not seen waits."""

    def __init__(self, image: Path, mount: Path) -> None:
        self.path = mount
        fresh = "attr_timeout=0,entry_timeout=0,negative_timeout=0"  # the kernel is to ask each time
        self._server = subprocess.Popen(
            ["squashfuse", "-f", "-o", fresh, image, mount], stderr=subprocess.PIPE, text=True
        )

    def is_there(self) -> bool:
        return os.path.ismount(self.path) or self._server.poll() is not None

    def why_not(self) -> str:
        """Return why it could not be mounted, if so."""
        return "" if self._server.poll() is None else self._server.communicate()[1]

    def stop(self) -> None:
        self._server.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._server.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """Take it away; whoever waits for it gets an error."""
        self._server.kill()
        self._server.wait()
        if self._server.stderr is not None:
            self._server.stderr.close()
        subprocess.run(["fusermount3", "-u", "-z", self.path], capture_output=True, check=False)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Path, Path], Disk]]:
    """Return a function that shows what is in a directory at another place, by a server of its own."""
    disks = []

    def mounted(content: Path, mount: Path) -> Disk:
        if not os.access("/dev/fuse", os.R_OK | os.W_OK):
            pytest.skip("nobody can serve a file system here: there is no /dev/fuse to open")
        for program in ("squashfuse", "mksquashfs", "fusermount3"):
            if shutil.which(program) is None:
                missing(f"{program} is not installed; apt install squashfuse squashfs-tools fuse3")
        image = tmp_path / "image"
        subprocess.run(["mksquashfs", content, image, "-quiet", "-no-progress"], stdout=subprocess.DEVNULL, check=True)
        disks.append(disk := Disk(image, mount))
        wait_for(disk.is_there, "the disk to be mounted")
        if why := disk.why_not():
            assert any(word in why for word in ("permitted", "denied", "device not found")), why
            pytest.skip(f"nothing can be mounted here: {why.strip()}")
        for path in filter(Path.is_file, mount.rglob("*")):
            path.open("rb").close()  # now the kernel knows that this server need not be asked when a file is closed
        return disk

    yield mounted
    for disk in disks:
        disk.remove()


@pytest.fixture
def disk(tmp_path: Path, serve: Callable[[Path, Path], Disk]) -> Disk:
    """A disk with a log that is too long for the kernel to have read all of it, and with a compressed one."""
    for name in ("content", "disk"):
        (tmp_path / name).mkdir()
    write(tmp_path / "content" / "packed", "packed", 9_000)
    assert pack(str(tmp_path / "content" / "packed"))
    write(tmp_path / "content" / "log", "line", LINES)
    write(tmp_path / "other", "other", 500)
    return serve(tmp_path / "content", tmp_path / "disk")


def write(path: Path, word: str, lines: int) -> None:
    path.write_text("".join(f"{word} {number} .\n" for number in range(lines)))


async def test_a_log_stays_as_it_is_and_keys_act_in_order_once_the_disk_answers(disk: Disk) -> None:
    app = Host(disk.path / "log")
    async with driven(app, size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, LAST)
        disk.stop()
        await pilot.press("g", "j", "j", "pagedown", "k")
        await see(pilot, WAITS)
        assert LAST in drawn(app)
        disk.go_on()
        await see(pilot, "line 22 .")
        assert "line 21 ." not in drawn(app)
        await until(pilot, lambda: WAITS not in drawn(app), "it to wait no longer")
        await pilot.press("G")
        await see(pilot, LAST)


async def test_another_log_is_shown_at_once_while_the_disk_of_the_first_hangs(disk: Disk, tmp_path: Path) -> None:
    app, other = Host(disk.path / "log"), tmp_path / "other"
    async with driven(app, size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, LAST)
        disk.stop()
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
        disk.go_on()
        app.show()
        await see(pilot, LAST)


async def test_searches_and_counts_wait_for_the_disk_and_keep_no_key_waiting(disk: Disk, tmp_path: Path) -> None:
    app, other = Host(disk.path / "log"), tmp_path / "other"
    async with driven(app, size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, LAST)
        await go_to(pilot, "slash", "/line .9 /")
        await see(pilot, "of 9 lines")
        disk.stop()
        await go_to(pilot, "ampersand", "8")
        await go_to(pilot, "slash", "7")
        await go_to(pilot, "L", "300")
        await see(pilot, WAITS)
        app.log_view.show(str(other), live=False, placeholder="")
        await see(pilot, "other 499 .")
        await go_to(pilot, "slash", "250")
        await see(pilot, "250: 1 of 1 lines")
        disk.go_on()


async def test_a_compressed_log_on_a_disk_that_hangs_is_shown_once_it_answers(disk: Disk) -> None:
    app = Host(disk.path / "packed")
    disk.stop()
    async with driven(app, size=(80, 24)) as pilot:
        await see(pilot, WAITS)
        disk.go_on()
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
    disk: Disk, key: str, words: str, seen: str
) -> None:
    app = Host(disk.path / "packed")
    disk.stop()
    async with driven(app, size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, WAITS)
        await go_to(pilot, key, words)
        disk.go_on()
        await see(pilot, seen)


async def test_a_disk_that_breaks_is_said(disk: Disk) -> None:
    app = Host(disk.path / "log")
    async with driven(app, size=(120, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, LAST)
        disk.remove()
        await pilot.press("g")
        await see(pilot, "can't be read")


def test_the_dashboard_lives_and_is_left_while_the_log_in_it_hangs(
    cli: Cli, tmp_path: Path, serve: Callable[[Path, Path], Disk]
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
        disk.stop()
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
    cli: Cli, tmp_path: Path, serve: Callable[[Path, Path], Disk]
) -> None:
    for name in ("content", "disk"):
        (tmp_path / name).mkdir()
    (tmp_path / "content" / "job").write_text("#!/bin/sh\n")
    (tmp_path / "content" / "job").chmod(0o755)
    disk = serve(tmp_path / "content", tmp_path / "disk")
    cli("add", str(tmp_path / "disk" / "job"))
    disk.stop()
    scheduler = cli.start("run", "--until-empty")
    with closing(sqlite3.connect(cli.home / "queue.db")) as db:
        wait_for(lambda: db.execute("SELECT 1 FROM runs").fetchone(), "the job to be claimed")
    cli("add", "true")
    wait_for(lambda: cli.job(2)["state"] == "completed", "another job to end")
    assert cli.job(1)["state"] == "pending"
    disk.go_on()
    scheduler.communicate(timeout=60)
    assert cli.job(1)["state"] == "completed"


def test_a_job_whose_watcher_was_killed_ends_beside_a_process_that_hangs_on_the_disk(
    cli: Cli, script: Callable[..., str], tmp_path: Path, serve: Callable[[Path, Path], Disk]
) -> None:
    for name in ("content", "disk"):
        (tmp_path / name).mkdir()
    write(tmp_path / "content" / "file", "line", 10)
    disk = serve(tmp_path / "content", tmp_path / "disk")
    go = tmp_path / "go"
    path = script("waits.sh", f"#!/bin/sh\nwhile [ ! -e {go} ]; do sleep 0.05; done\n")
    with (disk.path / "file").open("rb") as file:
        other = subprocess.Popen(["sleep", "600"], stdin=file)
    cli("add", path)
    runner = cli.start("run", "--until-empty")
    try:
        wait_for(lambda: cli.job(1)["started_at"], "the start of the job")
        disk.stop()
        watcher = start_record(cli, 1)["watcher"]
        os.kill(watcher, signal.SIGKILL)
        wait_for(lambda: not process_is_alive(watcher), "the watcher to die")
        cli("add", "true")
        wait_for(lambda: cli.job(2)["state"] == "completed", "another job to pass")
        go.touch()
        wait_for(lambda: cli.job(1)["state"] == "failed", "the job to be lost")
    finally:
        go.touch()
        disk.go_on()
        other.kill()
        other.wait()
        runner.kill()
        runner.communicate()
