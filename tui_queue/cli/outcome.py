"""Tells what a verb has done to jobs: a count for a set, and for single jobs only what was needless."""

import click

from tui_queue.cli.json_output import RunPlaces, print_jobs
from tui_queue.cli.tables import print_table
from tui_queue.core.model.selection import Done, Verb

dry_run_option = click.option(
    "--dry-run", "-n", is_flag=True, help="Show the jobs that the command would act on. Change nothing."
)


def say(done: Done, verb: Verb, places: RunPlaces, *, counted: bool, dry_run: bool, as_json: bool) -> None:
    """Print it: with ``as_json`` the jobs on stdout and the rest on stderr."""
    if as_json:
        print_jobs(done.jobs, places)
    elif dry_run and done.jobs:
        print_table([job.shown for job in done.jobs])
    if dry_run:
        click.echo(f"{done.text(f'would be {verb.done}')}.", err=as_json)
    elif counted:
        click.echo(f"{done.text(verb.done)}.", err=as_json)
    else:
        for job_id, why in sorted(done.unchanged.items()):
            click.echo(f"tui-queue: Job {job_id} {why}; nothing changed.", err=True)
