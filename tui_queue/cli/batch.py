"""The commands for batches: jobs of one name."""

import click

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.completion_types import batches
from tui_queue.cli.json_output import Object, iso, json_option, print_jobs, print_json
from tui_queue.cli.tables import print_columns, print_table
from tui_queue.core.model.batch import Batch
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import State
from tui_queue.core.units.printable import printable


@click.group(epilog=examples("batch list", "cancel --batch nightly"))
def batch() -> None:
    """List batches and their jobs.

    A batch is made of jobs that were added with the same --batch NAME, or by one sweep. Many other commands take
    --batch NAME too.
    """


@batch.command(name="list", epilog=examples("batch list", "batch list --json"))
@json_option
def list_batches(as_json: bool) -> None:
    """List the batches, the latest first."""

    async def work() -> None:
        async with use_queue() as queue:
            found = await queue.commands.batches.all()
            if as_json:
                print_json([_object(each) for each in found])
                return
            rows = [
                (
                    printable(each.name),
                    f"{each.ended}/{each.jobs}",
                    *(str(each.counts.get(state, 0)) for state in State),
                    f"{each.created_at.astimezone():%m-%d %H:%M:%S}",
                )
                for each in found
            ]
            print_columns(("BATCH", "ENDED", *(state.upper() for state in State), "ADDED"), rows)

    run(work(), waits=False)


@batch.command(epilog=examples("batch show nightly", "batch show nightly --json"))
@json_option
@click.argument("called", metavar="NAME", shell_complete=batches)
def show(called: str, as_json: bool) -> None:
    """List all jobs of a batch."""

    async def work() -> None:
        async with use_queue() as queue:
            await queue.commands.batches.jobs(called)  # an unknown one is refused
            overview = await queue.commands.reports.overview(ended=-1, only=Filter(batch=called))
            if as_json:
                print_jobs(overview.jobs, queue.commands.jobs)
            else:
                print_table(overview.jobs)

    run(work(), waits=False)


def _object(batch: Batch) -> Object:
    return {
        "name": batch.name,
        "jobs": batch.jobs,
        "ended": batch.ended,
        **{state.value: batch.counts.get(state, 0) for state in State},
        "created_at": iso(batch.created_at),
        "finished_at": iso(batch.finished_at),
    }


COMMANDS = {"batch": batch}
