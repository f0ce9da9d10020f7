"""Every command, as its help page shows it, with JSON, and with what it can't take."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.tools.calls import calls, command_of, commands, present, section


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "work"
    path.mkdir()
    return path


def test_the_page_of_commands_shows_what_each_command_prints(cli: Cli, directory: Path) -> None:
    assert section(cli, directory) == present(), "python -m tests.tools.calls brings the page up to date"


def test_each_command_has_json_with_a_version(cli: Cli, directory: Path) -> None:
    seen = set()
    for call, printed in calls(cli, directory, as_json=True):
        seen.add(command_of(call))
        if call.startswith("export"):
            continue  # into a file
        tool = [sys.executable, "-m", "json.tool"]
        said = subprocess.run(tool, input=printed.encode(), capture_output=True, check=True).stdout
        found = json.loads(said)
        assert all(each["schema"] == 1 for each in (found if isinstance(found, list) else [found])), call
    # A restart needs a background process, which the calls do without; test_scheduler_commands has it.
    # The demo is a dashboard; test_demo has it.
    assert seen == set(commands()) - {("scheduler", "restart"), ("demo",)}


@pytest.mark.parametrize("words", sorted(commands()), ids=" ".join)
def test_each_command_refuses_what_it_can_not_take(cli: Cli, words: tuple[str, ...]) -> None:
    assert "No such option" in cli.error(*words, "--nonsense")
    assert "  Examples:\n    tui-queue " in cli(*words, "--help")


@pytest.mark.parametrize(
    "call",
    [
        "show 99",
        "log 99",
        "wait 99",
        "cancel 99",
        "retry 99",
        "remove 99",
        "hold 99",
        "release 99",
        "pause 99",
        "resume 99",
        "top 99",
        "move --up 99",
        "signal TERM 99",
        "edit --name x 99",
        "clone 99",
        "list --queue nowhere",
        "batch show nothing",
        "queue edit nowhere --slots 1",
        "queue pause nowhere",
        "queue resume nowhere",
        "queue remove nowhere",
        "schedule pause nothing",
        "schedule resume nothing",
        "schedule run nothing",
        "schedule remove nothing",
        "schedule edit --every 1h nothing",
        "template remove nothing",
        "add --template nothing true",
    ],
)
def test_what_is_not_there_ends_a_command_with_3(cli: Cli, call: str) -> None:
    assert "no such" in cli.error(*call.split(), code=3)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("list --state lost", "'lost' is not one of"),
        ("list --limit -1", "-1 is not in the range"),
        ("wait", "Missing argument 'ID...'"),
        ("wait --timeout soon 1", "soon: not a time limit"),
        ("stats --since yesterday", "yesterday: not a time limit"),
        ("stats --by colour", "'colour' is not one of"),
        ("log --attempt 0 1", "0 is not in the range"),
        ("log --json -f 1", "--json can't be used with --follow"),
        ("completion csh", "'csh' is not one of"),
        ("run", "No mode is given"),
        ("add --from /dev/null", "No line holds a job"),
        ("add --from /nowhere", "/nowhere"),
        ("add --from /dev/null true", "give either --from FILE or a PATH"),
        ("import /dev/null", "no file that can be recognized"),
        ("import /nowhere", "/nowhere"),
        ("export --state lost", "'lost' is not one of"),
        ("export README.md", "README.md: the file exists"),
        ("clean --older soon", "not a span of time"),
        ("queue limit many", "Slots many"),
    ],
)
def test_what_can_not_be_used_is_named(cli: Cli, call: str, says: str) -> None:
    done = cli.process(*call.split())
    assert done.returncode in (2, 4), done
    assert says in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1
    assert cli.jobs() == {}
