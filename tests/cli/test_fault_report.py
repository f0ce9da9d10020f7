"""`doctor --report` has what a report of a fault needs, and nothing that names the user's work."""

import getpass
import os
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Cli

Script = Callable[..., str]

SECRETS = ("s3cr3t", "Geheimnis", "proj-x", "train\x1b[31m", "customer", "10.1.2.3", "me@example.org", "tape-robot")


def test_the_report_has_versions_counts_ends_and_times(cli: Cli) -> None:
    cli("add", "true")
    cli("add", "--shell", "exit 7")
    cli.drain(code=1)
    report = cli("doctor", "--report")
    titles = [line.strip("= ") for line in report.splitlines() if line.startswith("== ")]
    assert titles == [
        "Versions",
        "Terminal",
        "Settings that differ",
        "File systems",
        "Store",
        "Doctor",
        "Errors of the program",
        "Self-test",
    ]
    assert "jobs: 2" in report
    assert "states: 1 completed, 1 failed" in report
    assert "failed: exit, exit code 7, signal None" in report
    assert "textual 8." in report
    assert report.count(" ms\n") == 3


def test_the_report_of_a_queue_with_hostile_names_names_nothing_of_the_user(cli: Cli, script: Script) -> None:
    path = script("customer.sh", "#!/bin/sh\necho s3cr3t; exit 3\n")
    cli("queue", "add", "proj-x")
    cli(
        *("add", "--name", "train\x1b[31m", "--queue", "proj-x", "--env", "TOKEN=s3cr3t", path),
        *("me@example.org", "10.1.2.3", "Geheimnis"),
    )
    cli.drain(code=1)
    (cli.home / "config.toml").write_text(
        'background = false\npython = "/opt/customer/bin/python"\nleave_out = ["Geheimnis"]\nslots = 7\n'
        "[resources]\ntape-robot = 2\n"
    )
    (cli.home / "tui-queue.log").write_text(
        "2026-12-01 10:00:00,123 tui_queue.ui.app: the job customer failed for me@example.org\n"
        "Traceback (most recent call last):\n"
        '  File "/home/customer/env/lib/python3.11/site-packages/tui_queue/ui/app.py", line 12, in refresh\n'
        "    show('Geheimnis')\n"
        "ValueError: s3cr3t\n"
    )
    report = cli("doctor", "--report")
    for secret in (*SECRETS, str(cli.home), os.uname().nodename):
        assert secret not in report, secret
    assert getpass.getuser() not in report
    assert "slots = 7" in report
    assert "python = <text>" in report
    assert "resources: 1" in report
    assert "2026-12-01 10:00:00 tui_queue.ui.app" in report
    assert "tui_queue/ui/app.py:12 in refresh" in report
    assert "  ValueError\n" in report


def test_the_report_of_a_place_without_a_queue_makes_nothing(cli: Cli) -> None:
    before = sorted(path.name for path in cli.home.iterdir()) if cli.home.exists() else None
    assert "there is none yet" in cli("doctor", "--report")
    assert before == (sorted(path.name for path in cli.home.iterdir()) if cli.home.exists() else None)


def test_the_report_of_a_damaged_store_and_settings_says_so(cli: Cli) -> None:
    (cli.home / "queue.db").write_bytes(b"no database" * 500)
    (cli.home / "queue.db").chmod(0o600)
    Path(cli.home / "config.toml").write_text("slots = [")
    report = cli("doctor", "--report")
    assert "it could not be read: DatabaseError SQLITE_NOTADB" in report
    assert "the file can't be read" in report
