"""Options of a job: what each does to a run, how they are edited and copied, and which values are refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Cli, nicer
from tests.support.commands import reasons, settings, state

Script = Callable[..., str]


def test_a_job_begins_at_its_time(cli: Cli) -> None:
    asked = datetime.now(UTC)
    cli("add", "--at", "+2s", "true")
    cli.drain()
    assert datetime.fromisoformat(cli.job(1)["started_at"]) - asked >= timedelta(seconds=2)


def test_a_job_with_a_later_time_says_when_it_begins(cli: Cli) -> None:
    cli("add", "--at", "2030-05-01 06:00", "true")
    assert reasons(cli) == {1: "begins 2030-05-01 06:00"}


def test_a_job_is_cloned_in_any_state_and_changed(cli: Cli) -> None:
    cli("add", "--name", "one", "--env", "A=1", "sh", "-c", "echo $A")
    cli.drain()
    assert cli("clone", "--env", "A=2", "1") == "2\n"
    cli.drain()
    assert cli("log", "2") == "2\n"
    assert cli.job(2)["name"] == "one"


def test_a_pending_job_is_edited(cli: Cli) -> None:
    cli("add", "--timeout", "5m", "--retries", "3", "true")
    cli("edit", "--priority", "4", "--timeout", "", "1", "a", "b")
    job = cli.job(1)
    assert (job["priority"], job["timeout_s"], job["args"], job["options"]["retries"]) == (4, None, ["a", "b"], 3)


def test_the_same_job_once_more_is_refused_with_unique(cli: Cli) -> None:
    cli("add", "true", "x")
    assert "Job 1 is the same and pending" in cli.error("add", "--unique", "true", "x")
    cli("add", "--unique", "true", "y")
    cli("add", "true", "x")
    assert len(cli.jobs()) == 3


def test_a_job_whose_script_has_changed_says_so_before_and_after(cli: Cli, script: Script) -> None:
    path = script("job.sh", "#!/bin/sh\necho one\n")
    cli("add", path)
    script("job.sh", "#!/bin/sh\necho two!\n")
    assert cli.job(1)["reason"].endswith("script changed since it was added")
    cli.drain()
    assert json.loads(cli("show", "--json", "1"))["script"] == "script had changed when it was run"
    assert cli("log", "1") == "two!\n"


def test_a_copy_of_the_script_is_run_when_that_was_asked(cli: Cli, script: Script, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("WORD = 'helped'\n")
    path = script("job.py", "import helper\nprint('one', helper.WORD)\n")
    cli("add", "--copy", path)
    script("job.py", "print('two')\n")
    assert cli.job(1)["reason"] == "no scheduler"
    cli.drain()
    assert cli("log", "1") == "one helped\n"


BAD: list[tuple[list[str], str]] = [
    (["--at", "2020-01-01", "true"], "in the past"),
    (["--at", "noonish", "true"], "noonish"),
    (["--after", "99", "true"], "99: no such job"),
    (["--after", "1:never", "true"], "completed, ended or failed"),
    (["--queue", "nowhere", "true"], "nowhere: no such queue"),
    (["--retries", "many", "true"], "Retries many"),
    (["--retry-delay", "soon", "true"], "Retry delay soon"),
    (["--retry-growth", "0.5", "true"], "0.5"),
    (["--retry-on", "256", "true"], "256"),
    (["--success", "x", "true"], "Success codes x"),
    (["--warn", "USR1@10s", "true"], "no time limit"),
    (["--warn", "NOSIG", "--timeout", "1m", "true"], "NOSIG"),
    (["--cancel-when-silent", "true"], "--silence"),
    (["--resource", "gpu", "true"], "gpu"),
    (["--gate", "moon=1", "true"], "moon"),
    (["--env", "1A=2", "true"], "1A=2"),
    (["--env", "TUI_QUEUE_JOB=2", "true"], "TUI_QUEUE_JOB"),
    (["--nice", "99", "true"], "Nice 99"),
    (["--on-lost", "cry", "true"], "leave, requeue or ask"),
    (["--batch", "a b", "true"], "Batch a b"),
    (["--priority", "high", "true"], "Priority high"),
    (["--after-pid", "4194305", "true"], "4194305"),
    (["--sweep", "true", "{1..1000000000000}"], "1,000,000,000,000"),
]


@pytest.mark.parametrize(("words", "named"), BAD)
def test_a_wish_that_can_not_be_is_refused_by_name(cli: Cli, words: list[str], named: str) -> None:
    assert named in cli.error("add", *words, code=3 if "no such" in named else 2)
    assert cli.jobs() == {}


def test_nice_and_variables_reach_the_job_and_its_children(cli: Cli) -> None:
    cli("add", "--nice", str(nicer(7)), "--env", "A=x y", "sh", "-c", 'nice; sh -c nice; echo "$A"')
    cli("add", "--nice", str(nicer(7)), "sh", "-c", "exit 9")
    cli.drain(code=1)
    assert cli("log", "1") == f"{nicer(7)}\n{nicer(7)}\nx y\n"
    assert state(cli, 2) == ("failed", "exit 9")


def test_a_job_that_is_nice_and_can_not_start_says_why(cli: Cli, script: Script) -> None:
    path = script("job.sh", "#!/no/such/interpreter\n")
    cli("add", "--nice", str(nicer(7)), path)
    cli.drain(code=1)
    assert cli.job(1)["reason"].endswith("the interpreter that its #! line names does not exist")


def test_everything_of_a_job_is_kept_by_edit_and_clone(cli: Cli) -> None:
    settings(cli, "[resources]\ngpu = 1\n")
    words = "--priority 3 --timeout 1h --warn USR1@30 --silence 5m --retries 2 --retry-delay 30 --retry-growth 2"
    more = "--retry-on 1,2 --success 3 --resource gpu=1 --gate mem=1G --gate load=9 --nice 3 --on-lost ask"
    rest = ["--lost-age", "1d", "--resume-args=-r", "--env", "A=b c"]
    cli("add", *words.split(), *more.split(), *rest, "true", "x")
    cli("clone", "1")
    cli("edit", "--name", "other", "2")
    first, second = cli.jobs().values()
    assert first["options"] == second["options"]
    assert [first[key] for key in ("priority", "timeout_s", "args")] == [
        second[key] for key in ("priority", "timeout_s", "args")
    ]
