"""Sends notifications by a hook command and by apprise."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.job import Job, State
from tui_queue.core.model.notification import Channels, commands_of, has_own_ways, mail_wish, wants
from tui_queue.core.model.options import Notify
from tui_queue.core.notifications import message
from tui_queue.core.policy.start_failures import Hampered
from tui_queue.core.store.outbox import WITH_BATCH, Notification, Outbox
from tui_queue.core.system.environment import OWN
from tui_queue.core.system.mailer import mail_words, mailer
from tui_queue.core.units.durations import duration
from tui_queue.core.units.printable import printable

AT_ONCE = 4  # news that are told at the same time
LAST_WORDS = 200  # characters of what a hook that fails has said
KEPT = 4096  # bytes of that while it goes on
LEAVE_S = 1.0  # how long a process that ends waits for its hooks
SPARE = timedelta(seconds=30)  # beyond its time: then the process that ran it has ended, and others may

logger = logging.getLogger(__name__)


class Way(Struct, frozen=True):
    """A command that tells something: its name in messages, its words, its environment, and what it reads."""

    name: str
    words: Sequence[str]
    env: Mapping[str, str]
    given: bytes = b""


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
        self._own_wait = True  # whether news may wait of jobs that have ways of their own

    def concern(self, job: Job) -> bool:
        """Whether anything of a job may have to be told, now."""
        own = has_own_ways(job.options)
        self._own_wait = self._own_wait or own
        return own or self._channels.exist

    async def begin(self) -> None:
        """Where the settings name no way, keep no notification waiting."""
        if not self._channels.exist:
            await self._box.give_up("not sent: the settings name no hook")

    async def notify(self) -> None:
        """Begin to tell what waits; returns at once."""
        room = AT_ONCE - len(self._under_way)
        if not (self._channels.exist or self._own_wait) or room <= 0:
            return
        now = datetime.now(UTC)
        until = now + timedelta(seconds=2 * self._channels.hook_timeout_s) + SPARE
        self._own_wait = False
        taken = await self._box.take(room, until=until, now=now)
        if not self._channels.exist:
            self._own_wait = self._own_wait or not await self._box.is_empty()
        for notification in taken:
            task = asyncio.create_task(self._send(notification))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def announce(self, hampered: Hampered) -> None:
        """Begin to tell that jobs can't start, if the user wants to hear of failures.

        It is not kept in the store, which may be what can't be written: a scheduler that comes after tells it again.
        """
        if not self._channels.exist or self._channels.on is Notify.NEVER:
            return
        heading, text = message.of_start(hampered)
        task = asyncio.create_task(self._announce(hampered.job, heading, text))
        self._under_way.add(task)
        task.add_done_callback(self._done)

    async def _announce(self, job: Job, heading: str, text: str) -> None:
        if complaint := await self._run_all(self._by_settings(job, "shortage", heading, text)):
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
        job, ids = notification.job, [notification.id, *(each.id for each in notification.others)]
        try:
            ways = self._of_several(notification) if notification.others else self._ways(notification)
            complaint = await self._run_all(ways)
        except asyncio.CancelledError:
            with suppress(TuiQueueError):
                await self._box.put_back(ids)
            raise
        if complaint:
            logger.warning("job %s: %s", job.id, complaint)
        await self._box.notified(ids, complaint or ("" if notification.told else WITH_BATCH))

    def _of_several(self, notification: Notification) -> list[Way]:
        """Return the ways in which the ends of several jobs are told in one message."""
        jobs = [notification.job, *(each.job for each in notification.others)]
        heading, text = message.of_several(jobs)
        shown = next((job for job in jobs if job.state is State.FAILED), jobs[-1])
        return self._by_settings(shown, "ended", heading, text, jobs)

    async def _run_all(self, ways: Sequence[Way]) -> str:
        """Tell something in each way; return what went wrong, or nothing."""
        said = [await _run(way, self._channels.hook_timeout_s) for way in ways]
        return "; ".join(filter(None, said))

    def _ways(self, notification: Notification) -> list[Way]:
        """Return the ways in which something is told: those of the settings, mail, and the job's own commands."""
        job, event, end = notification.job, notification.event, notification.batch_end
        heading, text = message.title(job, event), message.body(job, event)
        variables = message.environment(job, event, heading, text, self._log_path(job))
        own = [
            Way(name, words, message.for_hook(variables, self._channels.env)) for name, words in commands_of(job, event)
        ]
        if not notification.told:
            return own
        by_settings = job.options.notify or self._channels.on
        by_mail = mail_wish(job.options)
        ways: list[Way] = []
        if end is not None:
            heading, text = message.of_batch(end)
        if wants(by_settings, job, event) if end is None else end.is_wanted(by_settings):
            ways += self._by_settings(job, event if end is None else "batch", heading, text)
        if wants(by_mail, job, event) if end is None else end.is_wanted(by_mail):
            ways.append(self._mail(job, heading, text))
        return ways + own

    def _mail(self, job: Job, heading: str, text: str) -> Way:
        given = message.mail(job, text, self._log_path(job))
        if (program := mailer()) is None:
            return Way("mail", ("sendmail",), {})  # it can't be started, which is told
        words, with_headings = mail_words(program, heading, job.options.mail_to)
        content = message.with_headings(heading, job.options.mail_to, given) if with_headings else given.encode()
        return Way("mail", words, message.for_hook({}, self._channels.env), content)

    def _by_settings(self, job: Job, event: str, heading: str, text: str, jobs: Sequence[Job] = ()) -> list[Way]:
        variables = {
            **message.environment(job, event, heading, text, self._log_path(job)),
            "TUI_QUEUE_JOBS": " ".join(str(each.id) for each in jobs or (job,)),
        }
        ways: list[Way] = []
        if self._channels.hook:
            ways.append(Way("hook", self._channels.hook, message.for_hook(variables, self._channels.env)))
        if self._channels.urls:
            kind = {State.COMPLETED: "success", State.FAILED: "failure"}.get(job.state, "warning")
            words = [sys.executable, "-c", "from apprise.cli import main; main()", "--notification-type", kind]
            words += ["--title", heading, "--body", text]
            # In the environment: other users see a command line, and these have passwords in them.
            env = message.for_hook({"APPRISE_URLS": " ".join(self._channels.urls)}, (*OWN, *self._channels.env))
            ways.append(Way("apprise", words, env))
        return ways

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("news could not be told", exc_info=error)
        self._sent()


async def _run(way: Way, limit_s: float) -> str:
    """Run a command to its end; return what went wrong, or nothing."""
    what = way.name
    try:
        process = await asyncio.create_subprocess_exec(
            *way.words,
            env=way.env,
            cwd=os.path.expanduser("~"),
            stdin=asyncio.subprocess.PIPE if way.given else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        return f"{what} {printable(way.words[0])}: could not start: {why}"
    if process.stdin is not None:
        process.stdin.write(way.given)
        process.stdin.close()
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
