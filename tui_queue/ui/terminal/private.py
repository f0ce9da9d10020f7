"""Every private name of Textual that this program uses, and the only way to each: it goes on plainly without one.

Textual may rename them in any version. After an upgrade ``tests/terminals/test_private_names.py`` fails with the list
of those that are missing; until they are replaced the dashboard draws and takes keys as Textual itself does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

READ_IN = "8.2.8"  # the version of Textual that the reasons below were read in

HIDDEN: set[str] = set()  # paths that are taken for missing, as after an upgrade; tests put them here


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateName:
    """A name that Textual does not promise to keep."""

    owner: str  # the module, or the module and the class as in ``textual.app:App``
    name: str
    reason: str  # what it is for, and why no public name will do
    without: str  # what the user has where it is gone

    @property
    def path(self) -> str:
        """The whole of it."""
        return f"{self.owner}.{self.name}"

    def find(self) -> Any:
        """Return what it stands for in its module or class; None where it is gone."""
        module, _, kind = self.owner.partition(":")
        try:
            owner = import_module(module)
        except ModuleNotFoundError:
            return None
        return self.of(getattr(owner, kind, None) if kind else owner)

    def of(self, thing: object) -> Any:
        """Return what it stands for in one object; None where it is gone."""
        return None if self.path in HIDDEN else getattr(thing, self.name, None)

    def clear(self, thing: object) -> None:
        """Empty what it stands for in one object, if it is there."""
        if (found := self.of(thing)) is not None:
            found.clear()

    def replace(self, thing: object, by: Callable[..., Any]) -> bool:
        """Give one object a method of ours, whose first argument is Textual's own; False where that is gone."""
        if (plain := self.of(thing)) is None:
            return False
        setattr(thing, self.name, partial(by, plain))
        return True


XTERM_PARSER = PrivateName(
    owner="textual._xterm_parser",
    name="XTermParser",
    reason="Makes keys, pastes and the mouse of what the terminal sends; a driver of ours has no other way.",
    without="Textual's own driver: a terminal that stops reading stops the scheduler.",
)
DISPLAY = PrivateName(
    owner="textual.app:App",
    name="_display",
    reason="Each picture goes through it; there is no public hook between what Textual draws and what it sends.",
    without="Whole lines and panes are sent where a cell has changed.",
)
BATCH_COUNT = PrivateName(
    owner="textual.app:App",
    name="_batch_count",
    reason="Says that a picture will not be drawn, which must then not be taken for shown.",
    without="Whole lines and panes are sent where a cell has changed.",
)
LAYOUT_UPDATE = PrivateName(
    owner="textual._compositor",
    name="LayoutUpdate",
    reason="A picture of a whole region, from which the cells that differ are taken.",
    without="Whole lines and panes are sent where a cell has changed.",
)
CHOPS_UPDATE = PrivateName(
    owner="textual._compositor",
    name="ChopsUpdate",
    reason="A picture of parts of lines, from which the cells that differ are taken.",
    without="Whole lines and panes are sent where a cell has changed.",
)
STYLES_CACHE = PrivateName(
    owner="textual._styles_cache",
    name="StylesCache",
    reason="Keeps looks of widgets that are gone; nothing public empties it.",
    without="A dashboard that is open for weeks takes some more memory.",
)
MAKE_BLANK = PrivateName(
    owner="textual._segment_tools",
    name="make_blank",
    reason="Keeps blanks of all widths and looks; nothing public empties it.",
    without="A dashboard that is open for weeks takes some more memory.",
)
WATCHERS = PrivateName(
    owner="textual.widgets:Footer",
    name="__watchers",
    reason="Keeps each key that a footer has ever shown; nothing public lets go of them.",
    without="A dashboard that is open for weeks takes some more memory.",
)
SHOWS_HOVER = PrivateName(
    owner="textual.widgets:DataTable",
    name="_show_hover_cursor",
    reason="Says whether the row below the mouse stands out: not any more once a key moves the cursor.",
    without="No row stands out below the mouse.",
)
NEW_ROWS = PrivateName(
    owner="textual.widgets:DataTable",
    name="_new_rows",
    reason="Rows that are measured one by one to widen their columns; the widths of ours are given.",
    without="A tenth of a second goes for each thousand jobs when they are first shown.",
)
SIZE_UPDATED = PrivateName(
    owner="textual.widgets:DataTable",
    name="_size_updated",
    reason="Tells a new size before it is drawn; the public event comes after the first picture.",
    without="One picture after a resize shows the columns as they were.",
)
POSITION_TO_CELL = PrivateName(
    owner="textual.widgets:Input",
    name="_position_to_cell",
    reason="Counts the cells before the cursor; a control character has none for Textual, and a sign of one here.",
    without="The cursor stands too far left behind control characters that were pasted.",
)

NAMES = tuple(value for value in vars().values() if isinstance(value, PrivateName))
