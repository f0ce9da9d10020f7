"""Everything that can be asked of the queue, asked by command line and seen in what runs."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, process_is_alive, wait_for

Script = Callable[..., str]


def settings(cli: Cli, text: str) -> None:
    """Write the settings with a table at their end."""
    cli.settings()
    with (cli.home / "config.toml").open("a") as file:
        file.write(text)


def ended(runner: "subprocess.Popen[bytes]") -> int:
    """Wait until a command has ended; return its exit code."""
    runner.communicate(timeout=60)
    return runner.returncode


def stop(runner: "subprocess.Popen[bytes]") -> None:
    """End a scheduler; what runs goes on."""
    runner.terminate()
    ended(runner)


def state(cli: Cli, number: int) -> tuple[str, str]:
    job = cli.job(number)
    return job["state"], job["reason"]


def order_of_starts(cli: Cli) -> list[int]:
    started = [job for job in cli.jobs().values() if job["started_at"]]
    return [job["id"] for job in sorted(started, key=lambda job: job["started_at"])]


def pending_order(cli: Cli) -> list[int]:
    return [number for number, job in cli.jobs().items() if job["state"] == "pending"]


def reasons(cli: Cli) -> dict[int, str]:
    """Return the reasons of pending jobs as they are while a scheduler is there."""
    runner = cli.start("run", "--until-empty")
    try:
        wait_for(lambda: all(job["reason"] != "no scheduler" for job in cli.jobs().values()), "the scheduler")
        return {number: job["reason"] for number, job in cli.jobs().items() if job["state"] == "pending"}
    finally:
        stop(runner)


def test_higher_priority_starts_first_and_then_who_came_first(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "true")
    cli("add", "--priority", "-1", "true")
    cli("add", "--priority", "5", "true")
    cli("add", "true")
    cli.drain()
    assert order_of_starts(cli) == [3, 1, 4, 2]


def test_a_job_moves_up_down_to_the_top_to_the_bottom_and_before_another(cli: Cli) -> None:
    for _ in range(4):
        cli("add", "true")
    cli("move", "--up", "3")
    assert pending_order(cli) == [1, 3, 2, 4]
    cli("move", "--down", "1")
    assert pending_order(cli) == [3, 1, 2, 4]
    cli("move", "--before", "3", "2", "4")
    assert pending_order(cli) == [2, 4, 3, 1]
    cli("top", "3", "1")
    assert pending_order(cli) == [3, 1, 2, 4]
    cli("move", "--bottom", "3")
    cli("add", "true")
    assert pending_order(cli) == [1, 2, 4, 3, 5]


def test_a_moved_job_takes_the_priority_of_its_place(cli: Cli) -> None:
    cli("add", "--priority", "5", "true")
    cli("add", "true")
    cli("top", "2")
    assert pending_order(cli) == [2, 1]
    assert cli.job(2)["priority"] == 5


def test_a_job_is_put_at_a_place_of_the_queue_when_it_is_added(cli: Cli) -> None:
    cli("add", "true")
    cli("add", "--before", "1", "true")
    cli("add", "--top", "true")
    assert pending_order(cli) == [3, 2, 1]


def test_a_held_job_waits_until_it_is_released(cli: Cli) -> None:
    cli("add", "--hold", "true")
    cli("add", "true")
    cli("hold", "2")
    cli.drain()
    assert state(cli, 1) == state(cli, 2) == ("pending", "held")
    cli("release", "1-2")
    cli.drain()
    assert state(cli, 1) == state(cli, 2) == ("completed", "exit 0")


def test_queues_have_their_own_slots_and_share_a_limit(cli: Cli, script: Script) -> None:
    cli("queue", "add", "gpu", "--slots", "1")
    cli("queue", "limit", "2")
    wait = script("wait.sh", f"#!/bin/sh\necho on\nwhile [ ! -e {cli.home}/go ]; do sleep 0.02; done\n")
    for queue in ("gpu", "gpu", "default", "default"):
        cli("add", "--queue", queue, wait)
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: sum(job["state"] == "running" for job in cli.jobs().values()) == 2, "two runs")
    assert state(cli, 2) == ("pending", "slots")
    assert state(cli, 4) == ("pending", "limit of 2 for all queues")
    assert [queue["running"] for queue in json.loads(cli("queue", "list", "--json"))] == [1, 1]
    cli("queue", "limit", "none")
    wait_for(lambda: cli.job(4)["state"] == "running", "the fourth")
    cli("queue", "set", "gpu", "--slots", "2")
    wait_for(lambda: cli.job(2)["state"] == "running", "the second")
    (cli.home / "go").touch()
    assert ended(runner) == 0


def test_a_paused_queue_starts_nothing_and_goes_on_when_it_is_resumed(cli: Cli) -> None:
    cli("queue", "add", "night")
    cli("queue", "pause", "night")
    cli("add", "--queue", "night", "true")
    assert reasons(cli) == {1: "queue paused"}
    cli("queue", "resume", "night")
    cli.drain()
    assert state(cli, 1) == ("completed", "exit 0")


def test_a_queue_outside_its_hours_says_when_it_opens(cli: Cli) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%a}".lower()
    cli("queue", "add", "night", "--hours", f"{tomorrow} 22:00-23:00", "--zone", "UTC")
    cli("add", "--queue", "night", "true")
    assert reasons(cli)[1].startswith("queue opens 20")


def test_a_queue_with_jobs_in_it_can_not_be_removed(cli: Cli) -> None:
    cli("queue", "add", "gpu")
    cli("add", "--queue", "gpu", "true")
    assert "1 jobs are in this queue" in cli.error("queue", "remove", "gpu")
    cli("edit", "--queue", "default", "1")
    cli("queue", "remove", "gpu")
    assert "no such queue" in cli.error("add", "--queue", "gpu", "true")


@pytest.mark.parametrize(("outcome", "code", "runs"), [("", 0, True), (":failed", 3, True), (":ended", 3, True)])
def test_a_job_waits_for_what_another_comes_to(cli: Cli, outcome: str, code: int, runs: bool) -> None:
    cli("add", "jobs/fail.py", str(code))
    cli("add", "--after", f"1{outcome}", "--priority", "9", "true")
    cli.drain(code=min(code, 1))
    assert state(cli, 2) == ("completed", "exit 0")
    assert order_of_starts(cli) == [1, 2]


def test_what_can_not_come_any_more_holds_the_job_or_cancels_it(cli: Cli) -> None:
    cli("add", "jobs/fail.py", "3")
    cli("add", "--after", "1", "true")
    cli("add", "--after", "1", "--if-unmet", "cancel", "true")
    cli("add", "--after", "3", "--if-unmet", "cancel", "true")
    cli.drain(code=1)
    assert state(cli, 2) == ("pending", "after #1: failed")
    assert state(cli, 3) == ("cancelled", "after #1: failed")
    assert state(cli, 4) == ("cancelled", "after #3: cancelled")
    cli("release", "2")
    cli.drain()
    assert state(cli, 2) == ("completed", "exit 0")


def test_a_job_held_for_another_goes_on_when_that_one_completes_after_all(cli: Cli, tmp_path: Path) -> None:
    cli("add", "sh", "-c", f"test -e {tmp_path}/now")
    cli("add", "--after", "1", "true")
    cli.drain(code=1)
    (tmp_path / "now").touch()
    cli("retry", "1")
    cli.drain()
    assert state(cli, 2) == ("completed", "exit 0")


def test_a_circle_of_waiting_is_refused(cli: Cli) -> None:
    for words in ([], ["--after", "1"], ["--after", "2"]):
        cli("add", *words, "true")
    assert "would wait for itself" in cli.error("edit", "--after", "3", "1")
    assert "would wait for itself" in cli.error("edit", "--after", "1", "1")
    assert cli.job(1)["after"] == []


def test_a_job_that_another_waits_for_is_not_removed(cli: Cli) -> None:
    cli("add", "true")
    cli.drain()
    cli("add", "--hold", "--after", "1", "true")
    assert "Job 2 waits for job 1" in cli.error("remove", "1")


def test_a_job_begins_at_its_time(cli: Cli) -> None:
    cli("add", "--at", "+2s", "true")
    cli.drain()
    job = cli.job(1)
    assert datetime.fromisoformat(job["started_at"]) - datetime.fromisoformat(job["created_at"]) >= timedelta(
        seconds=1.9
    )


def test_a_job_with_a_later_time_says_when_it_begins(cli: Cli) -> None:
    cli("add", "--at", "2030-05-01 06:00", "true")
    assert reasons(cli) == {1: "begins 2030-05-01 06:00"}


def test_a_failed_job_is_started_again_with_growing_delays(cli: Cli) -> None:
    cli("add", "--retries", "2", "--retry-delay", "1s", "--retry-growth", "2", "jobs/fail.py", "3")
    cli.drain(code=1)
    shown = json.loads(cli("show", "--json", "1"))
    times = [
        (datetime.fromisoformat(run["started_at"]), datetime.fromisoformat(run["finished_at"])) for run in shown["runs"]
    ]
    assert [run["exit_code"] for run in shown["runs"]] == [3, 3, 3]
    assert times[1][0] - times[0][1] >= timedelta(seconds=0.9)
    assert times[2][0] - times[1][1] >= timedelta(seconds=1.9)
    assert state(cli, 1) == ("failed", "exit 3")


def test_only_named_exit_codes_are_tried_again(cli: Cli) -> None:
    cli("add", "--retries", "5", "--retry-on", "4,10-20", "jobs/fail.py", "3")
    cli("add", "--retries", "1", "--retry-on", "1-9", "jobs/fail.py", "3")
    cli.drain(code=1)
    assert [cli.job(number)["attempt"] for number in (1, 2)] == [1, 2]


def test_other_codes_than_0_can_mean_success(cli: Cli) -> None:
    cli("add", "--success", "3", "jobs/fail.py", "3")
    cli.drain()
    assert state(cli, 1) == ("completed", "exit 3")


def test_a_resource_is_never_given_twice_and_nobody_overtakes_who_waits_for_it(cli: Cli, tmp_path: Path) -> None:
    settings(cli, "[resources]\ngpu = 2\n")
    log = tmp_path / "log"
    for wanted in (1, 2, 1):
        cli("add", "--resource", f"gpu={wanted}", "sh", "-c", f"echo $CUDA_VISIBLE_DEVICES >> {log}; sleep 0.3")
    cli("add", "--resource", "gpu=1", "--hold", "true")
    waiting = cli("add", "sh", "-c", f"echo none${{CUDA_VISIBLE_DEVICES-}} >> {log}")
    cli.drain()
    assert log.read_text().split() in (["0", "none", "0,1", "0"], ["none", "0", "0,1", "0"])
    assert waiting.strip() == "5"


def test_more_of_a_resource_than_there_is_is_refused(cli: Cli) -> None:
    settings(cli, '[resources]\nlicence = 1\nmem = "8G"\n')
    assert "licence=2: there are 1 in all" in cli.error("add", "--resource", "licence=2", "true")
    assert "mem=16G: there are 8G in all" in cli.error("add", "--resource", "mem=16G", "true")
    assert "no such resource" in cli.error("add", "--resource", "tape=1", "true")


def test_a_gate_that_is_closed_says_what_is_missing(cli: Cli) -> None:
    cli("add", "--gate", "mem=900T", "true")
    cli("add", "--gate", "load=10000,disk=1M", "true")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(2)["state"] == "completed", "the open gate")
    assert cli.job(1)["reason"].startswith("mem: ")
    assert cli.job(1)["reason"].endswith(" of 900T free")
    stop(runner)


def test_a_job_waits_for_a_process_that_is_none_of_ours(cli: Cli) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        cli("add", "--after-pid", str(stranger.pid), "true")
        runner = cli.start("run", "--until-empty")
        wait_for(lambda: cli.job(1)["reason"] == f"after process {stranger.pid}", "the reason")
        stranger.kill()
        stranger.wait()
        assert ended(runner) == 0
    assert "no such process" in cli.error("add", "--after-pid", str(stranger.pid), "true")


def test_a_sweep_is_shown_and_added_as_one_batch(cli: Cli) -> None:
    done = cli.process("add", "--sweep", "jobs/countdown.py", "{0..2}", "--lr={0.1,0.01}")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines()[0] == "6 jobs:"
    assert done.stderr.decode().splitlines()[1].endswith("jobs/countdown.py 0 --lr=0.1")
    jobs = cli.jobs()
    assert [job["args"] for job in jobs.values()] == [
        [number, f"--lr={rate}"] for number in "012" for rate in ("0.1", "0.01")
    ]
    (batch,) = {job["batch"] for job in jobs.values()}
    assert batch
    cli("hold", "--batch", batch)
    assert {job["held"] for job in cli.jobs().values()} == {True}
    cli("cancel", "--batch", batch)
    assert {job["state"] for job in cli.jobs().values()} == {"cancelled"}


def test_a_sweep_of_a_million_jobs_is_not_added_without_a_word(cli: Cli) -> None:
    assert "1,000,000" in cli.error("add", "--sweep", "true", "{1..1000}", "{1..1000}")
    assert cli.jobs() == {}


def test_a_template_is_begun_with_and_can_be_overridden(cli: Cli) -> None:
    cli("template", "save", "--priority", "7", "--env", "A=1", "--retries", "2", "careful", "sh", "-c", "echo $A")
    cli("add", "--template", "careful")
    cli("add", "--template", "careful", "--priority", "1", "true")
    first, second = cli.jobs().values()
    assert (first["priority"], first["args"], first["options"]["retries"]) == (7, ["-c", "echo $A"], 2)
    assert (second["priority"], second["path"][-4:]) == (1, "true")
    cli.drain()
    assert cli("log", "1") == "1\n"
    assert cli("template", "list") == "careful: --priority 7 --env A=1 --retries 2 sh -c 'echo $A'\n"
    cli("template", "remove", "careful")
    assert "no such template" in cli.error("add", "--template", "careful", code=3)


def test_a_job_is_cloned_in_any_state_and_changed(cli: Cli) -> None:
    cli("add", "--name", "one", "--env", "A=1", "sh", "-c", "echo $A")
    cli.drain()
    assert cli("clone", "--env", "A=2", "1") == "2\n"
    cli.drain()
    assert cli("log", "2") == "2\n"
    assert cli.job(2)["name"] == "one"


def test_a_pending_job_is_edited_and_a_running_one_is_not(cli: Cli, script: Script) -> None:
    cli("add", "--timeout", "5m", "--retries", "3", "true")
    cli("edit", "--priority", "4", "--timeout", "", "1", "a", "b")
    job = cli.job(1)
    assert (job["priority"], job["timeout_s"], job["args"], job["options"]["retries"]) == (4, None, ["a", "b"], 3)
    wait = script("wait.sh", f"#!/bin/sh\nwhile [ ! -e {cli.home}/go ]; do sleep 0.02; done\n")
    cli("add", wait)
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(2)["started_at"], "the start")
    assert "Job 2 is running" in cli.error("edit", "--priority", "1", "2")
    (cli.home / "go").touch()
    assert ended(runner) == 0


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


def test_a_lost_run_is_left_requeued_or_asked_about(cli: Cli) -> None:
    for words in ([], ["--on-lost", "requeue", "--resume-args", "--resume x"], ["--on-lost", "ask"]):
        cli("add", *words, "sh", "-c", 'echo "$@"; test "$1" || sleep 60', "sh")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: all(job["started_at"] for job in cli.jobs().values()), "three starts")
    for job in cli.jobs().values():
        start = json.loads(Path(job["log_path"]).with_name("start").read_text().rpartition(" ")[0])
        os.kill(start["watcher"], 9)
        os.killpg(start["pid"], 9)
    assert ended(runner) == 1
    assert state(cli, 1) == ("failed", "interrupted (outcome unknown)")
    assert state(cli, 2) == ("completed", "exit 0")
    assert cli("log", "2") == "--resume x\n"
    assert cli.job(3)["held"]
    assert cli.job(3)["reason"].startswith("interrupted: release runs it again")


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


def test_clean_shows_what_goes_and_keeps_the_rest(cli: Cli) -> None:
    cli.settings("slots = 1")
    for _ in range(4):
        cli("add", "true")
    cli.drain()
    assert "2 jobs" in cli("clean", "--keep", "2", "--dry-run")
    assert len(cli.jobs()) == 4
    cli("clean", "--keep", "2", "--yes")
    assert sorted(cli.jobs()) == [3, 4]
    assert not (cli.home / "runs" / "1").exists()
    assert "What may be kept?" in cli.error("clean")


def test_the_settings_keep_the_house_clean(cli: Cli) -> None:
    cli.settings("keep_jobs = 1\nslots = 1")
    for _ in range(3):
        cli("add", "true")
    cli.drain()
    cli("add", "true")
    runner = cli.start("run", "--until-empty")
    assert ended(runner) == 0
    wait_for(lambda: len(cli.jobs()) <= 2, "the old ones to go")


def test_a_hundred_numbers_are_acted_on_together_or_not_at_all(cli: Cli) -> None:
    for _ in range(3):
        cli("add", "true")
    cli("hold", "1-2,3")
    assert {job["held"] for job in cli.jobs().values()} == {True}
    cli.error("release", "1,2,9", code=3)
    assert {job["held"] for job in cli.jobs().values()} == {True}
    cli("release", "--all")
    assert {job["held"] for job in cli.jobs().values()} == {False}


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
    assert named in cli.error("add", *words)
    assert cli.jobs() == {}


def test_a_schedule_makes_jobs_and_is_listed_edited_paused_run_and_removed(cli: Cli) -> None:
    done = cli.process("schedule", "add", "--every", "1s", "tick", "sh", "-c", "echo tick")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines()[0].endswith("next:")
    assert len(done.stderr.decode().splitlines()) == 6
    scheduler = cli.start("run", "--standby", "--stay")
    wait_for(lambda: sum(job["state"] == "completed" for job in cli.jobs().values()) >= 2, "two jobs")
    cli("schedule", "pause", "tick")
    (schedule,) = json.loads(cli("schedule", "list", "--json"))
    assert (schedule["name"], schedule["rule"], schedule["paused"]) == ("tick", "every 1s", True)
    made = len(cli.jobs())
    cli("schedule", "edit", "--every", "2h", "--rename", "tock", "--priority", "3", "tick")
    number = int(cli("schedule", "run", "tock"))
    assert (len(cli.jobs()), cli.job(number)["priority"]) == (made + 1, 3)
    wait_for(lambda: cli.job(number)["state"] == "completed", "the job made by hand")
    assert "tock" in cli("schedule", "list")
    cli("schedule", "remove", "tock")
    assert cli("schedule", "list", "--json") == "[]\n"
    stop(scheduler)


def missed_minutes(cli: Cli, *words: str) -> list[dict[str, Any]]:
    """Make a schedule, let it miss some seconds, then schedule for a moment; return the jobs that came of it."""
    cli("schedule", "add", *words, "tick", "sleep", "0.1")
    time.sleep(3.1)  # it is the time that passes, not a guess at how long something takes
    runner = cli.start("run", "--standby", "--stay")
    wait_for(lambda: json.loads(cli("schedule", "list", "--json"))[0]["last_at"] is not None, "the schedule")
    cli("schedule", "pause", "tick")
    stop(runner)
    return list(cli.jobs().values())


def test_missed_times_are_made_up_for_once_or_all(cli: Cli) -> None:
    all_of_them = missed_minutes(cli, "--every", "1s", "--missed", "all")
    assert len(all_of_them) >= 3


def test_jobs_of_a_schedule_wait_for_the_one_before_or_are_skipped_or_replace_it(cli: Cli) -> None:
    for overlap in ("queue", "skip", "replace"):
        cli("schedule", "add", "--every", "1s", "--overlap", overlap, overlap, "sleep", "30")
    scheduler = cli.start("run", "--standby", "--stay")

    def jobs(name: str) -> list[dict[str, Any]]:
        return [job for job in cli.jobs().values() if job["name"] == name]

    wait_for(lambda: len(jobs("queue")) >= 3 and len(jobs("replace")) >= 2, "some jobs")
    wait_for(lambda: any(job["state"] == "cancelled" for job in jobs("replace")), "the replaced one")
    for name in ("queue", "skip", "replace"):
        cli("schedule", "pause", name)
    assert {job["state"] for job in jobs("queue")} == {"running", "pending"}
    assert sum(job["state"] == "running" for job in jobs("queue")) == 1
    assert len(jobs("skip")) == 1
    stop(scheduler)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--cron", "0 0 30 2 *", "x", "true"], "30"),
        (["--cron", "61 * * * *", "x", "true"], "61"),
        (["--every", "0s", "x", "true"], "0"),
        (["--every", "5m", "--zone", "Europe/Berlni", "x", "true"], "Europe/Berlin"),
        (["--every", "5m", "--cron", "* * * * *", "x", "true"], "--every"),
        (["--every", "5m", "--queue", "nowhere", "x", "true"], "nowhere"),
    ],
)
def test_a_schedule_that_can_not_be_is_refused_by_name(cli: Cli, words: list[str], named: str) -> None:
    lines = cli.process("schedule", "add", *words).stderr.decode().splitlines()
    assert named in lines[-1]
    assert lines[-1].startswith("tui-queue: ")
    assert cli("schedule", "list", "--json") == "[]\n"


def test_a_paused_job_stands_still_and_goes_on(cli: Cli, tmp_path: Path) -> None:
    count = tmp_path / "count"
    cli("add", "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do echo x >> {count}; sleep 0.02; done")
    runner = cli.start("run", "--until-empty")
    wait_for(count.exists, "the first line")
    cli("pause", "1")
    assert cli.job(1)["paused"]
    before = wait_for(lambda: _settled(count), "it to stand still")
    assert count.stat().st_size == before
    cli("resume", "1")
    wait_for(lambda: count.stat().st_size > before, "it to go on")
    (tmp_path / "go").touch()
    assert ended(runner) == 0


def _settled(path: Path) -> int:
    """Return the size of a file if it has not grown for a while, else nothing."""
    size = path.stat().st_size
    time.sleep(0.3)
    return size if path.stat().st_size == size else 0


def test_a_signal_reaches_the_job(cli: Cli) -> None:
    cli("add", "sh", "-c", "trap 'echo heard; exit 0' USR1; echo ready; while :; do sleep 0.02; done")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli("log", "1") == "ready\n", "the trap")
    cli("signal", "USR1", "1")
    assert ended(runner) == 0
    assert cli("log", "1") == "ready\nheard\n"
    assert "no such signal" in cli.error("signal", "FOO", "1")


def test_a_silent_job_is_marked(cli: Cli) -> None:
    cli("add", "--silence", "1s", "sleep", "60")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["reason"].startswith("silent for "), "the mark")
    pid = json.loads(Path(cli.job(1)["log_path"]).with_name("start").read_text().rpartition(" ")[0])["pid"]
    cli("cancel", "1")
    ended(runner)
    assert not process_is_alive(pid)


def test_show_says_how_long_a_job_may_take_and_by_what(cli: Cli, script: Script) -> None:
    path = script("job.sh", "#!/bin/sh\nsleep $1\n")
    cli("add", path, "1")
    cli.drain()
    cli("add", "--hold", path, "1")
    assert json.loads(cli("show", "--json", "2"))["estimate"] == "1s to go by its last run"
    cli("add", "--hold", path, "2")
    assert json.loads(cli("show", "--json", "3"))["estimate"] == ""


def test_a_job_is_warned_before_its_time_limit(cli: Cli) -> None:
    cli(
        "add",
        "--timeout",
        "3s",
        "--warn",
        "USR1@2s",
        "sh",
        "-c",
        "trap 'echo saved; exit 0' USR1; while :; do sleep 0.02; done",
    )
    cli.drain()
    assert cli("log", "1") == "saved\n"


def test_a_silent_job_is_cancelled_when_that_was_asked(cli: Cli) -> None:
    cli("add", "--silence", "1s", "--cancel-when-silent", "sh", "-c", "echo once; sleep 60")
    cli.drain(code=1)
    assert state(cli, 1) == ("failed", "silent for 1s")


def test_time_does_not_pass_for_a_paused_job(cli: Cli) -> None:
    cli("add", "--timeout", "2s", "sh", "-c", "echo on; sleep 1.5")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    cli("pause", "1")
    time.sleep(2)  # the time that must not count
    assert state(cli, 1)[0] == "running"
    cli("resume", "1")
    wait_for(lambda: cli.job(1)["state"] != "running", "the end")
    ended(runner)
    assert cli.job(1)["reason"] in ("exit 0", "timeout")


def test_nice_and_variables_reach_the_job_and_its_children(cli: Cli) -> None:
    cli("add", "--nice", "7", "--env", "A=x y", "sh", "-c", 'nice; sh -c nice; echo "$A"')
    cli("add", "--nice", "7", "sh", "-c", "exit 9")
    cli.drain(code=1)
    assert cli("log", "1") == "7\n7\nx y\n"
    assert state(cli, 2) == ("failed", "exit 9")


def test_a_job_that_is_nice_and_can_not_start_says_why(cli: Cli, script: Script) -> None:
    path = script("job.sh", "#!/no/such/interpreter\n")
    cli("add", "--nice", "7", path)
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


def test_what_runs_outside_the_hours_of_its_queue_is_stopped_where_that_is_wished(cli: Cli) -> None:
    cli("add", "sleep", "60")
    scheduler = cli.start("run", "--standby", "--stay")
    wait_for(lambda: cli.job(1)["started_at"], "the start")
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%a}".lower()
    cli("queue", "set", "default", "--hours", f"{tomorrow} 22:00-23:00", "--zone", "UTC", "--pause-outside")
    wait_for(lambda: cli.job(1)["paused"], "the pause")
    cli("queue", "set", "default", "--hours", "")
    wait_for(lambda: not cli.job(1)["paused"], "it to go on")
    stop(scheduler)


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
