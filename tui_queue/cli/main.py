"""The command ``tui-queue``: which commands there are."""

import os
import sys

import click

from tui_queue import __version__
from tui_queue.cli.group import Commands
from tui_queue.core.errors import BadInputError

_MODULES = {
    "adding": ("add", "clone", "edit"),
    "batches": ("batch",),
    "clean": ("clean",),
    "completion": ("completion",),
    "doctor": ("doctor",),
    "listing": ("list",),
    "logs": ("log",),
    "queues": ("queue",),
    "running": ("run", "unit"),
    "schedules": ("schedule",),
    "show": ("show",),
    "state": ("stats", "status"),
    "templates": ("template",),
    "transfer": ("export", "import"),
    "verbs": ("cancel", "hold", "move", "pause", "release", "remove", "resume", "retry", "signal", "top"),
    "waiting": ("wait",),
}


@click.group(
    cls=Commands,
    modules={name: module for module, names in _MODULES.items() for name in names},
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="tui-queue %(version)s")
@click.option("--color/--no-color", "color", default=None, help="Colours, or none; default: on a terminal.")
@click.pass_context
def cli(context: click.Context, color: bool | None) -> None:
    """A job queue that lives in your terminal.

    Without a command it opens the dashboard. TUI_QUEUE_HOME=DIR keeps a queue of its own in DIR.

    Exit codes: 0 done; 1 the job or jobs failed; 2 wrong use; 3 no such job; 4 the queue can't be reached or written.
    """
    if color is None and (os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"):
        color = False
    context.color = color
    # A name that the terminal's encoding has no character for is written out, and ends nothing.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if context.invoked_subcommand is None:
        from tui_queue.cli.dashboard import needs_terminal, run_dashboard
        from tui_queue.cli.job_words import run

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
