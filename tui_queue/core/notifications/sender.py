"""Sends notifications by a hook command and by apprise."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.notification import Channels
from tui_queue.core.model.options import Notify
from tui_queue.core.notifications import message
from tui_queue.core.policy.start_failures import Hampered
from tui_queue.core.store.outbox import Notification, Outbox
from tui_queue.core.system.environment import OWN
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable

AT_ONCE = 4  # news that are told at the same time
LAST_WORDS = 200  # characters of what a hook that fails has said
KEPT = 4096  # bytes of that while it goes on
LEAVE_S = 1.0  # how long whoever leaves waits for hooks that are under way
SPARE = timedelta(seconds=30)  # beyond its time: then whoever runs it has gone, and others may

logger = logging.getLogger(__name__)


class NotificationSender:
    """Takes news from the store and tells them, a few at a time."""

    def __init__(
        self, box: Outbox, channels: Channels, *, log_path: Callable[[Job], str | None], notified: Callable[[], None]
    ) -> None:
        """Call ``notified`` each time when something has been told, and there is room for more."""
        self._box = box
        self._channels = channels
        self._log_path = log_path
        self._sent = notified
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def wanted(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._channels.hook or self._channels.urls)

    async def begin(self) -> None:
        """Where nobody is to be told, have nothing wait for it."""
        if not self.wanted:
            await self._box.give_up("told to nobody: the settings name no hook")

    async def notify(self) -> None:
        """Begin to tell what waits; returns at once."""
        room = AT_ONCE - len(self._under_way)
        if not self.wanted or room <= 0:
            return
        now = datetime.now(UTC)
        until = now + timedelta(seconds=2 * self._channels.hook_timeout_s) + SPARE
        for notification in await self._box.take(room, until=until, now=now):
            task = asyncio.create_task(self._send(notification))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def announce(self, hampered: Hampered) -> None:
        """Begin to tell that jobs can't start, if the user wants to hear of failures.

        It is not kept in the store, which may be what can't be written: a scheduler that comes after tells it again.
        """
        if not self.wanted or self._channels.on is Notify.NEVER:
            return
        heading, text = message.of_start(hampered)
        task = asyncio.create_task(self._announce(hampered.job, heading, text))
        self._under_way.add(task)
        task.add_done_callback(self._done)

    async def _announce(self, job: Job, heading: str, text: str) -> None:
        if complaint := await self._tell(job, "shortage", heading, text):
            logger.warning("%s: %s", heading, complaint)

    async def close(self) -> None:
        """Wait a little for what is under way; the rest is ended, and left to the next one who schedules."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LEAVE_S)
        left = list(self._under_way)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _send(self, notification: Notification) -> None:
        job, event = notification.job, notification.event
        try:
            complaint = await self._tell(job, event, message.title(job, event), message.body(job, event))
        except asyncio.CancelledError:
            with suppress(TuiQueueError):
                await self._box.put_back([notification.id])
            raise
        if complaint:
            logger.warning("job %s: %s", job.id, complaint)
        await self._box.notified(notification.id, complaint)

    async def _tell(self, job: Job, event: str, heading: str, text: str) -> str:
        """Send something in each way; return what went wrong, or nothing."""
        ways = self._ways(job, event, heading, text)
        said = [await _run(what, words, env, self._channels.hook_timeout_s) for what, words, env in ways]
        return "; ".join(filter(None, said))

    def _ways(
        self, job: Job, event: str, heading: str, text: str
    ) -> list[tuple[str, Sequence[str], Mapping[str, str]]]:
        variables = message.environment(job, event, heading, text, self._log_path(job))
        ways: list[tuple[str, Sequence[str], Mapping[str, str]]] = []
        if self._channels.hook:
            ways.append(("hook", self._channels.hook, message.for_hook(variables, self._channels.env)))
        if self._channels.urls:
            kind = {State.COMPLETED: "success", State.FAILED: "failure"}.get(job.state, "warning")
            words = [sys.executable, "-c", "from apprise.cli import main; main()", "--notification-type", kind]
            words += ["--title", heading, "--body", text]
            # In the environment: a command line is for everybody to see, and these have passwords in them.
            env = message.for_hook({"APPRISE_URLS": " ".join(self._channels.urls)}, (*OWN, *self._channels.env))
            ways.append(("apprise", words, env))
        return ways

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("news could not be told", exc_info=error)
        self._sent()


async def _run(what: str, words: Sequence[str], env: Mapping[str, str], limit_s: float) -> str:
    """Run a command to its end; return what went wrong, or nothing."""
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            env=env,
            cwd=os.path.expanduser("~"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        return f"{what} {printable(words[0])}: could not start: {why}"
    output = bytearray()
    reading = asyncio.create_task(_read(process, output))
    try:
        async with asyncio.timeout(limit_s):
            code = await process.wait()
    except TimeoutError:
        return f"{what}: did not end within {duration(limit_s)}, and was killed"
    finally:
        # What it has left behind may keep the pipe open; only of one that did not end everything is ended.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await asyncio.wait([reading], timeout=0.1)
        reading.cancel()
    words_of_it = printable(" ".join(output.decode(errors="replace").split())[-LAST_WORDS:])
    ended = f"signal {-code}" if code < 0 else f"exit {code}"
    return f"{what}: {ended}{f': {words_of_it}' if words_of_it else ''}" if code else ""


async def _read(process: asyncio.subprocess.Process, output: bytearray) -> None:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    while chunk := await process.stdout.read(65536):
        output += chunk
        del output[:-KEPT]
