"""The options that say what is wished for a job; the same ones wherever a job is described."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

import click

from tui_queue.cli.completion_types import batches, directories, files, jobs, queues
from tui_queue.core.parsing.job_draft import EDITABLE

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Words = dict[str, Any]

_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--name",), {"help": "What to call the job; default: the file's name."}),
    (
        ("--cwd",),
        {"metavar": "DIR", "help": "Directory to run in; default: the current one."},
    ),
    (
        ("--python",),
        {"metavar": "PATH", "help": "Interpreter or virtual environment for a .py file."},
    ),
    (("--queue", "-q"), {"metavar": "QUEUE", "help": "Queue to wait in; default: default."}),
    (("--priority",), {"metavar": "N", "help": "Higher starts first; default: 0."}),
    (("--hold/--no-hold",), {"default": None, "help": "Keep it from starting until it is released."}),
    (("--at",), {"metavar": "WHEN", "help": "Not before 18:00, 'tomorrow 6:00', +2h, 2026-12-24T18:00."}),
    (
        ("--after",),
        {
            "multiple": True,
            "metavar": "ID",
            "help": "After job 12 completed; 12:ended, 12:failed.",
        },
    ),
    (("--if-unmet", "unmet"), {"metavar": "DO", "help": "Once that can't come any more: hold (default) or cancel."}),
    (("--after-pid",), {"multiple": True, "metavar": "PID", "help": "After a process that is none of ours has ended."}),
    (
        ("--batch",),
        {"metavar": "NAME", "help": "Name for several jobs, to act on all of them."},
    ),
    (("--timeout",), {"metavar": "D", "help": "End the run after this long: 90s, 15m, 2h30m, 3d."}),
    (("--warn",), {"metavar": "SIG@D", "help": "Send a signal so long before the time limit: USR1@60s."}),
    (("--silence",), {"metavar": "D", "help": "Mark the job when it prints nothing for this long."}),
    (("--cancel-when-silent/--no-cancel-when-silent",), {"default": None, "help": "End it then."}),
    (("--retries",), {"metavar": "N", "help": "Start again up to so many times when it fails."}),
    (("--retry-delay",), {"metavar": "D", "help": "Wait so long before."}),
    (("--retry-growth",), {"metavar": "X", "help": "Each delay is so many times the one before; default: 1."}),
    (("--retry-on",), {"metavar": "CODES", "help": "Only after these exit codes: 3,10-20."}),
    (("--success",), {"metavar": "CODES", "help": "Exit codes besides 0 that mean completed."}),
    (("--resource",), {"multiple": True, "metavar": "NAME=N", "help": "What it takes while it runs: gpu=1, mem=32G."}),
    (
        ("--gate",),
        {"multiple": True, "metavar": "NAME=N", "help": "Start only with this free: mem=8G, load=4, disk=10G."},
    ),
    (("--env",), {"multiple": True, "metavar": "K=V", "help": "Add a variable to its environment."}),
    (("--nice",), {"metavar": "N", "help": "Run it with this nice level."}),
    (("--on-lost", "lost"), {"metavar": "DO", "help": "After a reboot or a lost watcher: leave, requeue or ask."}),
    (("--lost-age",), {"metavar": "D", "help": "But leave it when it had begun longer ago."}),
    (("--resume-args",), {"metavar": "WORDS", "help": "Parameters to add when it is started after that."}),
    (("--pty/--no-pty",), {"default": None, "help": "Give it a terminal to write to, of 120x40."}),
    (("--times/--no-times",), {"default": None, "help": "Note when its lines are written."}),
    (("--log-size",), {"metavar": "SIZE", "help": "Let its output take no more than that: 500M, 2G."}),
    (("--log-full",), {"metavar": "DO", "help": "Then keep its head and tail (default), stop writing, or fail."}),
    (("--notify",), {"metavar": "WHEN", "help": "Tell of its end, failure, or never; default: as the settings say."}),
    (("--copy/--no-copy",), {"default": None, "help": "Copy the script now and run that copy."}),
)
# What a shell offers for them.
_OFFERS = {"--cwd": directories, "--python": files, "--queue": queues, "--batch": batches, "--after": jobs()}


def job_options(command: F) -> F:
    """Give a command all options that describe a job; they come to it as one dictionary, ``words``."""

    for names, settings in reversed(_OPTIONS):
        offer = {"default": None, "shell_complete": _OFFERS.get(names[0])}
        command = click.option(*names, **{**offer, **settings})(command)
    return command


def given(values: Words) -> Words:
    """Take out of a command's values the words for a job that were given; what remains are its own."""
    words = {name: values.pop(name) for name in EDITABLE if name in values}
    return {name: word for name, word in words.items() if word is not None and word != ()}


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do something in an event loop of its own."""
    return asyncio.run(work)


def confirm(question: str) -> bool:
    """Ask on a terminal; where there is nobody to ask the answer is yes."""
    return not sys.stdin.isatty() or click.confirm(question, err=True)


def shown_time(time: datetime | None) -> str:
    """Return a time as a person reads it here, with its offset."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M:%S %z}"
