"""Reads the progress of a run from the end of its output; pure.

Trusted at once: what a program tells the terminal (OSC 9;4) and bars, those of tqdm, rich and others like them. Where
bars stand in one another the outermost counts: of rich's the topmost of the last drawn group, of tqdm's the one that is
not drawn below the cursor. Plain counts (``12/50``, ``[12/50]``, ``Epoch 3/10``, ``step 5 of 20``) and percentages are
trusted only once they were seen to grow, with the same total and the same word before them; of several the slowest
counts, for it is the outer one.

Nothing is said when what was read can't be the whole: when a bar begins anew or another one follows it, when
something is finished and the output goes on, when an epoch that has not moved yet stands around it.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from tui_queue.core.units.printable import printable

WINDOW = 65_536  # bytes at the end of the output that are looked at
TEXT_LIMIT = 40  # characters
_LINES = 1_000  # the latest ones
_BYTES = 12_288  # of lines that could tell something, and
_MOST = 40  # such lines: reading more takes longer than it is worth
_LINE = 900  # bytes


class Progress(Struct, frozen=True, kw_only=True):
    """What a program said: ``fraction`` from 0 to 1, the ``text`` it was read from, and who drew it.

    ``source`` is terminal, tqdm, rich, bar, count or percent. ``remaining_s`` is the program's own estimate.
    """

    fraction: float
    text: str
    source: str
    remaining_s: float | None = None


def progress_of(tail: bytes) -> Progress | None:
    """Return how far the program has come by the last bytes of its output; None where that is not sure."""
    tail = tail[-WINDOW:]
    said = _told_to_terminal(tail)
    if said is not None:
        return said
    page = _Page()
    for line in _telling_lines(tail):
        page.take(line)
    return page.progress()


_TERMINAL = b"\x1b]9;4;"
_TERMINAL_STATE = re.compile(rb"([0-4])(?:;([0-9]{0,3}))?(?:\x07|\x1b\\|\x9c)")


def _told_to_terminal(tail: bytes) -> Progress | None:
    end = len(tail)
    for _ in range(2):  # the last one may be cut
        end = tail.rfind(_TERMINAL, 0, end)
        if end < 0:
            return None
        if state := _TERMINAL_STATE.match(tail, end + len(_TERMINAL)):
            break
    else:
        return None
    # 1 is normal, 2 an error, 4 paused; 0 takes the bar away and 3 is one without an end.
    if state[1] not in b"124" or not state[2] or int(state[2]) > 100:
        return None
    return Progress(fraction=int(state[2]) / 100, text=f"{int(state[2])}%", source="terminal")


class _Line(Struct):
    """A line that could tell something; whether other output follows it at all, and stands right before it."""

    raw: bytes
    other_follows: bool
    after_other: bool = False


def _telling_lines(tail: bytes) -> Iterable[_Line]:
    """Return the latest such lines, oldest first."""
    if len(tail) == WINDOW:
        tail = tail[tail.replace(b"\r", b"\n").find(b"\n") + 1 :]  # the first line is cut
    lines = tail.replace(b"\r", b"\n").rsplit(b"\n", _LINES)[-_LINES:]
    found: list[_Line] = []
    room, other = _BYTES, False
    lowered = tail.lower()
    words = [word for word in _OUTER_WORDS if word in lowered]
    for line in reversed(lines):
        if not line:
            continue
        if b"/" in line or b"%" in line or b" of " in line:
            if room > 0:
                found.append(_Line(line[-_LINE:], other))
                room -= min(len(line), _LINE) + _BYTES // _MOST
            elif words and len(found) < _MOST + 12 and any(word in line.lower() for word in words):
                found.append(_Line(line[-_LINE:], other))
        elif found:
            found[-1].after_other = True
        if not other:
            other = not any(bar in line for bar in _BARS) and bool(_ANSI.sub(b"", line[-_LINE:]).strip())
    return reversed(found)


_BARS = (b"%|", "━".encode())
# An epoch may have begun long before the latest of its steps.
_OUTER_WORDS = (b"epoch", b"fold", b"round", b"stage", b"phase", b"part", b"trial")
_ANSI = re.compile(rb"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)|[ -/]?[0-Z^-~])")
_TQDM = re.compile(
    r"([0-9]{1,3})%\|[^|]{0,400}\| {0,20}([^\s/|]{1,20})/([^\s/|]{1,20}) \[[0-9:]{4,12}<(?:([0-9:]{4,12})|\?)"
)
_CELLS = "=#█▉▊▋▌▍▎▏▓▒░■□━╸╺─●○◼◻▰▱>*."
_RICH = re.compile(r"(?<![━╸╺])[━╸╺]{5,400} {1,4}(?:([0-9]{1,3})%|([0-9.]{1,12})/([0-9.]{1,12}) [kMGT]?i?B(?: |$))")
_FILLED = _CELLS.replace(".", "")
_CELLED = rf"[\[|(▕][{_CELLS}\- ]{{5,400}}[\])|▏]"
_BAR = re.compile(_CELLED)
_NUMBER = r"(?:([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%|(?<![\w/.])([0-9]{1,9})/([0-9]{1,9})(?![\w/.]))"
_BAR_THEN_NUMBER = re.compile(rf"{_CELLED} {{0,3}}{_NUMBER}")
_NUMBER_THEN_BAR = re.compile(rf"{_NUMBER} {{0,3}}{_CELLED}")
_ETA = re.compile(
    r"\beta:? {0,3}(?:([0-9:]{4,12})|(?:([0-9]{1,4})h ?)?(?:([0-9]{1,2})m ?)?(?:([0-9]{1,5})s)?)(?![\w:])",
    re.IGNORECASE,
)
_RICH_REMAINING = re.compile(rb"\x1b\[36m([0-9:]{4,12})\x1b")  # cyan; the time that has gone by is yellow

_COUNT = re.compile(r"(?<![\w./:+%-])([0-9]{1,9})(?: ?/ ?| (?:out )?of )([0-9]{1,9})(?![\w/%]|[.:-][0-9])")
_PERCENT = re.compile(r"(?<![\w./:+%-])([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%(?![\w%])")
_LABEL = re.compile(r"([A-Za-z]{3,16})[ :#=]{1,3}$")
_STAMP = re.compile(r"\s*\[?[0-9]{2,4}[0-9TZ:.,/ -]{4,30}\]?[ :|-]*(?:[A-Z]{4,8}[ :|-]+)?")
_OUTER = re.compile(r"(?:epochs?|folds?|rounds?|stages?|phases?|parts?|trials?)$", re.IGNORECASE)
_INNER = re.compile(
    r"(?:steps?|iter(?:ation)?s?|batch(?:es)?|files?|items?|tasks?|jobs?|chunks?|samples?|rows?|records?|frames?|images?|"
    r"blocks?|modules?|packages?|progress|processed|completed?|done|finished|[a-z]{3,}ing)$",
    re.IGNORECASE,
)
_NOT_COUNTED = re.compile(
    r"\W{0,3}(?:\w{1,20} )?(?:tests?|checks|assertions|pass(?:ed|es)?|fail(?:ed|s|ures?)?|errors?|warnings?|correct|"
    r"wrong|succeeded|skipped|ok|cups?|[KMGT]i?B|bytes|used|free|full|available|cores?|cpus?|gpus?|users?|slots?|nodes?|"
    r"workers?|threads?|stars?|points?|inch(?:es)?)\b|\W{0,2}[0-9]{1,2}:[0-9]{2}",
    re.IGNORECASE,
)
_PROGRESS_BEFORE = re.compile(
    r"(?:progress|complete|completed|done|finished|processed|downloaded|loaded|(?:down|up)?loading|processing|converting|"
    r"encoding|decoding|rendering|training|installing|extracting|copying|building|compiling|scanning|indexing|"
    r"receiving objects|writing objects|resolving deltas|compressing objects|updating files)[ :=(\[]{0,4}$",
    re.IGNORECASE,
)
_PROGRESS_AFTER = re.compile(
    r"[ )\]]{0,3}(?:done|completed?|finished|processed|downloaded|loaded)\b|[ ]?\([0-9]+/[0-9]+\)", re.IGNORECASE
)


class _Reading(Struct, frozen=True):
    fraction: float
    text: str
    source: str
    other_follows: bool
    remaining_s: float | None = None


class _Counter(Struct):
    """One thing that is counted, told by the word before it and its total."""

    outer: bool
    readings: list[_Reading] = field(default_factory=list)

    @property
    def grows(self) -> bool:
        return self.readings[0].fraction < self.last.fraction and _never_back(self.readings)

    @property
    def steps(self) -> int:
        return len({reading.fraction for reading in self.readings})

    @property
    def last(self) -> _Reading:
        return self.readings[-1]


class _Page:
    """What the lines say, taken one after the other."""

    def __init__(self) -> None:
        self._groups: list[list[_Reading]] = []  # bars that were drawn together
        self._counters: dict[tuple[str, int], _Counter] = {}
        self._latest: _Counter | None = None
        self._last_was_bar = False

    def take(self, line: _Line) -> None:
        """Read one line."""
        raw = line.raw
        text = (_ANSI.sub(b"", raw) if b"\x1b" in raw else raw).decode("utf-8", "replace")
        bar, start = _bar(text, line)
        self._count(text, start, line)
        if bar is not None and bar.source == "tqdm" and raw.endswith(b"\x1b[A"):
            return  # drawn below another one: back up goes the cursor
        if bar is not None:
            if bar.source == "rich" and self._last_was_bar and not line.after_other and b"\x1b[2K" not in raw:
                self._groups[-1].append(bar)
            else:
                self._groups.append([bar])
        self._last_was_bar = bar is not None

    def progress(self) -> Progress | None:
        """Decide about all of it."""
        outer = any(counter.outer for counter in self._counters.values())
        bar = None if outer else self._bar()
        reading = bar or self._counted()
        if reading is None or (reading.fraction >= 1 and reading.other_follows):
            return None
        return Progress(
            fraction=reading.fraction,
            text=_text(reading.text),
            source=reading.source,
            remaining_s=reading.remaining_s if reading.fraction < 1 else None,
        )

    def _bar(self) -> _Reading | None:
        if not self._groups:
            return None
        tops = [group[0] for group in self._groups]
        last = self._groups[-1]
        if last[0].fraction >= 1 and any(bar.fraction < 1 for bar in last):
            return None
        return tops[-1] if _never_back(tops) else None

    def _counted(self) -> _Reading | None:
        known = [counter for counter in self._counters.values() if counter.grows]
        if not known or any(counter.outer and not counter.grows for counter in self._counters.values()):
            return None
        if any(counter.last.fraction >= 1 and counter is not self._latest for counter in known):
            return None  # one thing is done, now comes another
        return min(known, key=lambda counter: counter.steps).last

    def _count(self, text: str, end: int, line: _Line) -> None:
        stamp = _STAMP.match(text)
        begin = stamp.end() if stamp and stamp.end() < len(text) and not _COUNT.match(text) else 0
        for place, found in enumerate(_COUNT.finditer(text, begin, end)):
            if place == 3:
                break
            label = _count_label(text, begin, found)
            if label is not None:
                done, total = int(found[1]), int(found[2])
                shown = text[found.start() - len(label) - 1 if label.isalpha() else found.start() : found.end()]
                self._note(label, total, _Reading(done / total, shown, "count", line.other_follows))
        if end == len(text) and "%" in text:
            found_percent = _PERCENT.search(text, begin)
            if found_percent and _is_progress(text, begin, found_percent):
                words = "".join(filter(str.isalpha, text[begin : found_percent.start()]))[-16:]
                shown = text[begin : found_percent.end()] if words else found_percent[0]
                self._note(
                    f"%{words}", 100, _Reading(float(found_percent[1]) / 100, shown, "percent", line.other_follows)
                )

    def _note(self, label: str, total: int, reading: _Reading) -> None:
        counter = self._counters.setdefault((label.lower(), total), _Counter(outer=bool(_OUTER.match(label))))
        counter.readings.append(reading)
        self._latest = counter


def _never_back(readings: Sequence[_Reading]) -> bool:
    fractions = [reading.fraction for reading in readings]
    return fractions == sorted(fractions)


def _bar(text: str, line: _Line) -> tuple[_Reading | None, int]:
    """Return the bar that a line shows, and where it begins; without one, the end of the line."""
    groups: Sequence[str | None]
    remaining: float | None
    if "%|" in text and (found := _TQDM.search(text, max(0, text.rfind("%|") - 3))):
        source, groups, remaining = "tqdm", found.groups(), _clock(found[4])
        shown = f"{text[: found.start()]}{found[1]}% {found[2]}/{found[3]}"
    elif "━" in text and (found := _RICH.search(text)):
        cyan = _RICH_REMAINING.search(line.raw)
        source, groups, remaining = "rich", found.groups(), _clock(cyan[1].decode()) if cyan else _eta(text)
        shown = text[: found.start()] + found[0].lstrip("━╸╺ ")
    elif len(text) < 300 and (found := _plain_bar(text)):
        source, groups, remaining = "bar", found.groups(), _eta(text)
        shown = text[: found.start()] + _BAR.sub(" ", found[0])
    else:
        return None, len(text)
    percent, done, total = groups[:3]
    fraction = _ratio(done, total)  # finer than whole per cents; not with units: 1.2M/3M
    if fraction is None and percent:
        fraction = float(percent) / 100
    if fraction is None or fraction > 1:
        return None, len(text)
    return _Reading(fraction, shown, source, line.other_follows, remaining), found.start()


def _plain_bar(text: str) -> re.Match[str] | None:
    if not any(opening in text for opening in "[|(▕"):
        return None
    found = _NUMBER_THEN_BAR.search(text) or _BAR_THEN_NUMBER.search(text)
    # Dots alone are a leader, dashes alone are a rule.
    return found if found and (any(cell in found[0] for cell in _FILLED) or "  " in found[0]) else None


def _ratio(done: str | None, total: str | None) -> float | None:
    try:
        return float(done or "") / float(total or "")
    except (ValueError, ZeroDivisionError):
        return None


def _clock(text: str | None) -> float | None:
    if text is None:
        return None
    seconds = 0
    for part in text.split(":"):
        if not part:
            return None
        seconds = seconds * 60 + int(part)
    return float(seconds)


def _eta(text: str) -> float | None:
    found = _ETA.search(text)
    if found is None:
        return None
    clock, hours, minutes, seconds = found.groups()
    if clock:
        return _clock(clock)
    if not (hours or minutes or seconds):
        return None
    return float(int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0))


def _count_label(text: str, begin: int, found: re.Match[str]) -> str | None:
    """Return what stands before a count, as far as it can be a count of progress; None where it can't."""
    done, total = int(found[1]), int(found[2])
    if total < 2 or done > total or _NOT_COUNTED.match(text, found.end()):
        return None
    before = text[max(begin, found.start() - 24) : found.start()]
    label = _LABEL.search(before)
    if label and (_OUTER.match(label[1]) or _INNER.match(label[1])):
        return label[1]
    if before.endswith(("[", "(")) and text[found.end() : found.end() + 1] in ("]", ")"):
        return before[-1]
    if label or (done <= 12 and 1900 <= total <= 2100):
        return None
    alone = not before.strip() or not text[found.end() :].strip()
    return "" if alone and "/" in found[0] else None


def _is_progress(text: str, begin: int, found: re.Match[str]) -> bool:
    before, after = text[begin : found.start()], text[found.end() :]
    if float(found[1]) > 100:
        return False
    if not any(map(str.isalpha, before + after)):
        return True
    return bool(_PROGRESS_BEFORE.search(before[-40:]) or (_PROGRESS_AFTER.match(after) and "%" not in after))


def _text(text: str) -> str:
    shown = printable(" ".join(text.replace("\x1b", " ").split()))
    return shown if len(shown) <= TEXT_LIMIT else f"…{shown[1 - TEXT_LIMIT :]}"
