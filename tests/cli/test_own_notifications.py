"""What one job asks to be told: by mail, by its own commands, together with its batch."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_notifications import hook, notify
from tests.conftest import Cli

Script = Callable[..., str]


@pytest.fixture
def mail(cli: Cli, script: Script, tmp_path: Path) -> Path:
    """Put a sendmail on PATH that keeps what it is given; return where."""
    (tmp_path / "bin").mkdir()
    script("bin/sendmail", f'#!/bin/sh\n(echo "To $*"; cat) > {tmp_path}/mail.$$\n')
    cli.env["PATH"] = f"{tmp_path}/bin:{cli.env['PATH']}"
    return tmp_path


def mails(where: Path) -> list[str]:
    return sorted(file.read_text() for file in where.glob("mail.*"))


def test_one_job_has_commands_and_mail_of_its_own(cli: Cli, mail: Path, script: Script) -> None:
    told = mail / "told"
    tell = script("tell it", f'#!/bin/sh\necho "$1 $TUI_QUEUE_JOB $TUI_QUEUE_STATE $TUI_QUEUE_TEXT" >> {told}\n')
    words = ("--on-end", f"'{tell}' end", "--on-failure", f"'{tell}' failure", "--mail-to", "me@example.org,root")
    cli("add", *words, "--name", "bést", "true")
    cli("add", *words, "--notify", "failure", "sh", "-c", "exit 3")
    cli("add", "--notify", "failure", "--mail-to", "me@example.org", "true")
    cli("add", "--on-end", "false", "true")
    cli("add", "true")
    cli.drain(code=1)
    lines = sorted(line.partition(" after")[0] for line in told.read_text().splitlines())
    assert lines == ["end 1 completed exit 0", "end 2 failed exit 3", "failure 2 failed exit 3"]
    first, second = mails(mail)
    assert first.startswith("To -i -- me@example.org root\nSubject: ")
    assert "To: me@example.org, root\n" in first
    assert "Subject: Job 2 failed: exit\n" in first + second
    assert "Job        2, exit\n" in first + second
    assert json.loads(cli("show", "--json", "1"))["told"] == ["ended"]
    assert json.loads(cli("show", "--json", "4"))["told"] == ["ended: on-end: exit 1"]
    assert json.loads(cli("show", "--json", "5"))["told"] == []
    options = cli.job(1)["options"]
    assert (options["mail_to"], options["on_end"]) == (["me@example.org", "root"], [tell, "end"])


def test_a_batch_is_told_of_once_and_its_first_failure_at_once(cli: Cli, mail: Path) -> None:
    line, file = hook(mail, 'echo "$TUI_QUEUE_EVENT: $TUI_QUEUE_TITLE" >> $TOLD')
    notify(cli, f'on = "end"\n{line}', settings="slots = 1")
    for code in (0, 1, 1, 0, 0):
        cli("add", "--batch", "night", "--mail-to", "root", "sh", "-c", f"exit {code}")
    cli("add", "--batch", "single", "true")
    cli("add", "--batch", "night", "--hold", "true")
    cli.drain(code=1)
    end = "batch: Batch night has ended: 1 pending, 3 completed, 2 failed"
    assert sorted(file.read_text().splitlines()) == [end, "ended: Job 2 failed: exit", "ended: Job 6 completed: true"]
    assert [each.split("Subject: ")[1].splitlines()[0] for each in mails(mail)] == [
        "Batch night has ended: 1 pending, 3 completed, 2 failed",
        "Job 2 failed: exit",
    ]
    assert json.loads(cli("show", "--json", "3"))["told"] == ["ended: together with its batch"]
    notify(cli, f'on = "failure"\n{line}', settings="slots = 1")
    file.unlink()
    for code in (1, 0):
        cli("add", "--batch", "day", "sh", "-c", f"exit {code}")
        cli("add", "--batch", "fine", "true")
    cli.drain(code=1)
    assert sorted(file.read_text().splitlines()) == [
        "batch: Batch day has ended: 1 completed, 1 failed",
        "ended: Job 8 failed: exit",
    ]


@pytest.mark.long
def test_ends_that_wait_together_are_told_in_one_message(cli: Cli, tmp_path: Path) -> None:
    """The first ones keep all four ways busy until the others have ended."""
    go = tmp_path / "go"
    wait = f"while [ $TUI_QUEUE_JOB -le 4 ] && [ ! -e {go} ]; do sleep 0.02; done"
    line, file = hook(tmp_path, f'{wait}; echo "$TUI_QUEUE_TITLE; $TUI_QUEUE_JOBS" >> $TOLD')
    notify(cli, f'on = "end"\n{line}', settings="slots = 1")
    for _ in range(4):
        cli("add", "--name", "first", "true")
    for code in (0, 1, 0, 1, 0, 0):
        cli("add", "--name", "other", "sh", "-c", f"exit {code}")
    cli("add", "--name", "last", "--notify", "never", "touch", str(go))
    cli.drain(code=1)
    together = "6 jobs have ended: 4 completed, 2 failed; 5 6 7 8 9 10"
    singly = [f"Job {number} completed: first; {number}" for number in range(1, 5)]
    assert sorted(file.read_text().splitlines()) == [together, *singly]
    assert json.loads(cli("show", "--json", "9"))["told"] == ["ended"]


def test_what_can_not_be_told_is_refused_when_the_job_is_added(cli: Cli, tmp_path: Path) -> None:
    for words, message in (
        (("--mail-to", "a b <c>"), "Mail to <c>: not an address; write me@host."),
        (("--on-end", "echo 'a"), "On end echo 'a: a quote is not closed."),
        (("--on-end", "no-such-program x"), "no-such-program is no program on PATH; write its path."),
        (("--on-failure", "echo a > b"), "only a shell acts on >; write sh -c 'echo a > b', or quote it."),
    ):
        assert message in cli.error("add", *words, "true")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "true").symlink_to("/bin/true")
    cli.env["PATH"] = str(tmp_path / "empty")
    if not any(Path(place, "sendmail").exists() for place in ("/usr/sbin", "/usr/lib", "/usr/local/sbin")):
        error = cli.error("add", "--mail-to", "me@example.org", "true")
        assert "Mail to me@example.org: neither sendmail nor mail is on PATH; install one, or use --on-end." in error
    assert cli.jobs() == {}
