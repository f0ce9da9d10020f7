"""What `show` says of a job: why it failed, how long it may take, when it may start."""

import json
from collections.abc import Callable

import pytest

from tests.conftest import Cli

Script = Callable[..., str]


@pytest.mark.quick
def test_show_says_in_words_what_a_job_died_of(cli: Cli) -> None:
    cli("add", "sh", "-c", "echo 'write error: No space left on device' >&2; exit 1")
    cli("add", "sh", "-c", "no-such-program-at-all")
    cli("add", "sh", "-c", "kill -SEGV $$")
    cli.drain(code=1)
    first, second, third = (" ".join(json.loads(cli("show", "--json", str(number)))["why"]) for number in (1, 2, 3))
    assert "No space left on device" in first
    assert "not found" in second
    assert "memory" in third.lower()
    assert "Why" in cli("show", "1")


def test_show_says_how_long_a_job_may_take_and_by_what(cli: Cli, script: Script) -> None:
    path = script("job.sh", "#!/bin/sh\nsleep $1\n")
    cli("add", path, "1")
    cli.drain()
    cli("add", "--hold", path, "1")
    assert json.loads(cli("show", "--json", "2"))["estimate"] == "1s to go by its last run"
    cli("add", "--hold", path, "2")
    assert json.loads(cli("show", "--json", "3"))["estimate"] == ""


def test_show_says_when_a_job_may_start_and_only_what_can_be_known(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "sleep", "1")
    cli.drain()
    cli("add", "sleep", "1")
    cli("add", "--hold", "true")
    cli("add", "-y", "sleep", "1")
    cli("add", "sh", "-c", "true")  # nobody knows how long
    cli("add", "true")

    def starts(number: int) -> str:
        return str(json.loads(cli("show", "--json", str(number)))["starts"])

    assert starts(2) == ""
    held = "1 that wait for something else may come first"
    assert starts(4) == f"in about 1s, by how long the job before it may take; {held}"
    assert starts(5) == f"in about 2s, by how long the 2 jobs before it may take; {held}"
    assert starts(6) == ""
    cli("queue", "add", "other", "--slots", "1")
    cli("edit", "--queue", "other", "6")
    assert starts(6) == ""  # it need not wait
    cli("queue", "limit", "1")
    cli("edit", "--queue", "other", "5")
    cli("move", "--bottom", "6")
    assert starts(5).startswith("in about 2s")  # one after the other, though in queues of their own
