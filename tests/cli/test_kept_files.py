"""Scripts and inputs that come from standard input or a file, and are kept with the job."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli, nicer


def piped(cli: Cli, text: bytes, *args: str, code: int = 0) -> str:
    """Run a command with this standard input; return what it prints, on stderr where it is to fail."""
    done = cli.process(*args, given=text)
    assert done.returncode == code, done.stderr
    return (done.stderr if code else done.stdout).decode()


def kept(cli: Cli) -> list[Path]:
    return sorted((cli.home / "scripts").glob("*/*"))


@pytest.mark.long
def test_a_script_from_standard_input_is_kept_with_its_job(cli: Cli, tmp_path: Path) -> None:
    text = b'#!/bin/sh\necho "ran $1"\n'
    assert piped(cli, text, "add", "-", "one") == "1\n"
    assert piped(cli, text, "add", "--script", "-", "--name", "second", "two") == "2\n"
    assert piped(cli, b"print('in Python')", "add", "--python", "python3", "-") == "3\n"
    cli("clone", "1", "three")
    assert {path.stat().st_mode & 0o777 for path in kept(cli)} == {0o700}
    cli.drain()
    cli("retry", "1")
    cli.drain()
    assert [cli("log", str(number)) for number in range(1, 5)] == [
        "ran one\n",
        "ran two\n",
        "in Python\n",
        "ran three\n",
    ]
    for text, said in (
        (b"echo x", "no #! line says what runs the script; write `#!/bin/sh`"),
        (b" \n", "Standard input holds no script; pipe one in, or name a file."),
        (b"#!/bin/sh\r\necho\r\n", "pass it through `tr -d '\\r'`."),
        (b"\xef\xbb\xbf#!/bin/sh\n", "pass it through `tail -c +4`."),
        (b"#!/bin/sh\n" + bytes(4 << 20), "a script of more than 4 MiB"),
    ):
        assert said in piped(cli, text, "add", "-", code=2)
    assert "read once" in piped(cli, b"#!/bin/sh\n", "add", "--stdin", "-", "-", code=2)
    assert "can't keep standard input" in piped(cli, b"#!/bin/sh\n", "template", "save", "x", "-", code=2)
    assert len(cli.jobs()) == 4


@pytest.mark.long
def test_an_input_is_kept_with_its_job_for_all_its_runs_and_copies(cli: Cli, tmp_path: Path) -> None:
    data = tmp_path / "data.txt"
    data.write_text("from a file")
    cli("add", "--stdin", str(data), "cat")
    assert piped(cli, b"piped in", "add", "--stdin", "-", "--nice", str(nicer(1)), "cat") == "2\n"
    cli("schedule", "add", "each", "--every", "1h", "-y", "--stdin", str(data), "cat")
    data.unlink()
    cli("clone", "1", "-")
    cli("schedule", "run", "each")
    cli.drain()
    cli("retry", "1")
    cli.drain()
    assert [cli("log", str(number)) for number in range(1, 5)] == [
        "from a file",
        "piped in",
        "from a file",
        "from a file",
    ]
    for name, said in (("/tmp", "not a regular file"), ("none", "can't be read: no such file"), ("-", "")):
        if said:
            assert said in cli.error("add", "--stdin", name, "cat")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((256 << 20) + 1)
    assert "the input has more than 256M, which are kept with a job at most" in cli.error(
        "add", "--stdin", str(large), "cat"
    )
    lines = tmp_path / "lines"
    lines.write_text(json.dumps({"path": "cat", "stdin": "-"}))
    assert "Line 1: --stdin -: only `add`" in cli.error("add", "--from", str(lines))


def test_clean_up_removes_what_no_job_needs(cli: Cli, tmp_path: Path) -> None:
    def clean_up(keep: int) -> list[str]:
        for directory in (cli.home / "scripts").iterdir():
            os.utime(directory, (0, 0))
        cli("clean", "--yes", "--keep", str(keep))
        return sorted(path.name for path in kept(cli))

    (tmp_path / "data.txt").write_text("data")
    cli("add", "true")
    cli("add", "true")
    cli.drain()
    piped(cli, b"#!/bin/sh\n", "add", "-")
    cli("add", "--stdin", str(tmp_path / "data.txt"), "cat")
    cli.drain()
    assert clean_up(3) == ["data.txt", "script"]
    cli("edit", "3", "--no-copy")
    cli("remove", "--now", "4")
    assert clean_up(1) == ["script"]
    assert clean_up(0) == []


def test_a_copy_finds_the_path_of_its_original(cli: Cli, script: Callable[..., str]) -> None:
    path = script("own.sh", '#!/bin/sh\necho "$0 $TUI_QUEUE_SCRIPT"\n')
    done = cli.process("add", "--script", path)
    assert done.stderr.decode() == (
        "tui-queue: own.sh uses $0, which is the path of the copy when the job runs; TUI_QUEUE_SCRIPT is the"
        " path of the original.\n"
    )
    cli.drain()
    (copy,) = kept(cli)
    assert cli("log", "1") == f"{copy} {path}\n"
