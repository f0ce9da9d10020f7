"""The files of other queues: what they hold as jobs and schedules. Pure but for looking whether files are there."""

import csv
import io
import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.record import TEXTS, TIMES, Record, record_of
from tui_queue.core.model.job import After, JobDraft, Run, State
from tui_queue.core.model.reason import CANCELLED, NO_REASON, Reason, ReasonKind
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.job_draft import make_draft
from tui_queue.core.timing.recurrence import parse_rule
from tui_queue.core.timing.timezones import local_zone, zone_of
from tui_queue.core.units.printable import printable

SHELL = "/bin/sh"


class Format(StrEnum):
    """What a file may be."""

    JSONL = "jsonl"  # what `export` writes
    CSV = "csv"  # the same as a table
    JOB_QUEUE = "job_queue"  # lines `uuid path parameter STATUS`
    TSP = "tsp"  # what `tsp -l` of task-spooler prints
    PUEUE = "pueue"  # what `pueue status --json` prints
    JOBLOG = "joblog"  # what `parallel --joblog` writes
    CRONTAB = "crontab"  # what `crontab -l` prints


class Found(Struct, frozen=True, kw_only=True):
    """What a file holds."""

    format: Format
    records: tuple[Record, ...] = ()
    schedules: tuple[Schedule, ...] = ()


class _Place(Struct, frozen=True, kw_only=True):
    """Where a file is read: the directory that relative paths start from, and when."""

    cwd: str
    now: datetime


def parse(text: str, kind: Format | None, *, cwd: str, now: datetime) -> Found:
    """Return what a file holds; without ``kind`` its form tells. Raises BadInputError that names the line."""
    kind = kind or recognized(text)
    place = _Place(cwd=cwd, now=now)
    if kind is Format.CRONTAB:
        return Found(format=kind, schedules=tuple(_crontab(text, place)))
    return Found(format=kind, records=tuple(_READERS[kind](text, place)))


def recognized(text: str) -> Format:
    """Return what a file is. Raises BadInputError where it can't be told."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.startswith("{"):
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            return Format.JSONL
        return Format.PUEUE if "tasks" in whole else Format.JSONL
    for kind, form in _FORMS.items():
        if re.match(form, first):
            return kind
    names = ", ".join(kind.value for kind in Format)
    raise BadInputError("format", f"This is no file that can be recognized; say --format: {names}.")


_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_FORMS = {
    Format.CSV: r"schema,id,uuid,",
    Format.TSP: r"ID\s+State\s+Output\s+E-?Level",
    Format.JOBLOG: r"Seq\tHost\tStarttime",
    Format.JOB_QUEUE: rf"{_UUID}\s",
    Format.CRONTAB: r"#|@[a-z]+\s|[A-Z_]+\s*=|(?:[\d*,/a-zA-Z-]+\s+){5}\S",
}


def _jsonl(text: str, _place: _Place) -> Iterator[Record]:
    for number, line in _lines(text):
        with _naming(number):
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadInputError("import", f"not valid JSON: {error}.") from None
            yield record_of(values)


def _csv(text: str, _place: _Place) -> Iterator[Record]:
    for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
        with _naming(number):
            try:
                yield record_of({name: _cell(name, cell) for name, cell in row.items() if name})
            except (ValueError, RecursionError) as error:
                raise BadInputError("import", f"not a cell of an export: {error}.") from None


def _cell(name: str, cell: str | None) -> Any:
    if name in TEXTS:
        return cell or ""
    if name in TIMES:
        return cell or None
    return json.loads(cell) if cell else None


def _job_queue(text: str, place: _Place) -> Iterator[Record]:
    states = {
        "PENDING": State.PENDING,
        "QUEUED": State.PENDING,
        "WAITING": State.PENDING,
        "RUNNING": State.RUNNING,
        "COMPLETED": State.COMPLETED,
        "FINISHED": State.COMPLETED,
        "DONE": State.COMPLETED,
        "SUCCESS": State.COMPLETED,
        "FAILED": State.FAILED,
        "ERROR": State.FAILED,
        "CANCELLED": State.CANCELLED,
        "CANCELED": State.CANCELLED,
        "REMOVED": State.CANCELLED,
    }
    for number, line in _lines(text):
        with _naming(number):
            # The parameter may hold blanks; it was one word for the script.
            found = re.fullmatch(rf"({_UUID})\s+(\S+)(?:\s+(.*?))?\s+(\S+)", line.strip())
            if found is None or found[4].upper() not in states:
                known = ", ".join(states)
                raise BadInputError("import", f"not `uuid path parameter STATUS`; a status is one of {known}.")
            args = (found[3],) if found[3] else ()
            state = states[found[4].upper()]
            yield _made(place, state, found[2], args, uuid=str(UUID(found[1])), exit_code=_ZERO.get(state))


_ZERO = {State.COMPLETED: 0}


def _tsp(text: str, place: _Place) -> Iterator[Record]:
    lines = list(_lines(text))
    if not lines or not re.match(_FORMS[Format.TSP], lines[0][1]):
        raise BadInputError("import", "The first line is not that of `tsp -l`.")
    for number, line in lines[1:]:
        with _naming(number):
            found = re.fullmatch(_TSP_LINE, line.strip())
            if found is None:
                raise BadInputError("import", "not a line of `tsp -l`.")
            level = int(found["level"]) if found["level"] else None
            state = _TSP_STATES.get(found["state"])
            if state is None:
                raise BadInputError("import", f"{printable(found['state'])}: no state of task-spooler's.")
            path, *args = _split(found["command"])
            took = timedelta(seconds=float(found["took"])) if found["took"] else None
            yield _made(
                place,
                State.FAILED if state is State.COMPLETED and level else state,
                path,
                args,
                number=int(found["id"]) + 1,  # theirs begin with 0
                name=found["label"] or "",
                after=tuple(After(job_id=int(other) + 1) for other in (found["after"] or "").split(",") if other),
                exit_code=level if level is not None and 0 <= level <= 255 else None,
                started_at=None if took is None else place.now - took,
            )


_TSP_STATES = {
    "queued": State.PENDING,
    "allocating": State.PENDING,
    "running": State.RUNNING,
    "finished": State.COMPLETED,
    "skipped": State.CANCELLED,
}
# Level and times stand there once it has ended; then whom it waits for, its label, and the command without its quotes.
_TSP_LINE = (
    r"(?P<id>\d+)\s+(?P<state>\w+)\s+\S+\s+(?:(?P<level>-?\d+)\s+(?P<took>[\d.]+)\S*/\S+/\S+\s+)?"
    r"(?:\[(?P<after>[\d,]+)\]&& )?(?:\[(?P<label>[^\]]*)\])?(?P<command>.*)"
)


def _pueue(text: str, place: _Place) -> Iterator[Record]:
    try:
        tasks = json.loads(text)["tasks"].values()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInputError("import", "This is not what `pueue status --json` prints.") from None
    for task in tasks:
        try:
            yield _pueue_task(task, place)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            shown = printable(repr(task.get("id", task) if isinstance(task, dict) else task))
            raise BadInputError("import", f"Task {shown}: {printable(repr(error))} is not what pueue writes.") from None


def _pueue_task(task: Mapping[str, Any], place: _Place) -> Record:
    status = task["status"]
    # A word or an object with one; times stand in it since pueue 4, beside it before.
    word, more = (status, None) if isinstance(status, str) else next(iter(status.items()))
    times = {**task, **(more if isinstance(more, dict) else {})}
    result = times.get("result", more) if word == "Done" else None
    state = {
        "Queued": State.PENDING,
        "Stashed": State.PENDING,
        "Locked": State.PENDING,
        "Running": State.RUNNING,
        "Paused": State.RUNNING,
        "Done": State.COMPLETED if result == "Success" else State.CANCELLED if result == "Killed" else State.FAILED,
    }[word]
    failed = result.get("Failed") if isinstance(result, dict) else None
    command = task.get("original_command") or task["command"]
    ended = word == "Done"
    return _made(
        place,
        state,
        SHELL,
        ("-c", command),
        number=int(task["id"]) + 1,  # theirs begin with 0
        name=task.get("label") or _first_word(command),
        cwd=str(task["path"]),
        queue=str(task.get("group") or "default"),
        priority=int(task.get("priority") or 0),
        held=word in ("Stashed", "Locked"),
        after=tuple(After(job_id=int(other) + 1) for other in task.get("dependencies") or ()),
        reason=NO_REASON if not ended or failed is not None or state is not State.FAILED else _pueue_reason(result),
        exit_code=0 if result == "Success" else failed,
        created_at=_pueue_time(task.get("created_at")),
        started_at=_pueue_time(times.get("start")) if state is not State.PENDING else None,
        finished_at=_pueue_time(times.get("end")) if ended else None,
    )


def _pueue_reason(result: Any) -> Reason:
    if isinstance(result, dict):
        ((word, why),) = result.items()
        return Reason.of(ReasonKind.UNKNOWN, text=f"{word}: {why}")
    return Reason.of(ReasonKind.UNKNOWN, text=result)


def _pueue_time(text: str | None) -> datetime | None:
    if not text:
        return None
    # Nanoseconds, which Python does not read.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)


def _joblog(text: str, place: _Place) -> Iterator[Record]:
    for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE), start=2):
        with _naming(number):
            try:
                started_at = datetime.fromtimestamp(float(row["Starttime"]), UTC)
                took = timedelta(seconds=float(row["JobRuntime"]))
                code, signal, command = int(row["Exitval"]), int(row["Signal"]), row["Command"]
            except (KeyError, ValueError, TypeError, OverflowError):
                raise BadInputError("import", "not a line of GNU parallel's joblog.") from None
            yield _made(
                place,
                State.FAILED if code or signal else State.COMPLETED,
                SHELL,
                ("-c", command),
                name=_first_word(command),
                exit_code=None if signal else code & 255,
                signal=signal or None,
                created_at=started_at,
                started_at=started_at,
                finished_at=started_at + took,
            )


def _crontab(text: str, place: _Place) -> Iterator[Schedule]:
    env: dict[str, str] = {}
    zone, shell, names = local_zone().key, SHELL, set[str]()
    for number, line in _lines(text):
        if line.lstrip().startswith("#"):
            continue
        with _naming(number):
            if setting := re.fullmatch(r"\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*", line):
                name, value = setting[1], re.sub(r"^([\"'])(.*)\1$", r"\2", setting[2])
                if name == "CRON_TZ":
                    zone = zone_of(value).key
                elif name == "SHELL":
                    shell = value
                elif name != "MAILTO":
                    env[name] = value
                continue
            found = re.fullmatch(r"\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.+?)\s*", line)
            if found is None:
                raise BadInputError("import", "neither a cron line nor NAME=value.")
            rule, command = " ".join(found[1].split()), found[2]
            if rule == "@reboot":
                raise BadInputError("import", "@reboot is no time; leave this line out.")
            if re.search(r"(?<!\\)%", command):
                raise BadInputError("import", "text behind % is input for the command; write it into a script.")
            parse_rule(rule, zone)
            command = command.replace("\\%", "%")
            name = _free_name(_first_word(command), names)
            variables = tuple(f"{key}={value}" for key, value in env.items())
            draft = make_draft(
                path=shell, args=("-c", command), cwd=os.path.expanduser("~"), name=name, env=variables, now=place.now
            )
            yield Schedule(name=name, rule=rule, zone=zone, draft=draft, created_at=place.now)


def _free_name(name: str, names: set[str]) -> str:
    name = title("name", re.sub(r"[^\w.-]", "-", name) or "cron")
    free, number = name, 1
    while free in names:
        number += 1
        free = f"{name}-{number}"
    names.add(free)
    return free


_READERS: dict[Format, Callable[[str, _Place], Iterator[Record]]] = {
    Format.JSONL: _jsonl,
    Format.CSV: _csv,
    Format.JOB_QUEUE: _job_queue,
    Format.TSP: _tsp,
    Format.PUEUE: _pueue,
    Format.JOBLOG: _joblog,
}


def _made(
    place: _Place,
    state: State,
    path: str,
    args: Sequence[str],
    *,
    number: int = 0,
    uuid: str = "",
    name: str = "",
    cwd: str = "",
    queue: str = "",
    priority: int = 0,
    held: bool = False,
    after: tuple[After, ...] = (),
    reason: Reason = NO_REASON,
    exit_code: int | None = None,
    signal: int | None = None,
    created_at: datetime | None = None,
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
) -> Record:
    """Return a job of another queue; only one that is yet to run must have its file."""
    words: dict[str, Any] = {"path": path, "args": tuple(args), "cwd": cwd or place.cwd, "name": name}
    if state.ended:
        whole = os.path.join(words["cwd"], path) if os.sep in path else shutil.which(path) or path
        draft = JobDraft(path=whole, args=words["args"], cwd=words["cwd"], name=name or os.path.basename(path))
    else:
        draft = make_draft(**words)
    draft = JobDraft(
        path=draft.path,
        args=draft.args,
        cwd=draft.cwd,
        name=draft.name,
        queue=title("queue", queue) or "default",
        priority=priority,
        held=held,
        after=after,
    )
    if state.ended and not reason:
        reason = _reason(state, exit_code, signal)
    ran = state in (State.COMPLETED, State.FAILED, State.RUNNING)
    finished_at = (finished_at or place.now) if state.ended else None
    run = Run(
        job_id=number,
        attempt=1,
        started_at=started_at,
        finished_at=finished_at,
        exit_code=exit_code,
        signal=signal,
        reason=reason,
        cpu_s=None,
        max_rss_kib=None,
        script="",
        oom="",
    )
    return Record(
        draft=draft,
        number=number,
        uuid=uuid,
        state=state,
        reason=reason,
        exit_code=exit_code,
        signal=signal,
        attempt=int(ran),
        created_at=created_at or started_at or place.now,
        started_at=started_at,
        finished_at=finished_at,
        runs=(run,) if ran else (),
    )


def _reason(state: State, exit_code: int | None, signal: int | None) -> Reason:
    if signal is not None:
        return Reason.of(ReasonKind.SIGNAL, signal=signal)
    if exit_code is not None:
        return Reason.of(ReasonKind.EXIT, code=exit_code)
    if state is State.CANCELLED:
        return CANCELLED
    return Reason.of(ReasonKind.UNKNOWN, text="failed (imported; nobody knows how)")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip())


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command) or [""]
    except ValueError:
        return command.split() or [""]


def _first_word(command: str) -> str:
    return os.path.basename(_split(command)[0])[:40] or "job"


class _naming:  # noqa: N801 - used as a function
    """Has errors name the line that they are about."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, BadInputError):
            raise BadInputError(error.field, f"Line {self._number}: {error}") from None
