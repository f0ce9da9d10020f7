"""Files of the user's that get what a job prints, besides its log."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli, nicer

Script = Callable[..., str]
BOTH = "#!/bin/sh\necho out 1\nsleep 0.3\necho err 1 >&2\nsleep 0.3\necho out 2\nexit ${1:-0}\n"


@pytest.mark.long
def test_output_and_standard_error_go_to_files_too(cli: Cli, script: Script, tmp_path: Path) -> None:
    both, files = script("both.sh", BOTH), tmp_path / "new" / "files"
    cli("add", "--output", f"{files}/%j-%n.%a%%", "--error", f"{files}/%j.err", "--retries", "1", both, "3")
    cli("add", "--output", f"{files}/%j.all", both)
    cli("add", "--output", "%j.same", "--error", "%j.same", "--nice", str(nicer(1)), "--cwd", str(tmp_path), both)
    cli("add", "--error", f"{files}/%j.err", both)
    cli.drain(code=1)
    assert cli("log", "1") == cli("log", "4") == "out 1\n[stderr] err 1\nout 2\n"
    assert cli("log", "2") == cli("log", "3") == "out 1\nerr 1\nout 2\n"
    assert {path.name: path.read_text() for path in files.iterdir()} == {
        "1-both.sh.1%": "out 1\nout 2\n",
        "1-both.sh.2%": "out 1\nout 2\n",
        "1.err": "err 1\n",
        "2.all": "out 1\nerr 1\nout 2\n",
        "4.err": "err 1\n",
    }
    assert (tmp_path / "3.same").read_text() == "out 1\nerr 1\nout 2\n"
    os.umask(mask := os.umask(0o022))
    assert ((files / "1.err").stat().st_mode & 0o777, files.stat().st_mode & 0o777) == (0o666 & ~mask, 0o777 & ~mask)
    for given, said in (
        (["--output", "x%q"], "x%q: %q stands for nothing; there are %j (number), %n (name), %a (attempt) and %%."),
        (["--error", "x%"], "x%: % stands for nothing"),
        (["--output", str(files)], "a directory; name a file in it, such as %j.out."),
        (
            ["--error", "x", "--pty"],
            "Error file: with --pty all output comes through one terminal; leave one of them out.",
        ),
    ):
        assert said in cli.error("add", *given, "true")


@pytest.mark.long
def test_a_file_that_cannot_be_written_does_the_job_no_harm(cli: Cli, script: Script, tmp_path: Path) -> None:
    both = script("both.sh", BOTH)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("")
    for path in ("/dev/full", str(tmp_path / "pipe"), str(tmp_path / "file" / "below")):
        cli("add", "--output", path, "--error", str(tmp_path / "%j.err"), both)
    cli("add", "--output", "/dev/null", both)
    cli.drain()
    whole = "out 1\n[stderr] err 1\nout 2\n"
    for number, path, why in (
        (1, "/dev/full", "no space left"),
        (2, str(tmp_path / "pipe"), "no such device"),
        (3, "", "not a dir"),
    ):
        log = cli("log", str(number))
        assert log.startswith(f"{whole}\n[tui-queue: {path}")
        assert f"not all output could be written there: {why}" in log
        assert (tmp_path / f"{number}.err").read_text() == "err 1\n"
    assert cli("log", "4") == "out 1\nerr 1\nout 2\n"
    assert [job["exit_code"] for job in cli.jobs().values()] == [0, 0, 0, 0]


@pytest.mark.long
def test_much_output_is_copied_whole_though_the_log_loses_its_middle(cli: Cli, script: Script, tmp_path: Path) -> None:
    many = script(
        "many.py",
        "import sys, time\nfor i in range(60_000):\n    print('out line', i)\n"
        "    if i % 10 == 0:\n        print('err line', i, file=sys.stderr)\n"
        "    if i % 1000 == 0:\n        time.sleep(0.05)\n",
    )
    cli("add", "--log-size", "256K", "--output", str(tmp_path / "o"), "--error", str(tmp_path / "e"), many)
    cli.drain()
    assert (tmp_path / "o").read_text() == "".join(f"out line {i}\n" for i in range(60_000))
    assert (tmp_path / "e").read_text() == "".join(f"err line {i}\n" for i in range(0, 60_000, 10))
    assert os.stat(Path(str(cli.job(1)["log_path"]))).st_blocks * 512 < 600_000
