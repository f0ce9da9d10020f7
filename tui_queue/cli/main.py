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
    "batch": ("batch", "List batches and their jobs."),
    "cancel": ("jobs", "Cancel pending jobs, end running jobs."),
    "clean": ("clean", "Remove ended jobs and logs by age, number or size."),
    "clone": ("add", "Add a copy of a job."),
    "completion": ("completion", "Print a shell completion script."),
    "demo": ("demo", "Open the dashboard on a queue with example jobs."),
    "doctor": ("doctor", "Check the queue and this machine."),
    "edit": ("add", "Change a job."),
    "export": ("import_export", "Write jobs as JSON lines or CSV."),
    "help": ("help", "Show a help page, or list all pages."),
    "hold": ("jobs", "Keep pending jobs from starting."),
    "import": ("import_export", "Add the jobs of another queue."),
    "list": ("list", "List active jobs, then ended ones."),
    "log": ("log", "Print or search the output of jobs."),
    "move": ("jobs", "Move pending jobs within their queue."),
    "pause": ("jobs", "Pause running jobs."),
    "queue": ("queue", "List, add, edit, pause and remove queues."),
    "release": ("jobs", "Let held jobs start."),
    "remove": ("remove", "Remove ended jobs and their logs."),
    "restore": ("restore", "List the backups of the queue, or restore one."),
    "resume": ("jobs", "Continue paused jobs."),
    "retry": ("jobs", "Put ended jobs into the queue again."),
    "run": ("run", "Run jobs without the dashboard."),
    "schedule": ("schedule", "List, add, edit, pause and remove schedules."),
    "scheduler": ("scheduler", "Show, stop or restart the scheduler."),
    "settings": ("settings", "List, read and change the settings."),
    "show": ("show", "Show everything about a job."),
    "signal": ("jobs", "Send a signal to running jobs."),
    "start": ("jobs", "Start pending jobs now, even without a free slot."),
    "stats": ("status", "Show statistics of ended jobs."),
    "status": ("status", "Show the scheduler, the queues and what is free."),
    "template": ("template", "List, save and remove templates for jobs."),
    "top": ("jobs", "Move pending jobs to the top of their queue."),
    "undo": ("remove", "Restore the jobs that were removed last."),
    "unit": ("run", "Print a systemd unit that runs the queue."),
    "wait": ("wait", "Wait for jobs, and exit with their exit code."),
}
# In which order `--help` shows them; what is in no group comes last.
_GROUPS = {
    "Jobs": ("add", "list", "show", "edit", "clone", "cancel", "retry", "wait", "remove", "undo", "batch", "template"),
    "Start and order": ("hold", "release", "start", "pause", "resume", "signal", "move", "top"),
    "Logs": ("log",),
    "Queues and schedules": ("queue", "schedule"),
    "Scheduler": ("status", "scheduler", "run", "unit", "stats"),
    "Store": ("clean", "export", "import", "restore", "doctor"),
    "Settings and help": ("settings", "completion", "demo", "help"),
}


@click.group(
    cls=Commands,
    known=_COMMANDS,
    groups=_GROUPS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "\b\nExamples:\n"
        "  tui-queue add --name count jobs/countdown.py 10\n"
        "  tui-queue list --watch\n"
        "  tui-queue queue edit default --slots 2"
    ),
)
@click.version_option(__version__, message="tui-queue %(version)s")
@click.option(
    "--color/--no-color",
    "color",
    default=None,
    help="Print with colours or without. Default: with colours on a terminal.",
)
@click.pass_context
def cli(context: click.Context, color: bool | None) -> None:
    """A job queue in your terminal. Without a command the dashboard opens.

    TUI_QUEUE_HOME=DIR uses a separate queue in DIR. The commands of pueue, task-spooler, Slurm, nq and at that mean the
    same also work. For a shorter name, type: alias tuq=tui-queue

    Exit codes: 0 success; 1 a job failed; 2 wrong use; 3 no such job; 4 the queue can't be read or written. `tui-queue
    COMMAND --help` shows the options of a command, and examples.
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
