"""The verbs for jobs: each is one transaction."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from tui_queue.core.errors import BadInputError, WrongStateError
from tui_queue.core.model.job import Job, JobDraft, State
from tui_queue.core.model.options import JobOptions, options_to_json
from tui_queue.core.model.queue import Move, Place
from tui_queue.core.model.selection import Done, Selection, Span, Verb, singly
from tui_queue.core.store import audit, ordering, queue_pause, trash
from tui_queue.core.store.chosen import choose
from tui_queue.core.store.database import Database
from tui_queue.core.store.insert import COLUMNS, add, check_references
from tui_queue.core.store.leftovers import ended_with_leftovers
from tui_queue.core.store.queues import all_queues
from tui_queue.core.store.rows import job_of, job_row, values_of
from tui_queue.core.store.verbs import act, done_to, plan
from tui_queue.core.system.terminal_session import this_terminal

if TYPE_CHECKING:
    from tui_queue.core.parsing.running_job import Changes

T = TypeVar("T", Job, list[Job])


_REPLACE = f"""
    UPDATE jobs SET {", ".join(f"{column} = :{column}" for column in COLUMNS)},
        retry_wait = CASE WHEN not_before IS :not_before THEN retry_wait ELSE '' END,
        at_once = CASE WHEN not_before IS :not_before THEN at_once ELSE 0 END
    WHERE id = :id RETURNING *"""


_LEADS_TO = """
    WITH RECURSIVE needed (id) AS (
        SELECT json_extract(value, '$[0]') FROM json_each(:after)
        UNION SELECT json_extract(value, '$[0]') FROM needed JOIN jobs USING (id), json_each(jobs.after))
    SELECT 1 FROM needed WHERE id = :id"""


class Jobs:
    """The verbs for jobs; ``client`` is what the user acts through, for the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.client = "command line"

    async def add(
        self, drafts: Sequence[JobDraft], *, now: datetime, unique: bool = False, place: Place | None = None
    ) -> list[Job]:
        """Store all the jobs or none, at this place in their queues; when this returns they are on disk.

        With ``unique`` a job that is pending or running already is refused. Raises BadInputError; for the place
        NoSuchJobError and WrongStateError.
        """
        return await self._database.write(
            partial(_add, drafts=drafts, now=now, unique=unique, place=place, who=self._who(), terminal=this_terminal())
        )

    async def edit(self, job_id: int, draft: JobDraft, *, now: datetime) -> Job:
        """Replace what is asked for by a job that does not run. Raises BadInputError, WrongStateError."""
        return await self._write("edited", now, partial(_edit, job_id=job_id, draft=draft))

    async def edit_running(self, job_id: int, changes: "Changes", *, now: datetime) -> Job:
        """Change attributes of a job that was seen to run. Raises BadInputError; WrongStateError if it has ended."""
        from tui_queue.core.store.running_edit import edit_running  # noqa: PLC0415 - takes long, seldom needed

        return await self._write("edited", now, partial(edit_running, job_id=job_id, changes=changes))

    async def act(
        self, verb: Verb, selection: Selection, *, options: Mapping[int, JobOptions] | None = None, now: datetime
    ) -> Done:
        """Do a verb to all jobs of a selection that it applies to; they get other ``options`` if given, by number.

        Raises NoSuchJobError and WrongStateError for a job that was named singly; then nothing has changed.
        """
        return await self._database.write(partial(_act, verb, selection, options or {}, self._who(), now))

    async def plan(self, verb: Verb, selection: Selection) -> Done:
        """Return what ``act`` would do, with the jobs as they are. Raises as that does."""
        return await self._database.read(plan, verb, selection)

    async def members(self, selection: Selection) -> Sequence[Job]:
        """Return the jobs of a selection, in any state. Raises NoSuchJobError for one that was named singly."""
        return (await self._database.read(choose, selection, tuple(State), "TRUE")).jobs

    async def cancel_and_remove(self, selection: Selection, *, keep: bool, now: datetime) -> tuple[Done, Sequence[Job]]:
        """Cancel those of these jobs that have not ended or have left processes, and remove all others.

        Returns the removed jobs, and those whose processes have yet to end. With ``keep`` the removed ones are in the
        trash.
        """
        return await self._database.write(partial(_cancel_and_remove, selection, keep, self._who(), now))

    async def move_to_trash(self, selection: Selection, *, now: datetime) -> Done:
        """Remove ended jobs in such a way that ``restore`` brings them back. Raises as ``act``."""
        return await self._database.write(partial(_move_to_trash, selection, self._who(), now))

    async def restore(self, ids: Sequence[int], *, now: datetime) -> list[Job]:
        """Undo ``move_to_trash``. Raises WrongStateError."""
        return await self._database.write(partial(_restore, tuple(ids), self._who(), now))

    async def forget_removed(self, before: datetime | None, ids: Sequence[int] = ()) -> None:
        """Make final what was removed before a time (None: everything), and the removal of these jobs."""
        if await self._database.read(trash.holds, before, ids):
            await self._database.write(trash.forget, before, ids)

    async def pause_queue(self, name: str, *, running: bool, now: datetime) -> list[Job]:
        """Pause a queue, with ``running`` what runs in it too; return what is to be stopped."""
        return await self._write(queue_pause.STOPPED, now, partial(queue_pause.pause, name=name, running=running))

    async def resume_queue(self, name: str, *, everything: bool, now: datetime) -> list[Job]:
        """Let a queue go on with what was paused with it, or ``everything``; return what is to go on."""
        return await self._write(
            queue_pause.RESUMED, now, partial(queue_pause.resume, name=name, everything=everything)
        )

    async def move(self, selection: Selection, move: Move, before: int | None = None, *, now: datetime) -> Done:
        """Give pending jobs another place in their queue. Raises WrongStateError, NoSuchJobError."""
        return await self._database.write(partial(_move, selection, move, before, self._who(), now))

    async def _write(self, verb: str, now: datetime, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work`` in a transaction that records in the audit trail who did it to which jobs."""
        who = self._who()
        return await self._database.write(lambda db: audit.record(db, verb, who, now, work(db)))

    def _who(self) -> str:
        """Return the user and the client, for the audit trail; the user's name is not looked up in a transaction."""
        return f"{audit.user()}, {self.client}"


def _add(
    db: sqlite3.Connection,
    *,
    drafts: Sequence[JobDraft],
    now: datetime,
    unique: bool,
    place: Place | None,
    who: str,
    terminal: str,
) -> list[Job]:
    if place is not None and place.before is not None:
        ordering.check_before(db, place.before, drafts)
    jobs = audit.record(db, "added", who, now, add(db, drafts, now, unique=unique), terminal=terminal)
    if place is None:
        return jobs
    return audit.record(
        db, "moved", who, now, ordering.move(db, tuple(job.id for job in jobs), place.move, place.before)
    )


def _edit(db: sqlite3.Connection, job_id: int, draft: JobDraft) -> Job:
    job = job_of(job_row(db, job_id))
    if job.state is State.RUNNING:
        raise WrongStateError(
            f"Job {job_id} is {job.state_word}; what it runs can't be changed. Clone it, or cancel it first."
        )
    check_references(db, draft, {queue.name for queue in all_queues(db)})
    values = values_of(draft) | {"id": job_id}
    if db.execute(_LEADS_TO, values).fetchone() is not None:
        raise BadInputError("after", f"Job {job_id} would wait for itself; choose other jobs to wait for.")
    return job_of(db.execute(_REPLACE, values).fetchone())


def _act(
    verb: Verb, selection: Selection, options: Mapping[int, JobOptions], who: str, now: datetime, db: sqlite3.Connection
) -> Done:
    values = [(options_to_json(each), job_id) for job_id, each in options.items()]
    db.executemany("UPDATE jobs SET options = ? WHERE id = ?", values)
    done = act(db, verb, selection, now)
    if verb is Verb.REMOVE:
        audit.forget(db, done.jobs)
    else:
        audit.record(db, verb.done, who, now, list(done.jobs))
    return done


def _move(
    selection: Selection, move: Move, before: int | None, who: str, now: datetime, db: sqlite3.Connection
) -> Done:
    planned = plan(db, Verb.MOVE, selection)
    moved = ordering.move(db, tuple(job.id for job in planned.jobs), move, before)
    return Done(jobs=audit.record(db, "moved", who, now, moved), left=planned.left)


def _cancel_and_remove(
    selection: Selection, keep: bool, who: str, now: datetime, db: sqlite3.Connection
) -> tuple[Done, Sequence[Job]]:
    chosen = choose(db, selection, tuple(State), "TRUE")
    left_running = ended_with_leftovers(db)
    alive = singly([job.id for job in chosen.jobs if not job.state.ended or job.id in left_running])
    cancelled = act(db, Verb.CANCEL, alive, now).jobs if alive.named else ()
    audit.record(db, "cancelled", who, now, list(cancelled))
    left_running = ended_with_leftovers(db)  # those of jobs that were pending too
    ending = {job.id: job for job in cancelled if job.state is State.RUNNING or job.id in left_running}
    ids = [job.id for job in chosen.jobs if job.id not in ending]
    # What was named singly is refused as ever, the members of a set are left.
    named = tuple(Span(job_id, job_id, job_id in chosen.singly) for job_id in ids)
    removable = Selection(named=named) if named else singly(())
    done = Done()
    if named:
        done = _move_to_trash(removable, who, now, db) if keep else _act(Verb.REMOVE, removable, {}, who, now, db)
    return Done(jobs=done.jobs, left=Counter(chosen.left) + Counter(done.left)), list(ending.values())


def _move_to_trash(selection: Selection, who: str, now: datetime, db: sqlite3.Connection) -> Done:
    planned = plan(db, Verb.REMOVE, selection)
    trash.keep(db, [job.id for job in planned.jobs], who, now)
    done = done_to(db, Verb.REMOVE, planned.jobs, now)
    audit.forget(db, done)
    return Done(jobs=done, left=planned.left)


def _restore(ids: Sequence[int], who: str, now: datetime, db: sqlite3.Connection) -> list[Job]:
    jobs = trash.put_back(db, ids)
    return audit.record(db, "brought back", who, now, jobs)
