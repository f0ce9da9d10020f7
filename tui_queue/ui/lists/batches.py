"""The list screen of batches: the states of their jobs, and the verbs for all jobs of one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from tui_queue.core.model.filter import Field
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.selection import Verb, members
from tui_queue.core.parsing.filter_words import quoted_word
from tui_queue.ui.dashboard.cells import short_time
from tui_queue.ui.dashboard.wording import of, stopping, what_ends
from tui_queue.ui.lists.table_screen import HELP_KEY, TableScreen

_FOR = {  # the states of jobs that an action is for
    "cancel": (State.PENDING, State.RUNNING),
    "hold": (State.PENDING,),
    "retry": (State.FAILED,),
}

_NONE_FOR = {
    "cancel": "all of its jobs have ended.",
    "hold": "none of its jobs is pending.",
    "retry": "none of its jobs has failed.",
}


class BatchesScreen(TableScreen):
    """Shows the batches, the latest first; the answer ``batch:NAME`` makes the dashboard show the jobs of one."""

    NAME = "batches"
    TOPIC = "sweeps"
    EMPTY = "There is no batch. Jobs that are added with the same batch, or by a sweep, make one."
    COLUMNS: ClassVar[Mapping[str, int]] = {"Batch": 0, "Ended": 9, "Running": 7, "Pending": 7, "Failed": 6, "Added": 8}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o,enter", "open", "Show", id="batches.open", tooltip="Show the jobs of the batch"),
        Binding("c", "cancel", "Cancel", id="batches.cancel", tooltip="Cancel all of its jobs"),
        Binding("h", "hold", "Hold", id="batches.hold", tooltip="Hold its pending jobs, or release them"),
        Binding("r", "retry", "Retry failed", id="batches.retry", tooltip="Put those that have failed in again"),
        Binding("u", "undo", "Undo", id="batches.undo", tooltip="Take back what was done last"),
        HELP_KEY,
    ]
    OF_ROW = frozenset({"open", "cancel", "hold", "retry"})

    _counts: Mapping[str, Mapping[State, int]] = {}

    async def rows(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Return a row for each batch."""
        now = datetime.now(UTC)
        batches = await self.commands.batches.all()
        self._counts = {batch.name: batch.counts for batch in batches}
        return [
            (
                batch.name,
                (
                    batch.name,
                    f"{batch.ended}/{batch.jobs}",
                    *(str(batch.counts.get(state, 0)) for state in (State.RUNNING, State.PENDING, State.FAILED)),
                    short_time(batch.created_at, now),
                ),
            )
            for batch in batches
        ]

    def applies(self, action: str, parameters: tuple[object, ...], name: str) -> bool:
        """Whether the batch has any jobs that an action is for."""
        wanted = _FOR.get(action, ())
        return not wanted or any(self._counts[name].get(state) for state in wanted)

    def refusal(self, action: str, name: str) -> str:
        """Say why an action is for none of the jobs of a batch."""
        return f"Batch {name}: {_NONE_FOR[action]}"

    def on_data_table_row_selected(self) -> None:
        """Do for Enter, which the table takes first, what it does here."""
        self.action_open()

    def action_open(self) -> None:
        """Go to the jobs of the batch under the cursor."""
        if self.chosen is not None:
            self.dismiss(quoted_word(Field.BATCH, self.chosen))

    @work
    async def action_cancel(self) -> None:
        """Cancel the jobs of the batch that have not ended; ask first."""
        batch = self.chosen
        jobs = await self._jobs(lambda job: not job.state.ended)
        if not jobs:
            return
        running = [job for job in jobs if job.takes_slot]
        question = f"{stopping(len(running), len(jobs) - len(running))}, all of batch {batch}?"
        detail = what_ends(running, datetime.now(UTC))
        if await self.app.push_screen_wait(self.sure(question, f"Cancel {of(jobs)}", "batches.cancel", detail=detail)):
            await self._act(Verb.CANCEL, jobs, self.undo.cancelled)

    async def action_hold(self) -> None:
        """Hold the pending jobs of the batch, or release them when all are held."""
        pending = await self._jobs(lambda job: job.waits)
        if free := [job for job in pending if not job.held]:
            await self._act(Verb.HOLD, free, self.undo.held)
        else:
            await self._act(Verb.RELEASE, pending, self.undo.released)

    async def action_retry(self) -> None:
        """Start the failed jobs of the batch again."""
        await self._act(Verb.RETRY, await self._jobs(lambda job: job.state is State.FAILED))

    async def action_undo(self) -> None:
        """Take back the last step with jobs, on this screen or on the dashboard."""
        if back := await self.undo.take_back(self.ask):
            self.notify(back.text, markup=False, timeout=3)

    async def _jobs(self, wanted: Callable[[Job], bool]) -> list[Job]:
        jobs = await self.ask(self.commands.batches.jobs(self.chosen)) if self.chosen is not None else None
        return [job for job in jobs or [] if wanted(job)]

    async def _act(
        self, verb: Verb, jobs: Sequence[Job], note: Callable[[Sequence[Job]], object] | None = None
    ) -> None:
        with self.undo.step():
            done = await self.ask(self.commands.jobs.verbs.act(verb, members(jobs))) if jobs else None
            if done is None:
                return
            if note is not None:
                note(done.jobs)
        if done.left:
            self.notify(f"{done.text(verb.done)}.", markup=False, timeout=4)
