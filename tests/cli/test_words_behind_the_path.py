"""Words of `add` that go somewhere else than a user of another queue, or in a hurry, expects."""

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
