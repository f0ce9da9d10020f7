"""What the tools that kill share: a queue of its own, its command line, and jobs that leave traces."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tui_queue.cli import add, main, run, standby, until_empty
from tui_queue.cli import list as listing

PRELOADED = (add, listing, main, run, standby, until_empty)

# Says that it was started, then what it does, and ends with a code that its number tells.
SCRIPT = """#!/bin/sh
echo "$TUI_QUEUE_ATTEMPT" >> "$1/$TUI_QUEUE_JOB"
echo "job $TUI_QUEUE_JOB begins"
sleep "$2"
echo "job $TUI_QUEUE_JOB ends"
exit $((TUI_QUEUE_JOB % 4))
"""


class Traces:
    """Judges what became of jobs by the traces that they have left."""

    def __init__(self, directory: Path) -> None:
        self._starts = directory / "starts"
        self._starts.mkdir()
        self._script = directory / "job.sh"
        self._script.write_text(SCRIPT)
        self._script.chmod(0o755)

    def job(self, seconds: float) -> list[str]:
        """Return the words that add a job."""
        return ["add", str(self._script), str(self._starts), f"{seconds:.3f}"]

    def fault(self, job: dict[str, Any], *, watcher_killed: bool, maker_killed: bool = False) -> str:
        """Return what is wrong with the end of a job, or nothing.

        Only a killed watcher excuses an unknown end, only one that was killed, or could not be made, no start.
        """
        number, reason = job["id"], str(job["reason"])
        starts, code = self._count(number), number % 4
        if starts > 1:
            return "started twice"
        if (job["state"], job["exit_code"], reason) == ("failed" if code else "completed", code, f"exit {code}"):
            if not starts:
                return "wrong end"
            log = Path(job["log_path"]).read_text()
            return "" if log == f"job {number} begins\njob {number} ends\n" else "log incomplete"
        if job["state"] == "failed" and reason.startswith("interrupted"):
            return "" if watcher_killed else "interrupted without a killed watcher"
        if job["state"] == "failed" and reason.startswith("could not start") and not starts:
            return "" if watcher_killed or maker_killed else "wrong end"
        return "wrong end" if job["state"] in ("completed", "failed", "cancelled") else "never ended"

    def _count(self, number: int) -> int:
        try:
            return len((self._starts / str(number)).read_text().splitlines())
        except FileNotFoundError:
            return 0


def fork_command(home: Path, *words: str, stdout: int | None = None, stopped: bool = False) -> int:
    """Start the command line in a process of its own, and return its number; its errors go to a file.

    Forked, since most of its time is the start of the interpreter otherwise. With ``stopped`` it begins by a stop.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code: object = 70
    try:
        os.environ["TUI_QUEUE_HOME"] = str(home)
        null = os.open(os.devnull, os.O_RDWR)
        errors = os.open(home.parent / "errors", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for ours, theirs in enumerate((null, null if stdout is None else stdout, errors)):
            os.dup2(theirs, ours)
        os.closerange(3, 256)
        # Those of the tool remember what they were, a file say.
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        if stopped:
            os.kill(os.getpid(), signal.SIGSTOP)
        main.cli.main(args=list(words), prog_name="tui-queue")
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        os._exit(code if isinstance(code, int) else 1)


class Command:
    """A command that runs beside us, and what it prints."""

    def __init__(self, home: Path, *words: str) -> None:
        self._out, theirs = os.pipe()
        self.pid = fork_command(home, *words, stdout=theirs)
        os.close(theirs)
        self.code: int | None = None

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> bool:
        """Whether it has ended; its ``code`` is the exit code then, or a signal's number below 0."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def printed(self) -> str:
        """Wait for its end; return its output. Called once for each command."""
        with open(self._out, "rb") as pipe:
            text = pipe.read().decode()
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return text


def jobs(home: Path, limit: int) -> list[dict[str, Any]]:
    """Return the jobs that have not ended, and the latest ended ones, at most so many."""
    listed: list[dict[str, Any]] = json.loads(Command(home, "list", "--json", "--limit", str(limit)).printed())
    return listed
