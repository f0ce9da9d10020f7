"""Refuses what watchers write: ``python -m tests.fuzz.refused_writes [--every N] [--only errors|disks]``.

Each call of a watcher that writes fails with each error that disks give: once, and from then on; the same, once and
five times in a row, with the scheduler killed before, so that nobody but the watcher knows the end. Then jobs end on
full and failing file systems (root, loop devices). A job that was started must have its exit code and its output.
"""

import argparse
import errno
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import wait_for
from tests.fuzz.refusing_disks import disk_cases
from tests.support.crashes import Command, Traces, fork_command, jobs
from tests.support.processes import is_watcher, of_queue
from tests.support.refusals import Refusal
from tests.support.tracer import SUPPORTED, Tracer

ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.ESTALE)
KINDS = {"plain": (), "terminal and times": ("--pty", "--times")}
PATIENCE_S = 60
SECONDS = 0.4  # the job runs for: longer than a run that is not announced as started


class Mode(NamedTuple):
    name: str
    more: int  # calls that are refused after the first one
    claimed: bool  # whether only calls after the claim are refused
    scheduler_killed: bool


MODES = (
    Mode("once", 0, claimed=False, scheduler_killed=False),
    Mode("from then on", 1_000_000, claimed=True, scheduler_killed=False),
    Mode("once, scheduler killed", 0, claimed=True, scheduler_killed=True),
    Mode("five times, scheduler killed", 4, claimed=True, scheduler_killed=True),
)


def try_point(mode: Mode, error: int, nth: int, options: tuple[str, ...]) -> tuple[str, str, str]:
    """Refuse the nth call; return which one that was, what is wrong then, and how the job ended."""
    with tempfile.TemporaryDirectory(prefix="refused-writes-") as name:
        directory = Path(name)
        home, traces = directory / "home", Traces(directory)
        home.mkdir(mode=0o700)
        (home / "config.toml").write_text("background = false\n")
        _, *words = traces.job(SECONDS)
        Command(home, "add", *options, *words).printed()
        root = fork_command(home, "run", "--until-empty", stopped=True)

        def kill() -> None:
            if mode.scheduler_killed:
                os.kill(root, signal.SIGKILL)

        refusal = Refusal(str(home / "runs"), error, nth, more=mode.more, claimed=mode.claimed, at_claim=kill)
        # Where the scheduler has stored the end, the watcher may still have output to write.
        ended = (lambda: None) if mode.scheduler_killed else refusal.stop
        tracer = Tracer(root, 0, is_watcher, stopped=refusal, ended=ended)
        try:
            with _deadline():
                tracer.follow()
        except TimeoutError:
            for pid in of_queue(home):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                while True:
                    os.waitpid(-1, 0)
            return refusal.at, "never ended", "never ended"
        fresh = Command(home, "run", "--until-empty")
        try:
            wait_for(fresh.ended, "the queue to empty", PATIENCE_S)
        except AssertionError:
            fresh.kill()
        fresh.printed()
        (job,) = jobs(home, 1)
        fault = _fault(traces, job)
        if fault:
            print(f"{fault}: {os.strerror(error)} at call {nth}, {refusal.at}, {mode.name}: {job}", flush=True)
        return refusal.at, fault, str(job["reason"])


def _fault(traces: Traces, job: dict[str, Any]) -> str:
    """Return what is wrong with the end of a job, or nothing; a run that could not be started has no exit code."""
    fault = traces.fault(job, watcher_killed=False, maker_killed=True)
    log = Path(job["log_path"])
    if fault == "log incomplete" and "\n[tui-queue: the disk failed" in log.read_text():
        fault = ""  # nothing is missing in silence
    return fault


@contextmanager
def _deadline() -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def try_errors(every: int) -> Counter[str]:
    """Print a line for each error and way of refusing; return the faults."""
    faults: Counter[str] = Counter()
    rows = 0
    for mode in MODES:
        for kind, options in KINDS.items():
            calls: Counter[str] = Counter()
            for error in ERRORS:
                ends: Counter[str] = Counter()
                nth = 1 + rows % every  # not the same calls with each error
                rows += 1
                while True:
                    call, fault, reason = try_point(mode, error, nth, options)
                    if not call:
                        break
                    calls[call] += 1
                    ends[reason] += 1
                    if fault:
                        faults[fault] += 1
                    nth += every
                kept = ends["exit 1"]
                unstarted = sum(count for reason, count in ends.items() if reason.startswith("could not start"))
                print(
                    f"{errno.errorcode[error]:7} {mode.name:27} {kind:18} "
                    f"exit codes kept {kept} of {ends.total() - unstarted}, never started {unstarted}",
                    flush=True,
                )
            print("  calls:", ", ".join(f"{name} {count}" for name, count in calls.items()), flush=True)
    return faults


def try_disks() -> Counter[str]:
    """Print a line for each file system and state of it; return the faults."""
    faults: Counter[str] = Counter()
    for name, case in disk_cases():
        kept, jobs_ended = case()
        print(f"{name}: exit codes kept {kept} of {jobs_ended}", flush=True)
        faults["exit code lost on a disk"] += jobs_ended - kept
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try each Nth call only")
    parser.add_argument("--only", choices=("errors", "disks"), help="try one part only")
    options = parser.parse_args()
    faults: Counter[str] = Counter()
    begun = time.monotonic()
    if options.only != "disks":
        if SUPPORTED:
            faults += try_errors(options.every)
        else:
            print("Knows the system calls of Linux on x86-64 only.")
    if options.only != "errors":
        if os.geteuid() == 0:
            faults += try_disks()
        else:
            print("Only root may mount file systems: none is tried.")
    print(f"{time.monotonic() - begun:.0f} s; faults: {', '.join(f'{n} {c}' for n, c in faults.items()) or 'none'}")
    return 1 if faults.total() else 0


if __name__ == "__main__":
    sys.exit(main())
