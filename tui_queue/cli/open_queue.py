"""The one place where the parts are put together."""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_queue.config import Config, load_config
from tui_queue.core import events
from tui_queue.core.commands import Commands
from tui_queue.core.errors import StoreError
from tui_queue.core.executors.local import LocalExecutor
from tui_queue.core.lease import Lease
from tui_queue.core.printable import printable
from tui_queue.core.scheduler import Scheduler
from tui_queue.core.store import Store
from tui_queue.paths import Paths

if TYPE_CHECKING:
    from tui_queue.ui.app import TuiQueueApp


@dataclass(frozen=True, slots=True)
class Queue:
    """An open queue: its verbs, and a scheduler that runs once it is entered."""

    paths: Paths
    config: Config
    commands: Commands
    scheduler: Scheduler


@asynccontextmanager
async def open_queue() -> AsyncIterator[Queue]:
    """Open the queue that the environment names; creates it if need be. Raises TuiQueueErrors."""
    paths = Paths.from_environment()
    for directory in (paths.state, paths.runs, paths.wake):
        _make_private(directory)
    config = load_config(paths.config)
    async with Store(paths.store) as store:
        executor = LocalExecutor(paths.runs, config.python)
        lease = Lease(paths.lease)
        commands = Commands(store, executor, lease, wake=paths.wake, slots=config.slots, grace_s=config.grace_s)
        scheduler = Scheduler(
            store,
            executor,
            lease,
            slots=config.slots,
            grace_s=config.grace_s,
            changed=lambda: events.ring(paths.wake),
        )
        try:
            yield Queue(paths, config, commands, scheduler)
        finally:
            executor.close()


def open_app(queue: Queue) -> "TuiQueueApp":
    """Make the dashboard of an open queue."""
    from tui_queue.ui.app import TuiQueueApp

    return TuiQueueApp(queue.commands, home=os.path.dirname(queue.paths.store))


async def run_dashboard() -> str:
    """Show the dashboard, scheduling meanwhile; return what to say when it has been left."""
    async with open_queue() as queue:
        _keep_diary(queue.paths.diary)
        app = open_app(queue)

        def heard() -> None:
            queue.scheduler.wake()
            app.queue_changed()

        async with events.Listener(queue.paths.wake, heard), queue.scheduler:
            await app.run_async(mouse=queue.config.mouse)
        return app.farewell


def _keep_diary(path: str) -> None:
    """Send the program's own messages to a file: the screen belongs to the dashboard."""
    logging.basicConfig(filename=path, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")


def _make_private(directory: str) -> None:
    shown = printable(directory)
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{shown}: can't be created: {error.strerror}. Set TUI_QUEUE_HOME to another place.") from None
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise StoreError(f"{shown}: can't be written. Set TUI_QUEUE_HOME to another place.")


def needs_terminal() -> str | None:
    """Return why the dashboard can't be shown here, if so."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        return "The dashboard needs a terminal; see `tui-queue --help` for commands that don't."
    return None
