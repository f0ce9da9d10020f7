"""Jobs that come from other queues, leave for them, and come back."""

import json
import shutil
import subprocess
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, missing, wait_for

Script = Callable[..., str]

UUIDS = [str(uuid.UUID(int=number, version=4)) for number in range(1, 6)]
OLD_QUEUE = f"""\
{UUIDS[0]} jobs/countdown.py 10 COMPLETED
{UUIDS[1]} jobs/countdown.py two words RUNNING
{UUIDS[2]} jobs/countdown.py 3 PENDING

{UUIDS[3]} gone/script.py  FAILED
"""


def write(directory: Path, name: str, text: str) -> str:
    path = directory / name
    path.write_text(text)
    return str(path)


def test_the_file_of_the_script_version_keeps_its_uuids(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path, "job_queue.txt", OLD_QUEUE)
    assert "1 of the jobs were running; give --running pending or --running interrupted" in cli.error("import", file)
    assert cli.jobs() == {}
    assert cli("import", "--running", "pending", file) == "4 jobs added.\n"
    jobs = cli.jobs()
    assert [(jobs[n]["uuid"], jobs[n]["args"], jobs[n]["state"]) for n in range(1, 5)] == [
        (UUIDS[0], ["10"], "completed"),
        (UUIDS[1], ["two words"], "pending"),
        (UUIDS[2], ["3"], "pending"),
        (UUIDS[3], [], "failed"),
    ]
    assert cli("import", "--running", "pending", file) == "0 jobs added; 4 were already in the queue.\n"
    assert len(cli.jobs()) == 4


def test_what_ran_in_the_script_version_can_be_interrupted(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path, "job_queue.txt", OLD_QUEUE)
    cli("import", "--running", "interrupted", file)
    assert (cli.job(2)["state"], cli.job(2)["reason"]) == ("failed", "interrupted (imported while it ran)")
    cli("retry", "1")
    cli("cancel", "1")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("no uuid here PENDING", "no file that can be recognized"),
        (f"{UUIDS[0]} true MAYBE", "Line 1: not `uuid path parameter STATUS`"),
        (f"{UUIDS[0]} true\n", "Line 1: not `uuid path parameter STATUS`"),
        (f"{UUIDS[0]} true 1 PENDING\n{UUIDS[1]} /nowhere/x.py 1 PENDING", "Line 2: /nowhere/x.py: no such file"),
        ('{"schema": 1, "id": 1}', "Line 1: name is missing"),
        ('{"schema": 7}', "Line 1: not a job that this tui-queue has exported"),
        ("{nothing", "Line 1: not valid JSON"),
        ("Seq\tHost\tStarttime\n1\t:\tnever", "Line 2: not a line of GNU parallel's joblog"),
        ("ID   State      Output               E-Level  Times(r/u/s)   Command\nx", "Line 2: not a line of `tsp -l`"),
        ('{"tasks": {"0": {"id": 0}}}', "Task 0"),
        ("@reboot true", "Line 1: @reboot is no time"),
        ("0 0 * * * mail <%hello", "Line 1: text behind % is input"),
        ("61 0 * * * true", "Line 1"),
    ],
)
def test_a_file_that_is_wrong_anywhere_adds_nothing(cli: Cli, tmp_path: Path, line: str, says: str) -> None:
    assert says in cli.error("import", write(tmp_path, "file", line))
    assert cli.jobs() == {}
    assert json.loads(cli("schedule", "list", "--json")) == []


def same(job: dict[str, Any]) -> dict[str, Any]:
    """Return what of a job does not change with the place where it lies."""
    return {name: value for name, value in job.items() if name not in ("log_path", "elapsed_s")}


@pytest.fixture
def other(cli: Cli, tmp_path: Path) -> Cli:
    """Return a second queue."""
    queue = Cli(tmp_path / "other", {**cli.env, "TUI_QUEUE_HOME": str(tmp_path / "other")}, cli.server)
    queue.settings()
    return queue


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_that_is_imported_gives_the_same_jobs(cli: Cli, other: Cli, script: Script, form: str) -> None:
    fails = script("fail.sh", "#!/bin/sh\nexit 3\n")
    cli("queue", "add", "gpu", "--slots", "0")
    cli("add", "--name", 'odd "name", with\nline = 1', "--retries", "1", "--retry-delay", "1s", fails, "", "a b", "ü\n")
    cli("add", "--name", b"caf\xe9", "--env", "A=b c", "--batch", "night", "echo", b"\xff\xfe", "'", '"', ",")
    cli.drain(code=1)
    cli("add", "--queue", "gpu", "--priority", "7", "--at", "2030-01-01T00:00:00Z", "--timeout", "2h", "true")
    cli("add", "--queue", "gpu", "--hold", "--after", "2,3:ended", "--notify", "never", "true")
    cli("add", "--hold", "sleep", "9")
    cli("cancel", "5")
    cli("remove", "1")  # its number is not given again
    exported = cli.process("export", "--format", form).stdout
    assert other.process("import", "-", given=exported).stdout == b"4 jobs added.\n"
    before, after = cli.jobs(), other.jobs()
    assert [same(job) for job in before.values()] == [same(job) for job in after.values()]
    for number in before:
        ours, theirs = (json.loads(queue("show", "--json", str(number))) for queue in (cli, other))
        assert ours["runs"] == theirs["runs"]
    assert other.process("export", "--format", form).stdout == exported
    assert other("add", "true") == "6\n"


def test_numbers_that_are_taken_are_given_anew_and_dependencies_follow(cli: Cli, other: Cli) -> None:
    cli("add", "true")
    cli("add", "--after", "1", "true")
    exported = cli.process("export").stdout
    other("add", "true")
    other("add", "true")
    other.process("import", "-", given=exported)
    assert list(other.jobs()) == [1, 2, 3, 4]
    assert other.job(4)["after"] == [{"id": 3, "outcome": "completed"}]


def test_only_what_is_asked_for_is_exported_and_no_file_is_overwritten(cli: Cli, tmp_path: Path) -> None:
    cli("add", "true")
    cli("add", "--batch", "night", "false")
    cli.drain(code=1)
    cli("export", "--state", "failed", "--batch", "night", str(tmp_path / "failed"))
    assert [json.loads(line)["id"] for line in (tmp_path / "failed").read_text().splitlines()] == [2]
    assert "the file exists; name another" in cli.error("export", str(tmp_path / "failed"))
    assert [job["id"] for job in json.loads(cli("export", "--json"))] == [1, 2]
    assert json.loads(cli("export", "--json", "--state", "running")) == []


def test_the_history_of_a_real_task_spooler(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("tsp") is None:
        missing("task-spooler is not installed; apt install task-spooler")
    monkeypatch.setenv("TS_SOCKET", str(tmp_path / "socket"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def tsp(*words: str) -> str:
        return subprocess.run(["tsp", *words], capture_output=True, text=True, check=False).stdout

    try:
        tsp("true")
        tsp("sh", "-c", "false")
        tsp("-w", "1")
        tsp("-L", "label", "sleep", "100")
        tsp("echo", "hello")
        tsp("-d", "echo", "again")
        wait_for(lambda: "running" in tsp("-l"), "a job to run")
        listed = tsp("-l")
    finally:
        tsp("-K")
    done = cli.process("import", "--running", "interrupted", "-", given=listed.encode())
    assert b"shows no quotes" in done.stderr
    assert b"2 of them are held, " in done.stderr
    jobs = cli.jobs()
    found = {n: (job["name"], job["args"], job["state"], job["exit_code"]) for n, job in jobs.items()}
    assert sorted(found.values(), key=str) == sorted(
        [
            ("label", ["100"], "failed", None),
            ("echo", ["hello"], "pending", None),
            ("echo", ["again"], "pending", None),
            ("true", [], "completed", 0),
            ("sh", ["-c", "false"], "failed", 1),
        ],
        key=str,
    )
    again = next(job for job in jobs.values() if job["args"] == ["again"])
    hello = next(job for job in jobs.values() if job["args"] == ["hello"])
    assert again["after"] == [{"id": hello["id"], "outcome": "completed"}]


PUEUE = {
    "tasks": {
        "0": {
            "id": 0,
            "created_at": "2026-11-23T10:00:00.123456789+01:00",
            "original_command": "echo 'a b' | cat",
            "command": "echo 'a b' | cat",
            "path": "/tmp",
            "envs": {"HOME": "/root"},
            "group": "default",
            "dependencies": [],
            "priority": 0,
            "label": None,
            "status": {
                "Done": {
                    "enqueued_at": "2026-11-23T10:00:00.123456789+01:00",
                    "start": "2026-11-23T10:00:01+01:00",
                    "end": "2026-11-23T10:00:05.5+01:00",
                    "result": "Success",
                }
            },
        },
        "1": {
            "id": 1,
            "created_at": "2026-11-23T10:00:00+01:00",
            "original_command": "exit 3",
            "command": "exit 3",
            "path": "/tmp",
            "envs": {},
            "group": "gpu",
            "dependencies": [0],
            "priority": 5,
            "label": "three",
            "status": {"Done": {"Failed": 3}},
            "start": "2026-11-23T10:00:01+01:00",
            "end": "2026-11-23T10:00:02+01:00",
        },
        "2": {
            "id": 2,
            "original_command": "sleep 10",
            "command": "sleep 10",
            "path": "/tmp",
            "group": "gpu",
            "dependencies": [1],
            "status": {"Stashed": {"enqueue_at": None}},
        },
        "3": {"id": 3, "command": "sleep 20", "path": "/tmp", "group": "default", "status": "Queued"},
    },
    "groups": {
        "default": {"status": "Running", "parallel_tasks": 7},
        "gpu": {"status": "Paused", "parallel_tasks": 1},
        "wide": {"status": "Running", "parallel_tasks": 0},
    },
}


@pytest.mark.quick
def test_what_pueue_prints(cli: Cli) -> None:
    done = cli.process("import", "-", given=json.dumps(PUEUE).encode())
    assert done.stdout == b"4 jobs added.\n"
    assert done.stderr.decode() == (
        "tui-queue: 2 of them are held, because another program may still start them; type `tui-queue"
        " release 3-4` to let them start.\n"
    )
    queues = {queue["name"]: (queue["slots"], queue["paused"]) for queue in json.loads(cli("queue", "list", "--json"))}
    assert {name: queues[name] for name in ("default", "gpu")} == {"default": (7, False), "gpu": (1, True)}
    assert "wide" in queues
    jobs = cli.jobs()
    assert jobs[1]["args"] == ["-c", "echo 'a b' | cat"]
    assert (jobs[1]["state"], jobs[1]["exit_code"], jobs[1]["elapsed_s"]) == ("completed", 0, 4.5)
    assert datetime.fromisoformat(jobs[1]["created_at"]).timestamp() == pytest.approx(1795424400.123456)
    assert (jobs[2]["name"], jobs[2]["queue"], jobs[2]["priority"]) == ("three", "gpu", 5)
    assert (jobs[2]["state"], jobs[2]["exit_code"], jobs[2]["reason"]) == ("failed", 3, "exit 3")
    assert (jobs[3]["state"], jobs[3]["held"]) == ("pending", True)
    assert jobs[3]["after"] == [{"id": 2, "outcome": "completed"}]
    assert (jobs[4]["state"], jobs[4]["name"], jobs[4]["held"]) == ("pending", "sleep", True)
    cli("queue", "set", "gpu", "--slots", "5")
    begins = {"4": {**PUEUE["tasks"]["3"], "id": 4, "status": {"Stashed": {"enqueue_at": "2099-06-01T00:00:00+01:00"}}}}
    more = json.dumps({**PUEUE, "tasks": {**PUEUE["tasks"], **begins}}).encode()
    assert cli.process("import", "--start", "-", given=more).stdout == b"3 jobs added; 2 were already in the queue.\n"
    assert (cli.job(6)["held"], cli.job(7)["held"], cli.job(7)["not_before"][:4]) == (False, False, "2099")
    assert json.loads(cli("queue", "list", "--json"))[1]["slots"] == 5


def test_the_joblog_of_parallel(cli: Cli, tmp_path: Path) -> None:
    lines = [
        "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand",
        '1\t:\t1795424400.500\t     2.250\t0\t0\t0\t0\techo "a\tb"',
        "2\t:\t1795424401.000\t     1.000\t0\t0\t7\t0\texit 7",
        "3\t:\t1795424402.000\t     0.500\t0\t0\t0\t9\tsleep 9",
    ]
    lines[1] = lines[1].replace("a\tb", "a b")
    assert cli("import", write(tmp_path, "log", "\n".join(lines) + "\n")) == "3 jobs added.\n"
    jobs = cli.jobs()
    assert [(jobs[n]["state"], jobs[n]["reason"], jobs[n]["elapsed_s"]) for n in (1, 2, 3)] == [
        ("completed", "exit 0", 2.25),
        ("failed", "exit 7", 1.0),
        ("failed", "signal 9", 0.5),
    ]
    assert jobs[1]["args"] == ["-c", 'echo "a b"']
    lines.append("4\t:\t1795424403.000\t     0.500\t0\t0\t0\t0\ttrue")
    assert (
        cli("import", write(tmp_path, "log", "\n".join(lines) + "\n")) == "1 job added; 3 were already in the queue.\n"
    )


def test_a_crontab_becomes_schedules(cli: Cli, tmp_path: Path) -> None:
    table = """\
# m h dom mon dow command
MAILTO=me@example.org
GREETING="hello you"
CRON_TZ=Europe/Berlin
0 6 * * mon-fri  echo "$GREETING" 100\\% > /dev/null
@daily /usr/bin/env true
*/15 * * * * echo again
"""
    said = cli("import", "--format", "crontab", write(tmp_path, "crontab", table))
    assert said == "3 schedules added, paused: echo, env, echo-2\n"
    found = {each["name"]: each for each in json.loads(cli("schedule", "list", "--json"))}
    assert (found["echo"]["rule"], found["echo"]["zone"]) == ("0 6 * * mon-fri", "Europe/Berlin")
    assert found["echo"]["args"] == ["-c", 'echo "$GREETING" 100% > /dev/null']
    assert found["env"]["rule"] == "@daily"
    cli("schedule", "run", "echo")
    assert json.loads(cli("export", "--values"))["options"]["env"] == [["GREETING", "hello you"]]
    assert "there is a schedule of that name" in cli.error("import", str(tmp_path / "crontab"))
    assert len(json.loads(cli("schedule", "list", "--json"))) == 3
    assert all(each["paused"] for each in found.values())
    table = "@reboot echo\n0 7 * * * date\n0 8 * * * cat%text\nnonsense\n"
    done = cli.process("import", "--start", "--format", "crontab", "-", given=table.encode())
    assert done.stdout == b"1 schedules added: date\n"
    assert done.stderr.decode().splitlines() == [
        "tui-queue: Line 1 is skipped: @reboot is no time that comes again.",
        "tui-queue: Line 3 is skipped: text behind % is input for the command; write it into a script.",
        "tui-queue: Line 4 is skipped: neither a cron line nor NAME=value.",
    ]
    assert "Line 1: @reboot" in cli.error("import", "--format", "crontab", write(tmp_path, "none", "@reboot echo\n"))
