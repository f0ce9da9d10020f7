"""Whatever is wrong is named in one sentence, and nothing stored changes."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli

Script = Callable[..., str]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere/job.py"], "nowhere/job.py: no such file"),
        (["jobs"], "is a directory"),
        (["README.md"], "neither .py nor executable; make it executable with chmod +x"),
        ([""], "No job path"),
        (["/dev/null"], "not a regular file"),
        (["a" * 100_000], "Job path has 100,000 bytes"),
        (["--name", "n" * 100_000, "true"], "Name has 100,000 characters"),
        (["--cwd", "/nowhere", "true"], "/nowhere: no such directory"),
        (["--cwd", "README.md", "true"], "not a directory"),
        (["--timeout", "soon", "true"], "soon: not a time limit; write 90s, 15m, 2h30m or 3d"),
        (["--timeout", "0", "true"], "0: not a time limit"),
        (["--timeout", "-1", "true"], "-1: not a time limit"),
        (["--timeout", "99999d", "true"], "99999d: not a time limit"),
        (["--python", "/nowhere/python", "jobs/countdown.py", "1"], "/nowhere/python: no such interpreter"),
        (["--python", "README.md", "jobs/countdown.py", "1"], "no such interpreter"),
        (["--python", "./README.md", "jobs/countdown.py", "1"], "not executable"),
        (["--colour", "true"], "No such option"),
        (["nowhere\x1b[2J"], "nowhere^[[2J: no such file"),
        (["[/oops]"], "[/oops]: no such file"),
        ([], "Missing argument 'PATH'"),
    ],
)
def test_a_job_that_can_not_run_is_refused(cli: Cli, words: list[str], says: str) -> None:
    assert says in cli.error("add", *words)
    assert cli.jobs() == {}


def test_an_argument_longer_than_the_kernel_passes_is_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui_queue.core.errors import BadInputError
    from tui_queue.core.parsing.job_command import parse_parameters

    assert len(parse_parameters("x" * 100_000)[0]) == 100_000
    for text, says in [
        ("x" * 131_072, "Parameter 1 has 131,072 bytes"),
        ("xy " * 400_000, "Parameters have 1,200,000 bytes"),
        ("a\0b", "NUL"),
        ("'open", "a quote is not closed"),
        ("end\\", "single backslash"),
    ]:
        with pytest.raises(BadInputError, match=says):
            parse_parameters(text)


def test_a_script_that_can_not_be_read_is_refused(cli: Cli, script: Script) -> None:
    done = cli.bound_by_modes("add", script("closed.py", "print()", mode=0o000))
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1), done
    assert b"closed.py: can't be read; allow it with chmod u+r" in done.stderr


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (["log", "7"], "7: no such job", 3),
        (["cancel", "abc"], "'abc': no such job", 3),
        (["cancel", "\x1b[2Jabcdef"], "^[[2Jabcdef: no such job", 3),
        (["cancel"], "No job is named; give an ID", 2),
        (["wait"], "Missing argument 'ID...'", 2),
        (["log", "9" * 100_000], "no such job", 3),
        (["list", "--limit", "x"], "'x' is not a valid integer", 2),
        (["nonsense"], "No such command 'nonsense'; `tui-queue --help` lists all.", 2),
        (["cancle", "1"], "No such command 'cancle'. Did you mean `cancel`?", 2),
        (["lost"], "No such command 'lost'. Did you mean `list`?", 2),
        (["run"], "No mode is given; give --until-empty or --background", 2),
        (["cancel", ""], "'': no such job", 3),
        (["cancel", "a"], "'a': no such job", 3),
        (["list", "--limit", "9" * 30], "not in the range", 2),
        ([], "needs a terminal", 2),
    ],
)
def test_a_wrong_id_or_option_is_named(cli: Cli, words: list[str], says: str, code: int) -> None:
    assert says in cli.error(*words, code=code)


def test_an_ended_job_can_not_be_cancelled_nor_a_pending_one_retried(cli: Cli) -> None:
    cli("add", "true")
    assert "Job 1 is pending; retry applies to jobs that have ended" in cli.error("retry", "1")
    cli.drain()
    assert "Job 1 has ended already (completed)" in cli.error("cancel", "1")
    assert cli.job(1)["state"] == "completed"


def test_a_script_that_vanished_or_can_not_be_executed_fails_with_its_reason(cli: Cli, script: Script) -> None:
    cases = {
        script("gone.py", "print()"): "gone.py: no such file",
        script("gone.sh", "#!/bin/sh\n"): "gone.sh: no such file",
        script("lost.sh", "#!/nowhere/interpreter\n"): "the interpreter that its #! line names does not exist",
        script("text.txt", "#!/bin/sh\n"): "not a program, and no #! line says what runs it",
    }
    for path in cases:
        cli("add", path)
    for name in ("gone.py", "gone.sh"):
        next(Path(path) for path in cases if path.endswith(name)).unlink()
    next(Path(path) for path in cases if path.endswith("text.txt")).write_text("hello\n")
    cli.drain(code=1)
    for number, says in enumerate(cases.values(), start=1):
        job = cli.job(number)
        assert job["state"] == "failed"
        assert job["reason"].startswith("could not start: ")
        assert says in job["reason"]
        assert (job["exit_code"], job["signal"]) == (None, None)


def test_a_directory_that_vanished_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    cli("add", "--cwd", str(tmp_path / "work"), "true")
    (tmp_path / "work").rmdir()
    cli.drain(code=1)
    assert cli.job(1)["reason"] == f"could not start: {tmp_path}/work: no such working directory"


def test_a_state_directory_that_can_not_be_made_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cli.env["TUI_QUEUE_HOME"] = str(tmp_path / "file" / "home")
    assert f"{tmp_path}/file/home: can't be created" in cli.error("add", "true", code=4)


def test_a_state_directory_that_can_not_be_written_is_named(cli: Cli) -> None:
    cli("add", "true")
    cli.home.chmod(0o500)
    try:
        done = cli.bound_by_modes("add", "true")
    finally:
        cli.home.chmod(0o700)
    assert (done.returncode, done.stderr.count(b"\n")) == (4, 1), done
    assert b"it is read-only, you have no permission to write it" in done.stderr


def test_a_database_of_a_newer_version_is_left_as_it_is(cli: Cli) -> None:
    cli("add", "true")
    with sqlite3.connect(cli.home / "queue.db") as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    before = (cli.home / "queue.db").read_bytes()
    assert "version 999" in cli.error("add", "true", code=4)
    assert (cli.home / "queue.db").read_bytes() == before


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(cli: Cli) -> None:
    (cli.home / "queue.db").write_text("not a database, but something that somebody may want to keep\n" * 20)
    before = (cli.home / "queue.db").read_bytes()
    assert "queue.db is damaged: file is not a database" in cli.error("list", code=4)
    assert (cli.home / "queue.db").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("slots = 'many'", "slots must be a number from 0 to 1000"),
        ("slots = true", "slots must be a number"),
        ("a = " + "[" * 10_000, "not valid TOML"),
        ("slot = 3", "unknown setting slot"),
        ("slots = ", "not valid TOML"),
        ("python = 'python3'", "python must be an absolute path"),
        ("mouse = 1", "mouse must be true or false"),
    ],
)
def test_a_wrong_setting_is_named(cli: Cli, text: str, says: str) -> None:
    (cli.home / "config.toml").write_text(text)
    error = cli.error("list")
    assert says in error
    assert "config.toml" in error


CHANGED = (
    ('"id": 1,', '"id": 9223372036854775807,', "id 9223372036854775807: a whole number"),
    ('"priority": 0,', '"priority": 1e999,', "priority inf: a whole number"),
    ('"priority": 0,', '"priority": 99999999999999999999,', "priority 99999999999999999999: a whole number"),
    ('"options": {', '"options": {"retries": "x", ', "Expected `int`, got `str` - at `$.retries`"),
    ('"queue": "default"', '"queue": "a b"', "Queue a b"),
    ('"args": ["hi"]', '"args": [1]', "1: a text is needed"),
    ('"args": ["hi"]', '"args": "hi"', "args 'hi': an array is needed"),
    ('"args": ["hi"]', '"args": ["\\ud800"]', "surrogates not allowed"),
    ('"state": "pending"', '"state": "lost"', "'lost' is not a valid State"),
)


def test_an_export_that_was_changed_is_refused_and_the_queue_goes_on(cli: Cli, tmp_path: Path) -> None:
    other = Cli(tmp_path / "other", {**cli.env, "TUI_QUEUE_HOME": str(tmp_path / "other")}, cli.server)
    other.settings()
    cli("add", "echo", "hi")
    exported = cli("export")
    changed = tmp_path / "changed.jsonl"
    for was, becomes, says in CHANGED:
        assert was in exported
        changed.write_text(exported.replace(was, becomes))
        assert says in other.error("import", str(changed))
    assert other.jobs() == {}
    changed.write_text(exported.replace('"queue": "default"', '"queue": ""'))
    other("import", str(changed))
    assert other("add", "true") == "2\n"
    other.drain()
    assert {job["queue"] for job in other.jobs().values()} == {"default"}


def test_what_is_nested_without_end_is_no_job(cli: Cli) -> None:
    for words, begin in ((("add", "--from", "-"), b'{"path":'), (("import", "-"), b'{"schema":')):
        done = cli.process(*words, given=begin + b"[" * 100_000)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr[-300:]
        assert b"not valid JSON" in done.stderr


@pytest.mark.parametrize(
    ("command", "code"),
    [("list >&-", 0), ("add true >&-", 0), ("add true 2>&-", 0), ("show 99 >&- 2>&-", 3), ("list <&- >&- 2>&-", 0)],
)
def test_a_stream_that_is_closed_ends_nothing(cli: Cli, command: str, code: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m tui_queue {command}"], env=cli.env, capture_output=True, check=False
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr
    assert len(cli.jobs()) == command.startswith("add")


@pytest.mark.parametrize("command", ["list", "add true", "--help"])
def test_an_output_that_is_full_is_named(cli: Cli, command: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tui_queue", *command.split()],
            env=cli.env,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (4, b"tui-queue: standard output: No space left on device\n")
