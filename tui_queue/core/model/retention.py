"""What a clean-up keeps and what it removes."""

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """How much may be kept; None is no limit."""

    max_age_s: int | None = None
    max_jobs: int | None = None
    max_bytes: int | None = None


class Removal(Struct, frozen=True, kw_only=True):
    """A job that goes, and why."""

    job_id: int
    reason: str
