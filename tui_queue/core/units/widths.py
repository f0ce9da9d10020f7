"""How many columns of a terminal a text takes: the one place that decides it, by the rules that the screen draws by."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

_JOINER, _PICTURE = "\u200d", "\ufe0f"  # makes one picture of two characters; makes a picture of a sign
# Signs that take a column, and two as a picture.
_WIDER_AS_PICTURES = frozenset(
    "#*0123456789\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194\u2195\u2196\u2197\u2198\u2199\u21a9\u21aa\u2328\u23cf"
    "\u23ed\u23ee\u23ef\u23f1\u23f2\u23f8\u23f9\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb\u25fc\u2600\u2601\u2602"
    "\u2603\u2604\u260e\u2611\u2618\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638\u2639\u263a\u2640\u2642"
    "\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u2692\u2694\u2695\u2696\u2697\u2699\u269b\u269c\u26a0\u26a7"
    "\u26b0\u26b1\u26c8\u26cf\u26d1\u26d3\u26e9\u26f0\u26f1\u26f4\u26f7\u26f8\u26f9\u2702\u2708\u2709\u270c\u270d"
    "\u270f\u2712\u2714\u2716\u271d\u2721\u2733\u2734\u2744\u2747\u2763\u2764\u27a1\u2934\u2935\u2b05\u2b06\u2b07"
    "\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f321\U0001f324\U0001f325\U0001f326\U0001f327\U0001f328\U0001f329"
    "\U0001f32a\U0001f32b\U0001f32c\U0001f336\U0001f37d\U0001f396\U0001f397\U0001f399\U0001f39a\U0001f39b\U0001f39e"
    "\U0001f39f\U0001f3cb\U0001f3cc\U0001f3cd\U0001f3ce\U0001f3d4\U0001f3d5\U0001f3d6\U0001f3d7\U0001f3d8\U0001f3d9"
    "\U0001f3da\U0001f3db\U0001f3dc\U0001f3dd\U0001f3de\U0001f3df\U0001f3f3\U0001f3f5\U0001f3f7\U0001f43f\U0001f441"
    "\U0001f4fd\U0001f549\U0001f54a\U0001f56f\U0001f570\U0001f573\U0001f574\U0001f575\U0001f576\U0001f577\U0001f578"
    "\U0001f579\U0001f587\U0001f58a\U0001f58b\U0001f58c\U0001f58d\U0001f590\U0001f5a5\U0001f5a8\U0001f5b1\U0001f5b2"
    "\U0001f5bc\U0001f5c2\U0001f5c3\U0001f5c4\U0001f5d1\U0001f5d2\U0001f5d3\U0001f5dc\U0001f5dd\U0001f5de\U0001f5e1"
    "\U0001f5e3\U0001f5e8\U0001f5ef\U0001f5f3\U0001f5fa\U0001f6cb\U0001f6cd\U0001f6ce\U0001f6cf\U0001f6e0\U0001f6e1"
    "\U0001f6e2\U0001f6e3\U0001f6e4\U0001f6e5\U0001f6e9\U0001f6f0\U0001f6f3"
)
# Characters that Unicode's table of widths leaves out, or whose width it has changed.
_NO_WIDTH = "[\u1160-\u11ff\u3164\ud7b0-\ud7ff\uffa0\U0001f3fb-\U0001f3ff]"
_WIDE = "[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d356\U0001d360-\U0001d376]"
# Below the first scripts of East Asia, and among pictures, terminals differ in what they take for wide.
_FLAG = "[\U0001f1e6-\U0001f1ff]"  # two of these are one
_FIRST_SURE, _PICTURES = "\u2e80", "[\u4dc0-\u4dff\ufe0e\ufe0f\U0001d300-\U0001d376\U0001f000-\U0001faff]"
# Letters, lines and our own signs, of which nearly all that is drawn consists.
_ONE_EACH = "[ -~\xa0-\xac\xae-\u02ff\u2010-\u2027\u2190-\u22ff\u2500-\u25fc\u2710-\u2727\u2800-\u28ff]*"


def cells(text: str) -> int:
    """Return how many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    if _JOINER not in text and _PICTURE not in text:
        return sum(map(_cells, text))
    return sum(wide for _, wide in clusters(text))


def clipped(text: str, width: int) -> str:
    """Return what of a printable text fits into a number of columns, ending with ``…`` where something is left out."""
    if cells(text) <= width:
        return text
    return f"{text[: characters_in(text, width - 1)]}…" if width > 0 else ""


def characters_in(text: str, width: int) -> int:
    """Return how many characters of a text fit into this number of columns."""
    if text.isascii():
        return max(0, min(width, len(text)))
    taken = room = 0
    for cluster, wide in clusters(text):
        room += wide
        if room > width:
            break
        taken += len(cluster)
    return taken


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield the parts of a text that a terminal draws in the same columns, and how many these are."""
    begin = wide = place = 0
    base = ""  # the character that would be wider as a picture
    while place < len(text):
        char = text[place]
        if char == _JOINER:
            place += 1  # what it joins takes no column
        elif char == _PICTURE:
            wide += base in _WIDER_AS_PICTURES
            base = ""
        elif own := _cells(char):
            if wide == 1 and place == begin + 1 and _is(_FLAG, base) and _is(_FLAG, char):
                wide, base = 2, ""
            elif place > begin:
                yield text[begin:place], wide
                begin, wide, base = place, own, char
            else:
                wide, base = own, char
        place += 1
    if text:
        yield text[begin:], wide


def is_one_each(text: str) -> bool:
    """Whether each character takes one column, in all terminals."""
    return _compiled(_ONE_EACH).fullmatch(text) is not None or all(
        wide == 1 and is_sure(cluster, wide) for cluster, wide in clusters(text)
    )


def is_sure(cluster: str, wide: int) -> bool:
    """Whether all terminals agree on how many columns a cluster takes, which ``clusters`` has given."""
    if cluster.isascii():
        return True
    return len(cluster) == 1 and wide > 0 and (wide == 1 or cluster >= _FIRST_SURE) and not _is(_PICTURES, cluster)


@lru_cache(maxsize=4096)
def _cells(char: str) -> int:
    if char == _JOINER or unicodedata.category(char) in ("Mn", "Me", "Mc") or _is(_NO_WIDTH, char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" or _is(_WIDE, char) else 1


def _is(kind: str, char: str) -> bool:
    return _compiled(kind).match(char) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # At the first use: it takes long, and ASCII needs none of them.
    return re.compile(pattern)
