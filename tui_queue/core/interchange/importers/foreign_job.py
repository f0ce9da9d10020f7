"""Helps importers of queues that store less about a job."""

import os
import shutil
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from tui_queue.core.interchange.importers.importer import Origin
from tui_queue.core.interchange.record import Record
from tui_queue.core.model.job import JobDraft, Run, State
from tui_queue.core.model.reason import CANCELLED, NO_REASON, Reason, ReasonKind
from tui_queue.core.parsing.job_draft import make_draft


def draft_of(
    origin: Origin, state: State, path: str, args: Sequence[str], *, cwd: str = "", name: str = ""
) -> JobDraft:
    """Return the command of a job. The file must exist only where the job has yet to run."""
    cwd = cwd or origin.cwd
    if not state.ended:
        return make_draft(path=path, args=tuple(args), cwd=cwd, name=name)
    whole = os.path.join(cwd, path) if os.sep in path else shutil.which(path) or path
    return JobDraft(path=whole, args=tuple(args), cwd=cwd, name=name or os.path.basename(path))


def with_history(record: Record, now: datetime) -> Record:
    """Add what the other queue does not keep: a reason, a time of the end, and one attempt for a job that started."""
    ended = record.state.ended
    record = replace(
        record,
        reason=record.reason or (_reason(record) if ended else NO_REASON),
        finished_at=(record.finished_at or now) if ended else None,
    )
    if record.state not in (State.COMPLETED, State.FAILED, State.RUNNING):
        return record
    run = Run(
        job_id=record.number,
        attempt=1,
        started_at=record.started_at,
        finished_at=record.finished_at,
        exit_code=record.exit_code,
        signal=record.signal,
        reason=record.reason,
        cpu_s=None,
        max_rss_kib=None,
        script="",
        oom="",
    )
    return replace(record, attempt=run.attempt, runs=(run,))


def _reason(record: Record) -> Reason:
    if record.signal is not None:
        return Reason.of(ReasonKind.SIGNAL, signal=record.signal)
    if record.exit_code is not None:
        return Reason.of(ReasonKind.EXIT, code=record.exit_code)
    if record.state is State.CANCELLED:
        return CANCELLED
    return Reason.of(ReasonKind.UNKNOWN, text="failed (imported; how is unknown)")
