"""The lines that `show` prints about one job; pure."""

import json
import shlex
from collections.abc import Iterator
from datetime import datetime

from tui_queue.core.analysis.process_tree import drawn
from tui_queue.core.analysis.usage_chart import mebibytes, percents, process_lines, sparkline
from tui_queue.core.model.command_line import shell_line
from tui_queue.core.model.job import Job, Run
from tui_queue.core.model.options import directives_text, options_to_json
from tui_queue.core.model.overview import Details
from tui_queue.core.model.reason import ReasonKind
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable
from tui_queue.core.units.widths import clipped

STEPS, BRANCHES = 3, 20  # how far away, and in how many lines, jobs before and after one are shown
VARIABLE_CELLS = 200  # of a variable of the environment
CELLS = 20  # of a line that shows something over time


def details_lines(
    details: Details, log_path: str | None, now: datetime, *, values: bool = False
) -> list[tuple[str, str]]:
    """Return pairs of a label and what there is to say under it; times are local.

    Only with ``values`` the lines have the values of variables.
    """
    return [(label, text) for label, text in _lines(details, log_path, now, values) if text]


def starts_text(details: Details) -> str:
    """Say when a job starts that would be added now, and what it waits for."""
    if details.job.reason.kind is ReasonKind.STARTING:
        return "at once"
    return f"{details.starts} ({details.job.reason})" if details.starts else f"later: {details.job.reason}"


def _lines(details: Details, log_path: str | None, now: datetime, values: bool) -> Iterator[tuple[str, str]]:
    job = details.job
    options = json.loads(options_to_json(job.options))
    script = options.pop("script", {})
    options.pop("env", None)
    options.pop("values", None)
    options.pop("environment", None)
    options.pop("interpreter", None)
    options.pop("cards", None)
    options.pop("shell", None)
    options.pop("directives", None)
    yield "Job", f"{job.id}  {job.uuid}"
    yield "Name", job.name
    if (line := shell_line(job)) is None:
        yield "Command", shlex.join([*([job.python] if job.python else []), job.path, *job.args])
    else:
        yield "Shell line", line
    if (chosen := job.options.interpreter) is not None and job.python is None:
        yield "Python", f"{printable(chosen.path)} ({chosen.why.text})" if chosen.path else chosen.why.text
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
    yield "Warning", details.warned
    yield "Waits for", "input from its terminal, to which no user types" if details.asks else ""
    yield "Starts", details.starts
    yield "Estimate", details.estimate
    yield "Silent for", duration(details.silent_s) if (details.silent_s or 0) >= 1 else ""
    yield from _usage(details)
    yield "Devices", ", ".join(f"{name} {number}" for name, numbers in job.devices.items() for number in numbers)
    yield "Script", " ".join(filter(None, [details.script, script.get("sha256", "")[:12], script.get("commit", "")]))
    if (told := job.options.directives) is not None:
        yield "Directives", directives_text(printable(told.script), told.lines)
    yield "Options", ", ".join(f"{name} {json.dumps(value)}" for name, value in options.items())
    yield "Runs with", details.environment
    yield "Differs", details.differs
    for name, value in job.options.env:
        shown = f"{name}={value}" if values and value is not None else name
        yield "Variable", clipped(printable(shown), VARIABLE_CELLS)
    for run, log in zip(details.runs, details.logs, strict=True):
        yield "Attempt", _attempt(run, log)
    for notified in details.notified:
        yield "Told", notified
    for deed in details.audit_trail:
        yield "History", f"{deed.at.astimezone():%Y-%m-%d %H:%M:%S}  {deed.verb} by {deed.who}"
    yield "Log", log_path or ""
    for line in details.output:
        yield "Output", line


def _neighbours(details: Details) -> Iterator[tuple[str, str]]:
    """Yield what the job waits for, then what waits for it: a tree each, with how those are now."""
    there = {job.id: job for job in details.around}
    below: dict[int, list[Job]] = {}
    for other in sorted(there.values(), key=lambda each: each.id):
        for number in {each.job_id for each in other.after}:
            below.setdefault(number, []).append(other)

    def words(number: int) -> str:
        return f"{there[number].name}: {there[number].state}" if number in there else "removed"

    after, left = drawn(
        details.job.after,
        lambda each: there[each.job_id].after if each.job_id in there else (),
        lambda each: f"#{each.job_id} {each.outcome}  {words(each.job_id)}",
        levels=STEPS,
        most=BRANCHES,
    )
    yield from (("After", text) for text in [*after, *(["…"] if left else [])])
    before, left = drawn(
        details.dependents,
        lambda each: below.get(each.id, ()),
        lambda each: f"#{each.id}  {words(each.id)}",
        levels=STEPS,
        most=BRANCHES,
    )
    yield from (("Before", text) for text in [*before, *(["…"] if left else [])])


def _usage(details: Details) -> Iterator[tuple[str, str]]:
    """Yield what the latest run uses, now and over time, and its processes."""
    usage, now = details.usage, details.activity
    begun = details.job.started_at or next(
        (run.started_at for run in details.runs if run.attempt == details.job.attempt), None
    )
    shares = percents(usage, begun)
    memory = [(each.at.timestamp(), float(each.rss_bytes)) for each in usage]
    begin = begun.timestamp() if begun is not None else memory[0][0] if memory else 0.0
    highest = max([share for _, share in shares] + ([now.percent] if now else []), default=0.0)
    most = max([rss for _, rss in memory] + ([now.rss_bytes] if now else []), default=0.0)
    if usage or now:
        line = sparkline(shares, begin=begin, top=max(100.0, highest), cells=CELLS)
        yield "CPU", _now(line, f"{now.percent:.0f} %" if now else "", f"{highest:.0f} % of one core")
        line = sparkline(memory, begin=begin, top=most, cells=CELLS)
        yield "Memory", _now(line, mebibytes(now.rss_bytes) if now else "", mebibytes(most))
    for text in process_lines(now.processes) if now else ():
        yield "Processes", text


def _now(line: str, now: str, highest: str) -> str:
    return f"{line}  {f'now {now}, ' if now else ''}highest {highest}".lstrip()


def _state(job: Job) -> str:
    return ": ".join(filter(None, [f"{job.state}{', paused' if job.paused else ''}{job.left_text}", job.reason]))


def _attempt(run: Run, log: str) -> str:
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    parts = [
        str(run.attempt),
        run.reason,
        "" if run.started_at is None else f"started {run.started_at.astimezone():%m-%d %H:%M:%S}",
        f"took {duration(took)}" if took is not None else "",
        f"{run.cpu_s:.2f} s CPU" if run.cpu_s is not None else "",
        f"{run.max_rss_kib / 1024:.0f} MiB" if run.max_rss_kib is not None else "",
        f"script {run.script[:12]}" if run.script else "",
        f"log {log}" if log else "its log is gone" if run.started_at else "",
    ]
    return ", ".join(filter(None, parts))


def _time(time: datetime | None) -> str:
    return "" if time is None else time.astimezone().isoformat(timespec="seconds")
