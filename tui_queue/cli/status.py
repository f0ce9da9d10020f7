"""The commands `status` and `stats`."""

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from tui_queue.cli.command import examples, run, say_elsewhere, use_queue
from tui_queue.cli.json_output import Object, iso, json_option, print_json, queue_objects
from tui_queue.cli.tables import pairs_text, print_columns, print_pairs
from tui_queue.core.model.job import State
from tui_queue.core.model.statistics import Figures, Group
from tui_queue.core.parsing.fields import time_limit
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import size_text

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

FREE_S = 30.0  # between two times that load and free memory are drawn anew
SHOWN = 20  # groups of jobs that a table has


@click.command(epilog=examples("status", "status --watch", "status --json"))
@click.option("--watch", "watching", is_flag=True, help="Draw the status again when it changes, until Ctrl+C.")
@json_option
def status(watching: bool, as_json: bool) -> None:
    """Show which process schedules, how many jobs are pending and running, and what is free on the machine."""

    if watching:
        from tui_queue.cli.watch import require_terminal  # seldom needed

        require_terminal("status", as_json=as_json)

    async def work() -> None:
        async with use_queue() as queue:
            say_elsewhere(queue)
            if watching:
                await _watch(queue)
            found = await _status(queue)
            if as_json:
                print_json(found)
            else:
                print_pairs(_lines(found))

    run(work(), waits=watching)


async def _watch(queue: "OpenQueue") -> None:
    """Draw it until the user ends it; load and free memory, which always change, are drawn anew now and then."""
    from tui_queue.cli.watch import watch  # seldom needed

    free: dict[str, Any] = {}
    measured_at = -FREE_S

    async def picture() -> str:
        nonlocal measured_at
        found = await _status(queue)
        if time.monotonic() - measured_at >= FREE_S:
            measured_at = time.monotonic()
            free.update(free=found["free"], store_bytes=found["store_bytes"])
        return pairs_text(_lines({**found, **free}))

    await watch(queue, picture)


async def _status(queue: "OpenQueue") -> Object:
    overview = await queue.commands.reports.overview(ended=0)
    due = [each for each in await queue.commands.schedules.all() if each.next_at is not None and not each.paused]
    holder = overview.holder
    return {
        "scheduler": None
        if holder is None
        else {"pid": holder.pid, "host": holder.host, "tty": holder.tty, "since": iso(holder.since)},
        "background": not queue.is_elsewhere and queue.background.lock.is_taken(),
        "shortage": overview.shortage or None,
        "counts": {state.value: overview.count(state) for state in State},
        "slots": overview.slots,
        "taken": overview.taken,
        "limit": overview.limit,
        "queues": queue_objects(overview),
        "next_schedule": min(
            ({"name": each.name, "next_at": iso(each.next_at)} for each in due),
            key=lambda each: str(each["next_at"]),
            default=None,
        ),
        "store": queue.paths.store,
        "store_bytes": os.stat(queue.paths.store).st_size if os.path.exists(queue.paths.store) else 0,
        "free": {name: queue.machine.free(name) for name in ("mem", "disk", "load")},
    }


def _lines(found: Object) -> list[tuple[str, str]]:
    counts, holder, schedule, free = found["counts"], found["scheduler"], found["next_schedule"], found["free"]
    limit = "" if found["limit"] is None else f", at most {found['limit']} in all"
    return [
        (
            "Scheduler",
            "none; pending jobs wait"
            if holder is None
            else f"process {holder['pid']} on {holder['host']}, {holder['tty'] or 'in the background'}, "
            f"since {holder['since']}",
        ),
        *([("Shortage", printable(found["shortage"]))] if found["shortage"] else []),
        ("Jobs", ", ".join(f"{number:,} {state}" for state, number in counts.items())),
        ("Slots", f"{found['taken']} of {found['slots']} taken{limit}"),
        *(("Queue", _queue(each)) for each in found["queues"]),
        ("Schedule", "none is due" if schedule is None else f"{schedule['name']} at {schedule['next_at']}"),
        ("Free", f"memory {_size(free['mem'])}, disk {_size(free['disk'])}; load {free['load'] or 0:.2f}"),
        ("Store", f"{found['store']}, {size_text(found['store_bytes'])} bytes"),
    ]


def _queue(found: Object) -> str:
    paused = ", paused" if found["paused"] else ""
    return f"{found['name']}: {found['running']}/{found['slots']} run, {found['pending']:,} wait{paused}"


def _size(number: float | None) -> str:
    return "?" if number is None else size_text(int(number))


@click.command(epilog=examples("stats", "stats --since 30d --by queue", "stats --by day"))
@click.option(
    "--since", default="7d", metavar="DURATION", help="Count jobs that have ended within this time. Default: 7d."
)
@click.option(
    "--by", type=click.Choice([each.value for each in Group]), default="name", help="Group the jobs. Default: by name."
)
@json_option
def stats(since: str, by: str, as_json: bool) -> None:
    """Show statistics of ended jobs: how many failed, how long they took, and how long they waited."""
    begin = datetime.now(UTC) - timedelta(seconds=time_limit("timeout", since) or 0)

    async def work() -> None:
        async with use_queue() as queue:
            every, groups = await queue.commands.reports.statistics(begin, Group(by))
            if as_json:
                print_json({"since": iso(begin), "by": by, "all": _object(every), "groups": list(map(_object, groups))})
                return
            rows = [_row(each) for each in groups[:SHOWN]]
            if len(groups) > 1:
                rows.append(_row(every, "all"))
            print_columns(
                (by.upper(), "JOBS", "COMPLETED", "FAILED", "CANCELLED", "MEDIAN", "P90", "LONGEST", "WAITED", "CPU"),
                rows,
            )
            if len(groups) > SHOWN:
                click.echo(f"{len(groups) - SHOWN:,} more are not shown.")

    run(work(), waits=False)


def _object(figures: Figures) -> dict[str, Any]:
    return asdict(figures)


def _row(figures: Figures, name: str | None = None) -> Sequence[str]:
    return (
        printable(figures.name) if name is None else name,
        *(str(number) for number in (figures.jobs, figures.completed, figures.failed, figures.cancelled)),
        *(
            duration(span)
            for span in (figures.took_median_s, figures.took_p90_s, figures.took_longest_s, figures.waited_median_s)
        ),
        duration(figures.cpu_s),
    )


COMMANDS = {"stats": stats, "status": status}
