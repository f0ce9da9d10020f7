"""Jobs and logs as words: tables that fit the terminal, JSON for scripts."""

import asyncio
import json
import os
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import click

from tui_queue.cli.open_queue import Queue
from tui_queue.core import events
from tui_queue.core.describing import details_lines
from tui_queue.core.durations import duration
from tui_queue.core.logs import LogTail
from tui_queue.core.models import Details, Job, Overview, Schedule, State
from tui_queue.core.options import options_to_json
from tui_queue.core.printable import Harmless, printable

LogPath = Callable[[Job], str | None]


def print_job(job: Job, log_path: str | None) -> None:
    """Print one job as a JSON object."""
    click.echo(json.dumps(as_object(job, log_path), indent=2))


def print_jobs(jobs: Sequence[Job], log_path: LogPath) -> None:
    """Print jobs as a JSON array."""
    click.echo(json.dumps([as_object(job, log_path(job)) for job in jobs], indent=2))


def print_json(overview: Overview, log_path: LogPath) -> None:
    """Print all jobs of an overview as a JSON array."""
    print_jobs(overview.jobs, log_path)


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
        "batch": job.batch,
        "timeout_s": job.timeout_s,
        "state": job.state,
        "reason": job.reason,
        "held": job.held,
        "paused": bool(job.paused),
        "after": [{"id": each.job_id, "outcome": each.outcome} for each in job.after],
        "options": json.loads(options_to_json(job.options)),
        "devices": {name: list(numbers) for name, numbers in job.devices.items()},
        "exit_code": job.exit_code,
        "signal": job.signal,
        "attempt": job.attempt,
        "created_at": _iso(job.created_at),
        "not_before": _iso(job.not_before),
        "started_at": _iso(job.started_at),
        "finished_at": _iso(job.finished_at),
        "elapsed_s": job.elapsed_s(datetime.now(UTC)),
        "log_path": log_path,
    }


def print_table(overview: Overview) -> None:
    """Print a line a job; the last column gives way to the terminal's width, in a pipe nothing is cut."""
    now = datetime.now(UTC)
    rows = [
        (
            str(job.id),
            "paused" if job.paused else str(job.state),
            printable(job.reason),
            printable(job.queue),
            "" if job.started_at is None else f"{job.started_at.astimezone():%m-%d %H:%M:%S}",
            duration(job.elapsed_s(now)),
            printable(job.name),
            printable(shlex.join(job.args)),
        )
        for job in overview.jobs
    ]
    print_columns(("ID", "STATE", "REASON", "QUEUE", "STARTED", "ELAPSED", "NAME", "PARAMETERS"), rows)


def print_queues(overview: Overview, slots: int, *, as_json: bool) -> None:
    """Print the queues; ``slots`` counts for those that have no number of their own."""
    active = Counter((job.queue, job.state) for job in overview.jobs)
    objects = [
        {
            "name": queue.name,
            "slots": slots if queue.slots is None else queue.slots,
            "running": active[queue.name, State.RUNNING],
            "pending": active[queue.name, State.PENDING],
            "paused": queue.paused,
            "hours": queue.options.hours,
            "zone": queue.options.zone if queue.options.hours else None,
            "pause_outside": queue.options.pause_outside,
            "on_lost": queue.options.lost,
        }
        for queue in overview.queues
    ]
    if as_json:
        click.echo(json.dumps(objects, indent=2))
        return
    rows = []
    for each in objects:
        state = "paused" if each["paused"] else ""
        hours = f"{each['hours']} {each['zone']}" if each["hours"] else ""
        rows.append(
            (printable(str(each["name"])), f"{each['running']}/{each['slots']}", str(each["pending"]), state, hours)
        )
    print_columns(("QUEUE", "RUNNING", "PENDING", "STATE", "HOURS"), rows)
    if overview.limit is not None:
        click.echo(f"At most {overview.limit} in all queues together.")


def print_schedules(schedules: Sequence[Schedule], *, as_json: bool) -> None:
    """Print the schedules."""
    if as_json:
        click.echo(json.dumps([_schedule_object(schedule) for schedule in schedules], indent=2))
        return
    rows = [
        (
            printable(schedule.name),
            schedule.rule,
            schedule.zone,
            "paused"
            if schedule.paused
            else ""
            if schedule.next_at is None
            else f"{schedule.next_at.astimezone():%m-%d %H:%M:%S}",
            printable(shlex.join([schedule.draft.path, *schedule.draft.args])),
            printable(schedule.said),
        )
        for schedule in schedules
    ]
    print_columns(("SCHEDULE", "RULE", "ZONE", "NEXT", "COMMAND", "LAST TIME"), rows)


def _schedule_object(schedule: Schedule) -> dict[str, object]:
    return {
        "name": schedule.name,
        "rule": schedule.rule,
        "zone": schedule.zone,
        "missed": schedule.missed,
        "overlap": schedule.overlap,
        "paused": schedule.paused,
        "path": schedule.draft.path,
        "args": list(schedule.draft.args),
        "cwd": schedule.draft.cwd,
        "queue": schedule.draft.queue,
        "created_at": _iso(schedule.created_at),
        "next_at": _iso(schedule.next_at),
        "last_at": _iso(schedule.last_at),
        "said": schedule.said,
    }


def print_columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the last column gives way to the terminal's width, in a pipe nothing is cut."""
    table = [heads, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads) - 1)]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in table:
        line = "  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] + [row[-1]])
        click.echo(line.rstrip()[:width])


def details_object(details: Details) -> dict[str, object]:
    """Return what `show --json` says besides the job itself."""
    return {
        "why": list(details.why),
        "script": details.script,
        "output": list(details.output),
        "silent_s": details.silent_s,
        "starts": details.starts,
        "estimate": details.estimate,
        "told": details.told,
        "runs": [
            {
                "attempt": run.attempt,
                "started_at": _iso(run.started_at),
                "finished_at": _iso(run.finished_at),
                "exit_code": run.exit_code,
                "signal": run.signal,
                "reason": run.reason,
                "cpu_s": run.cpu_s,
                "max_rss_kib": run.max_rss_kib,
            }
            for run in details.runs
        ],
    }


def print_details(details: Details, log_path: str | None) -> None:
    """Print everything about one job, a line for each thing that there is to say."""
    for label, text in details_lines(details, log_path, datetime.now(UTC)):
        click.echo(f"{label:<11}{printable(text)}")


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
