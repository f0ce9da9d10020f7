"""Makes the pictures in ``screenshots/`` from the running app: ``python -m tests.tools.make_screenshots``.

Each is an SVG and, where ``rsvg-convert`` is installed, a PNG.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from tests.support.pilot import drawn, driven, see, until
from tui_queue.ui.dashboard.job_table import JobTable

ROOT = Path(__file__).parent.parent.parent
OUT = ROOT / "screenshots"
DEMO = Path(tempfile.gettempdir()) / "demo"  # its path is in the pictures
SIZES = ((80, 24), (200, 50))
JOBS = (
    ("--name", "nightly report", "jobs/report.sh", "november"),
    ("jobs/colours.py",),
    ("jobs/fail.py", "3"),
    ("--name", "train baseline", "jobs/progress.py", "60", "0.05"),
    ("--name", "import orders", "jobs/chatty.py", "400"),
    ("--name", "family", "jobs/family.py", "600"),
    ("--name", "train large", "jobs/progress.py", "6000", "0.05"),
    ("jobs/countdown.py", "600"),
    ("--name", "evaluate", "jobs/progress.py", "200"),
    ("--name", "weekly mail", "--batch", "weekly", "jobs/report.sh", "everybody at the office"),
)
EXTRAS = (
    ("queue", "add", "gpu", "--slots", "1"),
    ("queue", "add", "night", "--hours", "mon-fri 22:00-06:00, sat-sun", "--zone", "Europe/Berlin"),
    ("schedule", "add", "--every", "2h", "cleanup", "jobs/report.sh", "everything"),
    (
        "schedule",
        "add",
        "--cron",
        "0 6 1 * *",
        "--zone",
        "Europe/Berlin",
        "monthly",
        "jobs/report.sh",
        "monthly report",
    ),
)


async def main() -> None:
    """Fill a queue of its own with the example jobs and take the pictures at each size."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["TUI_QUEUE_HOME"] = os.path.join(home, "queue")
        os.environ["HOME"] = home
        os.environ["PYTHONPATH"] = str(ROOT)
        shutil.copytree(ROOT / "jobs", DEMO / "jobs", dirs_exist_ok=True)
        os.chdir(DEMO)
        for size in SIZES:
            async with opened(size) as pilot:
                await see(pilot, "The queue is empty")
                save(pilot, "empty", size)
        for job in JOBS:
            tui_queue("add", *job)
        for words in EXTRAS:
            tui_queue(*words)
        try:
            for size in SIZES:
                async with opened(size) as pilot:
                    await take_pictures(pilot, size)
        finally:
            tui_queue("cancel", "--all")
            tui_queue("run", "--until-empty")
            os.chdir(ROOT)
            shutil.rmtree(DEMO)


def tui_queue(*words: str) -> None:
    """Run one command; cancelling what has ended already is no error here."""
    subprocess.run([sys.executable, "-m", "tui_queue", *words], check=False, capture_output=True)


@asynccontextmanager
async def opened(size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """Open the dashboard of the queue at a size."""
    from tui_queue.bootstrap import open_queue
    from tui_queue.cli.dashboard import open_app
    from tui_queue.core.scheduling import wakeup

    async with open_queue() as queue:
        app = open_app(queue)
        listener = wakeup.Listener(queue.paths.wake, app.queue_changed, called=queue.scheduler.wake)
        async with listener, queue.scheduler, driven(app, size=size) as pilot:
            yield pilot


async def take_pictures(pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Walk through the program at one size."""
    await until(pilot, lambda: len(running(pilot)) == 3 and 8 in running(pilot), "the last to run")
    if size == SIZES[0]:
        await cancel_one(pilot)
    await pilot.press("g", "j")
    await see(pilot, "train large ► run")
    await see(pilot, "%|")
    await until(pilot, lambda: re.search(r" 7 .*running.* \d+% \d+m", drawn(pilot.app)), "its bar")
    save(pilot, "dashboard", size)
    await pilot.press("a")
    await see(pilot, "Job path")
    await pilot.press(*"jobs/countdown.py", "tab", "1", "0", "tab", "tab", *"ten seconds")
    await see(pilot, "Runs:")
    save(pilot, "add", size)
    await pilot.press("ctrl+t")
    await see(pilot, "tomorrow 6:00")
    save(pilot, "add-more", size)
    await pilot.press("escape")
    await pilot.press("i")
    await see(pilot, "Esc closes")
    save(pilot, "details", size)
    await pilot.press("escape")
    await take_pictures_of_listings(pilot, size)
    await take_pictures_of_questions(pilot, size)
    await take_pictures_of_logs(pilot, size)
    await pilot.press("S")
    await see(pilot, "grace_s")
    save(pilot, "settings", size)
    await pilot.press("escape")


async def take_pictures_of_listings(pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Look at queues, schedules, batches and history, and at their forms."""
    await pilot.press("2")
    await see(pilot, "night")
    save(pilot, "queues", size)
    await pilot.press("a")
    await see(pilot, "Add a queue")
    await pilot.press(*"mail", "tab", "2")
    save(pilot, "queue", size)
    await pilot.press("escape", "3")
    await see(pilot, "0 6 1")
    save(pilot, "schedules", size)
    await pilot.press("j", "e")
    await see(pilot, "in Europe/Berlin")
    save(pilot, "schedule", size)
    await pilot.press("escape", "4")
    await see(pilot, "weekly")
    save(pilot, "batches", size)
    await pilot.press("5")
    await see(pilot, "all of them")
    save(pilot, "history", size)
    await pilot.press("1")


async def take_pictures_of_questions(pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Ask for help, for an order, for one verb of all, and whether to stop one job or all; change a job; show some."""
    await pilot.press("question_mark")
    await see(pilot, "Hold, release")
    save(pilot, "help", size)
    await pilot.press("escape", "o")
    await see(pilot, "Order the jobs by")
    save(pilot, "choose", size)
    await pilot.press("escape", "colon", *"log")
    await see(pilot, "Search the logs of all jobs")
    save(pilot, "palette", size)
    await pilot.press("escape", "g", "c")
    await see(pilot, "Stop job")
    save(pilot, "cancel", size)
    await pilot.press("n", "Q")
    await see(pilot, "Every process")
    save(pilot, "stop-all", size)
    await pilot.press("n", "/", *"id:9", "enter")
    await see(pilot, "evaluate ○ wait")
    await pilot.press("e")
    await see(pilot, "Edit job 9")
    save(pilot, "edit", size)
    await pilot.press("escape", "/", *["backspace"] * 4, *"state:running")
    await until(pilot, lambda: shown(pilot) == running(pilot), "only those that run")
    save(pilot, "filter", size)
    await pilot.press("escape", "escape")


async def take_pictures_of_logs(pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Search in one log, look at several, and search in all."""
    await take_picture_of_split(pilot, size)
    await pilot.press("/", *"id:5", "enter")
    await see(pilot, "import orders ✓")
    await pilot.press("l", "number_sign", "/")
    await see(pilot, "Search the log")
    await pilot.press(*"/ 3[0-9]1/", "enter")
    await see(pilot, "of 10")
    save(pilot, "log", size)
    await pilot.press("number_sign", "escape", "escape", "/", *["backspace"] * 4, "enter", "g", "space", "space")
    await see(pilot, "2 jobs")
    save(pilot, "several", size)
    await pilot.press("escape", "F")
    await see(pilot, "Search all logs")
    await pilot.press(*"/ends|grandchild|line 39/")
    save(pilot, "ask", size)
    await pilot.press("enter")
    await see(pilot, "Enter goes there")
    save(pilot, "found", size)
    await pilot.press("escape")


async def take_picture_of_split(pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Put the log where it is not at this size: away, or below the jobs."""
    back = 1 if size == SIZES[0] else 2
    await pilot.press("g", "s")
    await see(pilot, "► run")
    save(pilot, "split", size)
    await pilot.press(*["s"] * back)


def shown(pilot: Pilot[None]) -> list[int]:
    """Return the numbers of the jobs that the table shows."""
    return [job.id for job in pilot.app.screen.query_one(JobTable).jobs]


def running(pilot: Pilot[None]) -> list[int]:
    """Return the numbers of those that run."""
    return [job.id for job in pilot.app.screen.query_one(JobTable).jobs if job.started_at and not job.state.ended]


async def cancel_one(pilot: Pilot[None]) -> None:
    """Cancel a pending job, so that every state is in the picture."""
    tui_queue("cancel", str(len(JOBS)))
    await see(pilot, "– 1")


def save(pilot: Pilot[None], name: str, size: tuple[int, int]) -> None:
    """Write one picture."""
    svg = OUT / f"{name}-{size[0]}x{size[1]}.svg"
    # Without it leading blanks are dropped by what draws the SVG.
    picture = pilot.app.export_screenshot(title="tui-queue").replace("<text ", '<text xml:space="preserve" ')
    svg.write_text(picture)


def convert(svg: Path) -> None:
    """Make a PNG of a picture."""
    subprocess.run(["rsvg-convert", "-o", str(svg.with_suffix(".png")), str(svg)], check=True)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    asyncio.run(main())
    if shutil.which("rsvg-convert"):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(convert, OUT.glob("*.svg")))
