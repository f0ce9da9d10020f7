"""The words at the right end of the line above the log pane."""

from collections.abc import Callable, Sequence

from tui_queue.ui.title_rule import TitleRule


class LogStatus:
    """Shows what takes long, and then the remarks of the other parts."""

    def __init__(self, rule: TitleRule, remarks: Callable[[], Sequence[str]]) -> None:
        """The words go to the right end of the rule."""
        self._rule = rule
        self._remarks = remarks
        self._note = ""
        self._waits = False

    @property
    def note(self) -> str:
        """The progress of something that takes long; "" for nothing."""
        return self._note

    def tell(self, note: str) -> None:
        """Show the progress of something that takes long."""
        if note != self._note:
            self._note = note
            self.update()

    def forget(self) -> None:
        """Drop the progress, without an update."""
        self._note = ""

    def wait_for_disk(self, waits: bool) -> None:
        """Show whether the disk has not answered for a while."""
        if waits != self._waits:
            self._waits = waits
            self.update()

    def update(self) -> None:
        """Put the words together again."""
        notes = [self._note] if self._note else ["waiting for the disk"] if self._waits else []
        self._rule.say(right=" · ".join([*notes, *self._remarks()]))
