"""Names that other queues have for commands."""

import shlex

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
        ("sbatch a.sh", "`tui-queue add SCRIPT`"),
        ("parallel 3", "`tui-queue queue set default --slots 2`"),
        ("switch 1 2", "`tui-queue move --before ID ID`"),
    ],
)
def test_a_word_that_is_written_otherwise_here_prints_our_line(cli: Cli, words: str, line: str) -> None:
    said = cli.error(*shlex.split(words))
    assert said.startswith(f"tui-queue: No such command '{words.split(maxsplit=1)[0]}'; here that is {line}")
