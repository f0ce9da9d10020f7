"""Describes a run to its watcher: what to start, where, with which environment and within which limits."""

import os
import sys
from collections.abc import Callable, Mapping
from functools import cached_property

from tui_queue.core.execution.run_files import RunFiles
from tui_queue.core.model.job import Job
from tui_queue.core.model.options import Full
from tui_queue.core.system.umask import current_umask


class RunSpecs:
    """Makes the specifications of runs; each argument is a setting, read when a run starts.

    ``python`` is the interpreter that runs a .py job, if not this one. ``log_size`` bytes, 0 for no limit, and
    ``log_full`` hold for jobs that say nothing else.
    """

    def __init__(
        self,
        *,
        python: Callable[[], str],
        grace_s: Callable[[], float],
        log_size: Callable[[], int],
        log_full: Callable[[], Full],
    ) -> None:
        self._python = python
        self._grace_s = grace_s
        self._log_size = log_size
        self._log_full = log_full

    def of(self, job: Job, files: RunFiles) -> dict[str, object]:
        """Return the specification of the job's present attempt, to be sent as JSON."""
        options = job.options
        path = options.script.copy if options.script is not None and options.script.copy else job.path
        argv = [path, *job.args]
        if job.is_python:
            argv.insert(0, job.python or self._python() or sys.executable)
        added = _variables(job, files, path)
        return {
            "directory": _latin(files.directory),
            "uuid": job.uuid,
            "argv": [_latin(arg) for arg in argv],
            # Of two lines for one name the later one counts.
            "env": self._environment + [_latin(f"{name}={value}") for name, value in added.items()],
            "path": _latin(path),
            "cwd": _latin(job.cwd),
            "umask": self._umask,
            "grace_s": self._grace_s(),
            "timeout_s": job.timeout_s,
            "warn_signal": options.warn_signal,
            "warn_s": options.warn_s,
            "silence_s": options.silence_s,
            "cancel_when_silent": options.cancel_when_silent,
            "nice": options.nice,
            "pty": options.pty,
            "times": options.times,
            "log_limit": options.log_size or self._log_size(),
            "log_full": options.log_full or self._log_full(),
        }

    @cached_property
    def _environment(self) -> list[str]:
        """The scheduler's own environment, which its jobs get, a line each; read at the first start."""
        return [_latin(f"{name}={value}") for name, value in os.environ.items()]

    @cached_property
    def _umask(self) -> int:
        """The scheduler's own umask, which its jobs get; read at the first start."""
        return current_umask()


def _variables(job: Job, files: RunFiles, path: str) -> dict[str, str]:
    """Return what a job's environment has beside the scheduler's; ``path`` is the script that runs."""
    added = dict(job.options.env) | _marks(job, files)
    if job.options.pty and "TERM" not in added:
        added["TERM"] = "xterm-256color"
    if job.is_python:
        added["PYTHONUNBUFFERED"] = "1"
        if path != job.path:  # what the script imports lies beside the original
            others = added.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
            added["PYTHONPATH"] = os.pathsep.join(filter(None, [os.path.dirname(job.path), others]))
    return added


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
    """Return the variables that tell programs which GPUs are theirs, numbered as the driver does."""
    if "gpu" not in given:
        return {}
    return {"CUDA_VISIBLE_DEVICES": ",".join(map(str, given["gpu"])), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def _latin(text: str) -> str:
    """Carry bytes through JSON one character a byte, whatever encoding either side believes in."""
    return os.fsencode(text).decode("latin-1")
