"""The command that removes ended jobs and their logs."""

from typing import Any

import click

from tui_queue.cli.command import run, use_queue
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.tables import print_columns
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.retention import Limits
from tui_queue.core.parsing.fields import number, span
from tui_queue.core.units.sizes import parse_size, size_text

SHOWN = 20  # jobs that are named before they go


@click.command()
@click.option("--older", default="", metavar="D", help="Ended longer ago than this: 30d.")
@click.option("--keep", default="", metavar="N", help="All but the latest N.")
@click.option("--logs", default="", metavar="SIZE", help="The oldest, until logs take at most this: 2G.")
@click.option("--dry-run", "-n", is_flag=True, help="Only show what would go.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
def clean(dry_run: bool, yes: bool, as_json: bool, **values: Any) -> None:
    """Remove ended jobs and their logs; shows first what goes. Without options: by the limits in the settings.

    With --json nothing is removed without --yes.

    Example: tui-queue clean --older 30d --keep 1000
    """
    given = limits_of(values["older"], values["keep"], values["logs"])

    async def work() -> None:
        async with use_queue() as queue:
            limits = queue.settings.limits if given == Limits() else given
            if limits == Limits():
                raise BadInputError("clean", "What may be kept? Give --older, --keep or --logs, or set keep_for.")
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
