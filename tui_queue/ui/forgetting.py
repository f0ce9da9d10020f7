"""Lets go of what Textual and Rich keep of texts and widgets that are not shown any more.

Their caches have room for thousands of whole lines; a dashboard that is open for weeks and shows logs would fill them.
"""

from rich.segment import Segment
from textual._segment_tools import make_blank
from textual._styles_cache import StylesCache
from textual.strip import Strip

EVERY_S = 60
_CACHES = (StylesCache.get_inner_outer, Strip.render_ansi, Segment._split_cells, make_blank)


def forget() -> None:
    """Empty the caches; what is shown fills them again with the next frame."""
    for cache in _CACHES:
        cache.cache_clear()
