"""How far a run has come, read from what real programs print, and from what only looks like it."""

import fcntl
import os
import pty
import random
import re
import struct
import subprocess
import sys
import termios

import pytest

from tui_queue.core.analysis.progress import TEXT_LIMIT, Progress, progress_of

TQDM = """
from tqdm import tqdm
import time
for _ in tqdm(range(50), desc='Train'):
    time.sleep(0.02)
"""
TQDM_NESTED = """
from tqdm import trange
import time
for _ in trange(4, desc='Outer'):
    for _ in trange(20, desc='Inner', leave=LEAVE):
        time.sleep(0.01)
"""
TQDM_REPEATED = """
from tqdm import trange
import time
for number in range(3):
    for _ in trange(20, desc=DESC):
        time.sleep(0.01)
"""
RICH = """
from rich.progress import track
import time
for _ in track(range(50), description='Work'):
    time.sleep(0.02)
"""
RICH_TWO = """
from rich.progress import Progress
import time
with Progress() as progress:
    outer, inner = progress.add_task('Outer', total=4), progress.add_task('Inner', total=20)
    for number in range(4):
        progress.reset(inner)
        for _ in range(20):
            time.sleep(0.01)
            progress.advance(inner)
        progress.advance(outer)
        LOG
"""


def record(program: str, *, terminal: bool) -> bytes:
    """Return all that a program prints, into a terminal or into a file."""
    words = [sys.executable, "-c", program]
    if not terminal:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, timeout=60)
        return done.stdout
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        data = b""
        while True:
            try:
                chunk = os.read(ours, 65_536)
            except OSError:  # EIO: nobody holds the other end any more
                break
            if not chunk:
                break
            data += chunk
        process.wait(timeout=60)
    os.close(ours)
    return data


def states(data: bytes) -> list[Progress | None]:
    """Return what is read after each redrawing."""
    ends = [place for place in range(1, len(data)) if data[place : place + 1] == b"\r"]
    return [progress_of(data[max(0, end - 65_536) : end]) for end in [*ends, len(data)]]


def fractions(data: bytes, source: str) -> list[float]:
    found = [state for state in states(data) if state is not None]
    assert {state.source for state in found} == {source}, found
    return [state.fraction for state in found]


@pytest.mark.parametrize("terminal", [False, True])
def test_a_tqdm_bar_is_read_while_it_moves(terminal: bool) -> None:
    data = record(TQDM, terminal=terminal)
    values = fractions(data, "tqdm")
    assert values == sorted(values)
    assert len(set(values)) > 5
    last = progress_of(data)
    assert last == Progress(fraction=1, text="Train: 100% 50/50", source="tqdm")


def test_tqdm_says_itself_how_long_it_still_takes() -> None:
    data = record(TQDM.replace("0.02", "0.1"), terminal=False)
    said = {state.remaining_s for state in states(data) if state and state.remaining_s is not None}
    written = {60 * int(minutes) + int(seconds) for minutes, seconds in re.findall(rb"<(\d+):(\d+),", data)}
    assert said
    assert said <= written


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("leave", [False, True])
def test_of_nested_tqdm_bars_the_outermost_counts(terminal: bool, leave: bool) -> None:
    data = record(TQDM_NESTED.replace("LEAVE", str(leave)), terminal=terminal)
    for state in states(data):
        assert state is None or state.text.startswith("Outer") or leave, state
    outer = [state.fraction for state in states(data) if state and state.text.startswith("Outer")]
    assert outer  # which of its steps are drawn hangs on how fast the machine is
    assert outer == sorted(outer)


@pytest.mark.parametrize("desc", ["None", "f'Epoch {number}'"])
def test_bars_that_follow_one_another_say_nothing_about_the_whole(desc: str) -> None:
    data = record(TQDM_REPEATED.replace("DESC", desc), terminal=False)
    second = data.index(b"100%") + 200
    assert progress_of(data[:second]) is None
    assert progress_of(data[: second + 200]) is None


@pytest.mark.quick
def test_bars_in_numbered_epochs_say_how_many_epochs_there_were() -> None:
    data = record(TQDM_REPEATED.replace("DESC", "f'Epoch {number + 1}/3'"), terminal=False)
    first = [state for state in states(data[: data.index(b"100%")]) if state]
    assert not first, "the first epoch is not the whole"
    middle = progress_of(data[: data.index(b"Epoch 3/3")])
    assert middle is not None
    assert (middle.text, middle.source, round(middle.fraction, 2)) == ("Epoch 2/3", "count", 0.67)


@pytest.mark.parametrize("log", ["", "progress.console.print('one more')"])
def test_of_several_rich_bars_the_topmost_counts(log: str) -> None:
    data = record(RICH_TWO.replace("LOG", log), terminal=True)
    found = [state for state in states(data) if state]
    assert {state.source for state in found} == {"rich"}
    assert all(state.text.startswith("Outer") for state in found), found
    assert {0.25, 0.5} <= {state.fraction for state in found}
    assert found[-1].fraction == 1


def test_a_rich_bar_is_read_while_it_moves_and_says_how_long_it_takes() -> None:
    data = record(RICH.replace("0.02", "0.04"), terminal=True)
    values = fractions(data, "rich")
    assert values == sorted(values)
    assert len(set(values)) > 5
    assert any(state.remaining_s in (1, 2) for state in states(data) if state and state.fraction < 0.7)
    last = progress_of(data)
    assert last is not None
    assert last.text == "Work 100% 0:00:00"[: len(last.text)]
    assert last.remaining_s is None


def test_rich_writes_its_end_into_a_file() -> None:
    last = progress_of(record(RICH, terminal=False))
    assert last is not None
    assert (last.fraction, last.source) == (1, "rich")


RULE = "━" * 20


@pytest.mark.parametrize(
    ("tail", "fraction", "source", "text"),
    [
        ("x\x1b]9;4;1;40\x07y", 0.4, "terminal", "40%"),
        ("\x1b]9;4;1;40\x07\x1b]9;4;1;41\x1b\\", 0.41, "terminal", "41%"),
        ("\x1b]9;4;1;40\x07\x1b]9;4;1;4", 0.4, "terminal", "40%"),
        ("\x1b]9;4;2;70\x07", 0.7, "terminal", "70%"),
        ("\x1b]9;4;4;70\x07", 0.7, "terminal", "70%"),
        ("\x1b]9;4;0;0\x07\n10%\n20%\n", 0.2, "percent", "20%"),
        ("\x1b]9;4;3\x07\n[1/5] a\n[2/5] b\n", 0.4, "count", "2/5"),
        ("10%\r20%\r", 0.2, "percent", "20%"),
        ("Progress: 10%\nProgress: 12.5%\n", 0.125, "percent", "Progress: 12.5%"),
        ("10% done\nother\n20% done\nother\n", 0.2, "percent", "20%"),
        ("\x1b[32m10%\x1b[0m\r\x1b[32m20%\x1b[0m\r", 0.2, "percent", "20%"),
        ("[1/50] Building a.o\n[12/50] Building b.o\n", 0.24, "count", "12/50"),
        ("Epoch 1/10\nloss 3\nEpoch 3/10\nloss 2\n", 0.3, "count", "Epoch 3/10"),
        ("step 4 of 20 loss=0.1\nstep 5 of 20 loss=0.1\n", 0.25, "count", "step 5 of 20"),
        ("step 4 out of 20\nstep 5 out of 20\n", 0.25, "count", "step 5 out of 20"),
        ("Processing a.txt (3/8)\nProcessing b.txt (4/8)\n", 0.5, "count", "4/8"),
        ("12/50\r13/50\r", 0.26, "count", "13/50"),
        ("Epoch 1/4 step 9/9\nEpoch 2/4 step 1/9\nEpoch 2/4 step 2/9\n", 0.5, "count", "Epoch 2/4"),
        ("2026-11-24 10:00:01 INFO step 4/20\n2026-11-24 10:00:02 INFO step 5/20\n", 0.25, "count", "step 5/20"),
        ("Receiving objects:  10% (1/10)\rReceiving objects:  45% (5/10), 1 MiB\r", 0.45, "percent", None),
        ("[#####.....] 50%\n", 0.5, "bar", "50%"),
        ("|████████        | 40/100 [40%] in 4s", 0.4, "bar", "40/100"),
        ("#" * 20 + "  25.0%\r" + "#" * 30 + "  37.5%\r", 0.375, "percent", "37.5%"),
        (f"   {RULE} 10.0/20.0 MB 5.2 MB/s\r", 0.5, "rich", "10.0/20.0 MB"),
        (" 50%|█████     | 1.50M/3.00M [00:10<00:10, 150kB/s]", 0.5, "tqdm", "50% 1.50M/3.00M"),
        ("100%|█████████▉| 999/1000 [00:10<00:00, 1it/s]", 0.999, "tqdm", "100% 999/1000"),
    ],
)
def test_what_is_read(tail: str, fraction: float, source: str, text: str | None) -> None:
    found = progress_of(tail.encode())
    assert found is not None
    assert (round(found.fraction, 4), found.source) == (fraction, source)
    assert text is None or found.text == text


@pytest.mark.parametrize(
    ("tail", "remaining_s"),
    [
        (" 40%|████      | 20/50 [00:10<00:15,  2.0it/s]", 15),
        (" 40%|████      | 20/50 [10:00:00<2:03:04,  2.0s/it]", 7_384),
        ("  0%|          | 0/50 [00:00<?, ?it/s]", None),
        (f"Work {RULE} 40% 0:01:00", None),  # may as well be the time that has gone by
        (f"Work \x1b[1m{RULE}\x1b[0m \x1b[35m 40%\x1b[0m \x1b[36m0:01:00\x1b[0m", 60),
        (f"Work \x1b[1m{RULE}\x1b[0m \x1b[35m 40%\x1b[0m \x1b[33m0:01:00\x1b[0m", None),
        (f"   {RULE} 10.0/20.0 MB 5.2 MB/s eta 0:01:02\r", 62),
        ("\r50%[====>     ] 2,048  1.0M/s    eta 1m 5s", 65),
        ("\r50%[====>     ] 2,048  1.0M/s    eta 20s", 20),
        (" 20/100 [====>.........] - ETA: 4s", 4),
        (" 20/100 [====>.........] - ETA: 1:04", 64),
        ("|████████        | 40/100 [40%] in 4s (eta: 6s)", 6),
    ],
)
def test_the_programs_own_estimate_is_read(tail: str, remaining_s: float | None) -> None:
    found = progress_of(tail.encode())
    assert found is not None
    assert found.remaining_s == remaining_s


@pytest.mark.quick
@pytest.mark.parametrize(
    "tail",
    [
        "",
        "12/25/2026\n12/26/2026\n",
        "2026/11\n2026/12\n",
        "11/2026\n12/2026\n",
        "23/11 10:00 begun\n24/11 10:00 begun\n1/11 09:00 x\n2/11 09:00 x\n",
        "a/3/4\na/4/4\n",
        "/data/1/5/x\n/data/2/5/x\n",
        "add 3/4 cup of milk\n",
        "3/4\n",
        "1/4 cup\n2/4 cup\n",
        "version 3/4.2\nversion 4/4.2\n",
        "python 3.1/3.2\n",
        "100% sure\n",
        "90% sure\n100% sure\n",
        "50%\n",
        "150%\n160%\n",
        "disk 70% full\ndisk 80% full\n",
        "CPU 10%\nCPU 20%\n",
        "cpu: 10% mem: 20%\ncpu: 30% mem: 40%\n",
        "Mem 1/16 GB\nMem 2/16 GB\n",
        "accuracy: 70%\naccuracy: 80%\n",
        "training accuracy 70%\ntraining accuracy 80%\n",
        "loss 10%, 20% better\nloss 20%, 30% better\n",
        "3/5 tests failed\n4/5 tests failed\n",
        "1/5 passed\n2/5 passed\n",
        "12/50\n11/50\n10/50\n",
        "12/50\n12/50\n",
        "1/50\n2/60\n",
        "30%\n20%\n",
        "9/5\n10/5\n",
        "GET http://x/1/5\nGET http://x/2/5\n",
        "rate 1/5s\nrate 2/5s\n",
        "score 3/5\nscore 4/5\n",
        "1/5 of the users\nfound 2/5 of the users\n",
        "[50/50] Linking\nnow the tests begin\n",
        "Epoch 1/10\n 40%|████      | 20/50 [00:10<00:15,  2.0it/s]",
        "Epoch 1/10\nstep 1/50\nstep 2/50\n",
        "[1/9] a\n[9/9] b\n1/30\n2/30\n",
        "100%|██████████| 5/5 [00:01<00:00]\nand now the work itself\n",
        "\x1b]9;4;1;140\x07",
        "\x1b]9;4;0\x07",
        "\x1b]9;4;3\x07",
        "\x1b]9;4;1;40",
        "---------- 40%",
        "[..........] 40%",
        "[          ] x",
        "1/2" * 100,
    ],
)
def test_what_only_looks_like_progress_says_nothing(tail: str) -> None:
    assert progress_of(tail.encode()) is None


def test_an_epoch_far_above_its_steps_is_seen() -> None:
    steps = [f"step {number}/900 loss 0.3" for number in range(1, 800)]
    assert progress_of("\n".join(["Epoch 1/10", *steps]).encode()) is None
    both = progress_of("\n".join(["Epoch 1/10", *steps[:300], "Epoch 2/10", *steps[:300]]).encode())
    assert both is not None
    assert both.text == "Epoch 2/10"


def test_a_number_that_was_cut_is_not_read() -> None:
    cut = (b"112/500\n" + b"x" * 65_520 + b"\n113/500\n")[-65_536:]
    assert progress_of(cut) is None
    lines = [f"{number}/9999\n".encode() for number in range(1_000, 9_000)]
    for less in range(12):
        tail = b"".join(lines)[: -less or None][-65_536:]
        found = progress_of(tail)
        assert found is None or 0.89 < found.fraction < 0.91, (less, found)


@pytest.mark.quick
def test_the_text_is_short_and_printable() -> None:
    bar = "x\x1b[31m\x07\u202e" * 30 + " 40%|████      | 20/50 [00:10<00:15,  2.0it/s]"
    found = progress_of(bar.encode())
    assert found is not None
    assert len(found.text) == TEXT_LIMIT
    assert found.text.isprintable()


NOISE = random.Random(3)
FLOODS = {
    "nines": b"9",
    "returns": b"\r",
    "brackets": b"[",
    "random bytes": NOISE.randbytes(65_536),
    "random text": bytes(NOISE.choices(b"0123456789%/|[]<>=#: \n\r\x1bof", k=65_536)),
    "per cent": b"%",
    "slashes": b"9/",
    "counts": b"1/2\n",
    "percentages": b"50%\n",
    "bars without an end": b"[=====",
    "bars": "\r 40%|████████████████            | 20/50 [00:10<00:15,  2.0it/s]".encode(),
    "escapes": b"\x1b[",
    "terminal progress": b"\x1b]9;4;",
    "a log": b"2026-11-24 10:00:01 INFO epoch 4/20 loss 0.3 a/b/c 50%\n",
    "estimates": b"eta 1:%",
    "one bar after another": b"9%|" * 300 + b"\n",
    "rules": "━".encode() * 300 + b"%\n",
    "open brackets": b"[" + b"=" * 290 + b"%\n",
    "labels": b"epoch " * 150 + b"1/2\n",
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_one_thing_is_read_without_trying_everything(flood: str) -> None:
    data = FLOODS[flood]
    read = progress_of((data * (65_536 // len(data) + 1))[-65_536:])  # what takes exponential time never ends
    assert read is None or 0 <= read.fraction <= 1


def test_random_output_is_never_an_error() -> None:
    chance = random.Random(6)
    for _ in range(2_000):
        pieces = chance.choices(
            ["\r", "\n", "1/2", "40%", "|", "[", "]", "=====", "━━━━━━", " ", "\x1b[A", "\x1b[2K", "\x1b]9;4;1;",
             "\x07", "eta ", "0:0:0", "epoch ", "of", "<", "00:01", "99", ".", ":", "é", "\udc80"], k=60,
        )  # fmt: skip
        found = progress_of("".join(pieces).encode("utf-8", "surrogateescape"))
        assert found is None or 0 <= found.fraction <= 1
