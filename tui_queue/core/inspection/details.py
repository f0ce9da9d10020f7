"""Collects what files show of one job: output, script, cause of failure."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from msgspec.structs import replace

from tui_queue.core.analysis.eta import Ahead, Estimate, Sample, estimate, seconds_to_starts, starts_in
from tui_queue.core.analysis.failure import MISSING_MODULE, TAIL, diagnose, last_lines
from tui_queue.core.analysis.progress import progress_of
from tui_queue.core.analysis.usage_chart import activity, parse
from tui_queue.core.errors import StoreError
from tui_queue.core.execution.executor import Executor
from tui_queue.core.execution.interpreter import wants_uv
from tui_queue.core.execution.script_snapshot import changed
from tui_queue.core.inspection.input_wanted import waiting_for_input
from tui_queue.core.inspection.warnings import Warnings
from tui_queue.core.logs.compression import packed
from tui_queue.core.logs.file import end_of
from tui_queue.core.model.job import Job, Run, State
from tui_queue.core.model.overview import Details
from tui_queue.core.model.usage import Activity, Usage
from tui_queue.core.units.printable import printable

LINES = 10  # of the output
USAGE_BYTES = 1 << 16  # more than there ever are
PATIENCE_S = 1.0  # for the disk of a script: all else is told without it
_ASKS = "details of "  # the name of a thread, before the path of a file
MEASURES_APART_S = 0.2  # processor time is counted in hundredths of a second


def read_details(
    job: Job,
    runs: Sequence[Run],
    samples: Sequence[Sample],
    ahead: Ahead | None,
    executor: Executor,
) -> Details:
    """Read what there is to read; blocks."""
    log = executor.log_path(job)
    tail = _output(log) if executor.owns_log(job) else b""
    run = runs[-1] if runs and runs[-1].attempt == job.attempt else None
    why: tuple[str, ...] = ()
    if job.state is State.FAILED or (job.state is State.PENDING and run is not None and run.reason):
        why = diagnose(
            state=State.FAILED,
            reason=job.reason if job.state.ended or run is None else run.reason,
            exit_code=job.exit_code if job.state.ended or run is None else run.exit_code,
            signal=job.signal if job.state.ended or run is None else run.signal,
            oom=run.oom if run is not None else "",
            disk_free=_room(log or job.cwd),
            tail=tail,
        )
        if any(MISSING_MODULE in sentence for sentence in why):
            why = (*why, *_about_python(job))
    running = job.state is State.RUNNING
    return Details(
        job=job,
        runs=tuple(runs),
        logs=tuple(_log_of(replace(job, attempt=each.attempt), executor) for each in runs),
        why=why,
        script=_about_script(job, run),
        output=tuple(last_lines(tail, LINES)),
        estimate="" if (guess := _estimate(job, tail, samples)) is None else str(guess),
        starts="" if ahead is None else starts_in(job, ahead, _remaining_s(ahead, executor)),
        silent_s=executor.silent_s(job, datetime.now(UTC)) if running else None,
        warned=Warnings(executor).of(job),
        asks=job.id in waiting_for_input([job], executor),
        usage=_usage(executor.usage_path(job)),
        activity=_activity(job, executor) if running else None,
    )


def _about_python(job: Job) -> Iterator[str]:
    """Say which Python has not found a module, and how the script itself says what it needs."""
    chosen = job.options.interpreter
    if job.python is not None:
        yield f"It ran with {printable(job.python)}, by --python."
    elif chosen is not None and chosen.path:
        yield f"It ran with {printable(chosen.path)}, {chosen.why.text}; `edit --python` chooses another."
    if wants_uv(job.path):
        yield (
            "The script declares its dependencies (PEP 723): with the first line `#!/usr/bin/env -S uv run --script`, "
            "made executable, uv installs them."
        )


def _about_script(job: Job, run: Run | None) -> str:
    """Say whether the script is, or was when it ran, another one than was added."""
    script = job.options.script
    if script is None:
        return ""
    if run is not None and run.script and script.sha256 and run.script != script.sha256:
        return "script had changed when it was run"
    return "" if job.state.ended or script.copy else _in_time(job.path, lambda: changed(script, job.path))


def _in_time(path: str, question: Callable[[], str]) -> str:
    """Return the answer to a question about a script; where it takes long, that its disk has not answered.

    A file that was asked for, and has not answered yet, is not asked for again.
    """
    found: list[str] = []
    asking = threading.Thread(target=lambda: found.append(question()), name=f"{_ASKS}{path}", daemon=True)
    if all(thread.name != asking.name for thread in threading.enumerate()):
        asking.start()
        asking.join(PATIENCE_S)
    return found[0] if found else f"script not compared: its disk has not answered in {PATIENCE_S:.0f} s"


def _estimate(job: Job, tail: bytes, samples: Sequence[Sample]) -> Estimate | None:
    """Return how long the job may still take, and by what."""
    if job.state.ended:
        return None
    running = job.state is State.RUNNING
    elapsed_s = (job.elapsed_s(datetime.now(UTC)) if running else None) or 0.0
    return estimate(samples, elapsed_s=elapsed_s, progress=progress_of(tail) if running else None)


def starts_by_number(job: Job, ahead: Ahead, executor: Executor) -> dict[int, float]:
    """Return in how many seconds a job that waits for a slot, and those before it, may start; reads ends of logs."""
    return seconds_to_starts(job, ahead, _remaining_s(ahead, executor))


def _remaining_s(ahead: Ahead, executor: Executor) -> dict[int, float | None]:
    remaining_s = {}
    for one in (*ahead.running, *ahead.before):
        tail = _output(executor.log_path(one)) if one.state is State.RUNNING else b""
        guess = None if one.paused else _estimate(one, tail, ahead.samples[one.id])
        remaining_s[one.id] = None if guess is None else guess.remaining_s
    return remaining_s


def _usage(path: str | None) -> tuple[Usage, ...]:
    if path is not None:
        with suppress(OSError, StoreError):
            return parse(end_of(path, USAGE_BYTES))
    return ()


def _activity(job: Job, executor: Executor) -> Activity | None:
    """Look twice at the processes of a run; None where none can be seen."""
    before, since = executor.processes([job]).get(job.id, ()), time.monotonic()
    if not before:
        return None
    time.sleep(MEASURES_APART_S)
    after, until = executor.processes([job]).get(job.id, ()), time.monotonic()
    return activity(before, after, until - since) if after else None


def _output(log: str | None) -> bytes:
    """Return the end of a log."""
    if log is not None:
        with suppress(OSError, StoreError):
            return end_of(log, TAIL)
    return b""


def _log_of(job: Job, executor: Executor) -> str:
    """Return where the output of an attempt lies now, if it does."""
    log = executor.log_path(job) or ""
    return next((path for path in (log, packed(log)) if path and os.path.exists(path)), "")


def _room(path: str) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(os.path.dirname(path)).free
    return None
