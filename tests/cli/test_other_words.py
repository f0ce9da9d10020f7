"""Names that other queues have for commands."""

import shlex
from pathlib import Path

import click
import pytest

from tests.conftest import Cli
from tui_queue.cli.main import cli as group
from tui_queue.cli.other_words import SAME


def test_words_of_other_queues_do_what_they_do_there(cli: Cli) -> None:
    cli("add", "--hold", "echo", "hi")
    cli("enqueue", "1")
    cli.drain()
    assert cli("ls") == cli("list")
    assert cli("squeue", "--json") == cli("list", "--json")
    for follow in ("follow", "fo", "tail"):
        assert cli(follow, "1") == "hi\n"
    cli("restart", "1")
    cli("stash", "1")
    assert cli.job(1)["held"]
    cli("kill", "1")
    assert cli.job(1)["state"] == "cancelled"
    cli("re", "1")
    cli("scancel", "1")
    cli("rm", "1")
    assert cli.jobs() == {}
    assert not set(SAME) & set(group.list_commands(click.Context(group)))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("srun a.sh", "No such command 'srun'; here that is `tui-queue add --follow PROGRAM`."),
        ("parallel -X rm", "No such command 'parallel'; here that is `tui-queue queue edit default"),
        ("parallel echo ::: A B", "is GNU parallel's; here that is `tui-queue add --sweep echo '{A,B}'`."),
        (
            "parallel -j 2 --link echo ::: A B ::: C D",
            "`tui-queue queue edit default --slots 2`, then `tui-queue add --sweep",
        ),
        ("switch 1 2", "tui-queue switch 1 2 is pueue's; here that is `tui-queue move --before 1 2`."),
        ("restart -k 1", "is pueue's; here that is `tui-queue start 1`."),
        ("-r 3", "tui-queue -r 3 is task-spooler's; here that is `tui-queue remove --cancel 3`."),
        ("-K", "is task-spooler's; here that is `tui-queue cancel --all`."),
        ("-S", "here that is `tui-queue queue list`."),
        ("-m sh x", "here that is `tui-queue add --notify end sh x`."),
        ("-k", "here that is `tui-queue cancel @`."),
        ("-U 1-2", "here that is `tui-queue move --before 1 2`."),
        ("scancel -s USR1 3", "tui-queue scancel -s USR1 3 is Slurm's; here that is `tui-queue signal USR1 3`."),
        ("sh -c x", "No such command 'sh'; `tui-queue add sh -c x` adds that program."),
        ("add -i -g default sh", "-i is pueue's; type `tui-queue start $(tui-queue add --queue default sh)`."),
        ("add -g default 'sh x'", "or `tui-queue add --queue default --shell 'sh x'`."),
        ("-Z", "No such option '-Z'."),
    ],
)
def test_a_word_that_is_written_otherwise_here_prints_our_line(cli: Cli, words: str, line: str) -> None:
    assert line in cli.error(*shlex.split(words))


def test_options_of_pueue_and_slurm_mean_the_same(cli: Cli, tmp_path: Path) -> None:
    cli("queue", "add", "cpu")
    cli("add", "--hold", "-g", "cpu", "-l", "two words", "-w", str(tmp_path), "-d", "3h", "-p", "echo", "-a", "9")
    job = cli.job(1)
    assert (job["queue"], job["name"], job["cwd"], job["args"]) == ("cpu", "two words", str(tmp_path), ["-a", "9"])
    assert job["not_before"]
    assert cli("add", "--hold", "--delay=18:00", "-a", "1", "1", "--", "echo", "x") == "2\n"
    (tmp_path / "job.sh").write_text("#!/bin/sh\n#SBATCH -J named -a 1-9\necho $1 $SLURM_ARRAY_TASK_ID\n")
    words = ("--parsable", "--array", "3", "-c2", "--exclusive", str(tmp_path / "job.sh"), "word")
    done = cli.process("sbatch", *words)
    assert (done.stdout, done.stderr) == (b"3\n", b"tui-queue: sbatch: means nothing here: --exclusive.\n")
    cli("sbatch", "--wrap=echo a && echo b", "--time=1-0")
    assert cli.process("sbatch", "-H", given=b"#!/bin/sh\n").stdout == b"5\n"
    assert "x.sh: no such file" in cli.error("sbatch", "x.sh").lower()
    assert "holds no script" in cli.error("sbatch")
    cli.drain()
    assert (cli("log", "3"), cli("log", "4")) == ("word 3\n", "a\nb\n")
    jobs = cli.jobs()
    assert (jobs[3]["name"], jobs[4]["timeout_s"], jobs[5]["held"]) == ("named", 86_400, True)
    cli("scancel", "-n", "two", "-t", "PENDING")
    assert cli.job(1)["state"] == "cancelled"
