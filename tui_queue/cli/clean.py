"""The command that removes ended jobs and their logs."""

from typing import Any

import click

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.tables import print_columns
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.retention import Limits
from tui_queue.core.parsing.fields import number, span
from tui_queue.core.units.sizes import parse_size, size_text

SHOWN = 20  # jobs that are named before they go


@click.command(epilog=examples("clean --older 30d --keep 1000", "clean --logs 2G --dry-run"))
@click.option(
    "--older",
    default="",
    metavar="DURATION",
    help="Remove jobs that ended longer ago than this, such as 30d. Default: any age is kept.",
)
@click.option(
    "--keep", default="", metavar="N", help="Remove all ended jobs but the latest N. Default: any number is kept."
)
@click.option(
    "--logs",
    default="",
    metavar="SIZE",
    help="Remove the oldest jobs until all logs take at most this, such as 2G. Default: any size is kept.",
)
@click.option("--dry-run", "-n", is_flag=True, help="Show which jobs would be removed. Remove nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@json_option
def clean(dry_run: bool, yes: bool, as_json: bool, **values: Any) -> None:
    """Remove ended jobs and their logs for good. The command first shows which jobs, and asks.

    Without --older, --keep and --logs the limits of the settings apply. With --json nothing is removed unless --yes is
    given.
    """
    given = limits_of(values["older"], values["keep"], values["logs"])

    async def work() -> None:
        async with use_queue() as queue:
            limits = queue.settings.limits if given == Limits() else given
            if limits == Limits():
                raise BadInputError(
                    "clean", "No limit is given; give --older, --keep or --logs, or set keep_for in the settings."
                )
            removals = await queue.commands.cleanup.plan(limits)
            sizes = await queue.commands.cleanup.sizes([removal.job_id for removal in removals])
            if as_json:
                removed = yes and not dry_run
                if removed and removals:
                    await queue.commands.cleanup.carry_out(removals)
                print_json(
                    [
                        {"id": each.job_id, "bytes": sizes[each.job_id], "reason": each.reason, "removed": removed}
                        for each in removals
                    ]
                )
                return
            rows = [(str(each.job_id), size_text(sizes[each.job_id]), each.reason) for each in removals[:SHOWN]]
            if rows:
                print_columns(("ID", "BYTES", "REASON"), rows)
            more = f" ({len(removals) - SHOWN:,} of them not shown)" if len(removals) > SHOWN else ""
            click.echo(f"{len(removals):,} jobs{more}, {size_text(sum(sizes.values()))} bytes.")
            if removals and not dry_run and (yes or click.confirm("Remove them?", err=True)):
                await queue.commands.cleanup.carry_out(removals)

    run(work())


def limits_of(older: str, keep: str, logs: str) -> Limits:
    """Return the limits that these words mean; an empty one is no limit. Raises BadInputError."""
    try:
        max_bytes = int(parse_size(logs)) if logs.strip() else None
    except ValueError:
        raise BadInputError("logs", f"Logs {logs}: not a size; write 500M or 2G.") from None
    return Limits(
        max_age_s=span("older", older) or None,
        max_jobs=number("keep", keep, 0, 10**9) if keep.strip() else None,
        max_bytes=max_bytes,
    )


COMMANDS = {"clean": clean}
