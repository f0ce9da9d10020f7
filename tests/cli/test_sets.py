"""Commands for a set of jobs: they do what still applies, and count it."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for


@pytest.fixture
def queue(cli: Cli) -> Cli:
    """A queue with jobs: 1 completed, 2 failed, 3 cancelled while it was held, 4 pending, 5 held, both of queue gpu."""
    cli("queue", "add", "gpu")
    cli("add", "true")
    cli("add", "--name", "train", "false")
    cli("add", "--hold", "true")
    cli("cancel", "3")
    cli.drain(code=1)
    cli("add", "--queue", "gpu", "--batch", "night", "sleep", "60")
    cli("add", "--queue", "gpu", "--batch", "night", "--hold", "sleep", "60")
    return cli


def states(cli: Cli) -> dict[int, str]:
    return {number: job["state"] for number, job in sorted(cli.jobs().items())}


def test_a_range_is_done_as_far_as_it_applies_and_a_job_named_singly_is_an_error(queue: Cli) -> None:
    assert "Job 2 has ended already (failed)" in queue.error("cancel", "2", "4-5")
    assert states(queue)[4] == "pending"  # nothing has changed
    assert queue("cancel", "4", "1-5") == "2 cancelled, 3 had ended.\n"
    assert states(queue) == {1: "completed", 2: "failed", 3: "cancelled", 4: "cancelled", 5: "cancelled"}


def test_a_set_that_matches_nothing_is_no_error(queue: Cli) -> None:
    for words in (["--batch", "none"], ["--where", "queue:none"], ["70-80"]):
        assert queue("cancel", *words) == "0 cancelled.\n"
    assert json.loads(queue("pause", "--all", "--json")) == []
    assert queue("pause", "--all") == "0 paused.\n"


def test_the_words_of_the_filter_name_a_set_in_every_verb(queue: Cli) -> None:
    assert queue("hold", "--where", "queue:gpu") == "1 held, 1 was held already.\n"
    assert queue("release", "--where", "batch:night queue:gpu") == "2 released.\n"
    assert queue("move", "--bottom", "--where", "state:pending") == "2 moved.\n"
    assert queue("signal", "USR1", "--where", "queue:gpu") == "0 signalled, 2 were pending.\n"
    assert queue("retry", "--where", "state:failed name:train") == "1 retried.\n"
    assert queue("remove", "--where", "state:completed") == "1 removed.\n"
    assert states(queue) == {2: "pending", 3: "cancelled", 4: "pending", 5: "pending"}


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("held", [5]),
        ("!held state:pending", [4]),
        ("!state:failed", [1, 3, 4, 5]),
        ("state:failed,cancelled", [2, 3]),
        ("#2,4-5 !exit:1", [4, 5]),
        ("exit:0", [1]),
        ("name:'two words'", []),
        ("'train'", [2]),
        ("queue:gpu,none", [4, 5]),
        ("age:>2d", []),
        ("took:<1h", [1, 2]),
        ("ended:<1h !id:>2", [1, 2]),
        ("why:'exit 1'", [2]),
        ("path:false parameters:60", []),
        ("parameters:60 attempt:0", [4, 5]),
    ],
)
def test_all_that_a_table_shows_names_a_set(queue: Cli, words: str, numbers: list[int]) -> None:
    found = json.loads(queue("remove", "--cancel", "--dry-run", "--json", "--where", words))
    assert [job["id"] for job in found] == numbers


def test_a_uuid_and_the_end_by_a_signal_name_jobs_too(queue: Cli) -> None:
    queue("add", "sh", "-c", "kill -9 $$")
    queue("cancel", "4-5")
    queue.drain(code=1)
    for words in ("exit:137", "signal:KILL", "signal:9", queue.job(6)["uuid"], f"uuid:{queue.job(6)['uuid'][:8]}"):
        found = json.loads(queue("remove", "--dry-run", "--json", "--where", words))
        assert [job["id"] for job in found] == [6], words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "No job is named; give an ID, or --all, --batch NAME, --where 'state:failed queue:gpu'."),
        (("--where", ""), "--where: no words are given; `state:failed queue:gpu` say, or --all for all jobs."),
        (("--where", "queue:"), "queue: has no value; write it behind the colon, without a blank."),
        (("--where", "queue:gpu exit:x"), "exit:x: no number; write exit:3, exit:>3 or exit:2-7."),
        (("--where", "age:2d"), "age:2d: no span of time; write age:>2d or age:<90m."),
        (("--where", "name:'two words"), "name:'two words: a quote is not closed."),
        (("--batch", "day", "--where", "batch:night"), "--batch day and batch:night name two batches; give one."),
        (("--where", "state:c"), "state:c: is that completed or cancelled? Write it out."),
        (("--batch", ""), "--batch: the name is empty; `tui-queue batch list` shows all batches."),
        (("--all", "4"), "IDs can't be used with --all, --batch or --where; give either IDs or such an option."),
        (("7-3",), "7-3: the range ends before it begins; write the lower number first."),
    ],
)
def test_a_command_without_jobs_changes_nothing(queue: Cli, words: tuple[str, ...], said: str) -> None:
    before = queue.jobs()
    for verb in ("cancel", "remove"):
        assert queue.error(verb, *words).endswith(said)
    assert queue.jobs() == before


def test_a_dry_run_shows_the_jobs_and_changes_nothing(queue: Cli) -> None:
    before = queue.jobs()
    shown = queue("cancel", "--dry-run", "--where", "queue:gpu").splitlines()
    assert [line.split()[0] for line in shown] == ["ID", "4", "5", "2"]
    assert shown[-1] == "2 would be cancelled."
    assert [job["id"] for job in json.loads(queue("remove", "-n", "--cancel", "--all", "--json"))] == [1, 2, 3, 4, 5]
    assert queue.jobs() == before


def test_retry_takes_what_failed_only_and_none_that_was_cancelled_while_it_was_held(queue: Cli) -> None:
    assert queue("retry", "--failed", "--dry-run").endswith("1 would be retried.\n")
    assert queue("retry", "--all") == "1 retried, 1 was cancelled while it was held.\n"
    assert states(queue)[3] == "cancelled"
    assert "--failed and --where name different states" in queue.error(
        "retry", "--failed", "--where", "state:cancelled"
    )
    queue("retry", "3")
    assert states(queue)[3] == "pending"


def test_a_needless_release_says_so(queue: Cli) -> None:
    done = queue.process("release", "4")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"tui-queue: Job 4 was not held; nothing changed.\n"


def test_a_removed_job_lies_in_the_trash_until_undo_brings_it_back(queue: Cli) -> None:
    before, log = queue.jobs(), queue.home / "runs" / "2"
    assert queue("remove", "1-3") == "3 removed.\n"
    assert not log.exists()
    assert queue("undo") == "3 restored: 1, 2, 3.\n"
    assert queue.jobs() == before
    assert log.exists()
    assert "was removed in the last 10 minutes" in queue.error("undo", code=3)
    queue("remove", "--now", "1")
    assert "No job that can be restored was removed" in queue.error("undo", code=3)


def test_a_job_whose_logs_the_user_has_deleted_is_brought_back_without_them(queue: Cli) -> None:
    before = queue.jobs()
    shutil.rmtree(queue.home / "runs" / "2")
    queue("remove", "1-2")
    assert queue("undo") == "2 restored: 1, 2.\n"
    assert queue.jobs() == before
    assert not (queue.home / "runs" / "2").exists()
    assert (queue.home / "runs" / "1").exists()


def test_remove_cancels_what_has_not_ended_where_the_user_says_so(queue: Cli, tmp_path: Path) -> None:
    assert "or do both with --cancel" in queue.error("remove", "4")
    queue("remove", "--cancel", "4")
    begun = tmp_path / "begun"
    queue("add", "sh", "-c", f"echo $$ > {begun}; exec sleep 60")
    runner = queue.start("run", "--standby", "--stay")
    try:
        wait_for(lambda: begun.exists() and begun.read_text(), "the job to run")
        assert queue("remove", "--cancel", "--all") == "5 removed.\n"
        assert queue.jobs() == {}
        assert not os.path.exists(f"/proc/{begun.read_text().strip()}")
    finally:
        runner.terminate()
        runner.communicate(timeout=60)
    assert queue("undo") == "1 restored: 6.\n"
