"""A queue in a directory that several hosts share: one runs it, the others read it and leave jobs for it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, missing, wait_for
from tests.support.commands import ended
from tests.support.machines import Machine, machines, why_not
from tests.support.pilot import driven, see
from tui_queue.bootstrap import open_queue
from tui_queue.cli.dashboard import open_app
from tui_queue.core.errors import StoreError

NOTICE = (
    "runs this queue. Here you can add jobs, list them, read their logs and wait; `tui-queue run --take-over` moves"
)
REFUSED = "do that on elsewhere, or move the queue to this host with `tui-queue run --take-over`."
ELSEWHERE = {"machine": "f" * 32, "name": "elsewhere", "boot": "another"}


def give_away(cli: Cli) -> None:
    """Let the host file of a queue name another host, as if that had written it."""
    (cli.home / "host").write_text(json.dumps(ELSEWHERE))


def test_a_queue_names_the_host_that_writes_first_and_not_one_that_reads(cli: Cli) -> None:
    assert cli.jobs() == {}
    assert not (cli.home / "host").exists()
    cli("add", "--hold", "true")
    named = json.loads((cli.home / "host").read_text())
    assert named["name"] == subprocess.run(["uname", "-n"], capture_output=True, text=True, check=True).stdout.strip()
    # An existing queue without a name takes the host of the process that writes next.
    (cli.home / "host").unlink()
    assert set(cli.jobs()) == {1}
    assert not (cli.home / "host").exists()
    cli("release", "1")
    assert json.loads((cli.home / "host").read_text()) == named


def test_what_changes_a_queue_is_refused_on_another_host_which_is_named(cli: Cli) -> None:
    cli("add", "--hold", "true")
    cli("add", "--hold", "true")
    cli("remove", "--cancel", "2")
    trashed = cli("undo", "--dry-run")
    give_away(cli)
    before = {path.name: path.read_bytes() for path in cli.home.glob("queue.db*")}
    for words in (
        ("cancel", "1"),
        ("cancel", "--all"),
        ("retry", "--failed"),
        ("remove", "1-9"),
        ("remove", "--now", "--where", "state:pending"),
        ("remove", "--cancel", "1"),
        ("undo",),
        ("hold", "1"),
        ("edit", "--priority", "3", "1"),
        ("queue", "add", "x"),
        ("signal", "TERM", "1"),
        ("template", "save", "x", "true"),
        ("restore", "--yes", "latest"),
        ("doctor", "--repair"),
    ):
        assert cli.error(*words, code=4).endswith(REFUSED)
    assert cli("undo", "--dry-run") == trashed
    assert cli("cancel", "--dry-run", "--all").endswith("1 would be cancelled.\n")
    assert {path.name: path.read_bytes() for path in cli.home.glob("queue.db*")} == before


def test_another_host_reads_the_queue_and_schedules_nothing(cli: Cli) -> None:
    cli("add", "--hold", "true")
    give_away(cli)
    for words in (("list",), ("status",)):
        done = cli.process(*words)
        assert (done.returncode, NOTICE in done.stderr.decode()) == (0, True)
    assert json.loads(cli("show", "--json", "1"))["state"] == "pending"
    for how in ("--background", "--until-empty", "--standby"):
        assert NOTICE in cli.error("run", how, code=4)
    found = {each["name"]: each for each in json.loads(cli("doctor", "--json"))}
    assert (found["queue host"]["level"], found["store"]["level"]) == ("look", "ok")
    assert "elsewhere runs the queue" in found["queue host"]["found"]


async def test_the_dashboard_of_another_host_says_so(cli: Cli) -> None:
    cli("add", "--hold", "--name", "seen from here", "true")
    give_away(cli)
    async with open_queue() as queue, driven(open_app(queue), size=(120, 30), notifications=True) as pilot:
        await see(pilot, "seen from here")
        await see(pilot, "elsewhere runs this queue")
        await see(pilot, "tui-queue run --take-over")


async def test_a_program_that_has_a_queue_open_while_that_goes_away_and_comes_back_only_reads_it(cli: Cli) -> None:
    cli("add", "--hold", "true")
    host = json.loads((cli.home / "host").read_text())
    async with open_queue() as queue:
        assert [job.id for job in await queue.commands.jobs.existing([1])] == [1]
        give_away(cli)
        assert [job.id for job in await queue.commands.jobs.existing([1])] == [1]
        assert queue.is_elsewhere
        (cli.home / "host").write_text(json.dumps({**host, "moved": 2}))
        with pytest.raises(StoreError, match="start the program again"):
            await queue.commands.jobs.release([1])
        cli("add", "--hold", "true")
        async with asyncio.timeout(20):
            while len(await queue.commands.jobs.existing([1, 2])) < 2:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)
    cli("release", "1")


@pytest.mark.long
def test_a_job_without_an_answer_is_promised_by_its_uuid_and_taken_in_once_later(cli: Cli, tmp_path: Path) -> None:
    cli("queue", "add", "gone")
    cli("add", "true")
    cli.drain()
    host = (cli.home / "host").read_bytes()
    give_away(cli)
    done = cli.process("add", "-q", "gone", "sh", "-c", f"echo once >> {tmp_path}/ran")
    assert done.returncode == 0
    uuid = done.stdout.decode().strip()
    assert len(uuid) == 36
    assert "elsewhere runs this queue and has not answered within 5 s" in done.stderr.decode()
    assert "such queue" in cli.error("add", "-q", "missing", "true", code=3)
    # On the host of the queue, where the queue of the job is gone by then.
    (cli.home / "host").write_bytes(host)
    cli("queue", "remove", "gone")
    # That host was off for days. Its clean-up leaves the environment of the job alone.
    for path in (cli.home / "environments").iterdir():
        os.utime(path, (0, 0))
    cli("clean", "--keep", "0", "--yes")
    assert set(cli.jobs()) == set()
    cli.drain()
    assert (cli.job(2)["uuid"], cli.job(2)["state"], cli.job(2)["queue"]) == (uuid, "completed", "gone")
    assert (tmp_path / "ran").read_text() == "once\n"
    assert not [path for path in (cli.home / "incoming").iterdir() if path.suffix in (".job", ".promised")]


@pytest.mark.long
def test_a_scheduler_leaves_when_another_host_takes_the_queue_over(cli: Cli) -> None:
    cli("add", "sleep", "60")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    give_away(cli)
    assert ended(runner) == 4
    # It has the queue back, with the run that went on; a connection of before is good for nothing any more.
    again = cli.start("run", "--take-over", "--until-empty")
    wait_for(lambda: not cli.process("cancel", "1").returncode, "the queue to come back")
    assert ended(again) == 1
    assert (cli.job(1)["state"], cli.job(1)["attempt"]) == ("cancelled", 1)


@pytest.fixture(params=[False, True], ids=["locks shared", "locks of each host"])
def hosts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Machine]]:
    """Two hosts that share the directory of a queue."""
    if why := why_not(locks=request.param):
        missing(why)
    with machines(tmp_path, locks=request.param) as made:
        yield made


def listed(machine: Machine) -> dict[int, dict[str, object]]:
    return {job["id"]: job for job in json.loads(machine.run("list", "--json").stdout)}


@pytest.mark.long
def test_a_second_host_starts_no_job_of_the_first_and_its_own_run_there(hosts: list[Machine], tmp_path: Path) -> None:
    alpha, beta = hosts
    go, ran = tmp_path / "go", tmp_path / "ran"
    note = ("sh", "-c", f"echo $(hostname) $TUI_QUEUE_ATTEMPT >> {ran}; until [ -e {go} ]; do sleep 0.1; done")
    assert alpha.run("add", "--on-lost", "requeue", *note).stdout == "1\n"
    wait_for(lambda: listed(alpha)[1]["started_at"], "the start")
    assert listed(beta)[1]["state"] == "running"
    assert beta.run("run", "--background").returncode == 4
    assert beta.run("add", *note).stdout == "2\n"
    go.touch()
    assert beta.run("wait", "1", "2").returncode == 0
    assert ran.read_text() == "alpha 1\nalpha 1\n"
    assert beta.run("log", "2").returncode == 0
    # The environment is that of the host which adds the job.
    words = beta.words("add", "sh", "-c", f"echo $SEEN > {tmp_path}/seen")
    done = subprocess.run(words, env=beta.env() | {"SEEN": "on beta"}, capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"
    assert beta.run("wait", "3").returncode == 0
    assert (tmp_path / "seen").read_text() == "on beta\n"


@pytest.mark.long
def test_a_host_that_takes_over_asks_before_it_starts_a_job_again(hosts: list[Machine], tmp_path: Path) -> None:
    alpha, beta = hosts
    alpha.run("add", "--on-lost", "requeue", "sh", "-c", f"hostname >> {tmp_path}/ran; sleep 60")
    wait_for((tmp_path / "ran").exists, "the start")
    alpha.power_off()
    assert "instead of alpha" in beta.run("run", "--take-over").stderr
    assert beta.run("add", "true").stdout == "2\n"
    assert beta.run("wait", "2").returncode == 0
    assert (listed(beta)[1]["state"], str(listed(beta)[1]["reason"])[:11]) == ("pending", "interrupted")
    assert (tmp_path / "ran").read_text() == "alpha\n"
    alpha.boot()
    assert "beta runs this queue" in alpha.run("list").stderr
    assert alpha.run("add", "true").returncode == 0  # a number, or a UUID where no scheduler of beta answers in time
    assert beta.run("run", "--background").returncode == 0
    wait_for(lambda: 3 in listed(beta), "the job to be taken in")


@pytest.mark.long
def test_hosts_of_one_image_are_told_apart(tmp_path: Path) -> None:
    if why := why_not():
        missing(why)
    with machines(tmp_path, locks=False, machine_id="c" * 32) as (alpha, beta):
        assert alpha.run("add", "true").stdout == "1\n"
        assert "alpha runs this queue" in beta.run("list").stderr
        alpha.power_off()
        alpha.boot()
        assert alpha.run("list").stderr == ""


@pytest.mark.long
def test_two_hosts_lose_no_job_and_start_none_twice(tmp_path: Path) -> None:
    if why := why_not(locks=True):
        missing(why)
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.two_hosts", "4", "--seed", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
