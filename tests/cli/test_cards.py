"""Jobs get cards (GPUs) that are the queue's, that have the memory, and that no other process uses."""

import os
import pwd
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, wait_for
from tests.support.cards import Cards
from tests.support.commands import settings

SHOW = "echo $CUDA_VISIBLE_DEVICES/$ROCR_VISIBLE_DEVICES/$HIP_VISIBLE_DEVICES; sleep 60"
JOB = ("--resource", "gpu=1", "sh", "-c", SHOW)


@pytest.fixture
def cards(cli: Cli, tmp_path: Path) -> Cards:
    return Cards(cli, tmp_path / "nvml")


@pytest.fixture
def stranger() -> Iterator[int]:
    """Return the number of a process that is none of the queue's."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


def logged(cli: Cli, number: int, text: str) -> None:
    wait_for(lambda: cli("log", str(number)) == text, "the numbers of its card")


def given(cli: Cli) -> dict[int, list[int]]:
    """Return the cards of the jobs that run, once no other job is about to start."""

    def settled() -> bool:
        return not any(job["reason"] in ("starting", "no scheduler") for job in cli.jobs().values())

    wait_for(settled, "the starts")
    return {number: job["devices"]["gpu"] for number, job in cli.jobs().items() if job["devices"]}


def test_a_job_gets_a_card_with_the_memory_that_it_wants_and_none_is_promised_twice(
    cli: Cli, cards: Cards, scheduler: Callable[[], None]
) -> None:
    cli.settings("slots = 9")
    cards.free(10, 60, 20, 60)
    for _ in range(3):
        cli("add", "--gate", "gpumem=40G", *JOB)
    cli("add", *JOB)
    cli("add", "--gate", "gpumem=15G", "sleep", "60")  # no card of its own: any that has so much left
    scheduler()
    assert given(cli) == {1: [1], 2: [3], 4: [0]}
    assert cli.job(3)["reason"] == "gpumem: 20G of 40G free"
    assert cli.job(5)["state"] == "running"
    cli("add", "--gate", "gpumem=25G", "sleep", "60")
    wait_for(lambda: cli.job(6)["reason"] == "gpumem: 20G of 25G free", "the reason")
    for number, shown in ((1, "1/1/0\n"), (2, "3/3/0\n"), (4, "0/0/0\n")):
        logged(cli, number, shown)


def test_a_card_that_another_process_uses_is_not_handed_out(
    cli: Cli, cards: Cards, scheduler: Callable[[], None], stranger: int
) -> None:
    settings(cli, "[resources]\ngpu = [0, 1]\n")
    user = pwd.getpwuid(os.geteuid()).pw_name
    cards.used_by(0, [stranger])
    for _ in range(2):
        cli("add", *JOB)
    scheduler()
    assert given(cli) == {1: [1]}
    assert cli.job(2)["reason"] == f"gpu 0: used by {user}, pid {stranger}"
    assert f"gpu 0: used by {user}, pid {stranger}" in cli("list")
    cli("add", "--env", "CUDA_VISIBLE_DEVICES=0", *JOB)
    assert cli.job(3)["reason"] == f"gpu 0: used by {user}, pid {stranger}"
    cards.used_by(0, [])
    wait_for(lambda: given(cli) == {1: [1], 2: [0]}, "the card that is free again")


@pytest.mark.long
def test_a_process_that_an_ended_job_has_left_is_named_by_its_job(
    cli: Cli, cards: Cards, scheduler: Callable[[], None]
) -> None:
    settings(cli, "[resources]\ngpu = [2]\n")
    cli("add", "sh", "-c", "sleep 60 & echo $!; sleep 60 & echo $!")
    scheduler()
    cli("wait", "1")
    left = [int(line) for line in cli("log", "1").split()]
    cards.used_by(2, left)
    cli("add", *JOB)
    assert given(cli) == {}
    assert cli.job(2)["reason"] == "gpu 2: 2 processes of job 1"
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    cards.used_by(2, [])
    wait_for(lambda: given(cli) == {2: [2]}, "the card that is free again")


@pytest.mark.long
def test_programs_that_the_settings_name_may_use_a_card(
    cli: Cli, cards: Cards, scheduler: Callable[[], None], stranger: int
) -> None:
    cli.settings('gpu_ignore = ["Xorg", "sleep"]')
    for number in range(4):
        cards.used_by(number, [stranger])
    cli("add", *JOB)
    scheduler()
    assert given(cli) == {1: [0]}


def test_which_cards_are_the_queues_is_said_by_the_settings_the_environment_and_the_job(
    cli: Cli, cards: Cards, scheduler: Callable[[], None]
) -> None:
    settings(cli, "[resources]\ngpu = [2, 3]\n")
    assert "gpu=3: there are 2 in all" in cli.error("add", "--resource", "gpu=3", "true")
    refused = cli.error("add", "--env", "CUDA_VISIBLE_DEVICES=0,1", *JOB)
    assert refused.endswith(
        "gpu=1: CUDA_VISIBLE_DEVICES=0,1 leaves 0 of the cards 2, 3; name others in it, or leave it out."
    )
    cli("add", "--env", "CUDA_VISIBLE_DEVICES=3", *JOB)
    cli("add", "--env", "CUDA_VISIBLE_DEVICES=GPU-3", *JOB)
    cli("add", *JOB)  # the card that the one before waits for is kept from it, the other is not
    scheduler()
    assert given(cli) == {1: [3], 3: [2]}
    assert cli.job(2)["reason"] == "gpu: 0 of 1 free"
    logged(cli, 1, "3/3/0\n")


@pytest.mark.long
def test_a_scheduler_that_sees_only_some_cards_hands_out_those(
    cli: Cli, cards: Cards, scheduler: Callable[[], None]
) -> None:
    cli.env["CUDA_VISIBLE_DEVICES"] = "1,2"
    for _ in range(2):
        cli("add", *JOB)
    assert "gpu=3: there are 2 in all" in cli.error("add", "--resource", "gpu=3", "true")
    scheduler()
    assert given(cli) == {1: [1], 2: [2]}


@pytest.mark.long
def test_a_driver_that_hangs_holds_up_no_job_without_cards(
    cli: Cli, cards: Cards, scheduler: Callable[[], None]
) -> None:
    cards.hang(True)
    settings(cli, "[resources]\ngpu = 4\n")
    cli("add", *JOB)
    scheduler()
    for _ in range(2):
        cli("add", "true")
        cli("wait", "--timeout", "10s", "2-9")
    assert cli.job(1)["reason"] == "gpu: the driver has not answered yet"
    cards.hang(False)
    wait_for(lambda: given(cli) == {1: [0]}, "the card")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[resources]\ngpu = []\n", "gpu must be a number, or a list of cards such as [2, 3]"),
        ("[resources]\ngpu = [-1]\n", "gpu must be a number, or a list of cards such as [2, 3]"),
        ('[resources]\ngpu = ["0"]\n', "gpu must be a number, or a list of cards such as [2, 3]"),
        ('gpu_ignore = "Xorg"\n', 'gpu_ignore must be a list of programs such as ["Xorg"]'),
        ("overlap_waiting = 0\n", "overlap_waiting must be a number from 1 to 1000"),
    ],
)
def test_a_wrong_setting_of_cards_is_named(cli: Cli, text: str, says: str) -> None:
    (cli.home / "config.toml").write_text(text)
    assert says in cli.error("list")


def test_a_job_gets_a_card_that_the_shell_which_added_it_may_see(
    cli: Cli, cards: Cards, scheduler: Callable[[], None]
) -> None:
    cards.free(60, 60, 60, 60)
    replace(cli, env={**cli.env, "CUDA_VISIBLE_DEVICES": "2,3"})("add", *JOB)
    scheduler()
    assert given(cli) == {1: [2]}


def test_a_job_that_a_job_adds_gets_a_card_of_its_own(
    cli: Cli, cards: Cards, scheduler: Callable[[], None], script: Callable[..., str]
) -> None:
    cards.free(60, 60, 60, 60)
    show = script("show.sh", "#!/bin/sh\necho =$CUDA_VISIBLE_DEVICES=\n")
    add = shlex.join(map(os.fsdecode, cli.words("add", "--cwd", "/", show)))
    cli("add", "--resource", "gpu=1", "--cwd", str(ROOT), script("add.sh", f"#!/bin/sh\n{add}\n"))
    scheduler()
    wait_for(lambda: 2 in cli.jobs() and cli("log", "2"), "the output of the second job")
    assert cli("log", "2").strip() == "=="
