"""`wait` and `run --until-empty` end where nothing more happens by itself; queues that pause, and go on."""

from collections.abc import Callable

import pytest

from tests.conftest import Cli, wait_for
from tests.support.commands import ended, process_states, start_record, state
from tui_queue.api import Queue
from tui_queue.core.errors import WrongStateError

HELD = "Job 2 is held (after #1: failed)"


def comes_to(cli: Cli, number: int, *expected: str) -> None:
    wait_for(lambda: state(cli, number) == expected, f"job {number} to be {expected}")


def chain(cli: Cli) -> None:
    """Add a job that fails, one that waits for it, and one that waits for that."""
    cli("add", "false")
    cli("add", "--after", "1", "true")
    cli("add", "--after", "2", "true")


def test_waiting_for_a_job_that_is_held_for_its_dependency_ends_with_1(cli: Cli, scheduler: Callable[[], None]) -> None:
    chain(cli)
    scheduler()
    wait_for(lambda: cli.job(2)["held"], "the hold")
    advice = "; release or cancel it, or use --held to keep waiting."
    assert cli.error("wait", "2", code=1) == f"tui-queue: {HELD}{advice}"
    behind = "tui-queue: Job 3 waits for job 2, which is held (after #1: failed)"
    assert cli.error("wait", "3", code=1) == f"{behind}{advice}"
    done = cli.process("wait", "--all")
    assert (done.returncode, done.stderr.decode().splitlines()) == (1, [f"tui-queue: {HELD}{advice}", behind + advice])
    waiting = cli.start("wait", "--held", "3")
    cli("wait", "--held", "--timeout", "1s", "2", code=124)
    assert waiting.poll() is None
    cli("release", "2")
    assert ended(waiting) == 0


@pytest.mark.long
def test_waiting_for_all_waits_for_what_is_there_but_not_for_what_the_user_holds(
    cli: Cli, scheduler: Callable[[], None]
) -> None:
    cli("wait", "--all")
    cli("add", "--hold", "false")
    cli("add", "--after", "1", "true")
    cli("add", "sh", "-c", "sleep 0.3; exit 7")
    scheduler()
    cli("wait", "--all", code=7)
    assert [job["state"] for job in cli.jobs().values()].count("pending") == 2
    cli("wait", "--all", "--held", "--timeout", "1s", code=124)
    assert "--all can't be used with IDs" in cli.error("wait", "--all", "3")


def test_a_queue_run_until_empty_ends_with_1_when_held_jobs_are_left(cli: Cli) -> None:
    chain(cli)
    done = cli.process("run", "--until-empty")
    assert (done.returncode, done.stderr.decode().splitlines()) == (
        1,
        [
            f"tui-queue: {HELD}; release or cancel it.",
            "tui-queue: Job 3 waits for job 2, which is held (after #1: failed); release or cancel it.",
        ],
    )
    with Queue(cli.home) as queue, pytest.raises(WrongStateError, match=r"Job 2 is held \(after #1: failed\)"):
        queue.wait(1, 2)
    done = cli.process("run", "--until-empty")  # nothing has ended meanwhile
    assert done.returncode == 1
    cli("hold", "2")  # now by the user
    cli.drain()


@pytest.mark.long
def test_retrying_a_job_that_waits_for_its_next_attempt_starts_that_at_once(
    cli: Cli, scheduler: Callable[[], None]
) -> None:
    cli("add", "--retries", "2", "--retry-delay", "1h", "false")
    scheduler()
    for attempt in (1, 2):
        wait_for(lambda: _waits_after(cli, attempt), "the wait for the next attempt")  # noqa: B023
        cli("retry", "1")
    comes_to(cli, 1, "failed", "exit 1")
    assert cli.job(1)["attempt"] == 3
    cli("add", "--at", "+1h", "true")
    assert "is pending; retry applies to jobs that have ended or wait" in cli.error("retry", "2")


def _waits_after(cli: Cli, attempt: int) -> bool:
    job = cli.job(1)
    return bool(job["attempt"] == attempt and job["reason"].startswith("retry "))


@pytest.mark.long
def test_a_queue_can_pause_when_one_of_its_jobs_has_failed(cli: Cli, scheduler: Callable[[], None]) -> None:
    cli("queue", "add", "chain", "--slots", "1", "--on-failure", "pause")
    for _ in range(8):
        cli("add", "--queue", "chain", "--retries", "1", "false")
    cli("add", "true")
    scheduler()
    for number in (1, 2, 3, 4):
        comes_to(cli, number, "failed", "exit 1")
        assert cli.job(number)["attempt"] == 2
        comes_to(cli, number + 1, "pending", f"queue paused: job {number} failed")
        cli("queue", "resume", "chain")
    comes_to(cli, 9, "completed", "exit 0")
    comes_to(cli, 5, "failed", "exit 1")
    cli("queue", "pause", "chain")
    assert state(cli, 6) == ("pending", "queue paused")
    cli("queue", "set", "chain", "--on-failure", "continue")
    cli("queue", "resume", "chain")
    comes_to(cli, 8, "failed", "exit 1")


def test_resuming_a_queue_continues_what_was_paused_with_it(cli: Cli, scheduler: Callable[[], None]) -> None:
    for _ in range(2):
        cli("add", "sleep", "60")
    scheduler()
    wait_for(lambda: all(job["started_at"] for job in cli.jobs().values()), "the starts")
    groups = [start_record(cli, number)["pid"] for number in (1, 2)]

    def states() -> list[set[str]]:
        return [process_states(group) for group in groups]

    cli("pause", "1")
    cli("queue", "pause", "--running", "default")
    wait_for(lambda: states() == [{"T"}, {"T"}], "the stop")
    cli("queue", "resume", "default")
    wait_for(lambda: states() == [{"T"}, {"S"}], "what goes on")
    assert (cli.job(1)["paused"], cli.job(2)["paused"]) == (True, False)
    cli("queue", "resume", "--running", "default")
    wait_for(lambda: states() == [{"S"}, {"S"}], "all of them")
    assert "paused with its queue" in cli("show", "2")
