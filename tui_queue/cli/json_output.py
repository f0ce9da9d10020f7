"""The JSON objects that `--json` prints.

Every object that stands alone or in the outermost array has ``schema``. It grows when a field is removed or means
something else; new fields may come at any time. Times are ISO 8601 with offset, spans are seconds, bytes that are not
UTF-8 are lone surrogates (``os.fsdecode``), what is not there is null.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import click
from msgspec.structs import asdict, replace

from tui_queue.core.model.job import Job, Run, State
from tui_queue.core.model.options import options_to_json, without_values
from tui_queue.core.model.overview import Details, Overview
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.schedule import Schedule

SCHEMA = 1

Object = dict[str, Any]


class RunPlaces(Protocol):
    """What knows where the latest run of a job is."""

    def log_path(self, job: Job) -> str | None:
        """Return the path of its output; None before the first one."""

    def pid(self, job: Job) -> int | None:
        """Return the number of its leading process while it runs."""


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def print_json(value: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Print one object, or an array of them."""
    if isinstance(value, Mapping):
        click.echo(json.dumps({"schema": SCHEMA, **value}, indent=2))
    else:
        click.echo(json.dumps([{"schema": SCHEMA, **each} for each in value], indent=2))


def print_jobs(jobs: Sequence[Job], places: RunPlaces) -> None:
    """Print jobs as an array, without the values of variables."""
    print_json([job_object(job, places) for job in jobs])


def job_object(job: Job, places: RunPlaces, *, values: bool = False) -> Object:
    """Return a job, as every client shows it; only with ``values`` the values of the variables that it was given."""
    job = job.shown
    if not values:
        job = replace(job, options=without_values(job.options))
    shown = {name: value for name, value in asdict(job).items() if name not in _INTERNAL}
    encoded = {name: encode(shown[name]) for name, encode in _ENCODERS.items()}
    of_run = {"reason_kind": job.reason.kind or None, "log_path": places.log_path(job), "pid": places.pid(job)}
    return {**shown, **encoded, "elapsed_s": job.elapsed_s(datetime.now(UTC)), **of_run}


def details_object(details: Details) -> Object:
    """Return what `show` says besides the job itself."""
    return {
        "why": list(details.why),
        "script": details.script,
        "output": list(details.output),
        "silent_s": details.silent_s,
        "warned": details.warned,
        "starts": details.starts,
        "estimate": details.estimate,
        "usage": [{"at": iso(each.at), "cpu_s": each.cpu_s, "rss_bytes": each.rss_bytes} for each in details.usage],
        "told": list(details.notified),
        "waits_for": [job.id for job in details.dependencies],
        "waited_by": [job.id for job in details.dependents],
        "history": [{"at": iso(deed.at), "verb": deed.verb, "who": deed.who} for deed in details.audit_trail],
        "runs": [run_object(run) for run in details.runs],
    }


def run_object(run: Run) -> Object:
    """Return one attempt."""
    return {
        "attempt": run.attempt,
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "exit_code": run.exit_code,
        "signal": run.signal,
        "reason": run.reason,
        "reason_kind": run.reason.kind or None,
        "cpu_s": run.cpu_s,
        "max_rss_kib": run.max_rss_kib,
    }


def queue_objects(overview: Overview) -> list[Object]:
    """Return every queue with what is in it; the overview has all active jobs."""
    active = Counter((job.queue, job.state) for job in overview.jobs)
    return [
        {
            **queue_object(queue, overview.default_slots),
            "running": active[queue.name, State.RUNNING],
            "pending": active[queue.name, State.PENDING],
        }
        for queue in overview.queues
    ]


def queue_object(queue: Queue, default_slots: int) -> Object:
    """Return a queue; ``default_slots`` counts for one that has no number of its own."""
    return {
        "name": queue.name,
        "slots": default_slots if queue.slots is None else queue.slots,
        "paused": queue.paused,
        "hours": queue.options.hours,
        "zone": queue.options.zone if queue.options.hours else None,
        "pause_outside": queue.options.pause_outside,
        "on_lost": queue.options.lost,
        "on_failure": queue.options.on_failure,
        "leftovers": queue.options.leftovers,
    }


def schedule_object(schedule: Schedule) -> Object:
    """Return a schedule."""
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
        "created_at": iso(schedule.created_at),
        "next_at": iso(schedule.next_at),
        "last_at": iso(schedule.last_at),
        "said": schedule.said,
    }


def iso(time: datetime | None) -> str | None:
    """Return a time as scripts read it, in the zone of this machine."""
    return None if time is None else time.astimezone().isoformat()


_INTERNAL = ("first_attempt", "cancel_requested")  # of a job, for the scheduler alone
# Fields of a job that JSON shows in another way.
_ENCODERS: dict[str, Callable[[Any], Any]] = {
    "args": list,
    "paused": bool,
    "after": lambda after: [{"id": each.job_id, "outcome": each.outcome} for each in after],
    "options": lambda options: json.loads(options_to_json(options)),
    "devices": lambda devices: {name: list(numbers) for name, numbers in devices.items()},
    "created_at": iso,
    "not_before": iso,
    "started_at": iso,
    "finished_at": iso,
}
