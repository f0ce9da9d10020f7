"""The options of a job that its row keeps as JSON, so that a new one needs no column."""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from msgspec import Struct, convert
from msgspec.structs import asdict, replace


class Unmet(StrEnum):
    """What becomes of a job when its dependency can no longer be met."""

    HOLD = "hold"
    CANCEL = "cancel"


class Lost(StrEnum):
    """What becomes of a job whose run was lost: the machine went down, or its watcher was killed."""

    LEAVE = "leave"  # failed, interrupted
    REQUEUE = "requeue"  # pending again
    ASK = "ask"  # pending and held, until the user decides


class Full(StrEnum):
    """What becomes of a run's output once its log is as large as it may be."""

    KEEP = "keep"  # its head and its tail are kept
    STOP = "stop"  # its head is kept
    FAIL = "fail"  # the run is ended


class Leftovers(StrEnum):
    """What becomes of the processes of a run that live on after its leader has ended."""

    KEEP = "keep"  # they go on, and the run has ended
    WAIT = "wait"  # the run lasts as long as they do
    KILL = "kill"  # they are killed


class Notify(StrEnum):
    """For which events of a job the user wants a notification."""

    END = "end"
    FAILURE = "failure"  # and what needs a person: silence, a question
    NEVER = "never"


class Script(Struct, frozen=True, kw_only=True):
    """The file that a job runs, as it was when the job was added; ``copy`` is the path of its copy, if one was made.

    ``sha256`` is empty where the file was too large to be read through.
    """

    sha256: str = ""
    size: int
    mtime_ns: int
    commit: str = ""
    copy: str = ""


class Chosen(StrEnum):
    """Why an interpreter was chosen; short words, since each job has one."""

    LINE = "line"
    VENV = "venv"
    CONDA = "conda"
    BESIDE = "beside"
    ABOVE = "above"
    SETTING = "setting"
    PATH = "path"
    OWN = "own"

    @property
    def text(self) -> str:
        """The reason in words."""
        return _CHOSEN[self]


_CHOSEN = {
    Chosen.LINE: "the script's #! line",
    Chosen.VENV: "the active virtual environment",
    Chosen.CONDA: "the active conda environment",
    Chosen.BESIDE: "the .venv beside the script",
    Chosen.ABOVE: "the .venv above the script",
    Chosen.SETTING: "the setting python",
    Chosen.PATH: "python3 on the job's PATH",
    Chosen.OWN: "the Python that runs tui-queue",
}


class Interpreter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What runs a .py file, chosen when the job was added; an empty ``path`` is the script itself, by its #! line."""

    path: str = ""
    why: Chosen


class Directives(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The options that a script has named: its name, the line of each, the variables that Slurm would set."""

    script: str
    lines: tuple[tuple[str, int], ...] = ()
    slurm: tuple[tuple[str, str], ...] = ()


def directives_text(script: str, lines: Iterable[tuple[str, int]]) -> str:
    """Say which options a script has named in which lines: ``timeout, resource (train.sh, line 3)``."""
    names: dict[int, list[str]] = {}
    for name, line in lines:
        names.setdefault(line, []).append(name.replace("_", "-"))
    return "; ".join(f"{', '.join(found)} ({script}, line {line})" for line, found in sorted(names.items()))


class JobOptions(Struct, frozen=True, kw_only=True):
    """How a job is to be run; every default means that the user has not set it.

    ``retries`` more attempts follow a failure, the first after ``retry_delay_s``, each further one after
    ``retry_growth`` times the delay before; with ``retry_on`` only after these exit codes. ``warn_s`` before the time
    limit its processes get ``warn_signal``; ``grace_s`` after they were asked to end those that are left are killed.
    ``resources`` are whole units (bytes for those that are written with K, M, G), ``gates`` what must be free on the
    machine: bytes, or a load. ``after_pids`` are processes: number, and start time in the kernel's clock ticks. With
    ``copy`` a copy of the script is run, made when the job was added; with ``pty`` its output goes to a terminal of its
    own, with ``times`` it is noted when its lines were written. ``log_size`` are bytes; 0 is as the settings say.
    ``env`` are variables and their values; one without a value is taken from the process that adds the job. A job that
    was added has the values in a file named ``values`` (``EnvironmentFiles``), and here the names alone.
    ``directives`` are those of its script, as far as they hold.
    ``stdin`` is the file that is its standard input; of a job that was added, the copy that is kept. ``output`` and
    ``error`` are patterns of files that get its output, or its standard error alone.
    With ``shell`` the job is a line that ``sh -c`` runs, its second argument.
    ``mail_to`` are addresses that get mail of what ``notify`` says, of every end unless it says less; ``on_end`` and
    ``on_failure`` are commands that the scheduler runs at the end of the job, and at its failure.
    ``clean_env`` leaves out the user's other variables. ``environment`` names what was captured when the job was added
    (``EnvironmentFiles``); it is empty where an older version added the job. ``interpreter`` is what runs a .py file
    for which the user has named none, ``cards`` the captured variable that says which GPUs a job may see, with its
    value.
    """

    env: tuple[tuple[str, str | None], ...] = ()
    values: str = ""
    clean_env: bool = False
    shell: bool = False
    nice: int = 0
    unmet: Unmet = Unmet.HOLD
    after_pids: tuple[tuple[int, int], ...] = ()
    retries: int = 0
    retry_delay_s: int = 0
    retry_growth: float = 1.0
    retry_on: tuple[int, ...] = ()
    success_codes: tuple[int, ...] = ()
    warn_signal: int = 0
    warn_s: int = 0
    grace_s: int | None = None
    silence_s: int = 0
    cancel_when_silent: bool = False
    resources: tuple[tuple[str, int], ...] = ()
    gates: tuple[tuple[str, float], ...] = ()
    lost: Lost | None = None
    lost_age_s: int = 0
    resume_args: tuple[str, ...] = ()
    copy: bool = False
    stdin: str = ""
    output: str = ""
    error: str = ""
    pty: bool = False
    times: bool = False
    log_size: int = 0
    log_full: Full | None = None
    leftovers: Leftovers | None = None
    notify: Notify | None = None
    mail_to: tuple[str, ...] = ()
    on_end: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    script: Script | None = None
    environment: str = ""
    interpreter: Interpreter | None = None
    directives: Directives | None = None
    cards: tuple[str, str] | None = None


def without_values(options: JobOptions) -> JobOptions:
    """Return options as other users may see them: of variables only the names."""
    if not options.env and not options.environment:
        return options
    return replace(options, env=tuple((name, None) for name, _ in options.env), values="", environment="")


def with_values(options: JobOptions, values: Mapping[str, str]) -> JobOptions:
    """Return options with these values of variables beside the names."""
    env = tuple((name, values.get(name) if value is None else value) for name, value in options.env)
    return replace(options, env=env, values="")


@lru_cache(maxsize=64)  # the same ones for many jobs that are added together
def options_to_json(options: JobOptions) -> str:
    """Return only what differs from the defaults."""
    values: dict[str, Any] = {
        name: now for name in JobOptions.__struct_fields__ if (now := getattr(options, name)) != getattr(_NONE, name)
    }
    if options.script is not None:
        values["script"] = {name: known for name, known in asdict(options.script).items() if known != ""}
    if options.interpreter is not None:
        values["interpreter"] = asdict(options.interpreter)
    if options.directives is not None:
        values["directives"] = asdict(options.directives)
    return json.dumps(values, separators=(",", ":"))


@lru_cache(maxsize=1024)  # jobs that were added together have the same, and a scheduling pass reads them all
def options_from_json(stored: str) -> JobOptions:
    """Undo ``options_to_json``; options that a newer version has added are left out."""
    if stored == "{}":
        return _NONE
    return convert(json.loads(stored), JobOptions)


_NONE = JobOptions()
