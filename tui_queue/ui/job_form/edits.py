"""What stood in a field before, so that edits are taken back step by step; pure."""

_KEPT = 100  # steps of one field


class Edits:
    """The steps of one field. Characters that are typed one after the other, up to a blank, are one step."""

    def __init__(self, value: str = "") -> None:
        self._now = value
        self._past: list[str] = []
        self._future: list[str] = []
        self._is_typing = False

    def change(self, value: str) -> None:
        """Note that the field has another value."""
        if value == self._now:
            return
        is_typing = len(value) == len(self._now) + 1 and value.startswith(self._now) and not value[-1].isspace()
        if not (is_typing and self._is_typing):
            self._past = [*self._past[-_KEPT + 1 :], self._now]
        self._now, self._is_typing = value, is_typing
        self._future.clear()

    def undo(self) -> str | None:
        """Return the value before the last step; None where there was none."""
        return self._step(self._past, self._future)

    def redo(self) -> str | None:
        """Return the value that was taken back last; None where none was."""
        return self._step(self._future, self._past)

    def _step(self, source: list[str], target: list[str]) -> str | None:
        if not source:
            return None
        target.append(self._now)
        self._now, self._is_typing = source.pop(), False
        return self._now


def end_of_difference(before: str, after: str) -> int:
    """Return the place in ``after`` behind what is not as before: where the cursor belongs."""
    same = 0
    while same < min(len(before), len(after)) and before[-1 - same] == after[-1 - same]:
        same += 1
    return len(after) - same
