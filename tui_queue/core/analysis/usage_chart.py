"""Formats measurements of processors and memory, and draws them; pure."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tui_queue.core.analysis.process_tree import drawn
from tui_queue.core.model.usage import Activity, Process, Usage
from tui_queue.core.units.printable import printable
from tui_queue.core.units.widths import clipped

MOST = 400  # looks that are kept of a run
EARLY_S = (1.0, 2.0, 5.0)  # ages at which a young run is looked at
EVERY_S = 5.0  # between the looks at an older one, until there are too many
LEVELS, LINES = 6, 20  # of a tree of processes
NAME_CELLS = 16

_LINE = re.compile(rb"(\d{1,10}\.\d{3}) (\d{1,12}\.\d\d) (\d{1,18})")
_BLOCKS = "▁▂▃▄▅▆▇█"


def next_sample(age_s: float, now: float) -> float:
    """Return when to look again at a run of this age; older ones all at the same times, more rarely as they get old."""
    for early in EARLY_S:
        if age_s < early - EARLY_S[0] / 2:
            return now + early - age_s
    every = EVERY_S
    while age_s >= every * MOST:
        every *= 2
    return every * math.floor(now / every + 1.5)


def cpu_total(processes: Iterable[Process]) -> float:
    """Return the seconds of processor time that they and their ended children have used."""
    return sum(each.cpu_s + each.reaped_s for each in processes)


def line(usage: Usage) -> bytes:
    """Return what is written of one look: seconds since 1970, seconds of processor time, bytes of memory."""
    return b"%.3f %.2f %d\n" % (usage.at.timestamp(), usage.cpu_s, usage.rss_bytes)


def parse(written: bytes) -> tuple[Usage, ...]:
    """Return the looks of a file; a line that is not whole is none."""
    found = map(_LINE.fullmatch, written.split(b"\n")[:-1])
    return tuple(
        Usage(at=datetime.fromtimestamp(float(each[1]), UTC), cpu_s=float(each[2]), rss_bytes=int(each[3]))
        for each in found
        if each is not None
    )


def halved(usages: Sequence[Usage]) -> tuple[Usage, ...]:
    """Make one of each two looks that follow each other: the later one, with the most memory of both."""
    odd = len(usages) % 2
    pairs = zip(usages[odd::2], usages[odd + 1 :: 2], strict=True)
    return (*usages[:odd], *(_with_memory(later, earlier.rss_bytes) for earlier, later in pairs))


def percents(usages: Sequence[Usage], started_at: datetime | None) -> list[tuple[float, float]]:
    """Return how much of one core was used on average until each look since the one before, in percent."""
    found = []
    before, used = (None if started_at is None else started_at.timestamp()), 0.0
    for usage in usages:
        at = usage.at.timestamp()
        if before is not None and at > before:
            found.append((at, 100 * max(0.0, usage.cpu_s - used) / (at - before)))
        before, used = at, usage.cpu_s
    return found


def sparkline(values: Sequence[tuple[float, float]], *, begin: float, top: float, cells: int) -> str:
    """Draw values over time, each from the time of the one before, at first ``begin``, to its own.

    A cell shows the highest value that touches it; a full one is ``top``. No more cells are used than there are values.
    """
    cells = min(cells, len(values))
    span = values[-1][0] - begin if values else 0.0
    if span <= 0:
        return ""
    highest = [0.0] * cells
    since = begin
    for at, value in values:
        first = math.floor(cells * (since - begin) / span)
        last = math.ceil(cells * (at - begin) / span) - 1
        for cell in range(max(0, first), min(last, cells - 1) + 1):
            highest[cell] = max(highest[cell], value)
        since = at
    return "".join(_BLOCKS[round((len(_BLOCKS) - 1) * min(1.0, value / top)) if top > 0 else 0] for value in highest)


def activity(before: Sequence[Process], after: Sequence[Process], seconds: float) -> Activity:
    """Return what happened between two looks."""
    used = {(each.pid, each.begun): each.cpu_s for each in before}
    each_one = tuple(
        (each, 100 * max(0.0, each.cpu_s - used.get((each.pid, each.begun), 0.0)) / seconds) for each in after
    )
    # The total has what ended by then, unless its parent has not waited for it.
    total = 100 * (cpu_total(after) - cpu_total(before)) / seconds
    return Activity(
        percent=max(total, sum(percent for _, percent in each_one)),
        rss_bytes=sum(each.rss_bytes for each in after),
        processes=each_one,
    )


def process_lines(processes: Sequence[tuple[Process, float]]) -> list[str]:
    """Draw processes as a tree, each with its number, name, percent of one core, and resident memory."""
    numbers = {process.pid for process, _ in processes}
    below: dict[int, list[tuple[Process, float]]] = {}
    for each in processes:
        parent = each[0].parent
        below.setdefault(parent if parent in numbers else 0, []).append(each)
    lines, left = drawn(
        below.get(0, ()), lambda each: below.get(each[0].pid, ()), _process_text, levels=LEVELS, most=LINES
    )
    return [*lines, *([f"… {len(processes) - len(lines)} more"] if left else [])]


def mebibytes(number: float) -> str:
    """Return bytes as they are read best."""
    return f"{number / 2**20:,.0f} MiB"


def _process_text(each: tuple[Process, float]) -> str:
    process, percent = each
    name = clipped(printable(process.name), NAME_CELLS)
    return f"{process.pid} {name}  {percent:.0f} %  {mebibytes(process.rss_bytes)}"


def _with_memory(usage: Usage, least: int) -> Usage:
    return Usage(at=usage.at, cpu_s=usage.cpu_s, rss_bytes=max(usage.rss_bytes, least))
