"""The command ``tui-queue``: which commands there are."""

import os
import sys

import click

from tui_queue import __version__
from tui_queue.cli.group import Commands
from tui_queue.core.errors import BadInputError

# The module of this package whose COMMANDS has it, and what `--help` says of it: 60 characters at most.
_COMMANDS = {
    "add": ("add", "Add a job, or one for each line of a file."),
    "batch": ("batch", "List batches, and the jobs of one."),
    "cancel": ("jobs", "Cancel pending jobs, end running ones."),
    "clean": ("clean", "Remove ended jobs and their logs by age, number, size."),
    "clone": ("add", "Add a job like another one."),
    "completion": ("completion", "Print what makes your shell complete our words."),
    "doctor": ("doctor", "Check what a queue rests on; say what to do."),
    "edit": ("add", "Change a job; a few things while it runs."),
    "export": ("import_export", "Write jobs as JSON lines or CSV."),
    "help": ("help", "Show a help page, or list all pages."),
    "hold": ("jobs", "Keep pending jobs from starting."),
    "import": ("import_export", "Add the jobs of another queue."),
    "list": ("list", "List active jobs, then the latest ended ones."),
    "log": ("log", "Print the output of a job, live with -f."),
    "move": ("jobs", "Give pending jobs another place in their queue."),
    "pause": ("jobs", "Stop running jobs where they are."),
    "queue": ("queue", "List, add, change, pause, remove queues."),
    "release": ("jobs", "Let held jobs start."),
    "remove": ("remove", "Forget ended jobs and their logs; `undo` brings back."),
    "restore": ("restore", "List backups of the queue, and restore one."),
    "resume": ("jobs", "Let paused jobs go on."),
    "retry": ("jobs", "Put ended jobs into the queue again."),
    "run": ("run", "Run the queue without a screen."),
    "schedule": ("schedule", "List, add, change, pause, run, remove schedules."),
    "scheduler": ("scheduler", "Tell who schedules; stop or restart it."),
    "settings": ("settings", "List, read, change the settings; edit their file."),
    "show": ("show", "Tell everything about one job."),
    "signal": ("jobs", "Send a signal to running jobs."),
    "start": ("jobs", "Start pending jobs now, beyond the slots."),
    "stats": ("status", "Tell how ended jobs have done."),
    "status": ("status", "Tell how the queue stands."),
    "template": ("template", "List, save, remove templates for jobs."),
    "top": ("jobs", "Put pending jobs at the top of their queue."),
    "undo": ("remove", "Bring back the jobs that were removed last."),
    "unit": ("run", "Print a systemd unit for when you are logged out."),
    "wait": ("wait", "Wait for jobs, and end with their exit code."),
}


@click.group(
    cls=Commands,
    known=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="tui-queue %(version)s")
@click.option("--color/--no-color", "color", default=None, help="Colours, or none; default: on a terminal.")
@click.pass_context
def cli(context: click.Context, color: bool | None) -> None:
    """A job queue that lives in your terminal.

    Without a command it opens the dashboard. TUI_QUEUE_HOME=DIR keeps a queue of its own in DIR.

    Words of pueue, task-spooler, Slurm, nq and at that mean the same work too. A shorter name: alias tuq=tui-queue

    Exit codes: 0 done; 1 the job or jobs failed; 2 wrong use; 3 no such job; 4 the queue can't be reached or written.
    """
    if color is None and (os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"):
        color = False
    context.color = color
    if os.environ.get("TUI_QUEUE_HOME"):
        # What we start, jobs and hooks among it, works elsewhere, where a relative directory would be another one.
        from tui_queue.paths import Paths

        os.environ |= Paths.from_environment().variables
    # A name that the terminal's encoding has no character for is written out, and ends nothing.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if context.invoked_subcommand is None:
        from tui_queue.cli.command import run
        from tui_queue.cli.dashboard import needs_terminal, run_dashboard

        why_not = needs_terminal()
        if why_not:
            raise BadInputError("terminal", why_not)
        farewell, code = run(run_dashboard())
        if farewell:
            click.echo(farewell)
        sys.exit(code)


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    cli(prog_name="tui-queue")
