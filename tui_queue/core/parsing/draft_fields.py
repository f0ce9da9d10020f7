"""From a draft back to the words that it could have been made of, by field."""

import os
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tui_queue.core.model.job import JobDraft, Outcome
from tui_queue.core.model.options import JobOptions, Unmet
from tui_queue.core.model.queue import DEFAULT_QUEUE
from tui_queue.core.units.signals import signal_name

LISTS = ("after", "after_pid", "env", "resource", "gate")  # fields that hold several words
SWITCHES = ("hold", "copy", "cancel_when_silent", "pty", "times")  # fields that hold yes or no


def words_of(draft: JobDraft) -> dict[str, Any]:
    """Return what ``make_draft`` takes to make this draft, without what is as if it had not been given."""
    options = draft.options
    words: dict[str, Any] = {
        "path": draft.path,
        "args": draft.args,
        "cwd": draft.cwd,
        "name": "" if draft.name == os.path.basename(draft.path) else draft.name,
        "python": draft.python or "",
        "timeout": _number(draft.timeout_s),
        "queue": "" if draft.queue == DEFAULT_QUEUE else draft.queue,
        "priority": _number(draft.priority),
        "hold": draft.held,
        "at": _moment(draft.not_before),
        "after": tuple(
            f"{each.job_id}" + ("" if each.outcome is Outcome.COMPLETED else f":{each.outcome}") for each in draft.after
        ),
        "batch": draft.batch,
    }
    words |= _words_of_options(options)
    return {name: word for name, word in words.items() if word or name in ("path", "args", "cwd")}


def _words_of_options(options: JobOptions) -> dict[str, Any]:
    return {
        "env": tuple(f"{name}={value}" for name, value in options.env),
        "nice": _number(options.nice),
        "unmet": "" if options.unmet is Unmet.HOLD else str(options.unmet),
        "after_pid": tuple(str(pid) for pid, _ in options.after_pids),
        "retries": _number(options.retries),
        "retry_delay": _number(options.retry_delay_s),
        "retry_growth": "" if options.retry_growth == 1 else f"{options.retry_growth:g}",
        "retry_on": ",".join(map(str, options.retry_on)),
        "success": ",".join(map(str, options.success_codes)),
        "warn": f"{signal_name(options.warn_signal)}@{options.warn_s}" if options.warn_signal else "",
        "silence": _number(options.silence_s),
        "cancel_when_silent": options.cancel_when_silent,
        "resource": tuple(f"{name}={wanted}" for name, wanted in options.resources),
        "gate": tuple(
            f"{name}={least:g}" if name == "load" else f"{name}={least:.0f}" for name, least in options.gates
        ),
        "lost": str(options.lost or ""),
        "lost_age": _number(options.lost_age_s),
        "resume_args": shlex.join(options.resume_args),
        "copy": options.copy,
        "pty": options.pty,
        "times": options.times,
        "log_size": _number(options.log_size),
        "log_full": str(options.log_full or ""),
        "notify": str(options.notify or ""),
    }


def typed(words: Mapping[str, Any]) -> dict[str, str]:
    """Return the words as one line each, as they stand in a form; switches and arguments are left out."""
    return {
        name: (shlex.join(word) if name == "env" else ", ".join(word)) if name in LISTS else word
        for name, word in words.items()
        if name not in SWITCHES and name != "args"
    }


def untyped(lines: Mapping[str, str]) -> dict[str, Any]:
    """Undo ``typed``. Raises ValueError for a quote that is not closed."""
    return {
        name: (
            tuple(shlex.split(line) if name == "env" else filter(None, map(str.strip, line.split(","))))
            if name in LISTS
            else line
        )
        for name, line in lines.items()
    }


def _number(value: int | None) -> str:
    return str(value) if value else ""


def _moment(time: datetime | None) -> str:
    return "" if time is None else time.astimezone().isoformat()
