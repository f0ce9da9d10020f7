"""Sixty lines that users of other queues type, with only the name of the tool changed, or the line that is printed.

The lines stand in ``everyday_lines.tsv``. In each queue job 1 has completed, 2 has failed, 3 and 5 wait, 4 is held, and
there is a queue named cpu. Tools of one name lose it; those of several (squeue, at) keep it behind ours.
"""

import getpass
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.support.commands import pending_order

LINES = Path(__file__).with_name("everyday_lines.tsv")
DIRECT = 45  # lines at least that need nothing but the other name


def lines() -> list[list[str]]:
    return [line.split("\t") for line in LINES.read_text().splitlines() if not line.startswith("#")]


@pytest.fixture
def prepared(cli: Cli, tmp_path: Path) -> Cli:
    """A queue in which jobs have ended and others wait."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "gzip"):
        (tools / name).write_text("#!/bin/sh\n")
        (tools / name).chmod(0o755)
    cli.env["PATH"] = f"{tools}:{cli.env['PATH']}"
    (tmp_path / "job.sh").write_text("#!/bin/sh\necho job\n")
    cli("add", "echo", "one")
    cli("add", "false")
    cli.drain(code=1)
    cli("add", "sleep", "60")
    cli("add", "--hold", "echo", "four")
    cli("add", "sleep", "5")
    cli("queue", "add", "cpu")
    return cli


def copies(prepared: Cli, tmp_path: Path) -> Iterator[Cli]:
    """Yield the queue again and again as it was prepared."""
    while True:
        home = tmp_path / "copy"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(prepared.home, home, ignore=shutil.ignore_patterns("wake", "alive", "control"))
        yield replace(prepared, home=home, env={**prepared.env, "TUI_QUEUE_HOME": str(home)})


def come_of(cli: Cli, result: str, printed: str) -> bool:
    """Whether what must come of a line has come."""
    kind, *words = result.split(" ")
    jobs = cli.jobs()
    new = [job for number, job in jobs.items() if number > 5]
    match kind:
        case "prints":
            return " ".join(words) in printed
        case "adds":
            return len(new) == int(words[0]) and all(has(new[0], word) for word in words[1:])
        case "state":
            return str(jobs[int(words[0])]["state"]) == words[1]
        case "held" | "free":
            return bool(jobs[int(words[0])]["held"]) == (kind == "held")
        case "gone":
            return int(words[0]) not in jobs
        case "first":
            return pending_order(cli)[0] == int(words[0])
        case _:
            assert kind == "slots"
            lines = cli("queue", "list").splitlines()
            rows = [line.split() for line in lines]
            return any(
                row[0] == words[0] and row[1].endswith("".join(f"/{each}" for each in words[1:])) for row in rows
            )


def has(job: dict[str, object], word: str) -> bool:
    name, _, value = word.partition("=")
    if name == "timed":
        return job["not_before"] is not None
    if name == "after":
        after = job["after"]
        assert isinstance(after, list)
        return ",".join(str(each["id"]) for each in after) == value
    found = job[name]
    return value in found if isinstance(found, list) else str(found) == value


@pytest.mark.long
def test_sixty_everyday_lines_work_or_print_the_line_that_does(prepared: Cli, tmp_path: Path) -> None:
    direct, wrong = 0, []
    for (tool, line, result, source), cli in zip(lines(), copies(prepared, tmp_path), strict=False):
        assert source
        words = shlex.split(line.replace("$USER", getpass.getuser()))
        done = cli.process(*words, cwd=tmp_path, given=b"echo backup\n")
        printed = done.stdout.decode()
        if done.returncode:
            offered = [shlex.split(found)[1:] for found in re.findall("`(tui-queue [^`]*)`", done.stderr.decode())]
            printed = "".join(cli.process(*other, cwd=tmp_path).stdout.decode() for other in offered)
        else:
            direct += 1
        if not come_of(cli, result, printed):
            wrong.append((tool, line, done, printed))
    assert wrong == []
    assert (len(lines()), direct >= DIRECT) == (60, True), direct
