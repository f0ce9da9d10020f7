"""The options of a job, each declared once: how it is given, parsed, formatted, explained and shown.

The command line, the form, lines of JSON, the Python API, completion and `edit` read this table. A new option needs an
attribute in ``JobOptions`` and an entry here. The order is that of `--help`.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import After, JobDraft, Outcome
from tui_queue.core.model.options import Full, JobOptions, Leftovers, Lost, Unmet
from tui_queue.core.parsing.fields import (
    PRIORITY_LIMIT,
    choice,
    codes,
    log_bytes,
    number,
    signal_number,
    span,
    time_limit,
    title,
)
from tui_queue.core.parsing.job_command import check_cwd, check_name, check_python
from tui_queue.core.parsing.notification_options import NOTIFICATION_OPTIONS
from tui_queue.core.parsing.option import Context, Group, JobOption, Kind, Need, Offer, Parse, Section
from tui_queue.core.parsing.resources import parse_gates, parse_resources
from tui_queue.core.parsing.stream_options import STREAM_OPTIONS
from tui_queue.core.system.machine import identify
from tui_queue.core.timing.datetimes import parse_datetime
from tui_queue.core.timing.timezones import local_zone
from tui_queue.core.units.printable import printable
from tui_queue.core.units.signals import signal_name

_RETRIES_LIMIT = 1_000_000
_PID_LIMIT = 1 << 31
_VARIABLE = r"(?a)[A-Za-z_][A-Za-z0-9_]*"
_WARN_S = 60  # before the time limit, where the user names only a signal


def _whole(low: int, high: int) -> Parse:
    return lambda option, text, _: number(option.name, text, low, high, label=option.caption)


def _choice(kind: type[StrEnum]) -> Parse:
    return lambda option, text, _: choice(option.name, text, kind, label=option.caption)


def _span(option: JobOption, text: str, _: Context) -> int:
    return span(option.name, text)


def _codes(option: JobOption, text: str, _: Context) -> tuple[int, ...]:
    return codes(option.name, text, label=option.caption)


def _title(option: JobOption, text: str, _: Context) -> str:
    return title(option.name, text)


def _listed(values: Iterable[int]) -> str:
    return ",".join(map(str, values))


def _local(time: datetime) -> str:
    return time.astimezone().isoformat()


def _dependencies(option: JobOption, texts: Sequence[str], _: Context) -> tuple[After, ...]:
    """Return what to wait for: ``12``, ``12,13``, ``12:ended``, ``12:failed``."""
    found: dict[int, After] = {}
    for part in filter(None, re.split(r"[,\s]+", ",".join(texts))):
        job_id, _colon, outcome = part.removeprefix("#").partition(":")
        if not (job_id.isascii() and job_id.isdecimal()) or len(job_id) > 17:
            raise BadInputError(
                option.name, f"After {printable(part)}: not a job's number; write 12, 12:ended or 12:failed."
            )
        wanted = choice(option.name, outcome, Outcome) or Outcome.COMPLETED
        found[int(job_id)] = After(job_id=int(job_id), outcome=wanted)
    return tuple(found.values())


def _dependency_texts(after: Iterable[After]) -> tuple[str, ...]:
    return tuple(
        f"{each.job_id}" if each.outcome is Outcome.COMPLETED else f"{each.job_id}:{each.outcome}" for each in after
    )


def _processes(option: JobOption, texts: Sequence[str], _: Context) -> tuple[tuple[int, int], ...]:
    return tuple(identify(number(option.name, text, 1, _PID_LIMIT, label=option.caption)) for text in texts)


def _warning(option: JobOption, text: str, _: Context) -> tuple[int, int]:
    name, _at, before = text.strip().partition("@")
    return signal_number(option.name, name, catchable=True), span(option.name, before) or _WARN_S


def _grace(option: JobOption, text: str, _: Context) -> int:
    return 0 if text.strip() in ("0", "0s") else span(option.name, text)


def _growth(option: JobOption, text: str, _: Context) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 100:
        raise BadInputError(
            option.name, f"{option.caption} {printable(text)}: not a factor from 1 to 100; 2 doubles the delay."
        )
    return value


def _variables(option: JobOption, texts: Sequence[str], _: Context) -> tuple[tuple[str, str | None], ...]:
    return tuple(_variable(option.name, text) for text in texts)


def _variable(field: str, text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not re.fullmatch(_VARIABLE, name) or "\0" in value:
        raise BadInputError(field, f"Variable {printable(text)}: write NAME=value, or NAME to take it from here.")
    if name.startswith("TUI_QUEUE_"):
        raise BadInputError(
            field, f"Variable {name}: names that begin with TUI_QUEUE_ are set for each run; choose another."
        )
    return name, value if equals else None


def _assignments(pairs: Iterable[tuple[str, Any]]) -> tuple[str, ...]:
    return tuple(name if value is None else f"{name}={value}" for name, value in pairs)


def _gates(gates: Iterable[tuple[str, float]]) -> tuple[str, ...]:
    return tuple(f"{name}={least:g}" if name == "load" else f"{name}={least:.0f}" for name, least in gates)


def _words(option: JobOption, text: str, _: Context) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise BadInputError(option.name, f"{option.caption} {printable(text)}: a quote is not closed.") from None


JOB_OPTIONS = (
    JobOption(
        name="shell",
        kind=Kind.SWITCH,
        short="c",
        help="Let a shell run PATH as one line: 'a && b > out'. Default: run PATH without a shell.",
        section=Section.JOB,
        hint="Have a shell run the job path and parameters as one line",
    ),
    JobOption(
        name="name",
        parse=lambda _option, text, _: check_name(text),
        metavar="NAME",
        help="Name of the job. Default: the name of the file.",
        section=Section.JOB,
    ),
    JobOption(
        name="cwd",
        parse=lambda _option, text, _: check_cwd(text),
        metavar="DIR",
        help="Directory that the job runs in. Default: the current directory.",
        section=Section.JOB,
        offers=Offer.DIRECTORIES,
    ),
    JobOption(
        name="python",
        parse=lambda _option, text, context: check_python(text, context.cwd),
        metavar="PATH",
        help="Interpreter or virtual environment for a .py file. Default: the one that the file or the shell uses.",
        section=Section.ENVIRONMENT,
        group=Group.ENVIRONMENT,
        below="env",
        hint="an interpreter or a virtual environment",
        offers=Offer.FILES,
    ),
    JobOption(
        name="queue",
        parse=_title,
        short="q",
        metavar="QUEUE",
        help="Queue that the job waits in. Default: default.",
        section=Section.ORDER,
        group=Group.ORDER,
        hint="default",
        offers=Offer.QUEUES,
    ),
    JobOption(
        name="priority",
        parse=_whole(-PRIORITY_LIMIT, PRIORITY_LIMIT),
        metavar="N",
        help="Priority of the job: the highest number starts first. Default: 0.",
        section=Section.ORDER,
        group=Group.ORDER,
        hint="0; higher starts first",
    ),
    JobOption(
        name="hold",
        sets=("held",),
        kind=Kind.SWITCH,
        help="Keep the job from starting until you release it. Default: --no-hold.",
        section=Section.ORDER,
        hint="Hold it until it is released",
    ),
    JobOption(
        name="at",
        sets=("not_before",),
        parse=lambda _option, text, context: parse_datetime(text, now=context.now, zone=local_zone()),
        format=_local,
        metavar="TIME",
        help="Earliest start of the job: 18:00, 'tomorrow 6:00', +2h, 2026-12-24T18:00. Default: now.",
        section=Section.TIME,
        group=Group.ORDER,
        below="unmet",
        hint="18:00, tomorrow 6:00, +2h, 2026-12-24T18:00",
        lasting=False,
    ),
    JobOption(
        name="after",
        kind=Kind.LIST,
        parse=_dependencies,
        format=_dependency_texts,
        metavar="ID",
        help="Start after job ID has completed; ID:ended waits for any end, ID:failed for a failure. Default: none.",
        section=Section.ORDER,
        group=Group.ORDER,
        hint="12, 13:ended, 14:failed",
        offers=Offer.JOBS,
    ),
    JobOption(
        name="unmet",
        parse=_choice(Unmet),
        flag="if-unmet",
        help="What to do when a dependency can no longer be met: hold or cancel. Default: hold.",
        section=Section.ORDER,
        group=Group.ORDER,
        hint="hold or cancel, once that can't come any more",
        choices=tuple(Unmet),
    ),
    JobOption(
        name="after_pid",
        sets=("after_pids",),
        kind=Kind.LIST,
        parse=_processes,
        format=lambda processes: tuple(str(pid) for pid, _ in processes),
        metavar="PID",
        help="Start after this process (not a job of tui-queue) exits. Default: after no process.",
        section=Section.ORDER,
        label="After process",
        group=Group.ORDER,
        hint="a process that is none of ours",
        lasting=False,
    ),
    JobOption(
        name="batch",
        parse=_title,
        metavar="NAME",
        help="Batch that the job belongs to. A command can act on a whole batch. Default: no batch.",
        section=Section.ORDER,
        group=Group.ORDER,
        hint="a name for several jobs",
        offers=Offer.BATCHES,
    ),
    JobOption(
        name="timeout",
        sets=("timeout_s",),
        parse=lambda option, text, _: time_limit(option.name, text),
        metavar="DURATION",
        help="Time limit: end each run after this long, such as 90s, 15m, 2h30m, 3d. Default: no limit.",
        section=Section.TIME,
        group=Group.LIMITS,
        hint="90s, 15m, 2h30m, 3d",
    ),
    JobOption(
        name="warn",
        sets=("warn_signal", "warn_s"),
        parse=_warning,
        format=lambda number, before_s: f"{signal_name(number)}@{before_s}",
        needs=Need(
            option="timeout", field="warn", message="Warn: there is no time limit to warn of; give --timeout too."
        ),
        metavar="SIGNAL@DURATION",
        help="Send SIGNAL this long before the time limit: USR1@60s. Processes must handle it. Default: none.",
        section=Section.TIME,
        group=Group.LIMITS,
        hint="USR1@60s, 60 s before the time limit",
    ),
    JobOption(
        name="grace",
        sets=("grace_s",),
        parse=_grace,
        metavar="DURATION",
        help="Time between SIGTERM and SIGKILL when a run is ended, such as 2m. Default: the setting grace_s.",
        section=Section.TIME,
        group=Group.LIMITS,
        hint="2m between SIGTERM and SIGKILL",
    ),
    JobOption(
        name="leftovers",
        parse=_choice(Leftovers),
        help="What to do with processes that outlive the first one of the job. Default: as the queue says.",
        section=Section.LIMITS,
        group=Group.LIMITS,
        hint="keep, wait or kill, once the first process has ended",
        choices=tuple(Leftovers),
    ),
    JobOption(
        name="silence",
        sets=("silence_s",),
        parse=_span,
        metavar="DURATION",
        help="Mark the job when it has printed nothing for this long, such as 15m. Default: never.",
        section=Section.LIMITS,
        group=Group.LIMITS,
        hint="15m without output",
    ),
    JobOption(
        name="cancel_when_silent",
        kind=Kind.SWITCH,
        needs=Need(
            option="silence", field="silence", message="Cancel when silent: give --silence too, after how long."
        ),
        help="Cancel the job when it has printed nothing for the time of --silence. Default: only mark it.",
        section=Section.LIMITS,
        hint="Cancel it when silent",
    ),
    JobOption(
        name="retries",
        parse=_whole(0, _RETRIES_LIMIT),
        metavar="N",
        help="How many times to start the job again after a failure. Default: 0.",
        section=Section.ATTEMPTS,
        group=Group.ATTEMPTS,
        hint="0; after a failure",
    ),
    JobOption(
        name="retry_delay",
        sets=("retry_delay_s",),
        parse=_span,
        metavar="DURATION",
        help="Wait this long before each retry: 30s, 5m. Default: no delay.",
        section=Section.ATTEMPTS,
        group=Group.ATTEMPTS,
        hint="90s, 15m, 2h30m",
    ),
    JobOption(
        name="retry_growth",
        parse=_growth,
        format="{:g}".format,
        metavar="FACTOR",
        help="Multiply the retry delay by this after each retry. Default: 1.",
        section=Section.ATTEMPTS,
        group=Group.ATTEMPTS,
        hint="1; 2 doubles the delay each time",
    ),
    JobOption(
        name="retry_on",
        parse=_codes,
        format=_listed,
        metavar="CODES",
        help="Retry only after these exit codes, such as 3,10-20. Default: after each failure.",
        section=Section.ATTEMPTS,
        group=Group.ATTEMPTS,
        hint="3,10-20; any",
    ),
    JobOption(
        name="success",
        sets=("success_codes",),
        parse=_codes,
        format=_listed,
        metavar="CODES",
        help="Exit codes besides 0 that count as completed, such as 3,10-20. Default: none.",
        section=Section.ATTEMPTS,
        label="Success codes",
        group=Group.ATTEMPTS,
        hint="codes besides 0",
    ),
    JobOption(
        name="resource",
        sets=("resources",),
        kind=Kind.LIST,
        parse=lambda _option, texts, _: parse_resources(texts),
        format=_assignments,
        metavar="NAME=N",
        help="Resources that the job takes while it runs: gpu=1, mem=32G. Default: none.",
        section=Section.RESOURCES,
        group=Group.LIMITS,
        hint="gpu=1, mem=32G",
    ),
    JobOption(
        name="gate",
        sets=("gates",),
        kind=Kind.LIST,
        parse=lambda _option, texts, _: parse_gates(",".join(texts)),
        format=_gates,
        metavar="NAME=N",
        help="Start only with this much free, mem=8G or disk=10G, or at most this load, load=4. Default: no check.",
        section=Section.RESOURCES,
        group=Group.LIMITS,
        hint="mem=8G, load=4, disk=10G must be free",
    ),
    JobOption(
        name="env",
        kind=Kind.LIST,
        parse=_variables,
        format=_assignments,
        quoted=True,
        metavar="NAME[=VALUE]",
        help="Set a variable. NAME alone takes it from your environment, and `ps` does not show it. Default: none.",
        section=Section.ENVIRONMENT,
        group=Group.ENVIRONMENT,
        hint='NAME=value OTHER="two words"',
    ),
    JobOption(
        name="clean_env",
        kind=Kind.SWITCH,
        help="Give the job only the basic variables, and those of --env. Default: the environment of `add`.",
        section=Section.ENVIRONMENT,
        hint="Leave out your own variables",
    ),
    JobOption(
        name="nice",
        parse=_whole(-20, 19),
        metavar="N",
        help="Nice level of the job, -20 to 19. Default: that of the shell that adds it.",
        section=Section.ENVIRONMENT,
        group=Group.ENVIRONMENT,
        hint="0; 19 is nicest",
    ),
    JobOption(
        name="lost",
        parse=_choice(Lost),
        flag="on-lost",
        help="What to do with the job after a reboot or a lost watcher. Default: as the queue says.",
        section=Section.ATTEMPTS,
        group=Group.ENVIRONMENT,
        hint="leave, requeue or ask, after a reboot",
        choices=tuple(Lost),
    ),
    JobOption(
        name="lost_age",
        sets=("lost_age_s",),
        parse=_span,
        metavar="DURATION",
        help="Apply --on-lost only to runs that started within this time, such as 1d. Default: to all.",
        section=Section.ATTEMPTS,
        group=Group.ENVIRONMENT,
        hint="1d: leave it if it began before",
    ),
    JobOption(
        name="resume_args",
        parse=_words,
        format=shlex.join,
        quoted=True,
        metavar="WORDS",
        help="Parameters to add when the job starts again after a lost run, such as --resume. Default: none.",
        section=Section.ATTEMPTS,
        group=Group.ENVIRONMENT,
        hint="--resume",
    ),
    JobOption(
        name="pty",
        kind=Kind.SWITCH,
        help="Give the job a terminal of 120x40 to write to. Default: a file.",
        section=Section.OUTPUT,
        hint="Give it a terminal to write to",
    ),
    JobOption(
        name="times",
        kind=Kind.SWITCH,
        help="Record when each line of output is written. Default: record no times.",
        section=Section.OUTPUT,
        hint="Note when its lines are written",
    ),
    JobOption(
        name="log_size",
        parse=lambda option, text, _: log_bytes(option.name, text),
        metavar="SIZE",
        help="Most that the output of one run may take on disk: 500M, 2G. Default: the setting log_size.",
        section=Section.OUTPUT,
        group=Group.LIMITS,
        hint="500M, 2G",
    ),
    JobOption(
        name="log_full",
        parse=_choice(Full),
        help="At --log-size keep the log's head and tail, stop writing it, or fail. Default: the setting log_full.",
        section=Section.OUTPUT,
        group=Group.LIMITS,
        hint="keep its head and tail, stop or fail",
        choices=tuple(Full),
    ),
    *NOTIFICATION_OPTIONS,
    JobOption(
        name="copy",
        kind=Kind.SWITCH,
        help="Copy the script now and run the copy. Default: run the file as it is when the job starts.",
        section=Section.JOB,
        below="cancel_when_silent",
        hint="Run a copy of the script, made now",
    ),
    *STREAM_OPTIONS,
)
# In the order of the model, which is that of a template too.
_ATTRIBUTES = (*JobDraft.__struct_fields__, *JobOptions.__struct_fields__)
BY_NAME = {
    option.name: option for option in sorted(JOB_OPTIONS, key=lambda option: _ATTRIBUTES.index(option.attributes[0]))
}
