"""Removed jobs that can be restored."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

RESTORABLE_S = 600


DELETED_AFTER_S = RESTORABLE_S + 60  # no user brings back then what another process is deleting


TOO_LATE = f"The logs are gone: a removed job can be brought back for {RESTORABLE_S // 60} minutes."


class TrashedJobs(Struct, frozen=True, kw_only=True):
    """The numbers of jobs that were removed together ``at`` some time; those that ``ran`` have logs."""

    at: datetime
    ids: tuple[int, ...]
    ran: Collection[int] = ()
