"""Lets go of what Textual and Rich keep of texts, looks and widgets that are not shown any more.

Their caches have room for thousands of each; a dashboard that is open for weeks and shows logs would fill them.
"""

import gc
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from rich.cells import cached_cell_len
from rich.segment import Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip

from tui_queue.ui.terminal.private import MAKE_BLANK, STYLES_CACHE

SETTLED_S = 5  # after the start
EVERY_S = 60
_KINDS = (Region, Segment, Strip, Style, ANSIToTruecolor)


def forget() -> None:
    """Empty the caches; what is shown fills them again with the next frame."""
    for clear in _clears():
        clear()


def settle() -> None:
    """Take all that is there for what stays, so that ``tidy`` has little to look at."""
    gc.collect()
    gc.freeze()


def tidy() -> None:
    """Forget, and let go of screens that are gone: Python itself looks for those only after very many of them."""
    forget()
    gc.collect()


@cache
def _clears() -> Sequence[Callable[[], None]]:
    kinds = [kind for kind in (*_KINDS, STYLES_CACHE.find()) if kind is not None]
    kept = [cached_cell_len, MAKE_BLANK.find(), *(value for kind in kinds for value in vars(kind).values())]
    return [clear for each in kept if (clear := _clear_of(each)) is not None]


def _clear_of(thing: Any) -> Callable[[], None] | None:
    """Return what empties the cache of a function or method; None for one without."""
    clear: Callable[[], None] | None = getattr(getattr(thing, "__func__", thing), "cache_clear", None)
    return clear  # a class method stands around its function
