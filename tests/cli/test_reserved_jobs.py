"""Jobs that the scheduler has reserved start without waiting for the disk, and stay pending for every command."""

import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.conftest import Cli, wait_for
from tests.support.processes import of_queue

SHORT = 5  # runs after which a queue is one of short runs


def reserved(home: Path) -> list[int]:
    """Return the jobs that are reserved."""
    with closing(sqlite3.connect(home / "queue.db")) as db:
        return [number for (number,) in db.execute("SELECT job_id FROM reserved ORDER BY job_id")]


class Drain:
    """A scheduler in a queue of short runs, behind one run that waits for the file ``go``."""

    def __init__(self, cli: Cli, directory: Path) -> None:
        self.cli = cli
        self.go, self.order = directory / "go", directory / "order"
        (cli.home / "config.toml").write_text("background = false\nslots = 1\n")
        for _ in range(SHORT):
            cli("add", "true")
        cli("add", "sh", "-c", f"while ! [ -e {self.go} ]; do sleep 0.01; done")
        self.gate = SHORT + 1
        self.first = SHORT + 2

    def add(self, *options: str, then: str = "") -> int:
        """Add a job that notes its number."""
        return int(self.cli("add", *options, "sh", "-c", f"echo $TUI_QUEUE_JOB >> {self.order}{then}"))

    def start(self) -> None:
        """Start the scheduler; return when jobs behind the one that waits are reserved."""
        self.runner = self.cli.start("run", "--until-empty")
        wait_for(lambda: reserved(self.cli.home), "jobs to be reserved")

    def finish(self) -> list[int]:
        """Let all end; return in which order the jobs have started."""
        self.go.touch()
        self.runner.communicate(timeout=60)
        return self.started()

    def started(self) -> list[int]:
        """Return which jobs have started, in order."""
        return [int(line) for line in self.order.read_text().split()] if self.order.exists() else []


@pytest.fixture
def drain(cli: Cli, tmp_path: Path) -> Drain:
    return Drain(cli, tmp_path)


def test_reserved_jobs_start_in_order_and_once(drain: Drain) -> None:
    numbers = [drain.add() for _ in range(12)]
    drain.start()
    assert set(reserved(drain.cli.home)) <= set(numbers[:8])
    assert {drain.cli.job(number)["state"] for number in numbers} == {"pending"}
    assert drain.finish() == numbers
    assert {job["state"] for job in drain.cli.jobs().values()} == {"completed"}
    assert {drain.cli.job(number)["attempt"] for number in numbers} == {1}
    assert reserved(drain.cli.home) == []


@pytest.mark.parametrize(
    "words",
    [("hold", "{0}"), ("cancel", "{0}"), ("edit", "{0}", "--after", "{2}"), ("move", "{0}", "--bottom")],
    ids=lambda words: words[0],
)
def test_what_the_user_does_to_a_reserved_job_wins(drain: Drain, words: tuple[str, ...]) -> None:
    numbers = [drain.add() for _ in range(3)]
    drain.start()
    drain.cli(*(word.format(*numbers) for word in words))
    drain.go.touch()
    rest = numbers[1:] if words[0] in ("hold", "cancel") else [*numbers[1:], numbers[0]]
    wait_for(lambda: drain.started() == rest, f"{rest} to start")
    if words[0] == "hold":
        drain.cli("cancel", str(numbers[0]))
    assert drain.finish() == rest


def test_a_job_of_higher_priority_starts_before_those_that_are_reserved(drain: Drain) -> None:
    numbers = [drain.add() for _ in range(3)]
    drain.start()
    urgent = drain.add("--priority", "5")
    assert drain.finish() == [urgent, *numbers]


def test_a_change_of_which_the_scheduler_hears_nothing_wins_too(drain: Drain) -> None:
    numbers = [drain.add() for _ in range(10)]
    drain.start()
    assert numbers[-1] not in reserved(drain.cli.home)
    with closing(sqlite3.connect(drain.cli.home / "queue.db")) as db:
        db.execute("UPDATE jobs SET priority = 1 WHERE id = ?", numbers[-1:])
        db.execute("UPDATE jobs SET held = 1 WHERE id = ?", numbers[:1])
        db.commit()
    drain.go.touch()
    wanted = [numbers[-1], *numbers[1:-1]]
    wait_for(lambda: len(drain.started()) == len(wanted), "the others to start")
    drain.cli("cancel", str(numbers[0]))
    assert drain.finish() == wanted


def test_a_paused_queue_starts_no_reserved_job(drain: Drain) -> None:
    numbers = [drain.add() for _ in range(3)]
    drain.start()
    drain.cli("queue", "pause", "default")
    drain.go.touch()
    wait_for(lambda: drain.cli.job(drain.gate)["state"] == "completed", "the run to end")
    wait_for(lambda: not reserved(drain.cli.home), "the reserves to be void")
    assert drain.started() == []
    drain.cli("queue", "resume", "default")
    assert drain.finish() == numbers


def kill_all(drain: Drain) -> None:
    """Kill every process of the queue at once."""
    for pid in (drain.runner.pid, *of_queue(drain.cli.home)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    drain.runner.communicate()
    wait_for(lambda: not of_queue(drain.cli.home), "every process to end")


def cut_power(drain: Drain) -> int:
    """Have the first job start that is reserved, cut the power, and lose what is not synced; return its number."""
    numbers = [drain.add(then="; sleep 60") for _ in range(3)]
    drain.start()
    synced = drain.cli.home.with_name("synced.db")
    with closing(sqlite3.connect(drain.cli.home / "queue.db")) as db, closing(sqlite3.connect(synced)) as copy:
        db.backup(copy)
        copy.execute("UPDATE reserved SET boot = 'an earlier one'")
        copy.execute("UPDATE runs SET boot = 'an earlier one'")
        copy.commit()
    drain.go.touch()
    wait_for(lambda: drain.started() == numbers[:1], "the first to start")
    kill_all(drain)
    for suffix in ("-wal", "-shm"):
        (drain.cli.home / f"queue.db{suffix}").unlink(missing_ok=True)
    synced.replace(drain.cli.home / "queue.db")
    shutil.rmtree(drain.cli.home / "runs" / str(numbers[0]))
    return numbers[0]


def test_after_a_power_cut_reserved_jobs_count_as_interrupted(drain: Drain) -> None:
    first = cut_power(drain)
    assert drain.cli.job(first)["state"] == "pending"
    drain.cli.drain(code=1)
    assert drain.started() == [first]
    ended = [drain.cli.job(number) for number in range(first, first + 3)]
    assert {(job["state"], job["reason"]) for job in ended} == {("failed", "interrupted (outcome unknown)")}


def test_a_job_that_is_held_after_a_power_cut_does_not_start_again_when_it_is_released(drain: Drain) -> None:
    first = cut_power(drain)
    drain.cli("hold", str(first))
    drain.cli.drain(code=1)
    assert (drain.cli.job(first)["state"], drain.started()) == ("failed", [first])


def test_a_job_that_is_held_after_a_power_cut_stays_held_where_lost_runs_start_again(drain: Drain) -> None:
    drain.cli("queue", "set", "default", "--on-lost", "requeue")
    first = cut_power(drain)
    drain.cli("hold", str(first))
    runner = drain.cli.start("run", "--until-empty")
    wait_for(lambda: drain.cli.job(first)["attempt"] == 1, "the run to count as lost")
    wait_for(lambda: drain.cli.job(first)["state"] == "pending", "the job to wait again")
    assert drain.cli.job(first)["reason"] == "held"
    drain.cli("cancel", "--all")
    runner.communicate(timeout=60)
    assert drain.started().count(first) == 1


def test_reserves_of_a_killed_scheduler_are_void(drain: Drain) -> None:
    numbers = [drain.add() for _ in range(3)]
    drain.start()
    drain.runner.kill()
    drain.runner.communicate()
    drain.runner = drain.cli.start("run", "--until-empty")
    assert drain.finish() == numbers
    assert {job["state"] for job in drain.cli.jobs().values()} == {"completed"}


def test_a_scheduler_that_ends_in_order_leaves_nothing_reserved(drain: Drain) -> None:
    drain.add()
    drain.start()
    drain.runner.send_signal(signal.SIGTERM)
    drain.runner.communicate(timeout=60)
    assert reserved(drain.cli.home) == []
    drain.runner = drain.cli.start("run", "--until-empty")
    drain.finish()


def test_jobs_that_do_not_start_soon_are_reserved_no_more(drain: Drain) -> None:
    drain.add()
    drain.start()
    begun = time.monotonic()
    wait_for(lambda: not reserved(drain.cli.home), "the reserves to be void", 30)
    assert time.monotonic() - begun < 25
    drain.finish()
