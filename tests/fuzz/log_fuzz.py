"""Feed any bytes to what draws logs: ``python -m tests.fuzz.log_fuzz [--inputs 1000000] [--seed N]``.

Random bytes, pieces of sequences in any order, and the recordings with bytes changed, taken out, doubled and cut. What
then is written to a terminal, and into a pipe, must hold nothing but text, line ends, and SGR sequences of our own.
Prints how many inputs of each kind there were, and how many faults.
"""

import argparse
import multiprocessing
import random
import re
import sys
import time
from collections import Counter

from rich.console import Console
from textual.strip import Strip

from tests.tools.make_recordings import OUT
from tui_queue.core.logs.lines import ClearText
from tui_queue.core.logs.terminal.escapes import Emulator
from tui_queue.ui.log.render import drawn

AT_ONCE = 2_000  # inputs that one process takes
LONGEST = 400  # bytes of an input
OURS = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SEQUENCES = r"\x1b [ ] P X ^ _ \\ \x07 \x18 \x9b \xc2\x9b \xc2\x9d \xc2\x90 0 1 9 38;5;200 48;2;1;2;3"
ENDS = "999999999 ; : ? > ! $ m A B C D E F G H J K L M P X @ r s u d h l ?1049h ?1049l ?2004h 4h 4l 7 8 c n 6n"
TEXTS = ("52;c;ZXZpbA==", "0;title", "8;;http://x/", "8;;", "text", "日本", "e\u0301", "\u202e", "\u200d", "👩\u200d👧")
PIECES = [
    *(piece.encode("latin-1").decode("unicode_escape").encode("latin-1") for piece in SEQUENCES.split(" ")),
    *(piece.encode() for piece in ENDS.split(" ")),
    *(b" ", b"\r", b"\n", b"\b", b"\t", b"\v", b"\f", b"\x00", b"\x7f", b"\x0e", b"\x0f", b"\xff", b"\xe6\x97"),
    *(text.encode() for text in TEXTS),
]


def random_bytes(dice: random.Random, recordings: list[bytes]) -> bytes:
    return dice.randbytes(dice.randrange(LONGEST))


def pieces(dice: random.Random, recordings: list[bytes]) -> bytes:
    return b"".join(dice.choices(PIECES, k=dice.randrange(60)))


def mutated(dice: random.Random, recordings: list[bytes]) -> bytes:
    """Return a part of a recording with some bytes that are not its own."""
    recording = dice.choice(recordings)
    begin = dice.randrange(max(1, len(recording)))
    output = bytearray(recording[begin : begin + dice.randrange(LONGEST)])
    for _ in range(dice.randrange(1, 12)):
        place = dice.randrange(len(output) + 1)
        match dice.randrange(4):
            case 0:
                output[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                del output[place : place + dice.randrange(8)]
            case 2:
                output[place:place] = dice.choice(PIECES)
            case _:
                output[place:place] = output[place : place + dice.randrange(30)]
    return bytes(output)


KINDS = (random_bytes, pieces, mutated)


def fault_of(output: bytes, dice: random.Random, console: Console) -> str:
    """Return what is wrong with how an output is drawn, if anything."""
    try:
        emulator = Emulator(top=dice.random() < 0.5, inside=dice.random() < 0.3)
        clear = ClearText(live=dice.random() < 0.5)
        cut = dice.randrange(len(output) + 1)  # it comes in two parts
        written = ""
        for part in (output[:cut], output[cut:]):
            emulator.feed(part)
            written += clear.feed(part)
        written += clear.feed(b"", final=True)
        emulator.feed(b"", final=True)
        for row in emulator.screen.rows:
            strip = Strip(drawn(row, [(1, 3)]).render(console)).crop_extend(0, 80, None)
            written += "".join(
                segment.style.render(segment.text) if segment.style else segment.text for segment in strip
            )
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__}: {error}"
    found = CONTROL.search(OURS.sub("", written))
    return f"{found.group()!r} is written" if found else ""


def try_some(seed: int) -> tuple[Counter[str], list[str]]:
    dice, console = random.Random(seed), Console(force_terminal=True, color_system="truecolor")
    recordings = [path.read_bytes() for path in sorted(OUT.glob("*.log"))]
    tried: Counter[str] = Counter()
    faults = []
    for number in range(AT_ONCE):
        kind = KINDS[number % len(KINDS)]
        output = kind(dice, recordings)
        tried[kind.__name__] += 1
        tried["bytes"] += len(output)
        if fault := fault_of(output, dice, console):
            faults.append(f"{fault}: {output!r}")
    return tried, faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    begun = time.monotonic()
    tried: Counter[str] = Counter()
    faults: list[str] = []
    with multiprocessing.Pool() as pool:
        seeds = range(options.seed, options.seed + -(-options.inputs // AT_ONCE))
        for some, wrong in pool.imap_unordered(try_some, seeds):
            tried += some
            faults += wrong
    size = tried.pop("bytes")
    said = ", ".join(f"{name} {count:,}" for name, count in sorted(tried.items()))
    taken = time.monotonic() - begun
    print(f"seed {options.seed}: {tried.total():,} inputs, {size / 1e6:.0f} MB, in {taken:.0f} s: {said}")
    print(f"faults: {len(faults)}")
    for fault in faults[:20]:
        print(f"  {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
