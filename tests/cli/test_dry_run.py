"""`add --dry-run`: what would run, where, with what, and when; nothing is added."""

import json
from pathlib import Path

import pytest

from tests.conftest import Cli


def lines_of(shown: str) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in shown.splitlines() if not line.endswith("would be added."))


def test_a_dry_run_tells_what_would_run_with_which_python_where_and_when(cli: Cli, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("print(1)\n")
    shown = cli("add", "--dry-run", "--python", "/usr/bin/env", "train.py", "--lr", "0.1", cwd=tmp_path)
    lines = lines_of(shown)
    assert lines["Command"] == f"/usr/bin/env {script} --lr 0.1"
    assert lines["Directory"] == str(tmp_path)
    assert lines["Starts"] == "at once"
    assert "variables, umask" in shown
    assert shown.splitlines()[-1] == "1 would be added."
    assert "Python" in lines_of(cli("add", "--dry-run", "train.py", cwd=tmp_path))
    for words, why in (
        (["--hold"], "later: held"),
        (["--at", "+9h"], "later: begins "),
        (["--queue", "paused"], "later: queue paused"),
    ):
        if words[-1] == "paused":
            cli("queue", "add", "paused")
            cli("queue", "pause", "paused")
        assert lines_of(cli("add", "--dry-run", *words, "true"))["Starts"].startswith(why)
    assert cli.jobs() == {}
    assert cli("add", "--hold", "true") == "1\n"


def test_a_dry_run_knows_what_is_ahead_and_refuses_what_add_refuses(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "sleep", "60")
    cli("add", "sleep", "61")
    before = cli.jobs()
    assert lines_of(cli("add", "--dry-run", "sleep", "62"))["Starts"] == "later: slots"
    assert lines_of(cli("add", "--dry-run", "--top", "sleep", "62"))["Starts"] == "at once"
    assert lines_of(cli("add", "--dry-run", "--after", "last", "sleep", "62"))["Starts"] == "later: after #2"
    assert "no such queue" in cli.error("add", "--dry-run", "--queue", "none", "true", code=3)
    assert cli.error("add", "--dry-run", "--unique", "sleep", "60") == cli.error("add", "--unique", "sleep", "60")
    many = json.loads(cli("add", "--dry-run", "--json", "--sweep", "echo", "{1..3}"))
    assert [job["args"] for job in many] == [["1"], ["2"], ["3"]]
    assert cli("add", "--dry-run", "--sweep", "echo", "{1..3}").splitlines()[-1] == "3 would be added."
    assert cli.jobs() == before


@pytest.mark.long
def test_a_dry_run_estimates_the_start_of_a_job_that_waits_for_a_slot(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "sleep", "1")
    cli.drain()
    cli("add", "sleep", "1")
    lines = [line for line in cli("add", "--dry-run", "sleep", "1").splitlines() if line.startswith("Starts")]
    assert lines == ["Starts     in about 1s, by how long the job before it may take (slots)"]


def test_a_dry_run_copies_no_script(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("#!/bin/sh\n")
    (tmp_path / "a.sh").chmod(0o755)
    assert "copy true" in cli("add", "--dry-run", "--copy", str(tmp_path / "a.sh"))
    assert not list((cli.home / "scripts").glob("*"))
