"""Templates hold what a new job begins with."""

import pytest

from tests.conftest import Cli


@pytest.mark.quick
def test_a_template_is_begun_with_and_can_be_overridden(cli: Cli) -> None:
    cli("template", "save", "--priority", "7", "--env", "A=1", "--retries", "2", "careful", "sh", "-c", "echo $A")
    cli("add", "--template", "careful")
    cli("add", "--template", "careful", "--priority", "1", "true")
    first, second = cli.jobs().values()
    assert (first["priority"], first["args"], first["options"]["retries"]) == (7, ["-c", "echo $A"], 2)
    assert (second["priority"], second["path"][-4:]) == (1, "true")
    cli.drain()
    assert cli("log", "1") == "1\n"
    assert cli("template", "list") == "careful: --priority 7 --env A --retries 2 sh -c 'echo $A'\n"
    cli("template", "remove", "careful")
    assert "no such template" in cli.error("add", "--template", "careful", code=3)
