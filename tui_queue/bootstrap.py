"""Builds the parts of a queue and connects them."""

import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING

from tui_queue.core.commands.commands import Commands
from tui_queue.core.commands.context import CommandContext
from tui_queue.core.errors import StoreError, TuiQueueError
from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.local import LocalExecutor
from tui_queue.core.model import health
from tui_queue.core.model.options import Full, Leftovers
from tui_queue.core.parsing.fields import log_bytes
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.scheduling import wakeup
from tui_queue.core.scheduling.background import Background
from tui_queue.core.scheduling.lease import Lease, Lock
from tui_queue.core.store.host_file import HostFile, Owner
from tui_queue.core.store.incoming import Incoming
from tui_queue.core.store.open_files import holders
from tui_queue.core.store.presence import damage_of, ensure_not_lost, ensure_present
from tui_queue.core.store.store import Store
from tui_queue.core.system.gpus import Gpus
from tui_queue.core.system.host import this_host
from tui_queue.core.system.machine import Machine, lives
from tui_queue.core.units.printable import printable
from tui_queue.directories import Prepared, check, make_private, prepare
from tui_queue.paths import Paths
from tui_queue.settings import SettingsFile, load_settings

if TYPE_CHECKING:
    from tui_queue.core.cleanup.cleaner import Cleaner
    from tui_queue.core.model.health import Check
    from tui_queue.core.recovery.backups import Backup
    from tui_queue.core.recovery.restore import Restored
    from tui_queue.core.scheduling.scheduler import Scheduler

LATEST = "latest"  # the name of the backup that was made last, of those that are whole


class OpenQueue:
    """An open queue: its verbs, and a scheduler that runs once it is entered.

    ``notice`` is what the user should know of its place, if anything.
    """

    def __init__(
        self, paths: Paths, settings_file: SettingsFile, store: Store, *, standby: bool, notice: str = ""
    ) -> None:
        self.paths = paths
        self.notice = notice
        self.settings_file = settings_file
        self.settings = settings = settings_file.now()
        self.machine = Machine(paths.runs)
        self._gpus = Gpus(paths.runs, ignored=lambda: settings_file.now().gpu_ignore)
        self.lease = Lease(paths.state, standby=standby, is_elsewhere=lambda: store.is_elsewhere)
        self.background = Background(
            paths.background, store=paths.store, variables=paths.variables, enabled=settings.background
        )
        self._environments = EnvironmentFiles(paths.environments)
        self.executor = LocalExecutor(
            paths.runs,
            self._environments,
            place=paths.variables,
            background=paths.background,
            python=lambda: settings_file.now().python,
            grace_s=lambda: settings_file.now().grace_s,
            log_size=lambda: log_bytes("log_size", settings_file.now().log_size),
            log_full=lambda: Full(settings_file.now().log_full or Full.KEEP),
            leftovers=lambda: Leftovers(settings_file.now().leftovers or Leftovers.KEEP),
        )
        self._store = store
        self._incoming = Incoming(paths.incoming)
        self._capacity = Capacity(
            slots=lambda: settings_file.now().slots,
            waiting=lambda: settings_file.now().overlap_waiting,
            resources=settings.resources,
            gpus=self._gpus,
            visible=os.environ.get("CUDA_VISIBLE_DEVICES"),
            free=self.machine.free,
            lives=lives,
        )
        self.commands = Commands(
            CommandContext(
                store,
                self.executor,
                self.lease,
                self.background,
                cleaner=lambda: self._cleaner,
                capacity=self._capacity,
                environments=self._environments,
                leave_out=lambda: settings_file.now().leave_out,
                python=lambda: settings_file.now().python,
                wake=paths.wake,
                scripts=paths.scripts,
                incoming=self._incoming,
            )
        )

    @property
    def is_elsewhere(self) -> bool:
        """Whether another host runs the queue: then this one reads, and leaves new jobs for it."""
        return self._store.is_elsewhere

    def listen(
        self, changed: Callable[[], None], *, called: Callable[[], None] | None = None
    ) -> AbstractAsyncContextManager[object]:
        """Call ``changed`` in the event loop after each change by any process; an async context manager.

        ``called`` is for a scheduler: it is called for the changes that a scheduler has not made itself. Where nothing
        can be written, or another host runs the queue, nothing is heard either: the caller looks now and then.
        """
        if self._store.database.refusal or self.is_elsewhere:
            return nullcontext()
        return wakeup.Listener(self.paths.wake, changed, called=called)

    def read_apart(self) -> None:
        """Keep reads from holding up the scheduler of this process."""
        self._store.database.read_apart()

    def check_place(self) -> None:
        """Raise StoreError where the queue was moved or deleted since it was opened: nothing more is heard of it."""
        if self.lease.has_moved():
            raise StoreError(
                f"{printable(self.paths.state)}: the queue was moved or deleted; what runs goes on. "
                "Set TUI_QUEUE_HOME to where it is now."
            )

    async def close(self) -> None:
        """Let go of the runs, which go on, and delete what this process has put into the trash."""
        self.executor.close()
        self._gpus.close()
        if "_cleaner" in self.__dict__:
            await self._cleaner.close()

    @cached_property
    def _cleaner(self) -> "Cleaner":
        from tui_queue.core.cleanup.cleaner import Cleaner  # noqa: PLC0415 - few commands need it

        return Cleaner(
            self._store,
            self.executor,
            self._environments,
            incoming=self._incoming,
            runs=self.paths.runs,
            scripts=self.paths.scripts,
        )

    @cached_property
    def scheduler(self) -> "Scheduler":
        """What starts the jobs; an async context manager."""
        from tui_queue.core.scheduling.scheduler import Scheduler  # noqa: PLC0415 - few commands need it

        return Scheduler(
            self._store,
            self.executor,
            self.lease,
            capacity=self._capacity,
            cleaner=self._cleaner,
            limits=lambda: self.settings_file.now().limits,
            compress_after_s=lambda: self.settings_file.now().compress_after_s,
            channels=self.settings.notify,
            waker=wakeup.Waker(self.paths.wake),
            incoming=self._incoming,
            # Imported by name it would be a circle: for type checkers the package has the Python API in it.
            version=sys.modules["tui_queue"].__version__,
        )


@asynccontextmanager
async def open_queue(
    paths: Paths | None = None, *, create: bool = True, must_write: bool = False, standby: bool = False
) -> AsyncIterator[OpenQueue]:
    """Open the queue at ``paths``, or that the environment names. Raises TuiQueueErrors.

    Where there is none, ``create`` makes one. A queue that can't be written is only read, and each write refused; with
    ``must_write`` it is not even opened. With ``standby`` its scheduler leaves the lease to a process in the
    foreground. Otherwise a background process that was killed is started again.
    """
    paths = paths or Paths.from_environment()
    check(paths)
    host = HostFile(paths.state, this_host())
    wake = partial(wakeup.wake_listeners, paths.wake)
    prepared = Prepared()
    if host.owner() is not Owner.OTHERS:
        ensure_not_lost(paths.store)
        prepared = prepare(paths, create=create)
        if prepared.refusal:  # else it is opened together with other processes, which makes sure of more
            await ensure_present(paths.store, wake=wake)
    settings_file = SettingsFile(paths.settings)
    async with Store(paths.store, prepared.refusal, wake=wake, host=host) as store:
        database = store.database
        if must_write and database.refusal:
            raise StoreError(database.refusal)
        is_writer = not (store.is_elsewhere or database.refusal)
        if database.lacks and is_writer:
            from tui_queue.core.recovery.older_copy import settle_older_copy  # noqa: PLC0415 - hardly ever needed

            await settle_older_copy(database, paths.store)
        queue = OpenQueue(paths, settings_file, store, standby=standby, notice=prepared.notice)
        if not standby and is_writer:
            queue.background.bring_back()
        try:
            yield queue
        finally:
            await queue.close()


def take_over(paths: Paths | None = None) -> str:
    """Make this host the one that runs the queue; return the host that has run it, empty for none. Blocks.

    Raises StoreError.
    """
    paths = paths or Paths.from_environment()
    check(paths)
    make_private(paths.state)
    before = HostFile(paths.state, this_host()).take_over()
    return "" if before is None else before.shown


def examine(paths: Paths) -> "Iterator[Check]":
    """Yield what there is to say about the queue at ``paths`` and the machine below it. Changes nothing."""
    from tui_queue.core.execution.watcher_trial import why_no_watcher_starts  # noqa: PLC0415 - as the next one
    from tui_queue.core.inspection import doctor  # noqa: PLC0415 - few commands need it

    try:
        check(paths)
    except StoreError as error:
        yield health.Check(name="directory", level=health.Level.WRONG, found=str(error))
    else:
        yield from _examine_files(paths)
    yield from doctor.processes()
    yield from doctor.watcher(why_no_watcher_starts())
    yield from doctor.terminal()
    yield from doctor.logind()
    yield from doctor.machine()


def fault_report(paths: Paths, version: str, settings: "Iterator[str]") -> "Iterator[tuple[str, Iterator[str]]]":
    """Yield the parts of a report of a fault, each a title with its lines; nothing in it names what is the user's."""
    import tempfile  # noqa: PLC0415 - as the next ones
    from getpass import getuser  # noqa: PLC0415

    from tui_queue.core.inspection import fault_report as report  # noqa: PLC0415 - few commands need it

    home = os.path.expanduser("~")
    known = {paths.state: "$TUI_QUEUE_HOME", os.path.dirname(paths.settings): "$CONFIG", home: "~"}
    known |= {os.uname().nodename: "<host>", sys.executable: "<python>", sys.prefix: "<prefix>"}
    with suppress(KeyError, OSError):  # no name in the password database
        known[getuser()] = "<user>"
    places = {"queue": paths.state, "home": home, "temporary files": tempfile.gettempdir(), "program": __file__}
    yield "Versions", report.versions(version)
    yield "Terminal", report.terminal(os.environ)
    yield "Settings that differ", settings
    yield "File systems", report.file_systems(places)
    yield "Store", report.store(paths.store)
    yield "Doctor", report.checks(examine(paths), report.Anonymous(known))
    yield "Errors of the program", report.errors(paths.program_log)
    yield "Self-test", report.speed(paths.state)


def _examine_files(paths: Paths) -> "Iterator[Check]":
    from tui_queue.core.inspection import doctor  # noqa: PLC0415 - few commands need it

    yield from doctor.directories(paths.state, paths.settings)
    background = True
    try:
        background = load_settings(paths.settings).background
    except TuiQueueError as error:
        yield health.Check(name="settings", level=health.Level.WRONG, found=str(error), advice="Correct this line.")
    yield from doctor.file_system(paths.state)
    elsewhere = yield from _examine_host(paths)
    yield from doctor.database(paths.store, elsewhere=elsewhere)
    if not elsewhere and os.path.exists(paths.store):
        stands_by = Lock(paths.background).is_taken()
        yield from doctor.scheduler(held=Lease(paths.state).is_held(), background=stands_by, allowed=background)
        yield from doctor.starts(paths.store)


def _examine_host(paths: Paths) -> "Generator[Check, None, bool]":
    """Look at which host runs the queue; return whether that is another one."""
    from tui_queue.core.inspection import doctor  # noqa: PLC0415 - few commands need it

    ours = this_host()
    host = HostFile(paths.state, ours)
    try:
        named, owner = host.named(), host.owner()
    except StoreError as error:
        yield health.Check(name="queue host", level=health.Level.WRONG, found=str(error), advice="Remove the file.")
        return False
    yield from doctor.host(named, ours)
    return owner is Owner.OTHERS


def _refuse_elsewhere(paths: Paths) -> None:
    """Raise OtherHostError where another host runs the queue, and may have the store open."""
    host = HostFile(paths.state, this_host())
    if host.owner() is Owner.OTHERS:
        raise host.refusal()


def backups(paths: Paths) -> "list[Backup]":
    """Return the backups of the queue at ``paths``, the latest first."""
    from tui_queue.core.recovery.backups import Backups  # noqa: PLC0415 - few commands need it

    return Backups(paths.store).all()


def why_to_repair(paths: Paths) -> str:
    """Return why another store has to take the place of the present one; empty where that is whole."""
    _refuse_elsewhere(paths)
    return damage_of(paths.store)


def restore(paths: Paths, name: str | None) -> "Restored":
    """Put the backup of this name, ``latest`` or, with None, an empty store in the place of the present one.

    Raises TuiQueueErrors, also where a process has the queue open; then nothing has changed.
    """
    from tui_queue.core.recovery import restore  # noqa: PLC0415 - few commands need it

    check(paths)
    _refuse_elsewhere(paths)
    found = backups(paths)
    backup = None
    if name is not None:
        backup = restore.latest(found) if name == LATEST else restore.named(found, name)
    make_private(paths.state)
    lease, background, foreground = (
        Lock(os.path.join(paths.state, name)) for name in ("lease", "background", "foreground")
    )
    pids = holders(paths.store)
    if pids or background.is_taken() or foreground.is_shared() or not lease.try_acquire():
        which = f"Process {pids[0]}" if pids else "A process"
        raise StoreError(
            f"{which} has the queue open; nothing was changed. Leave the dashboard and end what uses the queue, the"
            f" background process too{f' (kill {pids[0]})' if pids else ''}, and restore again: running jobs go on."
        )
    try:
        return restore.put_in_place(paths.store, backup)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{printable(paths.store)} can't be restored: {error}. Make room on the disk.") from error
    finally:
        lease.release()
