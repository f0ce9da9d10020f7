"""Counts the line ends of a file, so that lines have numbers."""

from bisect import bisect_left

from tui_queue.core.logs.file import LogFile

BLOCKS_A_STEP = 16  # whose line ends are counted in one step
BLOCK = 1 << 20  # bytes between two places at which the number of line ends before is known


class LineIndex:
    """How many line ends come before each block of a file, as far as they have been counted."""

    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._before = [0]

    def clear(self) -> None:
        """Begin again, for other content."""
        self._before = [0]

    def count(self, size: int, hole: tuple[int, int]) -> float:
        """Count one step further; return the share of the file that has been counted. A thread may call it.

        ``hole`` is where bytes begin and end that were taken out of the middle.
        """
        before, whole = self._before, size // BLOCK
        for number in range(len(before) - 1, min(len(before) + BLOCKS_A_STEP, whole)):
            is_gone = hole[0] <= number * BLOCK and (number + 1) * BLOCK <= hole[1]
            before.append(before[-1] + (0 if is_gone else self._file.read(number * BLOCK, BLOCK).count(b"\n")))
        return (len(before) - 1) / whole if whole else 1.0

    def lines_before(self, offset: int) -> int | None:
        """Return how many line ends come before an offset; None as long as they have not been counted."""
        block = offset // BLOCK
        if block >= len(self._before):
            return None
        begin = block * BLOCK
        return self._before[block] + self._file.read(begin, offset - begin).count(b"\n")

    def offset_of(self, line: int, size: int) -> int | None:
        """Return where a line, counted from 1, begins; the last one for more than there are; None as above."""
        missing = line - 1
        block = bisect_left(self._before, missing) - 1
        if block < 0:
            return 0
        if block == len(self._before) - 1 and block < size // BLOCK:
            return None
        missing -= self._before[block]
        data = self._file.read(block * BLOCK, BLOCK)
        offset = 0
        for _ in range(missing):
            if not (following := data.find(b"\n", offset) + 1):
                break
            offset = following
        return block * BLOCK + offset
