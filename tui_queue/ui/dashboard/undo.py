"""The last steps of the user, and how to take each back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from tui_queue.core.commands.commands import Commands
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.queue import Move
from tui_queue.core.model.selection import Verb, members
from tui_queue.core.model.trash import TrashedJobs

_KEPT = 50  # steps that can be taken back


class _Step(Struct, frozen=True):
    what: str
    jobs: tuple[int, ...]
    back: Callable[[], Awaitable[object]]


class TakenBack(Struct, frozen=True):
    """What to tell the user of a step that was taken back, and the jobs that it was done to."""

    text: str
    jobs: tuple[int, ...] = ()


class Undo:
    """The steps of one dashboard that can be taken back, the latest first."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._steps: list[_Step] = []
        self._doing = 0  # steps that are being done
        self._done = asyncio.Event()  # set while there are none
        self._done.set()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Do what ends with a note of a step: to take the last step back waits for it."""
        self._doing += 1
        self._done.clear()
        try:
            yield
        finally:
            self._doing -= 1
            if not self._doing:
                self._done.set()

    async def take_back(self, result_of: Callable[[Awaitable[object]], Awaitable[object]]) -> TakenBack | None:
        """Take back the last step; ``result_of`` awaits, and shows what is wrong: then there is nothing to tell."""
        await self._done.wait()
        if not self._steps:
            return TakenBack("Nothing to undo.")
        step = self._steps.pop()
        return None if await result_of(step.back()) is None else TakenBack(f"Undone: {step.what}.", step.jobs)

    def cancelled(self, jobs: Sequence[Job]) -> None:
        """Note that jobs were cancelled, as they are now; those that were running stay so."""
        self._act_back("cancel", [job for job in jobs if job.state is State.CANCELLED], Verb.UNCANCEL)

    def held(self, jobs: Sequence[Job]) -> None:
        """Note that jobs were held."""
        self._act_back("hold", jobs, Verb.RELEASE)

    def released(self, jobs: Sequence[Job]) -> None:
        """Note that jobs were released."""
        self._act_back("release", jobs, Verb.HOLD)

    def edited(self, before: Job) -> None:
        """Note that a job was changed."""
        draft = before.draft
        self._did(
            f"change of job {before.id}", [before.id], lambda: self._commands.jobs.edit(before.id, draft, like=draft)
        )

    def removed(self, removed: TrashedJobs) -> None:
        """Note that jobs were removed."""
        what = f"job {removed.ids[0]}" if len(removed.ids) == 1 else f"{len(removed.ids)} jobs"
        self._did(f"removal of {what}", removed.ids, lambda: self._commands.jobs.verbs.restore(removed))

    def moved(self, before: Sequence[Job], follower: Job | None) -> None:
        """Note that jobs were moved from their place before ``follower``, or from the end of their queue."""
        ids = [job.id for job in before]

        def back() -> Awaitable[object]:
            if follower is None:
                return self._commands.jobs.move(ids, Move.BOTTOM)
            return self._commands.jobs.move(ids, Move.BEFORE, follower.id)

        self._did(f"move of {_jobs(before)}", ids, back)

    def _act_back(self, what: str, jobs: Sequence[Job], verb: Verb) -> None:
        if jobs:
            ids = [job.id for job in jobs]
            self._did(f"{what} of {_jobs(jobs)}", ids, lambda: self._commands.jobs.verbs.act(verb, members(jobs)))

    def _did(self, what: str, ids: Sequence[int], back: Callable[[], Awaitable[object]]) -> None:
        self._steps = [*self._steps[-_KEPT + 1 :], _Step(what, tuple(ids), back)]


def _jobs(jobs: Sequence[Job]) -> str:
    return f"job {jobs[0].id}" if len(jobs) == 1 else f"{len(jobs)} jobs"
