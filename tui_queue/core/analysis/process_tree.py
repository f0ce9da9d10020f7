"""Draws a tree as lines of text; pure."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def drawn(
    roots: Iterable[T],
    children: Callable[[T], Iterable[T]],
    text: Callable[[T], str],
    *,
    levels: int,
    most: int,
) -> tuple[list[str], int]:
    """Return a line for each node, and how many nodes had no room.

    There is room for ``most`` lines, one less where a line must say that there are more. Nodes near the roots come
    before others. ``…`` ends one on the last of the ``levels`` that has children.
    """
    known = [(root, -1, 1) for root in roots]  # each with the place of its parent, and its level
    for place, (node, _, level) in enumerate(known):
        if level < levels:  # the list grows while it is gone through
            known.extend((child, place, level + 1) for child in children(node))
    shown = len(known) if len(known) <= most else most - 1
    below: dict[int, list[int]] = {}
    for place, (_, parent, _) in enumerate(known[:shown]):
        below.setdefault(parent, []).append(place)
    lines: list[str] = []

    def draw(place: int, before: str, beside: str) -> None:
        node, _, level = known[place]
        lines.append(f"{before}{text(node)}{' …' if level == levels and any(True for _ in children(node)) else ''}")
        under = below.get(place, [])
        for child in under:
            final = child == under[-1]
            draw(child, f"{beside}{'└─' if final else '├─'} ", f"{beside}{'   ' if final else '│  '}")

    for root in below.get(-1, []):
        draw(root, "", "")
    return lines, len(known) - shown
