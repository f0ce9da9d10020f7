"""The command that opens the dashboard on a queue with example jobs, which is removed in the end."""

import asyncio
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import click

import tui_queue
from tui_queue.bootstrap import open_queue
from tui_queue.cli.command import examples, run
from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import State
from tui_queue.core.model.queue import Queue, QueueOptions
from tui_queue.paths import Paths

SETTINGS = """\
slots = 2
background = false
"""
CLOSED, OPEN = timedelta(hours=3), timedelta(hours=8)  # of a queue that waits for its hours
STOP_S = 15.0  # for which the last jobs may take to end
_SCRIPTS = Path(tui_queue.__file__).with_name("demo_jobs")


@click.command(epilog=examples("demo", "help keys"))
def demo() -> None:
    """Open the dashboard on a queue of its own with a dozen example jobs.

    The jobs are short and harmless. Your own queue is not touched. When you leave the dashboard, the jobs are cancelled
    and the queue of the demo is removed.
    """
    from tui_queue.cli.dashboard import needs_terminal, run_dashboard

    if why_not := needs_terminal():
        raise BadInputError("terminal", why_not)
    directory, before = Path(tempfile.mkdtemp(prefix="tui-queue-demo-")), os.getcwd()
    home, scripts = directory / "queue", directory / "jobs"
    try:
        home.mkdir(mode=0o700)
        shutil.copytree(_SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
        (home / "config.toml").write_text(SETTINGS)
        os.environ |= Paths.in_directory(str(home)).variables
        os.chdir(scripts)
        run(_add_jobs(scripts))
        try:
            _, code = run(run_dashboard())
        finally:
            run(_cancel_all())
    finally:
        with suppress(OSError):
            os.chdir(before)
        shutil.rmtree(directory, ignore_errors=True)
    click.echo("The queue of the demo is removed. For your own queue, type: tui-queue")
    sys.exit(code)


async def _add_jobs(scripts: Path) -> None:
    """Add jobs in every state that a user meets, with a reason to wait for most of those that wait."""
    from tui_queue.api import AsyncQueue

    async with open_queue(create=True, must_write=True) as opened:
        await opened.commands.queues.add(Queue(name="gpu", slots=1))
        opens = datetime.now() + CLOSED  # noqa: DTZ005 - hours count where the user is
        hours = f"{opens:%H}:00-{opens + OPEN:%H}:00"
        await opened.commands.queues.add(Queue(name="night", options=QueueOptions(hours=hours)))
    async with AsyncQueue() as queue:
        train, fetch, backup = scripts / "train.py", scripts / "fetch.py", scripts / "backup.sh"
        await queue.add(scripts / "import_orders.py", "november.csv", name="import orders")
        await queue.add(fetch, 240, name="fetch prices")
        first = await queue.add(train, "--epochs", 45, "--lr", 0.1, name="train small", queue="gpu")
        second = await queue.add(train, "--epochs", 90, "--lr", 0.05, name="train large", queue="gpu")
        await queue.add(train, "--epochs", 10, name="evaluate", queue="gpu", after=[first.id, second.id])
        await queue.add(scripts / "upload.sh", "report.pdf", name="upload report", retries=3, retry_delay="20s")
        await queue.add(backup, name="backup home")
        await queue.add(backup, name="backup photos", queue="night")
        await queue.add(fetch, 400, name="fetch archive", hold=True)
        await queue.add(backup, name="clean cache", at="06:00")
        await queue.add(train, "--epochs", 20, "--lr", 0.2, name="urgent check", priority=5)


async def _cancel_all() -> None:
    """Cancel all jobs, and wait for the end of those that run."""
    changed = asyncio.Event()
    async with open_queue() as queue, queue.listen(changed.set, called=queue.scheduler.wake), queue.scheduler:
        await queue.commands.jobs.cancel_all()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while await queue.commands.jobs.in_state(State.RUNNING):
                    changed.clear()
                    await changed.wait()


COMMANDS = {"demo": demo}
