"""The commands that read and change the settings file."""

import json
import re
from collections.abc import Callable

import pytest

from tests.conftest import Cli

Script = Callable[..., str]
FILE = """# mine
grace_s = 5  # short
slots = 2
[keys]
job.cancel = "X"
# the end
"""


@pytest.fixture
def given(cli: Cli) -> Cli:
    (cli.home / "config.toml").write_text(FILE)
    return cli


@pytest.mark.long
def test_a_setting_is_read_and_changed_and_the_rest_of_the_file_stays(given: Cli) -> None:
    cli, file = given, given.home / "config.toml"
    assert (cli("settings", "get", "slots"), cli("settings", "get", "background")) == ("2\n", "true\n")
    assert cli("settings", "get", "keys.job.cancel") == "X\n"
    cli("settings", "set", "slots", "4")
    assert file.read_text() == FILE.replace("slots = 2", "slots = 4")
    for name, words, value in (
        ("keys.job.cancel", ("Y",), "Y"),
        ("background", ("off",), False),
        ("leave_out", ("SECRET,AWS_*",), ["SECRET", "AWS_*"]),
        ("notify.hook", ("tell 'two words', too",), "tell 'two words', too"),
        ("notify.hook", ("tell", "two words"), ["tell", "two words"]),
        ("resources.gpu", ("2,3",), [2, 3]),
        ("resources.mem", ("64G",), "64G"),
        ("dashboard.columns", ("id", "name"), ["id", "name"]),
        ("dashboard.title", ("no",), False),
        ("grace_s", ("",), 10),
    ):
        cli("settings", "set", name, *words)
        assert json.loads(cli("settings", "get", "--json", name))["value"] == value
    assert file.read_text().startswith("# mine\ngrace_s = 10  # short\nslots = 4\n")
    listed = json.loads(cli("settings", "list", "--json"))
    assert (listed["values"]["keep_jobs"], listed["values"]["keys.job.cancel"]) == (0, "Y")
    assert {"slots", "keep_jobs"} & set(listed["given"]) == {"slots"}
    assert re.search(r"keep_jobs +0 +default", cli("settings", "list"))
    assert (
        "notify.on takes effect from the next start on."
        in cli.process("settings", "set", "notify.on", "end").stderr.decode()
    )


def test_a_wrong_setting_is_refused_and_changes_nothing(given: Cli) -> None:
    for words, message in (
        (("slots", "many"), "slots must be a number from 0 to 1000"),
        (("slots", "-1"), "slots must be a number from 0 to 1000"),
        (("slot", "3"), "slot: no such setting; `tui-queue settings list` shows all. Did you mean slots?"),
        (("notify", "end"), "notify: no such setting"),
        (("notify.on", "sometimes"), 'on must be "end", "failure" or "never"'),
        (("dashboard.theme", "pink"), "theme = 'pink': there is none like that"),
        (("keys.job.dance", "x"), "no such binding"),
        (("resources.gpu", "a,b"), "must be a number, or a list of cards"),
        (("mouse", "maybe"), "mouse must be true or false"),
    ):
        assert message in given.error("settings", "set", *words)
        assert (given.home / "config.toml").read_text() == FILE
    assert "no such setting" in given.error("settings", "get", "resources.gpu")


def test_an_edited_copy_replaces_the_file_only_if_it_is_right(given: Cli, script: Script) -> None:
    cli, file = given, given.home / "config.toml"
    for sed, message in (
        (
            "s/slots = 2/slots = 4000/",
            "slots must be a number from 0 to 1000. Nothing changed; your text is in /",
        ),
        ("s/slots = 2/slots =/", "not valid TOML"),
    ):
        cli.env["EDITOR"] = f"sed -i '{sed}'"
        error = cli.error("settings", "edit")
        assert message in error
        assert file.read_text() == FILE
    cli.env["EDITOR"] = "true"
    assert cli.process("settings", "edit").stderr == b"tui-queue: nothing changed.\n"
    cli.env["EDITOR"] = script("editor", f"#!/bin/sh\nsed -i 's/slots = 2/slots = 7/' $1; echo >> {file}\n")
    assert "another program has just changed it" in cli.error("settings", "edit")
    file.write_text(FILE)
    cli.env["VISUAL"] = "sed -i 's/slots = 2/slots = 7/'"
    assert json.loads(cli("settings", "edit", "--json"))["changed"]
    assert file.read_text() == FILE.replace("slots = 2", "slots = 7")
    for wrong, message in (
        ("no-such-editor", "can't be started"),
        ("false", "exited with 1"),
        ("'", "a quote is not closed"),
    ):
        cli.env["VISUAL"] = wrong
        assert message in cli.error("settings", "edit")
