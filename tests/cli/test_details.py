"""Everything about a job: who did what to it, what it waits for, what waits for it."""

import json
import re

import pytest

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tests.support.raw_terminal import raw_terminal
from tui_queue.core.logs.compression import pack


def history(cli: Cli, number: int) -> list[str]:
    return [deed["verb"] for deed in json.loads(cli("show", "--json", str(number)))["history"]]


def line(screen: str, label: str) -> str:
    """Return the line of a screen that has a label."""
    return next((each for each in screen.splitlines() if label in each), "")


def test_a_job_tells_who_did_what_to_it(cli: Cli) -> None:
    cli("add", "--hold", "true")
    cli("release", "1")
    cli("edit", "1", "--priority", "3")
    cli("hold", "1")
    cli("top", "1")
    cli("cancel", "1")
    cli("retry", "1")
    cli.drain()
    assert history(cli, 1) == ["added", "released", "edited", "held", "moved", "cancelled", "retried"]
    assert "cancelled by " in cli("show", "1")
    assert "command line" in cli("show", "1")


def test_jobs_that_are_added_at_once_tell_it_too_and_a_removed_one_leaves_nothing(cli: Cli) -> None:
    cli.process("add", "--from", "-", given=b"true\ntrue\ntrue\n")
    cli("cancel", "2")
    cli("remove", "2")
    cli("add", "--after", "3", "true")
    assert [history(cli, number) for number in (1, 3, 4)] == [["added"]] * 3


def test_a_job_tells_what_it_waits_for_and_what_waits_for_it(cli: Cli) -> None:
    cli("add", "--hold", "--name", "first", "true")
    cli("add", "--after", "1", "--name", "second", "true")
    assert "#1 completed  first: pending" in cli("show", "2")
    assert "#2  second: pending" in cli("show", "1")


def test_what_lies_further_before_and_after_is_drawn_as_trees(cli: Cli) -> None:
    for after in ("", "1", "2", "2", "3,4:ended", "5"):
        cli("add", *(["--after", after] if after else ["--hold"]), "--name", f"n{len(cli.jobs()) + 1}", "true")
    lines = [text for text in cli("show", "5").splitlines() if text.startswith(("After", "Before"))]
    assert lines == [
        "After      #3 completed  n3: pending",
        "After      └─ #2 completed  n2: pending",
        "After         └─ #1 completed  n1: pending",
        "After      #4 ended  n4: pending",
        "After      └─ #2 completed  n2: pending",
        "After         └─ #1 completed  n1: pending",
        "Before     #6  n6: pending",
    ]
    lines = [text for text in cli("show", "1").splitlines() if text.startswith("Before")]
    assert lines == [
        "Before     #2  n2: pending",
        "Before     ├─ #3  n3: pending",
        "Before     │  └─ #5  n5: pending …",
        "Before     └─ #4  n4: pending",
        "Before        └─ #5  n5: pending …",
    ]
    found = json.loads(cli("show", "--json", "1"))
    assert (found["waits_for"], found["waited_by"]) == ([], [2])


def test_many_that_wait_for_one_are_counted_no_further(cli: Cli) -> None:
    cli("add", "--hold", "true")
    cli.process("add", "--after", "1", "--from", "-", given=b"true\n" * 30)
    lines = [text for text in cli("show", "1").splitlines() if text.startswith("Before")]
    assert len(lines) == 20
    assert lines[-1] == "Before     …"
    assert len(json.loads(cli("show", "--json", "1"))["waited_by"]) == 30


def test_each_variable_that_it_was_given_has_a_line(cli: Cli) -> None:
    cli("add", "--hold", "--env", "A=1 2", "--env", "B=\x1b[2J", "--env", f"LONG={'x' * 500}", "--nice", "5", "true")
    shown = cli("show", "1").splitlines()
    assert [text for text in shown if text.startswith("Variable ")] == [
        f"Variable   {name}" for name in ("A", "B", "LONG")
    ]
    assert "Options    nice 5" in shown
    assert json.loads(cli("show", "--json", "1"))["options"]["env"][2] == ["LONG", None]
    with_values = [text for text in cli("show", "--values", "1").splitlines() if text.startswith("Variable ")]
    assert with_values == ["Variable   A=1 2", "Variable   B=^[[2J", f"Variable   LONG={'x' * 194}…"]
    assert json.loads(cli("show", "--json", "--values", "1"))["options"]["env"][2] == ["LONG", "x" * 500]


def test_each_attempt_says_where_its_log_is_or_that_it_is_gone(cli: Cli) -> None:
    cli("add", "seq", "20000")
    cli.drain()
    for _ in range(2):
        cli("retry", "1")
        cli.drain()
    runs = cli.home / "runs" / "1"
    assert pack(str(runs / "2" / "log"))
    (runs / "3" / "log").unlink()
    attempts = [text for text in cli("show", "1").splitlines() if text.startswith("Attempt ")]
    ends = [f", log {runs}/1/log", f", log {runs}/2/log.gz", ", its log is gone"]
    assert [text.endswith(end) for text, end in zip(attempts, ends, strict=True)] == [True] * 3, attempts


async def test_the_details_on_screen_name_the_dashboard(cli: Cli) -> None:
    cli("add", "--hold", "true")
    async with dashboard((120, 40)) as (pilot, _, _):
        await see(pilot, "held")
        await pilot.press("c")
        await see(pilot, "– cancelled")
        await pilot.press("i")
        await see(pilot, "cancelled by ")
        await see(pilot, ", dashboard")


async def test_what_is_too_long_for_a_line_goes_on_below_its_beginning(cli: Cli) -> None:
    cli("add", "--hold", "--name", "x" * 150, "echo", *(f"word-{number}" for number in range(20)))
    async with dashboard((80, 24)) as (pilot, _, _):
        await see(pilot, "held")
        await pilot.press("i")
        await see(pilot, "Name       xxx")
        assert "│            xxx" in drawn(pilot.app)
        assert re.search(r"│ Command    /usr/bin/echo (word-\d+ )+ *│\n│            word-\d+ ", drawn(pilot.app))
        await pilot.resize_terminal(100, 24)
        await see(pilot, f"Name       {'x' * (100 - 7 - 11)}")


@pytest.mark.long
async def test_the_details_on_screen_follow_the_job_and_stay_where_they_were_scrolled_to(cli: Cli) -> None:
    cli("add", "--hold", "--name", "stays", "sleep", "600")
    cli("add", "--hold", "--after", "1", "--name", "next", "true")
    async with dashboard((80, 14)) as (pilot, app, queue):
        await see(pilot, "held")
        await pilot.press("i")
        await see(pilot, "pending: held")
        await queue.commands.jobs.release([1])
        await see(pilot, "running")
        await see(pilot, "CPU ")
        await pilot.press("j", "j")
        box = app.screen.query_one("#details")
        await until(pilot, lambda: box.scroll_offset.y == 2, "the text to be scrolled")
        took = line(drawn(app), "Took")
        await until(pilot, lambda: line(drawn(app), "Took") != took, "a later look")
        assert box.scroll_offset.y == 2
        await queue.commands.jobs.cancel([1])
        await until(pilot, lambda: box.scroll_offset.y == 2 and "Ended" in drawn(app), "its end")
        await pilot.press("home")
        await see(pilot, "cancelled")
        await queue.commands.jobs.cancel([2])
        await queue.commands.jobs.remove([1, 2])
        await see(pilot, "1: no such job")


def test_nothing_is_sent_while_the_details_of_a_job_that_does_nothing_are_open(cli: Cli) -> None:
    cli("add", "--hold", "true")
    cli("add", "--hold", "true")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("held")
        window.type("i")
        window.see("Esc closes")
        window.rest()
        before = window.received
        cli("schedule", "add", "--every", "2h", "unseen", "true")
        window.rest_for(3)
        assert window.received == before
        cli("edit", "--priority", "4", "1")
        window.see("priority 4")
