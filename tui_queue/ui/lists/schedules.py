"""The list screen of schedules: their rules, and when each makes its next job."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from msgspec.structs import replace
from textual import work
from textual.binding import Binding, BindingType

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import parameters_line, shell_line
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.parsing.schedules import next_lines, schedule_with
from tui_queue.core.timing.timezones import local_zone
from tui_queue.ui.dialogs.form import Entries, Entry, EntryForm, Filled
from tui_queue.ui.job_form.form import JobForm
from tui_queue.ui.lists.table_screen import HELP_KEY, TableScreen


class SchedulesScreen(TableScreen):
    """Shows the schedules and changes them."""

    NAME = "schedules"
    TOPIC = "schedules"
    EMPTY = "There is no schedule. Press {schedules.add}: a rule, then its job."
    COLUMNS: ClassVar[Mapping[str, int]] = {"Schedule": 12, "Rule": 16, "Next": 15, "Job": 0}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", id="schedules.add", tooltip="Make a schedule"),
        Binding("e,enter", "edit", "Edit", id="schedules.edit", tooltip="Change the rule of the schedule"),
        Binding("o", "job", "Job", id="schedules.job", tooltip="Change the job that the schedule makes"),
        Binding("p", "pause", "Pause", id="schedules.pause", tooltip="Make no more jobs of it, or make them again"),
        Binding("r", "run", "Run now", id="schedules.run", tooltip="Make a job of it now"),
        Binding("d,delete", "remove", "Remove", id="schedules.remove", tooltip="Remove it; its jobs stay"),
        HELP_KEY,
    ]
    OF_ROW = frozenset({"edit", "job", "pause", "run", "remove"})

    async def rows(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Return a row for each schedule."""
        schedules = await self.commands.schedules.all()
        self.hints = {schedule.name: schedule.said for schedule in schedules}
        return [
            (schedule.name, (schedule.name, schedule.rule, _next(schedule), _job(schedule.draft)))
            for schedule in schedules
        ]

    def on_data_table_row_selected(self) -> None:
        """Do for Enter, which the table takes first, what it does here."""
        self.action_edit()

    @work
    async def action_add(self) -> None:
        """Make a schedule: its rule, then its job."""
        empty = Schedule(
            name="",
            rule="",
            zone=local_zone().key,
            draft=JobDraft(path="", cwd="", name=""),
            created_at=datetime.now(UTC),
        )
        rule = await self.app.push_screen_wait(_form(empty, "Add a schedule", then="Enter goes on to its job"))
        if rule is None:
            return
        if (draft := await self._job_of(rule.name, None)) is not None:
            await self.ask(self.commands.schedules.add(replace(rule, draft=draft)))

    @work
    async def action_edit(self) -> None:
        """Change the rule of the schedule under the cursor."""
        if self.chosen and (old := await self.ask(self.commands.schedules.get(self.chosen))):
            new = await self.app.push_screen_wait(_form(old, f"Schedule {old.name}", then="Enter saves"))
            if new is not None:
                await self.ask(self.commands.schedules.set(new))

    @work
    async def action_job(self) -> None:
        """Change the job that the schedule under the cursor makes."""
        if self.chosen and (old := await self.ask(self.commands.schedules.get(self.chosen))):
            draft = await self._job_of(old.name, old.draft)
            if draft is not None and draft != old.draft:
                await self.ask(self.commands.schedules.set(replace(old, draft=draft)))

    async def _job_of(self, name: str, draft: JobDraft | None) -> JobDraft | None:
        form = JobForm(
            cwd=os.path.expanduser("~"),
            title=f"The job of schedule {name}",
            draft=draft,
            verb="Save",
            single=True,
            commands=self.commands,
        )
        drafts = await self.app.push_screen_wait(form)
        return None if drafts is None else drafts[0]

    async def action_pause(self) -> None:
        """Make no more jobs of the schedule under the cursor, or make them again."""
        if self.chosen and (old := await self.ask(self.commands.schedules.get(self.chosen))):
            said = "" if old.paused else old.said
            await self.ask(self.commands.schedules.set(replace(old, paused=not old.paused, said=said)))

    async def action_run(self) -> None:
        """Make a job of the schedule under the cursor now."""
        if self.chosen and (job := await self.ask(self.commands.schedules.run(self.chosen))):
            self.notify(f"Added job {job.id}", markup=False, timeout=3)

    @work
    async def action_remove(self) -> None:
        """Remove the schedule under the cursor."""
        detail = "The jobs that it has made stay."
        if (name := self.chosen) is None:
            return
        if await self.app.push_screen_wait(
            self.sure(f"Remove schedule {name}?", f"Remove {name}", "schedules.remove", detail=detail)
        ):
            await self.ask(self.commands.schedules.remove(name))


def _form(schedule: Schedule, heading: str, *, then: str) -> EntryForm[Schedule]:
    lines = (
        Entry(name="name", label="Name", value=schedule.name, hint="report"),
        Entry(name="rule", label="Rule", value=schedule.rule, hint="every 15m, or a cron line: 0 6 * * mon-fri"),
        Entry(name="zone", label="Time zone", value=schedule.zone, hint="Europe/Berlin"),
        Entry(name="missed", label="Missed times", value=schedule.missed, hint="once, all or none"),
        Entry(name="overlap", label="While one runs", value=schedule.overlap, hint="queue, skip or replace"),
    )

    def check(entries: Mapping[str, str], _: Mapping[str, bool]) -> Filled[Schedule]:
        for name, needed in (("name", "The schedule needs a name."), ("rule", "When? every 15m, or 0 6 * * *")):
            if not entries[name].strip():
                raise BadInputError(name, needed)
        new = schedule_with(schedule, **entries)
        return Filled(value=new, preview=next_lines(new))

    return EntryForm(Entries(title=heading, lines=lines, then=then), check)


def _next(schedule: Schedule) -> str:
    if schedule.paused:
        return "paused"
    return "" if schedule.next_at is None else f"{schedule.next_at.astimezone():%a %m-%d %H:%M}"


def _job(draft: JobDraft) -> str:
    if (line := shell_line(draft)) is not None:
        return line
    return f"{os.path.basename(draft.path)} {parameters_line(draft)}".strip()
