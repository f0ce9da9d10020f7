"""Finds the lines of a log that match, each with its number."""

from collections.abc import Iterator

from msgspec import Struct

from tui_queue.core.logs.file import BATCH, LogFile
from tui_queue.core.logs.search import Pattern, Search, row_at
from tui_queue.core.logs.terminal.cells import text_of


class NumberedLine(Struct, frozen=True):
    """A line as a terminal shows it; its number counts from 1, without lines that were taken out of the middle."""

    number: int
    text: str


def matching_lines(path: str, pattern: Pattern) -> Iterator[NumberedLine]:
    """Yield the lines of a log that match; blocks. Raises as ``Pattern.lines`` and ``open_log``."""
    file, search = LogFile(path), Search(pattern)
    file.poll(0)
    number, place, known = 1, 0, 0
    try:
        while search.step(file):
            for hit in search.hits[known:]:
                number += _line_ends(file, place, hit)
                place = hit
                yield NumberedLine(number, text_of(row_at(file, hit)))
            del search.hits[:-1]  # the last one tells where the next block is new; a log may match in every line
            known = len(search.hits)
    finally:
        file.close()


def _line_ends(file: LogFile, begin: int, end: int) -> int:
    """Return how many lines end from one offset to another; what was taken out of the middle is not read."""
    hole = file.hole()
    found = 0
    while begin < end:
        if hole[0] <= begin < hole[1]:
            begin = hole[1]
            continue
        data = file.read(begin, min(BATCH, end - begin))
        found += data.count(b"\n")
        begin += len(data) or end
    return found
