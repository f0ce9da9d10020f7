"""The commands that bring jobs in from other queues, and out of this one."""

import csv
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import click

from tui_queue.cli.command import confirm, examples, run, use_queue
from tui_queue.cli.completion_types import directories, files
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.list import filter_of, filter_options
from tui_queue.core.commands.interchange import FORMATS, Import, read
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.import_result import ImportResult
from tui_queue.core.units.printable import printable


@click.command(
    name="import",
    epilog=examples("import jobs.jsonl", "import --running pending job_queue.txt", "import --dry-run crontab.txt"),
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help=f"Format of the file: {', '.join(FORMATS)}. Default: recognized from its contents.",
)
@click.option(
    "--running",
    type=click.Choice(["pending", "interrupted"]),
    help="What jobs that were running become: pending or interrupted. No default.",
)
@click.option(
    "--start",
    is_flag=True,
    help="Let jobs and schedules that come from another program start. Default: hold the jobs, pause the schedules.",
)
@click.option(
    "--cwd",
    default="",
    metavar="DIR",
    help="Directory that relative paths start from. Default: what the file says, else the current directory.",
    shell_complete=directories,
)
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be added. Add nothing.")
@json_option
@click.argument("source", metavar="FILE|-", shell_complete=files)
def import_jobs(
    source: str, kind: str | None, running: str | None, start: bool, cwd: str, dry_run: bool, as_json: bool
) -> None:
    """Add the jobs of another queue. Either all jobs are added or none. Jobs whose UUID is known stay as they are.

    FILE is a job_queue.txt of lines `uuid path parameter STATUS`, the output of `export`, of `tsp -l` (task-spooler) or
    of `pueue status --json`, a joblog of GNU parallel, or a crontab. The lines of a crontab become schedules. Jobs that
    the other program may still start are held, and its schedules are paused.
    """
    now = datetime.now(UTC)
    with click.open_file(source, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    found = read(text, kind, cwd=cwd, now=now)
    if found.running and running is None:
        raise BadInputError(
            "running", f"{found.running} of the jobs were running; give --running pending or --running interrupted."
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
        click.echo(f"tui-queue: Line {each.line} is skipped: {printable(each.why)}", err=True)
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
            click.echo(f"tui-queue: type `tui-queue schedule resume {names[0]}` to let it add jobs.", err=True)
        return
    jobs = len(found.records) if result is None else len(result.numbers)
    known = f"; {result.known} were already in the queue" if result is not None and result.known else ""
    click.echo(f"{jobs:,} job{'s' if jobs != 1 else ''} {would}added{known}.")
    if result is not None and found.foreign and result.held:
        ids = " ".join(_ranges(result.held))
        click.echo(
            f"tui-queue: {len(result.held):,} of them are held, because another program may still start them;"
            f" type `tui-queue release {ids}` to let them start.",
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


@click.command(epilog=examples("export jobs.jsonl", "export --state failed --format csv failed.csv"))
@filter_options
@click.option(
    "--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", help="Format. Default: jsonl, JSON lines."
)
@click.option("--json", "as_json", is_flag=True, help="Write a single JSON array.")
@click.option("--values", is_flag=True, help="Write the values of --env too. Default: only the names.")
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
    """Write jobs with all their attempts as JSON lines or CSV, which `import` reads. Logs are not exported.

    Without FILE the jobs are written to standard output.
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
        raise BadInputError("file", f"{target}: the file exists; name another file, or remove this one.") from None


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
