"""`log` of several jobs, followed or not, and `log search`."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for


def test_logs_of_several_jobs_have_headings_and_one_has_none(cli: Cli) -> None:
    for word in ("one", "two", "three"):
        cli("add", "--name", word, "sh", "-c", f"echo {word}; echo end")
    cli.drain()
    assert cli("log", "2") == "two\nend\n"
    assert cli("log", "1", "3") == "==> 1 one <==\none\nend\n\n==> 3 three <==\nthree\nend\n"
    assert cli("log", "-n", "1", "2-3") == "==> 2 two <==\nend\n\n==> 3 three <==\nend\n"
    assert [each["output"] for each in json.loads(cli("log", "--json", "1,2"))] == ["one\nend\n", "two\nend\n"]
    assert cli("log", "-f", "3", "1") == "3│ three\n3│ end\n1│ one\n1│ end\n"
    for words, message in (
        (("1", "9"), "9: no such job"),
        (("--attempt", "1", "1", "2"), "--attempt needs a single job, and there are 2; name one job."),
        (("--raw", "-f", "1", "2"), "--raw can't be used with --follow for several jobs; name one job."),
    ):
        assert message in cli.error("log", *words, code=3 if "no such" in message else 2)


@pytest.mark.long
def test_several_jobs_are_followed_to_their_last_attempts(cli: Cli, tmp_path: Path) -> None:
    cli.settings("slots = 2")
    wait = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    cli("add", "--retries", "1", "sh", "-c", f"echo a; {wait}; echo b; exit 1")
    for _ in range(8):
        cli("add", "--hold", "true")
    cli("add", "sh", "-c", "printf 'at 1\\rat 2\\n'; printf open")
    cli("add", "--hold", "--after", "1", "echo", "never")
    following = cli.start("log", "-f", "1", "10", "11")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli("log", "1") == "a\n", "the first line")
    (tmp_path / "go").touch()
    runner.communicate(timeout=60)
    cli("cancel", "11")
    out = following.communicate(timeout=60)[0].decode()
    assert following.returncode == 0
    assert [line for line in out.splitlines() if line.startswith(" 1")] == [" 1│ a", " 1│ b"] * 2
    assert [line for line in out.splitlines() if line.startswith("10")] == ["10│ at 2", "10│ open"]


def test_lines_are_found_in_all_logs_or_those_of_a_set(cli: Cli) -> None:
    cli("add", "--retries", "1", "sh", "-c", "echo 'Loss 1'; printf '\\033[31mloss 2\\033[0m\\n'; exit 1")
    cli("add", "--batch", "night", "sh", "-c", "seq 1 40000; echo loss=0.5; seq 1 3; printf 'no end: loss'")
    cli("add", "--hold", "true")
    cli.drain(code=1)
    found = "1/1:1: Loss 1\n1/1:2: loss 2\n1:1: Loss 1\n1:2: loss 2\n2:40001: loss=0.5\n2:40005: no end: loss\n"
    assert cli("log", "search", "loss") == found
    assert cli("log", "search", "--all", "Loss") == "1/1:1: Loss 1\n1:1: Loss 1\n"
    assert cli("log", "search", "/loss.\\d/i", "2", "--json") == cli(
        "log", "search", "--json", "/loss.\\d/", "--batch", "night"
    )
    assert json.loads(cli("log", "search", "--json", "0.5", "--where", "state:completed")) == [
        {"schema": 1, "id": 2, "attempt": 1, "line": 40001, "text": "loss=0.5"}
    ]
    assert cli("log", "search", "nothing", code=1) == cli("log", "search", "loss", "3", code=1) == ""
    assert "not a regular expression" in cli.error("log", "search", "/(/")
    assert "no such job" in cli.error("log", "search", "loss", "9", code=3)
    os.truncate(cli.job(2)["log_path"], 0)
    assert cli("log", "search", "loss", "1-2") == "1/1:1: Loss 1\n1/1:2: loss 2\n1:1: Loss 1\n1:2: loss 2\n"
