"""The result of an import."""

from msgspec import Struct


class ImportResult(Struct, frozen=True, kw_only=True):
    """What came of an import: the numbers of the new jobs, and how many there were already."""

    numbers: tuple[int, ...]
    known: int
