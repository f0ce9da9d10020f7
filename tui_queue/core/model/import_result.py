"""The result of an import."""

from msgspec import Struct


class ImportResult(Struct, frozen=True, kw_only=True):
    """What came of an import: the numbers of the new jobs, and how many there were already.

    ``held`` are those of the new jobs that wait until they are released.
    """

    numbers: tuple[int, ...]
    known: int
    held: tuple[int, ...] = ()
