"""Lets go of what Textual and Rich keep of texts, looks and widgets that are not shown any more.

Their caches have room for thousands of each; a dashboard that is open for weeks and shows logs would fill them.
"""

import gc
from collections.abc import Callable, Iterator
from typing import Any

from rich.cells import cached_cell_len
from rich.segment import Segment
from rich.style import Style
from textual._segment_tools import make_blank
from textual._styles_cache import StylesCache
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip

SETTLED_S = 5  # after the start
EVERY_S = 60
_KINDS = (Region, Segment, Strip, Style, StylesCache, ANSIToTruecolor)
_FUNCTIONS: tuple[Any, ...] = (cached_cell_len, make_blank)


def forget() -> None:
    """Empty the caches; what is shown fills them again with the next frame."""
    for clear in _CLEARS:
        clear()


def settle() -> None:
    """Take all that is there for what stays, so that ``tidy`` has little to look at."""
    gc.collect()
    gc.freeze()


def tidy() -> None:
    """Forget, and let go of screens that are gone: Python itself looks for those only after very many of them."""
    forget()
    gc.collect()


def _clears() -> Iterator[Callable[[], None]]:
    for each in (*_FUNCTIONS, *(value for kind in _KINDS for value in vars(kind).values())):
        cached = getattr(each, "__func__", each)  # a class method stands around it
        if (clear := getattr(cached, "cache_clear", None)) is not None:
            yield clear


_CLEARS = tuple(_clears())
