"""What scripts rely on: exit codes, many at once, pipes, other users' circumstances."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, wait_for
from tui_queue.core.units.widths import cells

Script = Callable[..., str]


@pytest.mark.long
def test_two_hundred_processes_add_at_once(cli: Cli) -> None:
    adding = [cli.start("add", "--hold", "true") for _ in range(200)]
    printed = [process.communicate(timeout=300) for process in adding]
    assert b"".join(errors for _, errors in printed) == b""
    assert {process.returncode for process in adding} == {0}
    numbers = [int(number) for number, _ in printed]
    assert sorted(numbers) == list(range(1, 201))
    assert len({job["uuid"] for job in cli.jobs().values()}) == 200


@pytest.mark.quick
def test_neither_list_nor_add_imports_textual(cli: Cli) -> None:
    for words in (["list"], ["add", "--hold", "true"], ["status"]):
        program = f"import sys; sys.argv = ['tui-queue', *{words}]\nfrom tui_queue.cli.main import main\n"
        program += "try: main()\nexcept SystemExit: pass\n"
        program += "print(sorted({name.partition('.')[0] for name in sys.modules} & {'textual', 'rich', 'apprise'}))"
        done = subprocess.run([sys.executable, "-c", program], env=cli.env, cwd=ROOT, capture_output=True, check=True)
        assert done.stdout.endswith(b"[]\n")


@pytest.mark.parametrize("ending", ["exit 0", "exit 3", "exit 255", "kill -9 $$"])
def test_wait_ends_as_the_job_did(cli: Cli, script: Script, ending: str) -> None:
    cli("add", script("ends.sh", f"#!/bin/sh\nsleep 0.3\n{ending}\n"))
    runner = cli.start("run", "--until-empty")
    code = int(ending.split()[1]) if ending.startswith("exit") else 137
    assert cli.process("wait", "1").returncode == code
    runner.communicate(timeout=60)


def test_wait_for_several_ends_as_the_worst_and_counts_success_as_it_was_asked(cli: Cli, script: Script) -> None:
    cli("add", "--batch", "b", "true")
    cli("add", "--batch", "b", script("three.sh", "#!/bin/sh\nexit 3\n"))
    cli("add", "--success", "3", script("three.sh", "#!/bin/sh\nexit 3\n"))
    cli("add", "sleep", "9")
    cli("cancel", "4")
    cli.drain(code=1)
    assert [cli.process("wait", number).returncode for number in ("1", "2", "3", "4")] == [0, 3, 0, 1]
    assert cli.process("wait", "--batch", "b").returncode == 3
    said = json.loads(cli("wait", "--json", "3", "1"))
    assert [job["id"] for job in said] == [3, 1]


def test_wait_gives_up_and_says_when_nobody_starts_jobs(cli: Cli) -> None:
    cli("add", "true")
    done = cli.process("wait", "--timeout", "1s", "1")
    assert done.returncode == 124
    assert b"no scheduler runs" in done.stderr


def test_wait_outlives_retries(cli: Cli, script: Script, tmp_path: Path) -> None:
    twice = script("twice.sh", f"#!/bin/sh\n[ -e {tmp_path}/flag ] && exit 0\ntouch {tmp_path}/flag\nexit 1\n")
    cli("add", "--retries", "1", twice)
    waiting = cli.start("wait", "1")
    cli.drain()
    waiting.communicate(timeout=60)
    assert waiting.returncode == 0


def test_a_log_can_be_asked_for_by_attempt_and_by_lines(cli: Cli, script: Script) -> None:
    cli(
        "add",
        "--retries",
        "1",
        script("counts.sh", "#!/bin/sh\nseq 5 | sed s/^/$TUI_QUEUE_ATTEMPT:/\nprintf end\nexit 1\n"),
    )
    cli.drain(code=1)
    assert cli("log", "1", "-n", "2") == "2:5\nend"
    assert cli("log", "1", "--attempt", "1", "-n", "3") == "1:4\n1:5\nend"
    assert cli("log", "1", "-n", "0") == ""
    assert cli("log", "1", "-n", "99") == cli("log", "1")
    assert json.loads(cli("log", "1", "--json", "--attempt", "1", "-n", "1"))["output"] == "end"
    assert cli("log", "1", "-f") == cli("log", "1")
    assert "the job has had 2 attempts" in cli.error("log", "1", "--attempt", "3")


def test_following_a_log_ends_when_the_run_ends(cli: Cli, script: Script) -> None:
    cli(
        "add",
        "--retries",
        "1",
        "--retry-delay",
        "1h",
        script("once.sh", "#!/bin/sh\necho one\nsleep 0.5\necho two\nexit 1\n"),
    )
    following = cli.start("log", "-f", "1")
    runner = cli.start("run", "--until-empty")
    output, _ = following.communicate(timeout=60)
    assert output == b"one\ntwo\n"
    runner.terminate()
    runner.communicate(timeout=60)


def test_many_jobs_come_from_a_file_or_a_pipe_all_or_none(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "jobs.txt"
    file.write_text(
        '# comment\n\necho "two words" \'$HOME\'\n{"path": "echo", "args": ["x"], "priority": 3, "env": {"A": "b"}}\n'
    )
    assert cli("add", "--from", str(file), "--batch", "many", "--priority", "1") == "1\n2\n"
    jobs = cli.jobs()
    assert (jobs[1]["args"], jobs[1]["priority"], jobs[1]["batch"]) == (["two words", "$HOME"], 1, "many")
    assert (jobs[2]["priority"], jobs[2]["batch"], jobs[2]["options"]["env"]) == (3, "many", [["A", None]])
    given = b"".join(b"echo %d\n" % number for number in range(2000))
    assert cli.process("add", "--from", "-", given=given).stdout == b"3-2002\n"
    for bad, says in [
        ("echo 1\nnowhere/x.py\n", "nowhere/x.py: no such file"),
        ("echo 'open\n", "Line 1: it can't be split into words"),
        ('{"path": 7}\n', "Line 1: a job needs a path"),
        ('{"path": "echo", "args": "x"}\n', "Line 1: args must be an array"),
        ('{"path": "echo", "colour": "red"}\n', "Line 1: colour: no such option"),
        ("{nothing\n", "Line 1: not valid JSON"),
        ('{"path": "echo", "after": [99999]}\n', "99999: no such job to wait for"),
    ]:
        file.write_text(bad)
        assert says in cli.error("add", "--from", str(file), code=3 if "no such job" in says else 2)
    assert len(cli.jobs()) == 2002


def test_what_is_listed_can_be_chosen(cli: Cli) -> None:
    cli("queue", "add", "gpu")
    cli("add", "--name", "Nightly build", "--queue", "gpu", "true")
    cli("add", "--batch", "b", "echo", "Straße", "[50%]")
    cli("add", "--hold", "false")
    cli("cancel", "3")

    def listed(*words: str) -> list[int]:
        return [job["id"] for job in json.loads(cli("list", "--json", *words))]

    assert listed("--queue", "gpu") == [1]
    assert listed("--batch", "b") == [2]
    assert listed("--state", "cancelled", "-s", "running") == [3]
    assert listed("nightly", "BUILD") == [1]
    assert listed("STRASSE") == [2]
    assert listed("[50%]") == [2]
    assert listed("echo", "nightly") == []
    assert listed("--limit", "0") == [1, 2]


def on_terminal(cli: Cli, *words: str, width: int = 80, **env: str) -> str:
    """Run a command on a terminal; return what it prints."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen(cli.words(*words), env={**cli.env, **env}, cwd=ROOT, stdout=theirs, stderr=theirs)
    os.close(theirs)
    printed = b""
    with suppress(OSError):  # until the other end is closed
        while data := os.read(ours, 65536):
            printed += data
    os.close(ours)
    assert process.wait(60) == 0
    return printed.decode()


def test_colours_are_for_terminals_unless_asked(cli: Cli) -> None:
    cli("add", "true")
    assert "\x1b" not in cli("list")
    assert "\x1b[33mpending" in cli("--color", "list")
    assert "\x1b[33mpending" in on_terminal(cli, "list", TERM="xterm")
    assert "\x1b" not in on_terminal(cli, "--no-color", "list")
    assert "\x1b" not in on_terminal(cli, "list", NO_COLOR="1")
    assert "\x1b" not in on_terminal(cli, "list", TERM="dumb")


def test_a_table_fits_the_terminal_and_is_whole_in_a_pipe(cli: Cli) -> None:
    cli("add", "--name", "日本語" * 20, "echo", "parameter " * 30)
    assert "parameter " * 29 in cli("list")
    lines = on_terminal(cli, "--no-color", "list", width=60).split("\r\n")
    assert max(map(cells, lines)) <= 60
    assert "…" in lines[1]
    assert "pending" in lines[1]


@pytest.mark.long
def test_it_works_as_under_cron(cli: Cli, tmp_path: Path) -> None:
    """A user's cron gives hardly any variable, no terminal, and another directory."""
    env = {"HOME": str(tmp_path), "LOGNAME": "me", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "tui_queue"]

    def run(*more: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*words, *more], env={**env, **variables}, cwd="/", capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    assert run("add", "echo", "from cron").stdout == "1\n"
    assert run("wait", "--timeout", "60s", "1").returncode == 0
    assert run("log", "1").stdout == "from cron\n"
    state = tmp_path / ".local/state/tui-queue"
    assert (state / "queue.db").is_file()
    wait_for(lambda: "there is one" not in run("doctor").stdout, "the background process to end")


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "ascii"}])
def test_names_of_any_kind_are_no_trouble_in_any_locale(cli: Cli, locale: dict[str, str]) -> None:
    plain = {name: value for name, value in cli.env.items() if not name.startswith("LC_") and name != "LANG"}
    queue = Cli(cli.home, {**plain, **locale})
    queue("add", "--hold", "--name", "über 日本", "echo", "ü")
    (job,) = json.loads(queue("list", "--json"))
    assert (job["name"], job["args"]) == ("über 日本", ["ü"])
    assert "echo" in queue("show", "1")
    assert "ber" in queue("list")
    queue.process("list", "no\udcffsuch")


def test_a_home_that_can_not_be_written_is_named(cli: Cli, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    cli.env = {**cli.env, "HOME": str(closed)}
    for name in ("TUI_QUEUE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        cli.env.pop(name, None)
    done = cli.bound_by_modes("add", "true")
    assert done.returncode == 4
    assert re.search(rb"closed/\S+: can't be created: .*Set TUI_QUEUE_HOME", done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1
    for word in ("list", "status"):
        done = cli.bound_by_modes(word)
        assert (done.returncode, done.stderr.count(b"There is no queue in")) == (0, 1), done
    done = cli.bound_by_modes("doctor")
    assert done.returncode == 1
    assert b"can't be created" in done.stdout


def test_a_reader_that_leaves_early_is_no_error(cli: Cli) -> None:
    cli.process("add", "--from", "-", given=b"true\n" * 5000)
    line = f"{' '.join(map(str, cli.words('list', '--limit', '0')))} | head -1"
    done = subprocess.run(["sh", "-c", line], env=cli.env, cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.startswith(b"ID ")
    assert done.stderr == b""


def test_doctor_finds_what_is_wrong(cli: Cli, tmp_path: Path) -> None:
    from tui_queue.core.inspection.doctor import file_system, logind
    from tui_queue.core.inspection.file_systems import file_system_of
    from tui_queue.core.model.health import Level

    cli("add", "--hold", "true")
    found = {each["name"]: each for each in json.loads(cli("doctor", "--json"))}
    assert found["store"]["level"] == "ok"
    assert found["scheduler"]["level"] == "look"
    mounts = tmp_path / "mounts"
    mounts.write_text(f"a / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\nb {tmp_path}x ext4 rw 0 0\n")
    assert file_system_of(str(tmp_path / "home"), str(mounts)) == "nfs4"
    assert next(file_system(str(cli.home))).level in (Level.OK, Level.LOOK)
    if Path("/run/systemd/system").is_dir():
        (check,) = logind(lambda words: "KillUserProcesses=yes" if "cat-config" in words else "Linger=no")
        assert check.level is Level.WRONG
    (cli.home / "config.toml").write_text("slots = many\n")
    assert "not valid TOML" in cli("doctor", code=1)
    cli.settings()
    (cli.home / "queue.db").write_bytes(b"this is no database" * 1000)
    for rest in cli.home.glob("queue.db-*"):
        rest.unlink()
    assert "wrong store" in re.sub(" +", " ", cli("doctor", code=1))
    cli.home.chmod(0o755)
    assert "open to others" in cli("doctor", code=1)


def test_stats_tell_how_jobs_have_done(cli: Cli, script: Script) -> None:
    sleeps = script("sleeps.sh", "#!/bin/sh\nsleep $1\n")
    for seconds in ("0.1", "0.3", "0.5"):
        cli("add", "--name", "sleeps", "--batch", "b", sleeps, seconds)
    cli("add", "--name", "fails", "false")
    cli.drain(code=1)
    found = json.loads(cli("stats", "--json"))
    groups = {each["name"]: each for each in found["groups"]}
    assert (groups["sleeps"]["jobs"], groups["sleeps"]["completed"], groups["fails"]["failed"]) == (3, 3, 1)
    assert 0.3 <= groups["sleeps"]["took_median_s"] <= groups["sleeps"]["took_longest_s"] < 30
    assert found["all"]["jobs"] == 4
    assert {each["name"] for each in json.loads(cli("stats", "--json", "--by", "batch"))["groups"]} == {"b", ""}
    assert "sleeps  3" in re.sub("  +", "  ", cli("stats"))


def test_json_says_the_kind_of_each_reason_beside_its_text(cli: Cli) -> None:
    cli("add", "sh", "-c", "exit 3")
    cli("add", "--hold", "true")
    cli("add", "true")
    assert [job["reason_kind"] for job in cli.jobs().values()] == ["no_scheduler", "held", "no_scheduler"]
    cli("run", "--until-empty", code=1)
    kinds = {number: job["reason_kind"] for number, job in cli.jobs().items()}
    assert kinds == {1: "exit", 2: "held", 3: "exit"}
    shown = json.loads(cli("show", "1", "--json"))
    assert (shown["schema"], shown["reason_kind"], shown["runs"][0]["reason_kind"]) == (1, "exit", "exit")
