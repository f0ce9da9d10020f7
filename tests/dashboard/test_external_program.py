"""What the dashboard gives to the terminal beside its picture: a title, things to copy; and the terminal itself."""

import base64
import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_output import log_of
from tests.conftest import Cli, wait_for
from tests.support.raw_terminal import RawTerminal, raw_terminal

WAITING = "\x1b]2;0 running, 1 waiting\x1b\\"


def see_sent(window: RawTerminal, sequence: str) -> None:
    window.read_until(lambda: sequence in window.said(), repr(sequence))


def see_copied(window: RawTerminal, text: bytes) -> None:
    """Wait until what was copied last ends with this."""

    def copied() -> bool:
        found = re.findall("\x1b\\]52;c;([^\a]*)\a", window.said())
        return bool(found) and base64.b64decode(found[-1]).endswith(text)

    window.read_until(copied, repr(text))


def test_the_terminal_has_a_title_while_the_dashboard_is_open(cli: Cli) -> None:
    cli("add", "--hold", "true")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        see_sent(window, WAITING)
        cli("release", "1")
        see_sent(window, "\x1b]2;tui-queue\x1b\\")
        window.type("q")
        assert window.end_reading() == 0
        assert "\x1b]2;\x1b\\\x1b[23;2t" in window.said()
    cli.settings("dashboard = {title = false}")
    cli("add", "--hold", "true")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("◇ hold")
        assert "waiting\x1b\\" not in window.said()


def test_number_command_and_log_are_copied_through_the_terminal(cli: Cli) -> None:
    cli("add", "echo", "two words")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("✓ done")
        for down, text in (("", b"1"), ("j", b"/echo 'two words'"), ("jj", b"/log")):
            window.type("y")
            window.see("Copy of job 1, echo")
            window.type(f"{down}\r")

            see_copied(window, text)
            window.read_until(lambda: "Copy of job 1" not in window.text(), "the choice to go")


def test_the_terminal_is_lent_to_a_pager_and_an_editor_and_the_queue_goes_on(
    cli: Cli, script: Callable[..., str]
) -> None:
    program = script("shows.sh", '#!/bin/sh\ntrap \'\' INT\necho "SHOWN: $1"\ncat "$1"\nread answer\n')
    cli("add", script("job.sh", "#!/bin/sh\necho printed\n"))
    with raw_terminal({**cli.env, "PAGER": program, "EDITOR": f"'{program}'", "VISUAL": ""}, size=(80, 24)) as window:
        window.see("✓ done")
        for key, shown in (("v", "printed"), ("E", "echo printed")):
            window.read_until(lambda: "SHOWN" not in window.text(), "the dashboard")
            window.type(key)
            window.see("SHOWN: ")
            window.see(shown)
            number = int(cli("add", "true"))
            wait_for(lambda: cli.job(number)["state"] == "completed", "a job to be run meanwhile")  # noqa: B023
            window.type("\x03")  # Ctrl+C goes to the program
            window.type("\n")
            window.see("scheduler here")
        window.type("q")
        assert window.end_reading() == 0
        assert window.is_as_before()


@pytest.mark.long
def test_the_attempt_that_is_shown_is_the_one_that_is_paged_and_copied(cli: Cli, script: Callable[..., str]) -> None:
    program = script("shows.sh", '#!/bin/sh\necho "SHOWN:"\ncat "$1"\nread answer\n')
    cli("add", "sh", "-c", "echo attempt-$TUI_QUEUE_ATTEMPT")
    cli.drain()
    cli("retry", "1")
    cli.drain()
    with raw_terminal({**cli.env, "PAGER": program}, size=(80, 24)) as window:
        window.see("attempt-2")
        window.type("\t[")
        window.see("attempt 1 of 2")
        window.type("v")
        window.see("SHOWN:")
        window.see("attempt-1")
        window.type("\n")
        window.see("attempt 1 of 2")
        window.type("y")
        window.see("Copy of job 1")
        window.type("jj\r")
        see_copied(window, b"/1/1/log")


def test_a_compressed_log_is_paged_out_of_a_file_that_is_gone_afterwards(
    cli: Cli, script: Callable[..., str], tmp_path: Path
) -> None:
    program = script("shows.sh", '#!/bin/sh\necho "SHOWN:"\ncat "$1"\nprintf %s "$1" >"$0.was"\nread answer\n')
    cli("add", "echo", "printed long ago")
    cli.drain()
    log = log_of(cli, 1)
    Path(f"{log}.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    with raw_terminal({**cli.env, "PAGER": program, "TMPDIR": str(tmp_path)}, size=(80, 24)) as window:
        window.see("printed long ago")
        window.type("v")
        window.see("SHOWN:")
        window.see("printed long ago")
        wait_for(Path(f"{program}.was").exists, "the path of what is shown")
        shown = Path(Path(f"{program}.was").read_text())
        assert shown.read_text() == "printed long ago\n"
        window.type("\n")
        window.see("scheduler here")
        wait_for(lambda: not shown.exists(), "the file to go")
        Path(f"{log}.gz").write_bytes(b"no such thing")
        window.type("v")
        window.see("gzipped")
