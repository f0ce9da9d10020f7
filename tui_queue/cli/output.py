"""Jobs and logs as words: tables that fit the terminal, JSON for scripts."""

import asyncio
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import click

from tui_queue.cli.open_queue import Queue
from tui_queue.core import events
from tui_queue.core.durations import duration
from tui_queue.core.logs import LogTail
from tui_queue.core.models import Job, Overview
from tui_queue.core.printable import Harmless, printable

LogPath = Callable[[Job], str | None]


def print_job(job: Job, log_path: str | None) -> None:
    """Print one job as a JSON object."""
    click.echo(json.dumps(as_object(job, log_path), indent=2))


def print_json(overview: Overview, log_path: LogPath) -> None:
    """Print all jobs of an overview as a JSON array."""
    click.echo(json.dumps([as_object(job, log_path(job)) for job in overview.jobs], indent=2))


def as_object(job: Job, log_path: str | None) -> dict[str, object]:
    """Return what scripts may rely on; times are ISO 8601 with offset, undecodable bytes surrogates."""
    return {
        "id": job.id,
        "uuid": job.uuid,
        "name": job.name,
        "path": job.path,
        "args": list(job.args),
        "cwd": job.cwd,
        "queue": job.queue,
        "priority": job.priority,
        "timeout_s": job.timeout_s,
        "state": job.state,
        "reason": job.reason,
        "exit_code": job.exit_code,
        "signal": job.signal,
        "attempt": job.attempt,
        "created_at": _iso(job.created_at),
        "not_before": None,
        "started_at": _iso(job.started_at),
        "finished_at": _iso(job.finished_at),
        "elapsed_s": job.elapsed_s(datetime.now(UTC)),
        "log_path": log_path,
    }


def print_table(overview: Overview) -> None:
    """Print a line a job; the last column gives way to the terminal's width, in a pipe nothing is cut."""
    now = datetime.now(UTC)
    rows = [("ID", "STATE", "REASON", "STARTED", "ELAPSED", "NAME", "PARAMETERS")]
    for job in overview.jobs:
        rows.append(  # noqa: PERF401
            (
                str(job.id),
                str(job.state),
                printable(job.reason),
                "" if job.started_at is None else f"{job.started_at.astimezone():%m-%d %H:%M:%S}",
                duration(job.elapsed_s(now)),
                printable(job.name),
                printable(shlex.join(job.args)),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in rows:
        line = "  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] + [row[-1]])
        click.echo(line.rstrip()[:width])


async def print_log(queue: Queue, key: str, *, follow: bool, raw: bool) -> None:
    """Write the output of a job's latest run to stdout; with ``follow`` until the run has ended.

    A pipe gets it byte for byte; a terminal too with ``raw``, else with every control sequence but colours
    written out.
    """
    changed = asyncio.Event()
    harmless = Harmless() if sys.stdout.isatty() and not raw else None
    async with events.Listener(queue.paths.wake, changed.set):
        number = str((await queue.commands.job(key)).id)
        tail, shown = LogTail(""), ""
        while True:
            changed.clear()
            job = await queue.commands.job(number)
            path = queue.commands.log_path(job)
            if path is not None and path != shown:
                tail.close()
                tail, shown = LogTail(path, from_start=True), path
            while data := tail.read().data:
                _write(data if harmless is None else os.fsencode(harmless.feed(data)))
            if not follow or job.state.ended:
                if harmless is not None:
                    _write(os.fsencode(harmless.feed(b"", final=True)) + b"\x1b[0m")
                return
            with suppress(TimeoutError):
                # The output of a run that goes on comes without a word to anybody.
                async with asyncio.timeout(0.2):
                    await changed.wait()


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(sys.stdout.fileno(), view) :]


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone().isoformat()
