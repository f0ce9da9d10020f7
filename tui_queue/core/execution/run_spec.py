"""Describes a run to its watcher: what to start, where, with which environment and within which limits."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache

from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.run_files import RunFiles
from tui_queue.core.model.card import GIVEN_MARK
from tui_queue.core.model.environment import Environment
from tui_queue.core.model.job import Job
from tui_queue.core.model.options import Full, Leftovers
from tui_queue.core.system.environment import LIMITS, effective, own_environment


class RunSpecs:
    """Makes the specifications of runs; each argument is a setting, read when a run starts.

    ``place`` are the variables by which a job finds the queue. ``python`` is the interpreter that runs a .py
    job of an older version, if not this one. ``grace_s``, ``log_size`` bytes, 0 for no limit, ``log_full`` and
    ``leftovers`` hold for jobs that say nothing else.
    """

    def __init__(
        self,
        environments: EnvironmentFiles,
        *,
        place: Mapping[str, str],
        python: Callable[[], str],
        grace_s: Callable[[], float],
        log_size: Callable[[], int],
        log_full: Callable[[], Full],
        leftovers: Callable[[], Leftovers],
    ) -> None:
        self._environments = environments
        self._place = place
        self._surroundings = lru_cache(maxsize=_KEPT)(self._read_surroundings)
        self._given = lru_cache(maxsize=_KEPT)(environments.values)
        self._python = python
        self._grace_s = grace_s
        self._log_size = log_size
        self._log_full = log_full
        self._leftovers = leftovers

    def of(self, job: Job, files: RunFiles) -> dict[str, object]:
        """Return the specification of the job's present attempt, to be sent as JSON.

        Raises BadInputError where the job's environment can't be read.
        """
        options = job.options
        environment, lines, limits, differs = self._surroundings(options.environment)
        path = options.script.copy if options.script is not None and options.script.copy else job.path
        argv = [path, *job.args]
        if job.is_python:
            chosen = "" if options.interpreter is None else options.interpreter.path
            argv.insert(0, job.python or chosen or self._python() or sys.executable)
        given = self._given(options.values)
        output, error = (_latin(file_of(pattern, job)) for pattern in (options.output, options.error))
        added = _variables(job, files, path, environment.variables, given)
        added |= self._place  # what a job adds goes into the queue that runs it
        return {
            "directory": _latin(files.directory),
            "uuid": job.uuid,
            "argv": [_latin(arg) for arg in argv],
            # Of two lines for one name the later one counts.
            "env": lines + [_latin(f"{name}={value}") for name, value in added.items()],
            "path": _latin(path),
            "cwd": _latin(job.cwd),
            "umask": environment.umask,
            "grace_s": self._grace_s() if options.grace_s is None else options.grace_s,
            "timeout_s": job.timeout_s,
            "warn_signal": options.warn_signal,
            "warn_s": options.warn_s,
            "silence_s": options.silence_s,
            "cancel_when_silent": options.cancel_when_silent,
            "nice": options.nice or (environment.nice if environment.nice > self._own.nice else 0),
            "cpus": environment.cpus if environment.cpus != self._own.cpus else (),
            "limits": limits,
            "given": {name: value for name, value in differs.items() if name != "nice" or not options.nice},
            "stdin": _latin(options.stdin),
            "output": output,
            "error": error if error != output else "",
            "pty": options.pty,
            "times": options.times,
            "log_limit": options.log_size or self._log_size(),
            "log_full": options.log_full or self._log_full(),
            "leftovers": options.leftovers or self._leftovers(),
        }

    @cached_property
    def _own(self) -> Environment:
        """The environment of the scheduler, which jobs get that have none of their own; read at the first start."""
        return own_environment()

    def _read_surroundings(self, name: str) -> tuple[Environment, list[str], dict[str, int], dict[str, object]]:
        """Return an environment as a run gets it from this process, its variables a line each, the limits to be set.

        The last value is what this process can't give as it was captured.
        """
        captured = self._environments.get(name) if name else self._own
        environment = effective(captured, self._own) if name else self._own
        lines = [_latin(f"{key}={value}") for key, value in environment.variables.items()]
        own = self._own.limits
        return (
            environment,
            lines,
            {str(LIMITS[key]): soft for key, soft in environment.limits.items() if soft != own[key]},
            _not_as_captured(captured, environment),
        )


def _not_as_captured(captured: Environment, given: Environment) -> dict[str, object]:
    """Return the nice level, processors and soft limits of a run, as far as they differ from the captured ones."""
    differs: dict[str, object] = {}
    if given.nice != captured.nice:
        differs["nice"] = given.nice
    if given.cpus != captured.cpus:
        differs["cpus"] = given.cpus
    if limits := {name: soft for name, soft in given.limits.items() if soft != captured.limits[name]}:
        differs["limits"] = limits
    return differs


def file_of(pattern: str, job: Job) -> str:
    """Return the path that a pattern is for a run of this job; empty for none."""
    name = job.name.replace(os.sep, "_").replace("\0", "_")
    values = {"j": str(job.id), "n": name, "a": str(job.attempt), "%": "%"}
    return re.sub(r"%(.)", lambda found: values.get(found[1], found[0]), pattern)


PAGERS = ("PAGER", "GIT_PAGER", "MANPAGER", "SYSTEMD_PAGER")
_KEPT = 64  # environments that a scheduler keeps in memory


def _variables(
    job: Job, files: RunFiles, path: str, captured: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """Return what a job's environment has beside what was ``captured``; ``path`` is the script that runs.

    ``given`` are the values that the user gave; a job of an older version has them in its options.
    """
    added = {name: value for name, value in job.options.env if value is not None}
    added |= {**given, **_marks(job, files)}
    added["PWD"] = job.cwd
    if job.options.pty:
        added.setdefault("TERM", "xterm-256color")
        # No user is at the terminal to turn a page.
        added |= {name: "cat" for name in PAGERS if name not in added and name not in captured}
    if "PYTHONUNBUFFERED" not in added and "PYTHONUNBUFFERED" not in captured:
        added["PYTHONUNBUFFERED"] = "1"  # also of a Python that a shell script starts
    if job.options.directives is not None and job.options.directives.slurm:
        added |= _slurms(job, dict(job.options.directives.slurm))
    if path != job.path:
        added["TUI_QUEUE_SCRIPT"] = job.path  # to the copy its own path is that of the copy
    if job.is_python and path != job.path:  # what the script imports lies beside the original
        others = added.get("PYTHONPATH", captured.get("PYTHONPATH", ""))
        added["PYTHONPATH"] = os.pathsep.join(filter(None, [os.path.dirname(job.path), others]))
    return added


def _slurms(job: Job, known: Mapping[str, str]) -> dict[str, str]:
    """Return what a script with `#SBATCH` lines finds; each job of an array counts as one of its own."""
    number = str(job.id)
    array = {"SLURM_ARRAY_JOB_ID": number} if "SLURM_ARRAY_TASK_ID" in known else {}
    return {**known, **array, "SLURM_JOB_ID": number, "SLURM_JOB_NAME": job.name}


def _marks(job: Job, files: RunFiles) -> dict[str, str]:
    """Return the variables that tell a job what it is."""
    return {
        "TUI_QUEUE_JOB": str(job.id),
        "TUI_QUEUE_UUID": job.uuid,
        "TUI_QUEUE_QUEUE": job.queue,
        "TUI_QUEUE_ATTEMPT": str(job.attempt),
        "TUI_QUEUE_LOG": files.log,
    } | _devices(job.devices)


def _devices(given: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """Return the variables that tell programs which GPUs are theirs, numbered as the driver does.

    AMD's lower layer hides all but those of ROCR_VISIBLE_DEVICES and numbers them anew, before the upper one picks
    those of HIP_VISIBLE_DEVICES: with the driver's numbers in both, most programs would find none.
    """
    if "gpu" not in given:
        return {}
    numbers = ",".join(map(str, given["gpu"]))
    return {
        "CUDA_VISIBLE_DEVICES": numbers,
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "ROCR_VISIBLE_DEVICES": numbers,
        "HIP_VISIBLE_DEVICES": ",".join(map(str, range(len(given["gpu"])))),
        GIVEN_MARK: numbers,
    }


def _latin(text: str) -> str:
    """Carry bytes through JSON one character a byte, without regard to the encoding of either side."""
    return os.fsencode(text).decode("latin-1")
