"""Shows what `add --dry-run` would add."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tui_queue.cli.json_output import print_jobs
from tui_queue.cli.tables import print_pairs, print_table
from tui_queue.core.analysis.report import details_lines, starts_text
from tui_queue.core.errors import StoreError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.overview import Details
from tui_queue.core.model.queue import Place

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

_UNKNOWN_YET = ("Job", "Added", "Starts")  # the last is said in the place of the state


async def show_trial(
    queue: "OpenQueue", drafts: Sequence[JobDraft], *, unique: bool, place: Place | None, as_json: bool
) -> None:
    """Print it: of one job everything, of several a line each."""
    tried = await queue.commands.jobs.try_out(drafts, unique=unique, place=place)
    if as_json:
        print_jobs([details.job for details in tried], queue.commands.jobs)
    elif len(tried) == 1:
        print_pairs(list(_pairs(tried[0])))
    else:
        print_table([details.job for details in tried])
    click.echo(f"{len(tried):,} would be added.", err=as_json)
    try:
        queue.commands.require_start()
    except StoreError as error:
        click.echo(f"tui-queue: {error}", err=True)


def _pairs(details: Details) -> Iterator[tuple[str, str]]:
    for label, text in details_lines(details, None, datetime.now(UTC)):
        if label == "State":
            yield "Starts", starts_text(details)
        elif label not in _UNKNOWN_YET:
            yield label, text
