"""The commands that bring jobs in from other queues, and out of this one."""

import csv
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO, Any

import click

from tui_queue.bootstrap import OpenQueue, open_queue
from tui_queue.cli.completion_types import directories, files
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.list import filter_of, filter_options
from tui_queue.cli.options import run
from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.formats import Format, Found, parse
from tui_queue.core.interchange.record import TEXTS, TIMES, Record, record_object, settled
from tui_queue.core.model.job import State
from tui_queue.core.parsing.filter import Filter
from tui_queue.core.parsing.job_draft import check_cwd


@click.command(name="import")
@click.option(
    "--format",
    "kind",
    type=click.Choice([each.value for each in Format]),
    metavar="FORMAT",
    help=f"What the file is: {', '.join(Format)}; default: as it looks.",
)
@click.option(
    "--running",
    type=click.Choice(["pending", "interrupted"]),
    help="What becomes of jobs that ran: they wait again, or have failed as interrupted.",
)
@click.option("--cwd", default="", metavar="DIR", help="Where relative paths start.", shell_complete=directories)
@click.option("--dry-run", "-n", is_flag=True, help="Only tell what would be added.")
@json_option
@click.argument("source", metavar="FILE|-", shell_complete=files)
def import_jobs(source: str, kind: str | None, running: str | None, cwd: str, dry_run: bool, as_json: bool) -> None:
    """Add the jobs of another queue, all or none; those whose UUID is here already are left as they are.

    FILE is a job_queue.txt of lines `uuid path parameter STATUS`, what `export`, `tsp -l` (task-spooler) or `pueue
    status --json` print, a joblog of GNU parallel, or a crontab, whose lines become schedules.

    Example: tui-queue import --running pending job_queue.txt
    """
    now = datetime.now(UTC)
    with click.open_file(source, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    found = parse(text, Format(kind) if kind else None, cwd=check_cwd(cwd), now=now)
    ran = sum(record.state is State.RUNNING for record in found.records)
    if ran and running is None:
        raise BadInputError("running", f"{ran} of the jobs were running; say --running pending, or interrupted.")
    records = [settled(record, again=running == "pending", now=now) for record in found.records]

    async def work() -> None:
        async with open_queue() as queue:
            said = _planned(found) if dry_run else await _add(queue, found, records, now)
            if as_json:
                print_json(said)
                return
            if found.format is Format.TSP and any(record.state is State.PENDING for record in records):
                click.echo("tui-queue: `tsp -l` shows no quotes; look at the commands that wait.", err=True)
            would = "would be " if dry_run else ""
            if found.schedules:
                click.echo(f"{len(said['schedules'])} schedules {would}added: {', '.join(said['schedules'])}")
            else:
                known = f"; {said['known']} were here already" if said["known"] else ""
                click.echo(f"{said['jobs']:,} job{'s' if said['jobs'] != 1 else ''} {would}added{known}.")

    run(work())


def _planned(found: Found) -> dict[str, Any]:
    return {
        "format": found.format,
        "jobs": len(found.records),
        "known": 0,
        "ids": [],
        "schedules": [schedule.name for schedule in found.schedules],
    }


async def _add(queue: OpenQueue, found: Found, records: Sequence[Record], now: datetime) -> dict[str, Any]:
    if found.schedules:
        await queue.commands.schedules.add_all(found.schedules)
        return _planned(found)
    imported = await queue.commands.import_jobs(records, now=now)
    return {
        **_planned(found),
        "jobs": len(imported.numbers),
        "known": imported.known,
        "ids": list(imported.numbers),
    }


@click.command()
@filter_options
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A single JSON array.")
@click.argument("target", metavar="[FILE|-]", default="-", shell_complete=files)
def export(target: str, state: tuple[str, ...], queue: str | None, batch: str | None, kind: str, as_json: bool) -> None:
    """Write jobs with all their attempts as JSON lines or CSV, which `import` reads; output is not part of it.

    Example: tui-queue export --state failed --format csv failed.csv
    """
    only = filter_of(state, queue, batch)

    async def work(file: IO[str]) -> None:
        async with open_queue() as opened:
            await _write(opened, only, file, kind, as_json=as_json)

    if target == "-":
        # Names that are not UTF-8 come back byte for byte.
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
        run(work(sys.stdout))
        return
    try:
        with open(target, "x", encoding="utf-8", errors="surrogateescape", newline="") as file:
            run(work(file))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise BadInputError("file", f"{target}: there is such a file; name another, or remove it.") from None


async def _write(queue: OpenQueue, only: Filter, file: IO[str], kind: str, *, as_json: bool) -> None:
    begun = False
    table = csv.writer(file, lineterminator="\n") if kind == "csv" and not as_json else None
    async for record in queue.commands.export_jobs(only):
        values = record_object(record)
        if table is not None:
            if not begun:
                table.writerow(values)
            table.writerow(_cell(name, value) for name, value in values.items())
        else:
            file.write(("[\n" if not begun else ",\n") if as_json else "")
            file.write(json.dumps(values) + ("" if as_json else "\n"))
        begun = True
    if as_json:
        file.write("\n]\n" if begun else "[]\n")


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    return str(value) if name in TEXTS or name in TIMES else json.dumps(value)


COMMANDS = {"export": export, "import": import_jobs}
