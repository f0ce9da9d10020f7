"""Everything about one job in words, a line for each thing; pure."""

import json
import shlex
from collections.abc import Iterator
from datetime import datetime

from tui_queue.core.durations import duration
from tui_queue.core.models import Details, Job, Run
from tui_queue.core.options import options_to_json


def details_lines(details: Details, log_path: str | None, now: datetime) -> list[tuple[str, str]]:
    """Return pairs of a label and what there is to say under it; times are local."""
    return [(label, text) for label, text in _lines(details, log_path, now) if text]


def _lines(details: Details, log_path: str | None, now: datetime) -> Iterator[tuple[str, str]]:
    job = details.job
    options = json.loads(options_to_json(job.options))
    script = options.pop("script", {})
    yield "Job", f"{job.id}  {job.uuid}"
    yield "Name", job.name
    yield "Command", shlex.join([*([job.python] if job.python else []), job.path, *job.args])
    yield "Directory", job.cwd
    yield "Queue", f"{job.queue}, priority {job.priority}" + (f", batch {job.batch}" if job.batch else "")
    yield "State", _state(job)
    for sentence in details.why:
        yield "Why", sentence
    yield "Added", _time(job.created_at)
    yield "Not before", _time(job.not_before)
    yield from _neighbours(details)
    yield "Started", _time(job.started_at)
    yield "Ended", _time(job.finished_at)
    yield "Took", duration(job.elapsed_s(now))
    yield "Time limit", duration(job.timeout_s)
    yield "Starts", details.starts
    yield "Estimate", details.estimate
    yield "Silent for", duration(details.silent_s) if (details.silent_s or 0) >= 1 else ""
    yield "Devices", ", ".join(f"{name} {number}" for name, numbers in job.devices.items() for number in numbers)
    yield "Script", " ".join(filter(None, [details.script, script.get("sha256", "")[:12], script.get("commit", "")]))
    yield "Options", ", ".join(f"{name} {json.dumps(value)}" for name, value in options.items())
    for run in details.runs:
        yield "Attempt", _attempt(run)
    for told in details.told:
        yield "Told", told
    for deed in details.deeds:
        yield "History", f"{deed.at.astimezone():%Y-%m-%d %H:%M:%S}  {deed.verb} by {deed.who}"
    yield "Log", log_path or ""
    for line in details.output:
        yield "Output", line


def _neighbours(details: Details) -> Iterator[tuple[str, str]]:
    """Yield what the job waits for, then what waits for it: a line each, with how that one is now."""
    there = {job.id: job for job in details.waits_for}
    for each in details.job.after:
        other = there.get(each.job_id)
        yield (
            "After",
            f"#{each.job_id} {each.outcome}  " + ("removed" if other is None else f"{other.name}: {other.state}"),
        )
    for other in details.waited_by:
        yield "Before", f"#{other.id}  {other.name}: {other.state}"


def _state(job: Job) -> str:
    return ": ".join(filter(None, [f"{job.state}{', paused' if job.paused else ''}", job.reason]))


def _attempt(run: Run) -> str:
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    parts = [
        str(run.attempt),
        run.reason,
        "" if run.started_at is None else f"started {run.started_at.astimezone():%m-%d %H:%M:%S}",
        f"took {duration(took)}" if took is not None else "",
        f"{run.cpu_s:.2f} s CPU" if run.cpu_s is not None else "",
        f"{run.max_rss_kib / 1024:.0f} MiB" if run.max_rss_kib is not None else "",
        f"script {run.script[:12]}" if run.script else "",
    ]
    return ", ".join(filter(None, parts))


def _time(time: datetime | None) -> str:
    return "" if time is None else time.astimezone().isoformat()
