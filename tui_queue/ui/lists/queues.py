"""The list screen of queues: their slots, hours, and whether they start jobs."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import ClassVar

from msgspec.structs import replace
from textual import work
from textual.binding import Binding, BindingType

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import State
from tui_queue.core.model.queue import DEFAULT_QUEUE, Queue
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.queues import queue_with, slots_of
from tui_queue.ui.dialogs.form import Entries, Entry, EntryForm, Filled
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.lists.table_screen import HELP_KEY, TableScreen

_SWITCH = "pause_outside"


class QueuesScreen(TableScreen):
    """Shows the queues and changes them."""

    NAME = "queues"
    TOPIC = "queues"
    COLUMNS: ClassVar[Mapping[str, int]] = {"Queue": 16, "Running": 9, "Pending": 7, "State": 8, "Hours": 0}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", id="queues.add", tooltip="Make a queue"),
        Binding("e,enter", "edit", "Edit", id="queues.edit", tooltip="Change the queue under the cursor"),
        Binding("p", "pause", "Pause", id="queues.pause", tooltip="Start no more jobs of it, or start them again"),
        Binding("plus", "slots(1)", "Slot", key_display="+", id="queues.more", tooltip="One slot more"),
        Binding("minus", "slots(-1)", "Slot", key_display="-", id="queues.less", tooltip="One slot less"),
        Binding("L", "limit", "Limit", id="queues.limit", tooltip="How many jobs run in all queues together"),
        Binding("d,delete", "remove", "Remove", id="queues.remove", tooltip="Remove a queue that no job is in"),
        HELP_KEY,
    ]
    OF_ROW = frozenset({"edit", "pause", "slots", "remove"})

    _slots: Mapping[str, int] = {}
    _with_jobs: Set[str] = frozenset()

    async def rows(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Return a row for each queue."""
        overview = await self.commands.reports.overview(ended=0)
        active = Counter((job.queue, job.state) for job in overview.jobs)
        limit = "" if overview.limit is None else f"at most {overview.limit} jobs run in all of them together"
        self.rule.say(right=limit)
        self._with_jobs = {job.queue for job in overview.jobs}
        self._slots = {
            queue.name: overview.default_slots if queue.slots is None else queue.slots for queue in overview.queues
        }
        return [
            (
                queue.name,
                (
                    queue.name,
                    f"{active[queue.name, State.RUNNING]}/{self._slots[queue.name]}",
                    str(active[queue.name, State.PENDING]),
                    "paused" if queue.paused else "",
                    f"{queue.options.hours} {queue.options.zone}" if queue.options.hours else "",
                ),
            )
            for queue in overview.queues
        ]

    def applies(self, action: str, parameters: tuple[object, ...], name: str) -> bool:
        """Whether a queue has a slot to lose, or can be removed."""
        if action == "slots":
            return parameters != (-1,) or self._slots[name] > 0
        return action != "remove" or (name != DEFAULT_QUEUE and name not in self._with_jobs)

    def on_data_table_row_selected(self) -> None:
        """Do for Enter, which the table takes first, what it does here."""
        self.action_edit()

    @work
    async def action_add(self) -> None:
        """Make a queue."""
        queue = await self.app.push_screen_wait(_form(Queue(name=""), "Add a queue"))
        if queue is not None:
            await self.ask(self.commands.queues.add(queue))

    @work
    async def action_edit(self) -> None:
        """Change the queue under the cursor."""
        if self.chosen and (old := await self.ask(self.commands.queues.get(self.chosen))):
            queue = await self.app.push_screen_wait(_form(old, f"Queue {old.name}"))
            if queue is not None:
                await self.ask(self.commands.queues.set(queue))

    async def action_pause(self) -> None:
        """Start no more jobs of the queue under the cursor, or start them again."""
        if self.chosen and (queue := await self.ask(self.commands.queues.get(self.chosen))):
            set_paused = self.commands.queues.resume if queue.paused else self.commands.queues.pause
            await self.ask(set_paused(queue.name))

    async def action_slots(self, by: int) -> None:
        """Give the queue under the cursor one slot more or less."""
        if self.chosen:
            await self.ask(self.commands.queues.change_slots(self.chosen, by))

    @work
    async def action_limit(self) -> None:
        """Ask how many jobs may run in all queues together."""
        overview = await self.ask(self.commands.reports.overview(active=0, ended=0))
        if overview is None:
            return
        now = "none" if overview.limit is None else str(overview.limit)
        answer = await self.app.push_screen_wait(
            Prompt("How many jobs may run in all queues together? A number, or none.", value=now, check=slots_of)
        )
        if answer is not None:
            await self.ask(self.commands.queues.set_limit(slots_of(answer)))

    @work
    async def action_remove(self) -> None:
        """Remove the queue under the cursor."""
        if (name := self.chosen) is None:
            return
        if await self.app.push_screen_wait(self.sure(f"Remove queue {name}?", f"Remove {name}", "queues.remove")):
            await self.ask(self.commands.queues.remove(name))


def _form(queue: Queue, heading: str) -> EntryForm[Queue]:
    options = queue.options
    name = () if queue.name else (Entry(name="queue", label="Name", hint="gpu"),)
    lines = (
        *name,
        Entry(
            name="slots",
            label="Slots",
            value="" if queue.slots is None else str(queue.slots),
            hint="as the settings say",
        ),
        Entry(name="hours", label="Hours", value=options.hours, hint="mon-fri 22:00-06:00, sat-sun; empty: always"),
        Entry(name="zone", label="Time zone", value=options.zone if options.hours else "", hint="yours"),
        Entry(
            name="lost",
            label="On lost",
            value="" if options.lost == "leave" else options.lost,
            hint="leave, requeue or ask, after a reboot",
        ),
        Entry(
            name="lost_age",
            label="Lost age",
            value=str(options.lost_age_s or ""),
            hint="1d: leave what began before",
        ),
        Entry(
            name="on_failure",
            label="On failure",
            value="" if options.on_failure == "continue" else options.on_failure,
            hint="continue or pause, when a job fails",
        ),
        Entry(
            name="leftovers",
            label="Leftovers",
            value=options.leftovers or "",
            hint="keep, wait or kill, what a job leaves running",
        ),
    )

    def check(entries: Mapping[str, str], switches: Mapping[str, bool]) -> Filled[Queue]:
        words = {**entries, "slots": entries["slots"] or "default"}
        named = queue
        if "queue" in words:
            called = title("queue", words.pop("queue"))
            if not called:
                raise BadInputError("queue", "The queue needs a name.")
            named = replace(queue, name=called)
        return Filled(value=queue_with(named, **words, pause_outside=switches[_SWITCH]))

    switches = ((_SWITCH, "Outside of its hours stop what runs", options.pause_outside),)
    return EntryForm(Entries(title=heading, lines=lines, switches=switches), check)
