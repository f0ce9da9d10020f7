"""From what a user typed to the options of a job; every refusal names the field and says what to do."""

import re
import shlex
import signal
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import After, Outcome
from tui_queue.core.model.options import Full, JobOptions, Lost, Notify, Unmet
from tui_queue.core.parsing.resources import parse_gates, parse_resources
from tui_queue.core.system.machine import identify
from tui_queue.core.timing.datetimes import parse_datetime
from tui_queue.core.timing.timezones import local_zone
from tui_queue.core.units.durations import parse_duration
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import parse_size

E = TypeVar("E", bound=StrEnum)

NAME_LIMIT = 60  # characters of a queue's, batch's, schedule's or template's name
PRIORITY_LIMIT = 1_000_000
RETRIES_LIMIT = 1_000_000
LEAST_LOG = 1 << 16  # bytes of a log that has a limit
_VARIABLE = r"(?a)[A-Za-z_][A-Za-z0-9_]*"
_SURE = ("SIGKILL", "SIGSTOP")  # signals that no program hears


def make_options(
    *,
    env: Sequence[str] = (),
    nice: str = "",
    unmet: str = "",
    after_pid: Sequence[str] = (),
    retries: str = "",
    retry_delay: str = "",
    retry_growth: str = "",
    retry_on: str = "",
    success: str = "",
    warn: str = "",
    silence: str = "",
    cancel_when_silent: bool = False,
    resource: Sequence[str] = (),
    gate: Sequence[str] = (),
    lost: str = "",
    lost_age: str = "",
    resume_args: str = "",
    copy: bool = False,
    pty: bool = False,
    times: bool = False,
    log_size: str = "",
    log_full: str = "",
    notify: str = "",
) -> JobOptions:
    """Check every wish. ``warn`` is as in ``USR1@60s``, ``env`` as in ``NAME=value``. Raises BadInputError."""
    warn_signal, warn_s = _warning(warn)
    if cancel_when_silent and not silence.strip():
        raise BadInputError("silence", "Cancel when silent: give --silence too, after how long.")
    return JobOptions(
        env=tuple(map(_variable, env)),
        nice=number("nice", nice, -20, 19),
        unmet=choice("unmet", unmet, Unmet) or Unmet.HOLD,
        after_pids=tuple(identify(number("after_pid", pid, 1, 1 << 31)) for pid in after_pid),
        retries=number("retries", retries, 0, RETRIES_LIMIT),
        retry_delay_s=span("retry_delay", retry_delay),
        retry_growth=_growth(retry_growth),
        retry_on=codes("retry_on", retry_on),
        success_codes=codes("success", success),
        warn_signal=warn_signal,
        warn_s=warn_s,
        silence_s=span("silence", silence),
        cancel_when_silent=cancel_when_silent,
        resources=parse_resources(resource),
        gates=parse_gates(",".join(gate)) if gate else (),
        lost=choice("lost", lost, Lost),
        lost_age_s=span("lost_age", lost_age),
        resume_args=_words("resume_args", resume_args),
        copy=copy,
        pty=pty,
        times=times,
        log_size=log_bytes("log_size", log_size),
        log_full=choice("log_full", log_full, Full),
        notify=choice("notify", notify, Notify),
    )


def number(field: str, text: str, low: int, high: int) -> int:
    """Return the whole number that a field holds; 0 for an empty one."""
    if not text.strip():
        return 0
    try:
        value = int(text)
    except ValueError:
        value = high + 1
    if not low <= value <= high:
        raise BadInputError(field, f"{label(field)} {printable(text)}: not a whole number from {low:,} to {high:,}.")
    return value


def log_bytes(field: str, text: str) -> int:
    """Return the bytes that a log may have; 0 for an empty field."""
    if not text.strip():
        return 0
    try:
        size = parse_size(text)
    except ValueError:
        size = 0
    if not LEAST_LOG <= size <= 1 << 60:
        raise BadInputError(field, f"{label(field)} {printable(text)}: not a size from 64K on; write 500M or 2G.")
    return int(size)


def span(field: str, text: str) -> int:
    """Return the seconds that a field holds; 0 for an empty one."""
    if not text.strip():
        return 0
    try:
        return parse_duration(text)
    except ValueError:
        raise BadInputError(
            field,
            f"{label(field)} {printable(text)}: not a span of time; write 90s, 15m, 2h30m or 3d, up to ten years.",
        ) from None


def codes(field: str, text: str) -> tuple[int, ...]:
    """Return the exit codes of a field like ``1,3,10-20``, sorted."""
    found: set[int] = set()
    for part in filter(None, re.split(r"[,\s]+", text)):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()) or not int(first) <= int(last or first) <= 255:
            raise BadInputError(
                field, f"{label(field)} {printable(part)}: not an exit code; write 3 or 10-20, from 0 to 255."
            )
        found.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))


def moment(text: str, now: datetime) -> datetime | None:
    """Return the time that a field holds; None for an empty one."""
    return parse_datetime(text, now=now, zone=local_zone()) if text.strip() else None


def dependencies(texts: Sequence[str]) -> tuple[After, ...]:
    """Return what to wait for: ``12``, ``12,13``, ``12:ended``, ``12:failed``."""
    found: dict[int, After] = {}
    for part in filter(None, re.split(r"[,\s]+", ",".join(texts))):
        job_id, _, outcome = part.removeprefix("#").partition(":")
        if not (job_id.isascii() and job_id.isdecimal()) or len(job_id) > 17:
            raise BadInputError(
                "after", f"After {printable(part)}: not a job's number; write 12, 12:ended or 12:failed."
            )
        wanted = choice("after", outcome, Outcome) or Outcome.COMPLETED
        found[int(job_id)] = After(job_id=int(job_id), outcome=wanted)
    return tuple(found.values())


def title(field: str, text: str) -> str:
    """Return a name that can be typed and shown; empty for none."""
    text = text.strip()
    if text != printable(text) or len(text) > NAME_LIMIT or re.search(r"[\s,]", text):
        raise BadInputError(
            field, f"{label(field)} {printable(text)}: use up to {NAME_LIMIT} characters without blanks and commas."
        )
    return text


def choice(field: str, text: str, kind: type[E]) -> E | None:
    """Return the member of an enumeration that a field names; None for an empty one."""
    if not text.strip():
        return None
    try:
        return kind(text.strip().lower())
    except ValueError:
        raise BadInputError(field, f"{label(field)} {printable(text)}: choose {_list(list(kind))}.") from None


def label(field: str) -> str:
    """Return a field's name as a sentence begins with it."""
    return _LABELS.get(field, field.replace("_", " ").capitalize())


_LABELS = {"unmet": "If unmet", "lost": "On lost", "after_pid": "After process", "success": "Success codes"}


def _list(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}"


def _growth(text: str) -> float:
    if not text.strip():
        return 1.0
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 100:
        raise BadInputError(
            "retry_growth", f"Retry growth {printable(text)}: not a factor from 1 to 100; 2 doubles the delay."
        )
    return value


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(_VARIABLE, name) or "\0" in value:
        raise BadInputError("env", f"Variable {printable(text)}: write NAME=value.")
    if name.startswith("TUI_QUEUE_"):
        raise BadInputError(
            "env", f"Variable {name}: names that begin with TUI_QUEUE_ are set for each run; choose another."
        )
    return name, value


def _warning(text: str) -> tuple[int, int]:
    if not text.strip():
        return 0, 0
    name, _, before = text.strip().partition("@")
    return signal_number("warn", name), span("warn", before) or 60


def signal_number(field: str, text: str) -> int:
    """Return the number of a signal: ``15``, ``TERM``, ``SIGTERM``."""
    name = text.strip().upper()
    if name.isdecimal() and 0 < int(name) < signal.NSIG:
        return int(name)
    full = name if name.startswith("SIG") else f"SIG{name}"
    if full in signal.Signals.__members__ and (field != "warn" or full not in _SURE):
        return signal.Signals[full].value
    raise BadInputError(field, f"{printable(text)}: no such signal here; write a name like USR1 or TERM.")


def _words(field: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise BadInputError(field, f"{label(field)} {printable(text)}: a quote is not closed.") from None
