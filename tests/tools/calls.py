"""One real call of every command with its output: ``python -m tests.tools.calls`` puts them into a help page."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from tests.conftest import ROOT, Cli, wait_for
from tui_queue.cli.main import cli as program

PAGE = ROOT / "tui_queue/help/commands.md"
BEGIN, END = "<!-- calls: made by python -m tests.tools.calls -->\n", "<!-- end of calls -->\n"
LINES = 8  # of an output that are shown

# What is run in this order on a new queue. A line that begins with "(" is no call but something for the next ones.
CALLS = """
add --name greeting echo hello
add --batch night --after 1 jobs/countdown.py 1
clone --priority 5 2
edit --name evening 3
move --before 1 3
top 1
hold 2
release 2
start --dry-run 2
list
queue add gpu --slots 1
queue edit gpu --hours 'mon-fri 22:00-06:00'
queue pause gpu
queue resume gpu
queue list
queue limit 8
queue remove gpu
schedule add --every 1h report jobs/countdown.py 1
schedule edit --every 2h report
schedule pause report
schedule resume report
schedule list
schedule run report
schedule remove report
template save --retries 2 --timeout 1h careful
template list
template remove careful
batch list
batch show night
status
restore
run --until-empty
log 1
wait 1
show 1
stats
retry 1
(run sleep 60
pause 5
resume 5
signal CONT 5
cancel 5
(end
remove 5
undo
clean --older 30d --yes
export --state failed failed.jsonl
import job_queue.txt
completion bash
doctor
settings set slots 4
settings get slots
settings list
settings edit
scheduler status
scheduler stop
unit
help
help exit-codes
"""


def commands(group: click.Group | None = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that is not a group of others."""
    group = group or program
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


def command_of(call: str) -> tuple[str, ...]:
    """Return the words of the command that a call is of."""
    words = tuple(shlex.split(call))
    return words[:2] if words[:2] in set(commands()) else words[:1]


def calls(queue: Cli, directory: Path, *, as_json: bool = False) -> Iterator[tuple[str, str]]:
    """Run them all in a directory; yield each call and what it prints."""
    queue = Cli(queue.home, {**queue.env, "PYTHONPATH": str(ROOT), "EDITOR": "true"}, queue.server)
    (directory / "jobs").symlink_to(ROOT / "jobs")
    uuid = "6f1c1c8e-0d2b-4c58-9d4e-2f5a7f0f9a10"
    (directory / "job_queue.txt").write_text(f"{uuid} jobs/countdown.py 10 COMPLETED\n")
    runner: subprocess.Popen[bytes] | None = None
    for line in CALLS.strip().splitlines():
        if line.startswith("(run"):
            queue("add", *shlex.split(line)[1:], cwd=directory)
            runner = queue.start("run", "--until-empty")
            wait_for(lambda: queue.job(5)["state"] == "running", "the job to run")
        elif line == "(end":
            assert runner is not None
            runner.communicate(timeout=60)
        else:
            leaf = len(command_of(line))
            words = shlex.split(line)
            if as_json:
                words.insert(leaf, "--json")
            # Only the job that a signal has ended makes a command fail.
            yield line, queue(*words, cwd=directory)


def shown(call: str, output: str, queue: Cli, directory: Path) -> str:
    """Return an output as the page has it: what differs each time is always the same, and the rest of it is cut."""
    for pattern, instead in (
        (re.escape(str(queue.home)), "~/.local/state/tui-queue"),
        (re.escape(os.path.realpath(sys.executable)), "/usr/bin/python3"),
        (re.escape(sys.executable), "/usr/bin/python3"),
        (rf"{re.escape(str(directory))}\b", "~"),
        (rf"{re.escape(str(ROOT))}\b", "~"),
        (r"/\S*/(true|echo|sleep)\b", r"/usr/bin/\1"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "58f2b7c0-6c0f-4a44-9d3e-0b6c1c1d2e3f"),
        (r"\d{4}-\d\d-\d\d( |T)\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d\d:?\d\d)?", r"2026-11-24\g<1>06:00:00+00:00"),
        (r"\d\d-\d\d \d\d:\d\d:\d\d", "11-24 06:00:00"),
        (r"\d(\d+s)(?=  )", r"\1 "),
        (r"\b\d+s\b", "0s"),
        (r"\b\d\.\d\d s CPU, \d+ MiB", "0.00 s CPU, 2 MiB"),
        (r"COMMAND +LAST", "COMMAND                LAST"),
        (r"(Free|room) .*", r"\1 …"),
        (r"\d+ bytes", "106496 bytes"),
        (r"\b(host|SQLite|terminal|file system|open files|logging out|encoding) .*", r"\1 …"),
        (r"(ok +backups) .*", r"\1 …"),
        (r"Script +.*", "Script     d2a84f4b8b65"),
    ):
        output = re.sub(pattern, instead, output)
    lines = output.splitlines()
    if call.startswith("completion"):
        lines = [lines[0], *lines[LINES:]]  # what follows is another package's
    return "\n".join([*lines[:LINES], *(["…"] if len(lines) > LINES else [])])


def section(queue: Cli, directory: Path) -> str:
    """Return what stands in the page between its marks."""
    parts = []
    for call, output in calls(queue, directory):
        text = shown(call, output, queue, directory)
        parts.append(f"$ tui-queue {call}\n{text}".rstrip())
    return "{}```console\n{}\n```\n{}".format(BEGIN, "\n".join(parts), END)


def present() -> str:
    """Return what stands there now."""
    text = PAGE.read_text()
    return text[text.index(BEGIN) : text.index(END) + len(END)]


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary, "work")
        directory.mkdir()
        queue = Cli(Path(temporary, "home"), {**os.environ, "TUI_QUEUE_HOME": str(Path(temporary, "home"))})
        queue.settings()
        PAGE.write_text(PAGE.read_text().replace(present(), section(queue, directory)))


if __name__ == "__main__":
    main()
