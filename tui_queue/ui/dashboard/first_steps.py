"""What the dashboard shows while there is no job: what to press, what to type, and what will happen."""

from collections.abc import Mapping

from rich.text import Text
from textual.widgets import Static

from tui_queue.core.model.overview import Overview
from tui_queue.ui.dashboard.wording import EMPTY
from tui_queue.ui.keymap import with_keys

_STEPS = (
    ("{job.add}", "Add your first job", "a script, its parameters, Enter"),
    ("{app.help}", "All the keys", "of jobs, logs and lists"),
    ("{app.palette}", "Every verb by name", "type what you want to do"),
    ("{app.settings}", "The settings", "slots, colours, columns, keys"),
)
_COMMAND = "tui-queue add train.py --epochs 3"
_NUMBERS = ("No job runs", "One job runs", "Two jobs run", "Three jobs run", "Four jobs run")


class FirstSteps(Static):
    """The first screen of a new user."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """``keys`` are those of each binding as shown, by its id."""
        super().__init__(id="first-steps", markup=False)
        self._keys = keys
        self._slots: int | None = None

    def on_mount(self) -> None:
        """Keep to the colours of the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw())

    def on_unmount(self) -> None:
        """Let the signal of themes go, which keeps each widget that subscribes to it."""
        self.app.theme_changed_signal.unsubscribe(self)

    def say(self, overview: Overview) -> None:
        """Say how many jobs run at a time in this queue."""
        if overview.default_slots != self._slots:
            self._slots = overview.default_slots
            self._draw()

    def _draw(self) -> None:
        self.update(first_steps(self._keys, self._slots or 0))


def first_steps(keys: Mapping[str, str], slots: int) -> Text:
    """Return what to do first; ``slots`` jobs run at a time."""
    text = Text(f"{with_keys(EMPTY, keys)}\n\n", style="")
    text.stylize("bold")
    for key, act, how in _STEPS:
        text.append(f"{with_keys(key, keys):<4}", "lit")
        text.append(f"{act:<22}")
        text.append(f"{how}\n", "muted")
    text.append("\nor from a shell, here or in a script:\n", "muted")
    text.append("$ ", "muted").append(f"{_COMMAND}\n\n", "bar")
    runs = _NUMBERS[slots] if slots < len(_NUMBERS) else f"{slots} jobs run"
    text.append(f"{runs} at a time; the others wait their turn.\n")
    text.append("What runs goes on when you leave: ").append(with_keys("{app.leave}", keys), "lit")
    text.append(" quits, the queue does not.\n")
    text.append("A .py file runs with the Python environment active where you add it.", "muted")
    return text
