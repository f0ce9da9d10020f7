"""Notifications by hook, apprise and terminal."""

import base64
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.conftest import Cli, process_is_alive, wait_for
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tests.support.raw_terminal import raw_terminal
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.terminal.osc import announcement


def notify(cli: Cli, text: str, *, settings: str = "") -> None:
    cli.settings(settings)
    with (cli.home / "config.toml").open("a") as file:
        file.write(f"[notify]\n{text}\n")


def hook(tmp_path: Path, script: str) -> tuple[str, Path]:
    """Return a line of the settings with a hook of that script, and the file that it may write to as $TOLD."""
    told, program = tmp_path / "told", tmp_path / "hook"
    program.write_text(f"#!/bin/sh\nTOLD={told}\n{script}\n")
    program.chmod(0o700)
    return f'hook = "{program}"', told


@pytest.mark.parametrize(("on", "told"), [("failure", [2, 4]), ("end", [1, 2, 3, 4]), ("never", [4])])
def test_a_hook_is_told_of_the_ends_that_somebody_wants_to_hear(
    cli: Cli, tmp_path: Path, on: str, told: list[int]
) -> None:
    line, file = hook(tmp_path, 'echo "$TUI_QUEUE_JOB" >> $TOLD')
    notify(cli, f'on = "{on}"\n{line}')
    cli("add", "true")
    cli("add", "false")
    cli("add", "--success", "3", "sh", "-c", "exit 3")
    cli("add", "--notify", "end", "sh", "-c", "exit 0")
    cli("add", "--notify", "never", "false")
    cli.drain(code=1)
    assert sorted(map(int, file.read_text().split())) == told


@pytest.mark.quick
def test_a_hook_finds_the_job_in_its_environment(cli: Cli, tmp_path: Path) -> None:
    line, file = hook(tmp_path, "env > $TOLD.new; mv $TOLD.new $TOLD")
    notify(cli, line)
    cli("add", "--name", "my job", "--batch", "b", "sh", "-c", "echo hello; exit 3")
    cli.drain(code=1)
    found = dict(line.split("=", 1) for line in file.read_text().splitlines() if line.startswith("TUI_QUEUE_"))
    assert found["TUI_QUEUE_TITLE"] == "Job 1 failed: my job"
    assert found["TUI_QUEUE_TEXT"].startswith("exit 3 after ")
    assert (found["TUI_QUEUE_EXIT_CODE"], found["TUI_QUEUE_SIGNAL"], found["TUI_QUEUE_BATCH"]) == ("3", "", "b")
    assert found["TUI_QUEUE_COMMAND"].endswith("sh -c 'echo hello; exit 3'")
    assert Path(found["TUI_QUEUE_OUTPUT"]).read_text() == "hello\n"
    assert found["TUI_QUEUE_ENDED"] > found["TUI_QUEUE_STARTED"] > "2020"
    assert "TUI_QUEUE_LOG" not in found  # it would be taken for a process of the run


def test_a_hook_that_fails_is_recorded_and_changes_nothing_else(cli: Cli, tmp_path: Path) -> None:
    line, _ = hook(tmp_path, "printf 'no\\033[31m mail\\n' >&2; exit 4")
    notify(cli, line)
    cli("add", "false")
    cli.drain(code=1)
    assert cli.job(1)["reason"] == "exit 1"
    (told,) = json.loads(cli("show", "--json", "1"))["told"]
    assert told.startswith("ended: hook: exit 4: no")
    assert told.endswith("mail")
    assert "\033" not in told


def test_a_hook_that_is_not_there_is_recorded(cli: Cli) -> None:
    notify(cli, 'hook = ["/no/such/hook", "word"]')
    cli("add", "false")
    cli.drain(code=1)
    assert "hook /no/such/hook: could not start: no such file or directory" in cli("show", "1")


@pytest.mark.long
def test_a_hook_that_hangs_is_killed_with_what_it_has_started_and_holds_up_no_job(cli: Cli, tmp_path: Path) -> None:
    line, file = hook(tmp_path, "sleep 600 & echo $! >> $TOLD; wait")
    notify(cli, f"{line}\nhook_timeout_s = 3", settings="slots = 1")
    for _ in range(6):
        cli("add", "false")
    cli("add", "sh", "-c", f"test $(wc -l < {file}) -le 4")  # all jobs have run before the second lot of hooks
    cli.drain(code=1)
    assert cli.job(7)["state"] == "completed"
    assert "hook: did not end within 3s, and was killed" in cli("show", "1")
    pids = list(map(int, file.read_text().split()))
    assert len(pids) == 6
    for pid in pids:
        wait_for(lambda: not process_is_alive(pid), "what the hook has started to be gone")  # noqa: B023


def test_what_could_not_be_told_is_told_by_the_next_scheduler(cli: Cli, tmp_path: Path) -> None:
    line, file = hook(tmp_path, "echo begun >> $TOLD; test -e $TOLD.go || sleep 600; echo done >> $TOLD")
    notify(cli, line)
    cli("add", "false")
    scheduler = cli.start("run", "--until-empty")
    wait_for(lambda: file.exists() and "begun" in file.read_text(), "the hook")
    scheduler.send_signal(signal.SIGTERM)
    scheduler.communicate(timeout=20)
    Path(f"{file}.go").touch()
    cli.drain()
    assert file.read_text().split() == ["begun", "begun", "done"]
    cli.drain()
    assert file.read_text().split() == ["begun", "begun", "done"]


@pytest.mark.long
def test_silence_is_told_once(cli: Cli, tmp_path: Path) -> None:
    line, file = hook(tmp_path, 'echo "$TUI_QUEUE_EVENT: $TUI_QUEUE_TEXT" >> $TOLD')
    notify(cli, line)
    cli("add", "--silence", "1s", "sleep", "3")
    cli("add", "--silence", "2s", "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.5; done")
    cli.drain()
    assert file.read_text() == "silent: It has printed nothing for 1s.\n"


def test_a_hook_that_was_taken_out_of_the_settings_keeps_nothing_waiting(cli: Cli, tmp_path: Path) -> None:
    line, file = hook(tmp_path, "touch $TOLD; sleep 600")
    notify(cli, line)
    cli("add", "false")
    scheduler = cli.start("run", "--until-empty")
    wait_for(file.exists, "the hook")
    scheduler.send_signal(signal.SIGTERM)
    scheduler.communicate(timeout=20)
    cli.settings()
    cli.drain()
    assert "not sent: the settings name no hook" in cli("show", "1")


def test_apprise_is_told(cli: Cli) -> None:
    pytest.importorskip("apprise", reason="apprise is not installed; it comes with the extra of that name")
    with web_server() as (port, bodies):
        notify(cli, f'urls = ["json://user:secret@127.0.0.1:{port}"]')
        cli("add", "--name", "nightly", "false")
        cli.drain(code=1)
    (message,) = [json.loads(body) for body in bodies]
    assert (message["title"], message["type"]) == ("Job 1 failed: nightly", "failure")
    assert message["message"].startswith("exit 1")


@contextmanager
def web_server() -> Iterator[tuple[int, list[bytes]]]:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, bodies
    finally:
        server.shutdown()
        server.server_close()


def test_the_terminal_is_told_of_a_failure_and_not_of_what_is_not_wanted(cli: Cli) -> None:
    notify(cli, 'terminal = "osc777"')
    with raw_terminal(cli.env) as window:
        cli("add", "--name", "fine", "true")
        window.see("completed")
        cli("add", "--name", "bad;one", "false")
        window.read_until(lambda: "\033]777;notify;Job 2 failed: bad,one;exit 1" in window.said(), "the notification")
        assert "]777;notify;Job 1" not in window.said()
        window.type("q")
        assert window.end_reading() == 0


@pytest.mark.long
def test_the_terminal_is_told_of_silence_and_once_of_many_things(cli: Cli, tmp_path: Path) -> None:
    notify(cli, 'terminal = "osc9"\non = "end"', settings="slots = 9")
    enough = tmp_path / "enough"
    with raw_terminal(cli.env) as window:
        cli("add", "--silence", "1s", "sh", "-c", f"until [ -e {enough} ]; do sleep 0.1; done")
        window.read_until(lambda: "\033]9;Job 1 is silent: sh" in window.said(), "the silence to be told")
        assert "silent for" in window.text()
        enough.touch()
        cli("add", "--hold", "--sweep", "-y", "--batch", "b", "true", "{1..5}")
        cli("release", "--batch", "b")
        window.read_until(lambda: " jobs: Job " in window.said(), "several to be told at once")
        window.type("q")
        assert window.end_reading() == 0


@pytest.mark.long
def test_the_terminal_is_told_of_what_a_filter_leaves_out(cli: Cli) -> None:
    notify(cli, 'terminal = "osc777"')
    cli("add", "--hold", "--name", "wanted", "true")
    for name in ("other", "third"):
        cli("add", "--hold", "--name", name, "false")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("other")
        window.type("/wanted\r")
        window.read_until(lambda: "other" not in window.text(), "the other to be left out")
        cli("release", "2")
        window.read_until(lambda: "\033]777;notify;Job 2 failed: other" in window.said(), "the notification")
        window.type("\033")
        window.see("✗ fail")
        cli("release", "3")
        window.read_until(lambda: "\033]777;notify;Job 3 failed: third" in window.said(), "the next one")
        assert window.said().count("777;notify") == 2  # one that is shown again is no news


async def fail(cli: Cli, pilot: Pilot[None], go: Path, *names: str, cursor: int) -> None:
    """Let jobs fail at once while the cursor is on some job."""
    for name in names:
        cli("add", "--name", name, "sh", "-c", f"until [ -e {go} ]; do sleep 0.05; done; exit 1")
    await until(pilot, lambda: drawn(pilot.app).count("► run") == len(names), "them to run")
    pilot.app.screen.query_one(JobTable).move_to(cursor)
    go.touch()
    await until(pilot, lambda: "► run" not in drawn(pilot.app), "them to fail")


def told(pilot: Pilot[None]) -> list[str]:
    """Return the titles of what is said of jobs; that a busy disk does not answer has no title."""
    return [each.title for each in pilot.app._notifications if each.title]


@pytest.mark.long
async def test_what_is_not_under_the_cursor_is_told_on_screen_and_once_of_many_things(cli: Cli, tmp_path: Path) -> None:
    notify(cli, 'terminal = "bell"', settings="slots = 9")
    cli("add", "--hold", "true")
    async with dashboard((120, 40), toasts=True) as (pilot, _, _):
        await see(pilot, "◇ held")
        await fail(cli, pilot, tmp_path / "go", "[two]", "three", cursor=1)
        await see(pilot, "Job 2 failed: [two]")
        assert told(pilot) == ["2 jobs"]
        await fail(cli, pilot, tmp_path / "again", "four", cursor=1)
        await until(pilot, lambda: "2 jobs" not in told(pilot), "what was told first to go")
        await see(pilot, "Job 4 failed: four")
        assert told(pilot) == ["Job 4 failed: four"]


@pytest.mark.parametrize(("cursor", "looks"), [(2, True), (1, False)])
async def test_nothing_is_told_on_screen_that_is_in_view_and_while_nobody_looks(
    cli: Cli, tmp_path: Path, cursor: int, looks: bool
) -> None:
    notify(cli, 'terminal = "bell"', settings="slots = 9")
    cli("add", "--hold", "true")
    async with dashboard((120, 40), toasts=True) as (pilot, app, _):
        await see(pilot, "◇ held")
        app.app_focus = looks  # as the terminal says
        await fail(cli, pilot, tmp_path / "go", "two", cursor=cursor)
        app.app_focus = True
        await fail(cli, pilot, tmp_path / "again", "three", cursor=1)
        await until(pilot, lambda: told(pilot), "something to be told")
        assert told(pilot) == ["Job 3 failed: three"]


NINE = "\033]9;a title: some text\033\\"


@pytest.mark.quick
@pytest.mark.parametrize(
    ("way", "env", "written"),
    [
        ("off", {"TERM": "xterm"}, ""),
        ("bell", {"TERM": "xterm"}, "\a"),
        ("auto", {"TERM": "linux"}, "\a"),
        ("auto", {"TERM": "xterm-256color"}, f"{NINE}\a"),
        ("auto", {"TERM": "foot"}, "\033]777;notify;a title;some text\033\\\a"),
        ("osc9", {"TERM": "xterm"}, NINE),
        ("osc9", {"TERM": "tmux-256color"}, "\033Ptmux;\033\033]9;a title: some text\033\033\\\033\\"),
        ("osc9", {"TERM": "screen", "TMUX": "x"}, "\033Ptmux;\033\033]9;a title: some text\033\033\\\033\\"),
        ("osc9", {"TERM": "screen"}, "\033P\033]9;a title: some text\033\\\033P\033\033\\\033P\\\033\\"),
    ],
)
def test_each_terminal_is_told_in_its_own_way(way: str, env: dict[str, str], written: str) -> None:
    assert announcement("a title", "some text", way, env) == written


def test_what_a_job_is_called_is_never_obeyed_by_the_terminal() -> None:
    for way in ("osc9", "osc777", "osc99"):
        written = announcement("a\033]0;t\a", "b\033\\\x9c\n", way, {"TERM": "xterm"})
        inside = written.replace("\033]99;", "").replace("\033]777;", "").replace("\033]9;", "").replace("\033\\", "")
        assert inside.isprintable(), written
    kitty = announcement("tïtle", "text", "auto", {"TERM": "xterm-kitty"})
    assert base64.b64encode("tïtle".encode()).decode() in kitty


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('on = "sometimes"', 'on must be "end", "failure" or "never"'),
        ('terminal = "smoke"', "terminal must be one of auto"),
        ("hook_timeout_s = 0", "hook_timeout_s must be a number above 0"),
        ("hook = 3", "hook must be a command in quotes"),
        ('hook = "sh -c \'"', "hook: a quote is not closed"),
        ('urls = ["nowhere"]', "urls must be a list such as"),
        ("colour = 1", "unknown setting colour; known are env, hook"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(cli: Cli, line: str, complaint: str) -> None:
    notify(cli, line)
    assert complaint in cli.error("list")


def test_a_wrong_wish_is_refused(cli: Cli) -> None:
    assert cli.error("add", "--notify", "loudly", "true") == "tui-queue: Notify loudly: choose end, failure or never."
