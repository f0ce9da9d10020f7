"""The dashboard and the scheduler in one event loop."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from tui_queue.cli.command import use_queue
from tui_queue.cli.exit_signals import leave_on_signals
from tui_queue.core.errors import StoreError

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue
    from tui_queue.ui.app import TuiQueueApp

_UNABLE = {"dumb", "unknown"}  # kinds of terminals that can't move their cursor

logger = logging.getLogger(__name__)

GIVE_WAY_S = 0.0005  # after which a thread that computes lets the event loop go on, where the scheduler may be waiting
ELSEWHERE_S = 2.0  # how often a dashboard looks at a queue that another host runs


def open_app(queue: "OpenQueue") -> "TuiQueueApp":
    """Make the dashboard of an open queue. Raises BadInputError for settings of it that can't be."""
    from tui_queue.ui.app import TuiQueueApp
    from tui_queue.ui.dashboard_settings import dashboard_settings_of

    queue.commands.set_client("dashboard")
    settings, path = queue.settings, queue.paths.settings
    return TuiQueueApp(
        queue.commands,
        settings=path,
        background=settings.background,
        channels=settings.notify,
        dashboard_settings=dashboard_settings_of(settings.dashboard, path),
        keymap=_keymap(settings.keys, path),
        mouse=settings.mouse,
    )


async def run_dashboard() -> tuple[str, int]:
    """Show the dashboard and schedule while it is open; return the text to print after it, and the exit code."""
    async with use_queue(create=True, must_write=True) as queue:
        if not queue.is_elsewhere:
            log_to_file(queue.paths.program_log)
        queue.read_apart()
        sys.setswitchinterval(GIVE_WAY_S)
        app = open_app(queue)
        leave_on_signals(app.leave_with)
        listener = queue.listen(app.queue_changed, called=queue.scheduler.wake)
        scheduler = nullcontext() if queue.is_elsewhere else queue.scheduler
        async with listener, scheduler, _looking_elsewhere(queue, app.queue_changed):
            try:
                await queue.commands.hand_over()
            except StoreError as error:  # this process schedules
                logger.warning("%s", error)
            app.let_others_schedule, app.schedule_again = queue.scheduler.pause, queue.scheduler.resume
            moved = asyncio.create_task(_leave_when_moved(queue, app))
            await app.run_async(mouse=queue.settings.mouse)
            moved.cancel()
        queue.check_place()
        anything_left = await queue.commands.hand_over()
        return app.farewell if anything_left else "", app.return_code or 0


async def _leave_when_moved(queue: "OpenQueue", app: "TuiQueueApp") -> None:
    await queue.scheduler.moved.wait()
    app.leave_with(StoreError.exit_code)


@asynccontextmanager
async def _looking_elsewhere(queue: "OpenQueue", changed: Callable[[], None]) -> AsyncIterator[None]:
    """Look at the queue now and then as long as another host runs it, of which nothing is heard."""

    async def look() -> None:
        if not queue.is_elsewhere:
            await queue.scheduler.gone.wait()
        while True:
            await asyncio.sleep(ELSEWHERE_S)
            if queue.is_elsewhere:
                changed()

    task = asyncio.create_task(look())
    try:
        yield
    finally:
        task.cancel()


def log_to_file(path: str) -> None:
    """Send the program's own messages to a file: the screen, if there is one, belongs to the dashboard."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    logging.basicConfig(filename=path, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")


def needs_terminal() -> str | None:
    """Return why the dashboard can't be shown here, if so."""
    # Textual draws on stderr.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return "The dashboard needs a terminal; see `tui-queue --help` for commands that work without one."
    if os.environ.get("TERM", "") in _UNABLE:
        return (
            f"TERM={os.environ['TERM']}: the dashboard can't be drawn on such a terminal; set TERM to the type of your"
            " terminal, or see `tui-queue --help` for commands that work on any."
        )
    return None


def _keymap(keys: Mapping[str, object], where: str) -> dict[str, str]:
    if not keys:
        return {}
    from tui_queue.ui.key_places import keymap_of

    return keymap_of(keys, where)
