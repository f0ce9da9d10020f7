"""The verbs that bring jobs and schedules in from other queues, and jobs out of this one."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.commands.new_jobs import with_values_kept
from tui_queue.core.commands.schedules import with_next_time
from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.formats import IMPORTERS, importer_of
from tui_queue.core.interchange.importers.importer import Origin, Skipped
from tui_queue.core.interchange.record import Record, record_object, settled, to_cell
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.import_result import ImportResult
from tui_queue.core.model.job import JobDraft, State
from tui_queue.core.model.options import with_values
from tui_queue.core.model.queue import Queue
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.parsing.job_command import check_cwd
from tui_queue.core.system import event_loop
from tui_queue.core.system.environment import capture, chosen

FORMATS = tuple(IMPORTERS)


class Import(Struct, frozen=True, kw_only=True):
    """The jobs or schedules of a file.

    ``foreign``: whether it is of another program, which may start the same jobs still. ``queues`` have the slots that
    it gives them. ``skipped`` are lines that can't be taken.
    ``caution``: what the user must check in the jobs that have yet to run; empty for nothing.
    ``search_path``: the PATH that its jobs had; empty where the format does not tell.
    """

    format: str
    records: tuple[Record, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    queues: tuple[Queue, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    foreign: bool = False
    caution: str = ""
    search_path: str = ""

    @property
    def running(self) -> int:
        """The number of jobs that were running when the file was written."""
        return sum(record.state is State.RUNNING for record in self.records)

    @property
    def pending(self) -> int:
        """The number of jobs that have yet to run."""
        return sum(record.state is State.PENDING for record in self.records)

    def held(self) -> "Import":
        """Return it with all jobs that have yet to run held, and all schedules paused."""
        return replace(
            self,
            records=tuple(
                replace(each, draft=replace(each.draft, held=True)) if each.state is State.PENDING else each
                for each in self.records
            ),
            schedules=tuple(replace(each, paused=True) for each in self.schedules),
        )

    def settled(self, *, again: bool, now: datetime) -> "Import":
        """Return it without running jobs: they become pending ``again``, or failed as interrupted."""
        return replace(self, records=tuple(settled(record, again=again, now=now) for record in self.records))


def read(text: str, kind: str | None, *, cwd: str, now: datetime) -> Import:
    """Return the contents of a file of ``kind``, one of ``FORMATS``; without it, of the format that it looks like.

    Relative paths in it start at ``cwd``. Raises BadInputError that names the line.
    """
    origin = Origin(cwd=check_cwd(cwd), now=now)
    importer = IMPORTERS[kind] if kind else importer_of(text)
    found = list(importer.read(text, origin))
    skipped = tuple(each for each in found if isinstance(each, Skipped))
    if skipped and len(skipped) == len(found):
        raise BadInputError("import", f"Line {skipped[0].line}: {skipped[0].why}")
    return Import(
        format=importer.name,
        foreign=importer.foreign,
        queues=tuple(each for each in found if isinstance(each, Queue)),
        skipped=skipped,
        records=tuple(each for each in found if isinstance(each, Record)),
        schedules=tuple(each for each in found if isinstance(each, Schedule)),
        caution=importer.caution,
        search_path=importer.search_path,
    )


def _with_environments(context: CommandContext, imported: Import) -> Import:
    """Return jobs and schedules with an environment each: a minimal one, or the variables that their file has."""
    base = capture(clean=True)
    if imported.search_path:
        base = replace(base, variables={**base.variables, "PATH": imported.search_path})
    minimal = context.environments.keep(base)

    def named(draft: JobDraft, variables: Mapping[str, str] | None) -> JobDraft:
        name = minimal
        if variables is not None:
            name = context.environments.keep(replace(base, variables=chosen(variables, leave_out=context.leave_out())))
        return replace(draft, options=replace(draft.options, environment=name))

    records = [replace(each, draft=named(each.draft, each.variables)) for each in imported.records]
    drafts = with_values_kept(context.environments, [each.draft for each in records])
    return replace(
        imported,
        records=tuple(replace(each, draft=draft) for each, draft in zip(records, drafts, strict=True)),
        schedules=tuple(replace(each, draft=named(each.draft, None)) for each in imported.schedules),
    )


class InterchangeCommands:
    """Import and export jobs and schedules. Errors are TuiQueueErrors; then nothing has changed."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._store = context.store

    async def add(self, imported: Import, *, now: datetime) -> ImportResult:
        """Add all that a file holds, or nothing; jobs whose UUID this queue has already stay as they are."""
        imported = await event_loop.to_thread(_with_environments, self._context, imported)
        if imported.schedules:
            for schedule in imported.schedules:
                await self._context.check_resources(schedule.draft)
            await self._store.schedules.add_all(
                [with_next_time(schedule, schedule.created_at) for schedule in imported.schedules]
            )
            result = ImportResult(numbers=(), known=0)
        else:
            result = await self._store.import_export.add(imported.records, queues=imported.queues, now=now)
        self._context.wake_scheduler()
        return result

    async def export(self, only: Filter, *, values: bool = False) -> AsyncIterator[dict[str, Any]]:
        """Yield the jobs that pass the filter with all their runs, as JSON has them, by number.

        Only with ``values`` they have the values of variables.
        """
        async for record in self._store.import_export.records(only):
            if values and record.draft.options.values:
                given = await event_loop.to_thread(self._context.environments.values, record.draft.options.values)
                options = with_values(record.draft.options, given)
                record = replace(record, draft=replace(record.draft, options=options))  # noqa: PLW2901
            yield record_object(record, values=values)

    async def export_rows(self, only: Filter, *, values: bool = False) -> AsyncIterator[list[str]]:
        """Yield the same as rows of a CSV table, its header first; without jobs there is no header either."""
        header = False
        async for job in self.export(only, values=values):
            if not header:
                header = True
                yield list(job)
            yield [to_cell(name, value) for name, value in job.items()]
