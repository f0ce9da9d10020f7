"""The commands that bring jobs in from other queues, and out of this one."""

import csv
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import click

from tui_queue.cli.command import confirm, run, use_queue
from tui_queue.cli.completion_types import directories, files
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.list import filter_of, filter_options
from tui_queue.core.commands.interchange import FORMATS, Import, read
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.import_result import ImportResult
from tui_queue.core.units.printable import printable


@click.command(name="import")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help=f"What the file is: {', '.join(FORMATS)}; default: as it looks.",
)
@click.option(
    "--running",
    type=click.Choice(["pending", "interrupted"]),
    help="What becomes of jobs that ran: they wait again, or have failed as interrupted.",
)
@click.option("--start", is_flag=True, help="Let jobs and schedules of other programs start; default: hold them.")
@click.option("--cwd", default="", metavar="DIR", help="Where relative paths start.", shell_complete=directories)
@click.option("--dry-run", "-n", is_flag=True, help="Only tell what would be added.")
@json_option
@click.argument("source", metavar="FILE|-", shell_complete=files)
def import_jobs(
    source: str, kind: str | None, running: str | None, start: bool, cwd: str, dry_run: bool, as_json: bool
) -> None:
    """Add the jobs of another queue, all or none; those whose UUID is here already are left as they are.

    FILE is a job_queue.txt of lines `uuid path parameter STATUS`, what `export`, `tsp -l` (task-spooler) or `pueue
    status --json` print, a joblog of GNU parallel, or a crontab, whose lines become schedules. What another
    program may start still is held, and schedules are paused.

    Example: tui-queue import --running pending job_queue.txt
    """
    now = datetime.now(UTC)
    with click.open_file(source, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    found = read(text, kind, cwd=cwd, now=now)
    if found.running and running is None:
        raise BadInputError(
            "running", f"{found.running} of the jobs were running; say --running pending, or interrupted."
        )
    found = found.settled(again=running == "pending", now=now)
    if found.foreign and not start:
        found = found.held()
    _ask_for_the_rest(found, dry_run=dry_run)

    async def work() -> None:
        async with use_queue(create=not dry_run) as queue:
            result = None if dry_run else await queue.commands.interchange.add(found, now=now)
            if as_json:
                print_json(_json(found, result))
            else:
                _tell(found, result)

    run(work())


def _json(found: Import, result: ImportResult | None) -> dict[str, Any]:
    """Return what was added, or would be where there is no result."""
    return {
        "format": found.format,
        "jobs": len(found.records) if result is None else len(result.numbers),
        "known": 0 if result is None else result.known,
        "ids": [] if result is None else list(result.numbers),
        "held": [] if result is None else list(result.held),
        "schedules": [schedule.name for schedule in found.schedules],
        "queues": [{"name": queue.name, "slots": queue.slots} for queue in found.queues],
        "skipped": [{"line": each.line, "why": each.why} for each in found.skipped],
    }


def _ask_for_the_rest(found: Import, *, dry_run: bool) -> None:
    """Name the lines that can't be taken; ask for the others on a terminal."""
    for each in found.skipped:
        click.echo(f"tui-queue: Line {each.line} is left out: {printable(each.why)}", err=True)
    if found.skipped and not dry_run and not confirm(f"Add the other {len(found.schedules)}?"):
        raise click.exceptions.Abort


def _tell(found: Import, result: ImportResult | None) -> None:
    """Print the same in words."""
    if found.caution and found.pending:
        click.echo(f"tui-queue: {found.caution}", err=True)
    would = "would be " if result is None else ""
    if found.schedules:
        names = [schedule.name for schedule in found.schedules]
        paused = ", paused" if found.schedules[0].paused else ""
        click.echo(f"{len(names)} schedules {would}added{paused}: {', '.join(names)}")
        if paused and result is not None:
            click.echo(f"tui-queue: `tui-queue schedule resume {names[0]}` lets it make jobs.", err=True)
        return
    jobs = len(found.records) if result is None else len(result.numbers)
    known = f"; {result.known} were here already" if result is not None and result.known else ""
    click.echo(f"{jobs:,} job{'s' if jobs != 1 else ''} {would}added{known}.")
    if result is not None and found.foreign and result.held:
        ids = " ".join(_ranges(result.held))
        click.echo(
            f"tui-queue: {len(result.held):,} of them are held, since another program may start them still;"
            f" `tui-queue release {ids}` lets them start.",
            err=True,
        )


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Yield numbers in their order, those that follow each other as one range."""
    first = last = numbers[0]
    for number in (*numbers[1:], 0):
        if number != last + 1:
            yield f"{first}-{last}" if last > first else f"{first}"
            first = number
        last = number


@click.command()
@filter_options
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A single JSON array.")
@click.option("--values", is_flag=True, help="Write the values of --env too; default: the names only.")
@click.argument("target", metavar="[FILE|-]", default="-", shell_complete=files)
def export(
    target: str,
    state: tuple[str, ...],
    queue: str | None,
    batch: str | None,
    kind: str,
    as_json: bool,
    values: bool,
) -> None:
    """Write jobs with all their attempts as JSON lines or CSV, which `import` reads; output is not part of it.

    Example: tui-queue export --state failed --format csv failed.csv
    """
    only = filter_of(state, queue, batch)

    async def work(file: IO[str]) -> None:
        async with use_queue() as opened:
            if kind == "csv" and not as_json:
                await _write_csv(opened.commands.interchange.export_rows(only, values=values), file)
            else:
                await _write_json(opened.commands.interchange.export(only, values=values), file, as_array=as_json)

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


async def _write_csv(rows: AsyncIterator[list[str]], file: IO[str]) -> None:
    table = csv.writer(file, lineterminator="\n")
    async for row in rows:
        table.writerow(row)


async def _write_json(jobs: AsyncIterator[dict[str, Any]], file: IO[str], *, as_array: bool) -> None:
    """Write one object a line, or with ``as_array`` a single array."""
    begun = False
    async for values in jobs:
        file.write(("[\n" if not begun else ",\n") if as_array else "")
        file.write(json.dumps(values) + ("" if as_array else "\n"))
        begun = True
    if as_array:
        file.write("\n]\n" if begun else "[]\n")


COMMANDS = {"export": export, "import": import_jobs}
