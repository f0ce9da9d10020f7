"""What the promises cost, beside a queue that keeps nothing on disk (task-spooler), in one run.

``python -m tests.bench.queues [--rounds 5] [--jobs 1000]``; needs tsp. The two take turns; every figure is a median.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

from tests.conftest import Cli, wait_for
from tests.support.processes import end_schedulers, is_watcher, of_queue, status
from tui_queue.bootstrap import open_queue
from tui_queue.core.parsing.job_draft import make_draft

SLOTS = 2
# Nothing is deleted before the end: ext4 gives the inodes of deleted files out again only after a minute or more, and
# whoever makes files meanwhile searches through them.
KEPT = ExitStack()
TSP_HOLDS = 900  # waiting jobs; each is a process with a connection


def kept_directory() -> AbstractContextManager[str]:
    return nullcontext(KEPT.enter_context(tempfile.TemporaryDirectory()))


@contextmanager
def our_queue() -> Iterator[Cli]:
    with kept_directory() as directory:
        os.environ["TUI_QUEUE_HOME"] = directory
        # Our own modules are compiled once, as after an installation.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        queue = Cli(Path(directory), dict(os.environ))
        queue.settings(f"slots = {SLOTS}", background=True)
        yield queue
        end_schedulers(queue.home)
        wait_for(lambda: not of_queue(queue.home), "every process of the queue to end")


@contextmanager
def task_spooler() -> Iterator[Callable[..., str]]:
    with kept_directory() as directory:
        env = {**os.environ, "TS_SOCKET": f"{directory}/socket", "TMPDIR": directory, "TS_MAXFINISHED": "5000"}

        def tsp(*words: str) -> str:
            return subprocess.run(["tsp", *words], env=env, capture_output=True, text=True, check=False).stdout

        tsp("-S", str(SLOTS))
        try:
            yield tsp
        finally:
            tsp("-K")


async def enqueue(words: list[str], times: int) -> None:
    async with open_queue() as queue:
        await queue.commands.jobs.add([make_draft(path=words[0], args=tuple(words[1:]))] * times)


def drain_ours(words: list[str], times: int) -> float:
    """Return jobs per second of a whole ``run --until-empty``, its start-up included."""
    with our_queue() as queue:
        queue.settings(f"slots = {SLOTS}", background=False)
        asyncio.run(enqueue(words, times))
        begun = time.monotonic()
        queue.drain()
        return times / (time.monotonic() - begun)


def profile_ours(words: list[str], times: int) -> None:
    """Print where the time of a drain goes: processor time a job, and the gap between two jobs of a slot."""
    with our_queue() as queue:
        queue.settings(f"slots = {SLOTS}", background=False)
        asyncio.run(enqueue(words, times))
        begun = time.monotonic()
        runner = queue.start("run", "--until-empty")
        spent: dict[int, list[float]] = {}
        while runner.poll() is None:
            if time.monotonic() - begun < 1:  # watchers are used again: those of the beginning are those of the end
                spent |= {pid: [0.0] for pid in (runner.pid, *filter(is_watcher, of_queue(queue.home)))}
            for pid in spent:
                if fields := status(pid):
                    spent[pid] = [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:15]]
            time.sleep(0.1)
        wall = time.monotonic() - begun
        runner.communicate()
        jobs = [job for job in queue.jobs().values() if job["started_at"]]
        ends = sorted(datetime.fromisoformat(job["finished_at"]) for job in jobs)
        starts = sorted(datetime.fromisoformat(job["started_at"]) for job in jobs)
        gaps = [(start - end).total_seconds() for end, start in zip(ends, starts[SLOTS:], strict=False)]
    watchers = [each for pid, each in spent.items() if pid != runner.pid]
    shares = {
        "scheduler": sum(spent[runner.pid][:2]),
        "watchers": sum(sum(each[:2]) for each in watchers),
        "the jobs themselves": sum(sum(each[2:]) for each in watchers),
    }
    notified = ", ".join(f"{what} {1000 * share / times:.2f}" for what, share in shares.items())
    print(f"  a job's share, ms: wall clock {1000 * wall / times:.2f}; processors {notified}")
    print(f"  from the end of a job to the next start in its slot: median {1000 * statistics.median(gaps):.2f} ms")


def drain_theirs(words: list[str], times: int) -> float:
    times = min(times, TSP_HOLDS)
    with task_spooler() as tsp:
        gate = tempfile.mktemp()
        os.mkfifo(gate)
        for _ in range(SLOTS):
            tsp("-n", "sh", "-c", f"read line < {gate}")
        for _ in range(times):
            tsp("-n", *words)
        begun = time.monotonic()
        with open(gate, "w") as file:
            file.write("go\n" * SLOTS)
        tsp("-w", str(SLOTS + times - 1))
        taken = time.monotonic() - begun
        os.unlink(gate)
        return times / taken


def starts(path: Path, count: int) -> float:
    """Return when the latest of ``count`` jobs started, in seconds of the clock on the wall."""
    wait_for(lambda: path.exists() and path.read_text().count("\n") == count, "the start")
    return int(path.read_text().split()[-1]) / 1e9


def idle_start_ours(times: int) -> tuple[list[float], list[float]]:
    """Return the seconds from the call of ``add`` to the job's own clock: in a process that is there, and by CLI."""
    with our_queue() as queue, kept_directory() as directory:
        path = Path(directory) / "starts"
        words = ["sh", "-c", f"date +%s%N >> {path}"]
        queue("add", "true")
        wait_for(lambda: queue.job(1)["state"] == "completed", "the background")

        async def call() -> list[float]:
            taken = []
            async with open_queue() as ours:
                for number in range(1, times + 1):
                    await asyncio.sleep(0.1)
                    begun = time.time()
                    await ours.commands.jobs.add([make_draft(path=words[0], args=tuple(words[1:]))])
                    taken.append(await asyncio.to_thread(starts, path, number) - begun)
            return taken

        called = asyncio.run(call())
        typed = []
        for number in range(times + 1, times + 6):
            begun = time.time()
            queue("add", *words)
            typed.append(starts(path, number) - begun)
        return called, typed


def idle_start_theirs(times: int) -> list[float]:
    with task_spooler() as tsp, kept_directory() as directory:
        path, taken = Path(directory) / "starts", []
        for number in range(1, times + 1):
            time.sleep(0.1)
            begun = time.time()
            tsp("-n", "sh", "-c", f"date +%s%N >> {path}")
            taken.append(starts(path, number) - begun)
        return taken


def compare(what: str, ours: list[float], theirs: list[float], goal: str, unit: str) -> None:
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"{what:<34} tui-queue {a:8.1f} {unit:<6} task-spooler {b:8.1f} {unit:<6} ratio {a / b:5.2f}  ({goal})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--python-jobs", type=int, default=1000)
    options = parser.parse_args()
    if shutil.which("tsp") is None:
        sys.exit("tsp is missing: apt-get install task-spooler")
    with kept_directory() as directory:
        script = Path(directory) / "job.py"
        script.write_text("print('done')\n")
        tasks = {
            "drain /bin/true, 2 slots": (["/bin/true"], options.jobs, "at least 0.33"),
            "drain a python script, 2 slots": ([sys.executable, str(script)], options.python_jobs, "at least 0.8"),
        }
        for what, (words, times, goal) in tasks.items():
            ours, theirs = [], []
            for _ in range(options.rounds):
                ours.append(drain_ours(words, times))
                theirs.append(drain_theirs(words, times))
            compare(what, ours, theirs, goal, "jobs/s")
            profile_ours(words, times)
    called, typed, others = [], [], []
    for _ in range(options.rounds):
        a, b = idle_start_ours(20)
        called += a
        typed += b
        others += idle_start_theirs(20)
    milli = 1000
    compare("idle, enqueue to start", [s * milli for s in called], [s * milli for s in others], "at most 3", "ms")
    compare("the same by a whole CLI process", [s * milli for s in typed], [s * milli for s in others], "", "ms")


if __name__ == "__main__":
    with KEPT:
        main()
