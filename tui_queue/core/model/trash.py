"""Removed jobs that can be restored."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from tui_queue.core.model.job import Job

RESTORABLE_S = 600


DELETED_AFTER_S = RESTORABLE_S + 60  # nobody brings back then what somebody else is deleting


Rows = Mapping[str, Sequence[Mapping[str, object]]]  # by table


class TrashedJobs(Struct, frozen=True, kw_only=True):
    """What is kept of jobs that were removed ``at`` some time; those in ``ran`` have had runs."""

    at: datetime
    jobs: Sequence[Job]
    rows: Rows
    ran: Collection[int] = ()
