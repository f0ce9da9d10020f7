"""The queue from Python, as a program that imports it."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import tui_queue
from tests.conftest import JOBS, ROOT, Cli, wait_for
from tui_queue import AsyncQueue, BadInputError, NoSuchJobError, Queue, State, StoreError, WrongStateError

Script = Callable[..., str]


@pytest.mark.quick
def test_what_is_public_can_be_imported_and_nothing_else() -> None:
    for name in tui_queue.__all__:
        assert getattr(tui_queue, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = tui_queue.Nothing


@pytest.mark.quick
def test_a_job_is_added_waited_for_and_read(cli: Cli, script: Script) -> None:
    cli.settings(background=True)
    with Queue() as queue:
        job = queue.add(
            script("say.sh", '#!/bin/sh\necho "$1" "$WORD"\nexit 3\n'),
            "two words",
            name="say",
            priority=5,
            env={"WORD": "more"},
            timeout=timedelta(minutes=2),
            success=[3],
        )
        assert (job.id, job.name, job.priority, job.timeout_s, job.state) == (1, "say", 5, 120, State.PENDING)
        (ended,) = queue.wait(job.id, timeout=60)
        assert (ended.state, ended.exit_code) == (State.COMPLETED, 3)
        assert queue.log(job.uuid) == b"two words more\n"
        assert [job.id for job in queue.list(states=["completed"], words=["say"])] == [1]
        assert queue.list(states=[State.FAILED]) == []


def test_a_log_is_followed_line_by_line_to_its_end(cli: Cli, script: Script) -> None:
    cli.settings(background=True)
    slow = script("slow.sh", "#!/bin/sh\necho one\nsleep 0.5\nprintf two\nsleep 0.5\necho ...\nprintf end\n")
    with Queue() as queue:
        assert list(queue.follow(queue.add(slow).id)) == [b"one\n", b"two...\n", b"end"]


def test_jobs_are_cancelled_held_released_retried_and_removed(cli: Cli) -> None:
    with Queue() as queue:
        job = queue.add("sleep", "9", hold=True)
        assert job.held
        assert not queue.release(job.id)[0].held
        assert queue.hold(job.id)[0].held
        assert queue.get(job.id).held
        with pytest.raises(WrongStateError, match="Cancel it first"):
            queue.remove(job.id)
        assert queue.cancel(job.id)[0].state is State.CANCELLED
        assert queue.retry(job.id)[0].state is State.PENDING
        queue.cancel(job.id)
        queue.remove(job.id)
        with pytest.raises(NoSuchJobError):
            queue.get(job.id)


def test_a_wait_has_an_end_and_errors_are_the_same_as_everywhere(cli: Cli, tmp_path: Path) -> None:
    with Queue() as queue:
        job = queue.add("true", at=datetime.now(UTC) + timedelta(hours=1))
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            queue.wait(job.id, timeout=0.2)
        assert time.monotonic() - begun < 30
        with pytest.raises(BadInputError, match="no such file"):
            queue.add(tmp_path / "nothing.py")
        with pytest.raises(BadInputError, match="colour: no such option"):
            queue.add("true", colour="red")
        with pytest.raises(BadInputError, match="without a zone"):
            queue.add("true", at=datetime(2030, 1, 1))  # noqa: DTZ001
        with pytest.raises(BadInputError, match="hold: must be true or false"):
            queue.add("true", hold="yes")
        with pytest.raises(BadInputError, match="sleeping"):
            queue.list(states=["sleeping"])
        assert len(queue.list()) == 1


def test_a_queue_of_another_directory_and_one_that_can_not_be(cli: Cli, tmp_path: Path) -> None:
    other = tmp_path / "other"
    Cli(other, cli.env).settings()
    with Queue(other) as queue:
        queue.add("true")
    assert cli.jobs() == {}
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="TUI_QUEUE_HOME"):
        Queue(tmp_path / "file" / "below").list()


def test_threads_share_a_queue_and_may_have_event_loops_of_their_own(cli: Cli) -> None:
    queue = Queue()

    async def add() -> None:
        queue.add("true")

    threads = [threading.Thread(target=lambda: asyncio.run(add())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(job.id for job in queue.list()) == list(range(1, 9))
    queue.close()
    assert len(queue.list()) == 8  # opened again
    queue.close()


async def test_the_same_is_awaited(cli: Cli) -> None:
    cli.settings(background=True)
    async with AsyncQueue() as queue:
        jobs = await queue.add_lines(["echo one", '{"path": "echo", "args": ["two"], "batch": "b"}'], queue="default")
        ended = await queue.wait(*(job.id for job in jobs), timeout=60)
        assert [job.state for job in ended] == [State.COMPLETED] * 2
        assert [line async for line in queue.follow(jobs[0].id)] == [b"one\n"]
        assert [job.id for job in await queue.list(batch="b")] == [2]
        waiting = asyncio.create_task(queue.wait((await queue.add("sleep", "60")).id))
        wait_for(lambda: cli.job(3)["state"] == "running", "the job to run")
        await queue.cancel(3)
        assert (await waiting)[0].state is State.CANCELLED


def test_a_queue_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        asyncio.run(AsyncQueue().get(1))


PROGRAM = """
from tui_queue.compat import add_job_to_queue, get_all_jobs, remove_job_from_queue

first = add_job_to_queue("jobs/countdown.py", "1")
second = add_job_to_queue("jobs/report.sh", "two words")
for job in get_all_jobs():
    print(job["uuid"], job["path"].rpartition("/")[2], job["parameter"], job["status"])
remove_job_from_queue(second)
print(len(get_all_jobs()), get_all_jobs()[0]["uuid"] == first)
"""


def test_the_three_functions_of_the_script_version(cli: Cli) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=cli.env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    jobs = cli.jobs()
    first, second, last = done.stdout.splitlines()
    assert first == f"{jobs[1]['uuid']} countdown.py 1 PENDING"
    assert second.endswith(" report.sh two words PENDING")
    assert last == "1 True"
    assert jobs[1]["path"] == str(JOBS / "countdown.py")


def test_a_running_job_is_removed_by_its_uuid(cli: Cli) -> None:
    from tui_queue.compat import add_job_to_queue, get_all_jobs, remove_job_from_queue

    cli.settings(background=True)
    job = add_job_to_queue("sleep", "600")
    wait_for(lambda: get_all_jobs()[0]["status"] == "RUNNING", "the job to run")
    remove_job_from_queue(job)
    assert get_all_jobs() == []
    with pytest.raises(NoSuchJobError):
        remove_job_from_queue(job)
