"""A switch of a form; without colours too one that is off looks so."""

from textual.widgets import Checkbox


class Switch(Checkbox):
    """Shows ``[X]`` for on, ``[ ]`` for off."""

    BUTTON_LEFT, BUTTON_INNER, BUTTON_RIGHT = "[", " ", "]"

    def on_mount(self) -> None:
        """Draw it as it is at first."""
        self._mark()

    def watch_value(self) -> None:
        """Draw it as it is now."""
        self._mark()
        super().watch_value()

    def _mark(self) -> None:
        self.BUTTON_INNER = "X" if self.value else " "
        self.refresh()
