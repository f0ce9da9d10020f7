"""How the log pane does beside other programs on the same file: ``python -m tests.bench.log [--gigabytes 10]``.

Prints, in one run: how long it takes until the end of a large log is on the screen, and the memory that it takes, for
the dashboard, ``less +G``, ``tail`` and toolong (where ``tl`` is on the PATH); how fast words are searched, beside
grep; and, while a job writes 50 MB/s and as fast as it can, from a key to what it changes on the screen.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.dashboard import a_queue
from tests.conftest import Cli
from tests.support.raw_terminal import RawTerminal, raw_terminal
from tui_queue.core.logs.file import LogFile
from tui_queue.core.logs.search import Pattern, Search

SIZE = (120, 40)
LAST = "the last line of all"
NEEDLES = (  # as typed here, and for grep
    ("/needle/c", ("-cF", "needle")),
    ("Traceback (most recent", ("-cF", "Traceback (most recent")),
    ("/zq/c", ("-cF", "zq")),
    ("needle", ("-ciF", "needle")),
    ("/worker 1[23].*needle/c", ("-cE", "worker 1[23].*needle")),
)
KEYS = 100
PATIENCE_S = 100
FLOOD = """
import sys, time
rate = float(sys.argv[1])
line = b"%07d a line of output that is about eighty characters long, or nearly so\\n"
block = b"".join(line % number for number in range(13000))
due = time.monotonic()
while True:
    sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()
    due = max(due + len(block) / rate / 1e6, time.monotonic() - 1)
    time.sleep(max(0.0, due - time.monotonic()))
"""


def make_log(path: Path, size: int) -> None:
    """Write lines of a usual kind; the needle stands in the last but one."""
    lines = (
        f"2026-11-26 03:{n // 60 % 60:02}:{n % 60:02} INFO worker {n * 7 % 32}: batch {n * 31 % 9973} of epoch {n % 90}"
        f" took {n * 13 % 7919} ms, loss {n * 17 % 1009 / 997:.5f}, quick brown fox jumps over lazy dog\n"
        for n in range(20_000)
    )
    block = "".join(lines).encode()
    with path.open("wb") as file:
        for _ in range(size // len(block)):
            file.write(block)
        file.write(f"worker 12 has found a needle\n{LAST}\n".encode())


@contextmanager
def a_large_log(size: int) -> Iterator[tuple[Cli, Path]]:
    """Open a queue with one ended job that has written so many bytes."""
    with a_queue(0) as cli:
        cli("cancel", "--all")
        cli("add", "-y", "true")
        cli.process("run", "--until-empty")
        number = max(cli.jobs())
        log = Path(cli.job(number)["log_path"])
        make_log(log, size)
        yield cli, log


def memory_mib(pid: int) -> float:
    """Return the memory of a process without the pages of files that it only looks at."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def shown_s(cli: Cli, words: Sequence[str]) -> tuple[float, float]:
    """Return how long a program takes from its start until it shows the last line, and its memory then."""
    begun = time.monotonic()
    window = RawTerminal(cli.env, size=SIZE, ignore_hangup=False, controlling=True, words=words)
    try:
        while LAST not in window.text() and time.monotonic() - begun < PATIENCE_S:
            window.read()
        return time.monotonic() - begun, memory_mib(window.process.pid)
    finally:
        window.close()


def print_open(cli: Cli, log: Path, times: int) -> None:
    ours = [sys.executable, "-m", "tui_queue"]
    programs: list[tuple[str, Sequence[str]]] = [
        ("tui-queue, from its start", ours),
        ("less +G", ["less", "+G", str(log)]),
        ("less -n +G", ["less", "-n", "+G", str(log)]),
        ("tail -n 40 -f", ["tail", "-n", "40", "-f", str(log)]),
    ]
    if toolong := shutil.which("tl"):
        programs.append(("toolong", [toolong, str(log)]))
    for name, words in programs:
        print_opened(name, [shown_s(cli, words) for _ in range(1 if name == "toolong" else times)])
    print_opened("tui-queue, from its start to its end by G", [from_start_to_end_s(cli) for _ in range(times)])


def print_opened(name: str, taken: list[tuple[float, float]]) -> None:
    seconds, memory = (statistics.median(each) for each in zip(*taken, strict=True))
    notified = f"{1000 * seconds:10,.0f} ms" if seconds < PATIENCE_S else f"not in {PATIENCE_S} s"
    print(f"  {name:<42} {notified:>13}   {memory:7.1f} MiB", flush=True)


def from_start_to_end_s(cli: Cli) -> tuple[float, float]:
    with raw_terminal(cli.env, size=SIZE) as window:
        window.see(LAST)
        window.type("lg")
        window.see("batch 0 of epoch 0", 60)
        begun = time.monotonic()
        window.type("G")
        window.see(LAST)
        return time.monotonic() - begun, memory_mib(window.process.pid)


def print_search(log: Path) -> None:
    size = log.stat().st_size
    for words, how in NEEDLES:
        grep = ["grep", *how, str(log)]
        theirs, ours = [], []
        for _ in range(3):
            theirs.append(timed(lambda: subprocess.run(grep, stdout=subprocess.DEVNULL, check=False)))  # noqa: B023
            ours.append(timed(lambda: searched(log, words)))  # noqa: B023
        goal = "   (goal 0.5)" if "-cF" in how else ""
        print(
            f"  {words:<26} {size / min(ours) / 1e9:5.2f} GB/s, grep {' '.join(how[:1])}"
            f" {size / min(theirs) / 1e9:5.2f} GB/s, ratio {min(theirs) / min(ours):.2f}{goal}",
            flush=True,
        )


def searched(log: Path, words: str) -> int:
    file, search = LogFile(str(log)), Search(Pattern(words))
    file.poll(0)
    while search.step(file):
        pass
    file.close()
    return search.count


def timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def print_follow(rate: float) -> None:
    """``rate`` is in MB/s; 0 is for random bytes, as fast as they come."""
    with a_queue(100) as cli, raw_terminal(cli.env, size=SIZE) as window:
        flood = cli.home / "flood.py"
        flood.write_text(FLOOD)
        if rate:
            cli("add", "--log-size", "1G", sys.executable, str(flood), str(rate))
        else:
            cli("add", "--log-size", "1G", "cat", "/dev/urandom")
        window.type("g")
        window.see("a line of output" if rate else "\\x")
        number = max(job for job, each in cli.jobs().items() if each["state"] == "running")
        log = Path(cli.job(number)["log_path"])
        before, begun = log.stat().st_size, time.monotonic()
        taken = []
        for press in range(KEYS):
            key, wanted = ("l", True) if press % 2 == 0 else ("l", False)
            at = time.monotonic()
            window.type(key)
            window.read_until(lambda wanted=wanted: ("ID " not in window.screen.display[1]) == wanted, "the zoom")  # type: ignore[misc]
            taken.append(time.monotonic() - at)
            window.rest_for(0.1)
        written = (log.stat().st_size - before) / (time.monotonic() - begun)
        memory = memory_mib(window.process.pid)
        cli.process("cancel", "--all")
    taken.sort()
    p99 = taken[int(0.99 * len(taken)) - 1]
    kind = "" if rate else "of random bytes "
    print(
        f"  {written / 1e6:6.0f} MB/s {kind}written: from a key to the whole screen anew median"
        f" {1000 * statistics.median(taken):.0f} ms, p99 {1000 * p99:.0f} ms; {memory:.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    room = shutil.disk_usage(tempfile.gettempdir()).free
    size = int(min(options.gigabytes * 1e9, room / 2))
    with a_large_log(size) as (cli, log):
        print(f"the end of a log of {size / 1e9:.1f} GB on the screen, and memory without pages of the file:")
        print_open(cli, log, options.times)
    with a_large_log(min(size, 2_000_000_000)) as (cli, log):
        print(f"search through {log.stat().st_size / 1e9:.1f} GB that the kernel has in memory, best of 3:")
        print_search(log)
    print("keys while the end of a growing log is followed:")
    for rate in (50, 10_000, 0):
        print_follow(rate)


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
