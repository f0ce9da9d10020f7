"""What a user has typed into the form of a job and left, so that it comes back."""

from collections.abc import Mapping

from msgspec import Struct

from tui_queue.core.model.job import JobDraft


class Typed(Struct, frozen=True, kw_only=True):
    """The fields and switches of a form; ``path`` is a path as a whole, ``like`` what the form began with."""

    entries: Mapping[str, str]
    switches: Mapping[str, bool]
    path: str = ""
    like: JobDraft | None = None


class TypedForms:
    """What was left in forms, by what they are for; a job that is added forgets it."""

    def __init__(self) -> None:
        self._left: dict[str, Typed] = {}

    def of(self, title: str, like: JobDraft | None) -> Typed | None:
        """Return what was left in a form; None where that began with something else."""
        left = self._left.get(title)
        return left if left is not None and left.like == like else None

    def keep(self, title: str, typed: Typed | None) -> None:
        """Keep what is left; None for a form in which the user has typed nothing."""
        self.forget(title)
        if typed is not None:
            self._left[title] = typed

    def forget(self, title: str) -> None:
        """Begin anew the next time."""
        self._left.pop(title, None)
