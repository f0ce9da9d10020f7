"""The exit codes of the help page: each kind of refusal has one, whichever command meets it."""

import pytest

from tests.conftest import Cli

NOTHING_SUCH = [
    "show 99",
    "log 99",
    "wait 99",
    "cancel 99",
    "edit 99 --name n",
    "add --after 99 true",
    "edit 1 --after 99",
    "move --before 99 1",
    "add --queue nosuch true",
    "edit 1 --queue nosuch",
    "list --queue nosuch",
    "queue pause nosuch",
    "add --template nosuch true",
    "template remove nosuch",
    "schedule run nosuch",
    "schedule pause nosuch",
    "batch show nosuch",
    "restore nosuch",
]
WRONG_USE = [
    "add --nosuch true",
    "add --priority high true",
    "add --timeout soon true",
    "log 1 --attempt 4",
    "retry 1",
    "list --sort nosuch",
    "settings set nosuch 1",
    "queue add default",
]


@pytest.mark.parametrize("words", NOTHING_SUCH)
def test_what_does_not_exist_is_refused_with_3(cli: Cli, words: str) -> None:
    cli("add", "--hold", "true")
    before = cli("list", "--json")
    cli.error(*words.split(), code=3)
    assert cli("list", "--json") == before


@pytest.mark.parametrize("words", WRONG_USE)
def test_wrong_use_is_refused_with_2(cli: Cli, words: str) -> None:
    cli("add", "--hold", "true")
    before = cli("list", "--json")
    assert cli.process(*words.split()).returncode == 2
    assert cli("list", "--json") == before


def test_a_queue_that_can_not_be_read_is_told_with_4(cli: Cli) -> None:
    cli("add", "--hold", "true")
    (cli.home / "queue.db").write_bytes(b"no database at all, as the user will find" * 100)
    cli.error("list", code=4)
    cli.error("add", "true", code=4)
