"""The commands that remove jobs and bring removed ones back."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.completion_types import jobs
from tui_queue.cli.job_ids import selection, set_options
from tui_queue.cli.json_output import json_option, print_jobs
from tui_queue.cli.outcome import dry_run_option, say
from tui_queue.core.commands.job_verbs import JobVerbs
from tui_queue.core.errors import NoSuchJobError, WrongStateError
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.selection import Done, Selection, Verb
from tui_queue.core.model.trash import RESTORABLE_S

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

KILLED_WITHIN_S = 5.0  # after the grace


@click.command(epilog=examples("remove 12 14-16", "remove --where 'state:failed age:>30d'", "remove --cancel 12"))
@click.option("--cancel", is_flag=True, help="Cancel pending and running jobs, and remove them when they have ended.")
@click.option("--now", is_flag=True, help="Delete the jobs at once. Default: `undo` can restore them for ten minutes.")
@set_options
@dry_run_option
@json_option
@click.argument("ids", nargs=-1, metavar="ID...", shell_complete=jobs(*(state for state in State if state.ended)))
def remove(ids: tuple[str, ...], cancel: bool, now: bool, dry_run: bool, as_json: bool, **which: Any) -> None:
    """Remove ended jobs and their logs. `undo` can restore them for ten minutes."""

    async def work() -> None:
        async with use_queue() as queue:
            chosen = await selection(queue.commands, ids, **which)
            verbs = queue.commands.jobs.verbs
            if dry_run:
                done = await verbs.plan(Verb.REMOVE, chosen, cancel=cancel)
            elif cancel:
                done = await _cancel_and_remove(queue, chosen, keep=not now)
            else:
                done = await _remove(verbs, chosen, keep=not now)
            jobs = queue.commands.jobs
            say(done, Verb.REMOVE, jobs, counted=chosen.is_set, dry_run=dry_run, as_json=as_json)
            if not dry_run:
                await queue.commands.cleanup.empty_trash()

    run(work())


async def _remove(verbs: JobVerbs, chosen: Selection, *, keep: bool) -> Done:
    return (await verbs.move_to_trash(chosen))[0] if keep else await verbs.remove(chosen)


async def _cancel_and_remove(queue: "OpenQueue", chosen: Selection, *, keep: bool) -> Done:
    verbs = queue.commands.jobs.verbs
    done, ending = await verbs.cancel_and_remove(chosen, keep=keep)
    if not ending:
        return done
    late = await _late(queue, ending)
    if late:
        raise WrongStateError(
            f"{'Job' if len(late) == 1 else 'Jobs'} {', '.join(map(str, late))}: cancelled, but not ended yet; type"
            " `tui-queue remove` again later."
        )
    members = Selection(members=tuple(job.id for job in ending))
    rest = await _remove(verbs, members, keep=keep)
    left = {why: done.left.get(why, 0) + rest.left.get(why, 0) for why in {*done.left, *rest.left}}
    return Done(jobs=[*done.jobs, *rest.jobs], left=left)


async def _late(queue: "OpenQueue", ending: Sequence[Job]) -> list[int]:
    """Wait until cancelled jobs have ended; return those that have not, long after they would have been killed."""
    changed = asyncio.Event()
    patience_s = max(map(queue.commands.grace_s, ending)) + KILLED_WITHIN_S
    deadline = asyncio.get_running_loop().time() + patience_s
    async with queue.listen(changed.set):
        while True:
            changed.clear()
            late = [job.id for job in await queue.commands.jobs.verbs.unended(ending)]
            if not late or asyncio.get_running_loop().time() >= deadline:
                return late
            queue.commands.bring_back_scheduler()
            try:
                async with asyncio.timeout(1):
                    await changed.wait()
            except TimeoutError:
                pass


@click.command(epilog=examples("undo", "undo --dry-run"))
@dry_run_option
@json_option
def undo(dry_run: bool, as_json: bool) -> None:
    """Restore the jobs that were removed last, with their numbers and logs. This works for ten minutes."""

    async def work() -> None:
        async with use_queue() as queue:
            verbs = queue.commands.jobs.verbs
            removals = await verbs.removals()
            if not removals:
                minutes = RESTORABLE_S // 60
                raise NoSuchJobError(f"No job that can be restored was removed in the last {minutes} minutes.")
            numbers = ", ".join(map(str, removals[0].ids))
            if dry_run:
                click.echo(f"{len(removals[0].ids):,} would be restored: {numbers}.")
                return
            back = await verbs.restore(removals[0])
            if as_json:
                print_jobs(back, queue.commands.jobs)
            else:
                click.echo(f"{len(back):,} restored: {numbers}.")

    run(work())


COMMANDS = {"remove": remove, "undo": undo}
