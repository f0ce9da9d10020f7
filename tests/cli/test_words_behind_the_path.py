"""Options behind an ID, and words of `add` that go somewhere else than a user in a hurry expects."""

import json
import shlex

from tests.conftest import Cli


def test_options_behind_the_path_go_to_the_job_and_the_user_hears_of_it(cli: Cli) -> None:
    done = cli.process("add", "--hold", "echo", "1", "--after", "1", "--no-copy", "--lr=1", "--priority=3")
    assert done.stdout == b"1\n"
    assert cli.job(1)["args"] == ["1", "--after", "1", "--no-copy", "--lr=1", "--priority=3"]
    warning = done.stderr.decode()
    assert warning.startswith("tui-queue: `--after 1`, `--no-copy`, `--priority=3` behind the path go to the job; ")
    line = warning.split("type `")[1].split("`")[0]
    assert line == "tui-queue add --hold --after 1 --no-copy --priority=3 echo 1 --lr=1"
    cli(*shlex.split(line)[1:])
    job = cli.job(2)
    assert (job["args"], job["after"], job["priority"]) == (["1", "--lr=1"], [{"id": 1, "outcome": "completed"}], 3)


def test_words_that_are_no_options_of_the_queue_and_a_double_dash_say_nothing(cli: Cli) -> None:
    for words in (["echo", "--lr", "1", "-q", "x"], ["--", "echo", "--after", "1"], ["echo", "--", "--after"]):
        done = cli.process("add", "--hold", *words)
        assert (done.returncode, done.stderr) == (0, b"")


def test_pueues_stashed_prints_the_line_to_type(cli: Cli) -> None:
    error = cli.error("add", "-q", "default", "-s", "sleep", "5", code=2)
    assert "-s is pueue's; type `tui-queue add -q default --hold sleep 5`." in error
    cli(*shlex.split(error.split("`")[1])[1:])
    assert (cli.job(1)["held"], cli.job(1)["args"]) == (True, ["5"])


def test_options_stand_before_an_id_or_right_behind_it(cli: Cli) -> None:
    cli("add", "--hold", "echo", "1", "2")
    cli("edit", "1", "--priority", "5", "--name=late", "-q", "default")
    cli("clone", "1", "--hold", "--priority=7", "3")
    jobs = cli.jobs()
    assert (jobs[1]["priority"], jobs[1]["name"], jobs[1]["args"]) == (5, "late", ["1", "2"])
    assert (jobs[2]["priority"], jobs[2]["name"], jobs[2]["args"]) == (7, "late", ["3"])
    cli("edit", "1", "--lr", "3")  # no option of ours
    cli("edit", "2", "--", "--priority", "9")
    assert [cli.job(number)["args"] for number in (1, 2)] == [["--lr", "3"], ["--priority", "9"]]
    assert "Option '--priority' requires an argument." in cli.error("edit", "1", "--priority", code=2)
    done = cli.process("edit", "1", "4", "--priority", "6")
    assert done.stderr.decode() == (
        "tui-queue: `--priority 6` behind a parameter goes to the job; if meant for the queue, type `tui-queue edit"
        " --priority 6 1 4`; `edit 1 -- PARAMETER` says that it is the job's.\n"
    )
    assert cli.job(1)["args"] == ["4", "--priority", "6"]


def test_options_stand_behind_the_name_of_a_schedule_or_template(cli: Cli) -> None:
    cli("schedule", "add", "report", "--every", "1h", "-y", "--hold", "echo", "1")
    cli("schedule", "edit", "report", "--every", "2h", "-y")
    cli("template", "save", "night", "--priority", "3", "echo", "--lr", "1")
    (made,) = json.loads(cli("schedule", "list", "--json"))
    assert (made["rule"], made["args"]) == ("every 2h", ["1"])
    (kept,) = json.loads(cli("template", "list", "--json"))
    assert kept["words"] == {"priority": "3", "path": "echo", "args": ["--lr", "1"]}
