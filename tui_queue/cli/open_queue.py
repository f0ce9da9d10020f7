"""The one place where the parts are put together."""

import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from tui_queue.cli.leaving import leave_on_signals
from tui_queue.config import Config, load_config
from tui_queue.core import events
from tui_queue.core.background import Background
from tui_queue.core.claims import Means
from tui_queue.core.cleaning import Cleaning
from tui_queue.core.commands import Commands
from tui_queue.core.errors import StoreError
from tui_queue.core.executors.local import LocalExecutor
from tui_queue.core.lease import Lease
from tui_queue.core.machine import Machine, lives
from tui_queue.core.printable import printable
from tui_queue.core.scheduler import Scheduler
from tui_queue.core.store import Store
from tui_queue.paths import Paths

if TYPE_CHECKING:
    from tui_queue.ui.app import TuiQueueApp


class Queue(Struct, frozen=True):
    """An open queue: its verbs, and a scheduler that runs once it is entered."""

    paths: Paths
    config: Config
    commands: Commands
    scheduler: Scheduler
    background: Background


@asynccontextmanager
async def open_queue(*, standby: bool = False) -> AsyncIterator[Queue]:
    """Open the queue that the environment names; creates it if need be. Raises TuiQueueErrors.

    With ``standby`` its scheduler leaves the lease to whoever is in the foreground.
    """
    paths = Paths.from_environment()
    _put_strange_runs_aside(paths)
    for directory in (paths.state, paths.runs, paths.wake):
        _make_private(directory)
    config = load_config(paths.config)
    async with Store(paths.store) as store:
        means = _means(paths, config)
        executor = LocalExecutor(paths.runs, config.python, grace_s=config.grace_s)
        lease = Lease(paths.state, standby=standby)
        background = Background(paths.state, enabled=config.background)
        cleaning = Cleaning(store, executor, runs=paths.runs, scripts=paths.scripts)
        commands = Commands(
            store, executor, lease, background, cleaning=cleaning, wake=paths.wake, scripts=paths.scripts, means=means
        )
        scheduler = Scheduler(
            store,
            executor,
            lease,
            means=means,
            cleaning=cleaning,
            limits=config.limits,
            channels=config.notify,
            changed=events.Bell(paths.wake),
        )
        try:
            yield Queue(paths, config, commands, scheduler, background)
        finally:
            executor.close()


def _means(paths: Paths, config: Config) -> Means:
    """Return what jobs can be given."""
    machine = Machine(paths.runs)
    return Means(slots=config.slots, resources=config.resources, gpus=machine.gpus, free=machine.free, lives=lives)


def open_app(queue: Queue) -> "TuiQueueApp":
    """Make the dashboard of an open queue."""
    from tui_queue.ui.app import TuiQueueApp

    return TuiQueueApp(queue.commands, background=queue.config.background, channels=queue.config.notify)


async def run_dashboard() -> tuple[str, int]:
    """Show the dashboard, scheduling meanwhile; return what to say when it has been left, and the exit code."""
    async with open_queue() as queue:
        keep_diary(queue.paths.diary)
        app = open_app(queue)

        def heard() -> None:
            queue.scheduler.wake()
            app.queue_changed()

        leave_on_signals(app.leave_with)
        async with events.Listener(queue.paths.wake, heard), queue.scheduler:
            await queue.commands.go_on_without_us()
            await app.run_async(mouse=queue.config.mouse)
        anything_left = await queue.commands.go_on_without_us()
        return app.farewell if anything_left else "", app.return_code or 0


def keep_diary(path: str) -> None:
    """Send the program's own messages to a file: the screen, if there is one, belongs to the dashboard."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    logging.basicConfig(filename=path, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")


def _put_strange_runs_aside(paths: Paths) -> None:
    """Keep the runs of a database that is gone away from those of a new one, whose numbers begin with 1 again."""
    if not os.path.exists(paths.store) and os.path.isdir(paths.runs) and os.listdir(paths.runs):
        os.rename(paths.runs, f"{paths.runs}.of-lost-queue-{time.time_ns()}")


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
    # Textual draws on stderr.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return "The dashboard needs a terminal; see `tui-queue --help` for commands that don't."
    return None
