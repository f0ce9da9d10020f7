"""What a notification is about, and how notifications are sent."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from tui_queue.core.model.job import Job, State
from tui_queue.core.model.options import JobOptions, Notify


class Event(StrEnum):
    """Something of a job that a person may want to hear of."""

    ENDED = "ended"
    SILENT = "silent"
    ASKS = "asks"  # it was interrupted, and whether it runs again is to be said


def wants(wish: Notify, job: Job, event: Event) -> bool:
    """Whether a user with this wish is to hear this of a job."""
    match wish:
        case Notify.NEVER:
            return False
        case Notify.FAILURE:
            return event is not Event.ENDED or job.state is State.FAILED
        case Notify.END:
            return True


def mail_wish(options: JobOptions) -> Notify:
    """Return of what the addresses of a job get mail."""
    return Notify.NEVER if not options.mail_to else options.notify or Notify.END


def commands_of(job: Job, event: Event) -> list[tuple[str, tuple[str, ...]]]:
    """Return the job's own commands that are to be run now, by the names of their options."""
    if event is not Event.ENDED:
        return []
    options = job.options
    found = [("on-end", options.on_end)]
    found += [("on-failure", options.on_failure)] if job.state is State.FAILED else []
    return [(name, words) for name, words in found if words]


def has_own_ways(options: JobOptions) -> bool:
    """Whether a job has ways of its own to tell of it."""
    return bool(options.mail_to or options.on_end or options.on_failure)


class BatchEnd(Struct, frozen=True, kw_only=True):
    """That all jobs of a batch have ended: how many in each state, and which of them was the first to fail."""

    name: str
    counts: Mapping[State, int]
    first_failed: Job | None

    def is_wanted(self, wish: Notify) -> bool:
        """Whether a user with this wish is to hear it."""
        return wish is Notify.END or (wish is Notify.FAILURE and self.first_failed is not None)


class Channels(Struct, frozen=True, kw_only=True):
    """How news travel, by the settings.

    ``on`` is for jobs that say nothing themselves. ``hook`` is a command and its words, which gets
    ``hook_timeout_s`` seconds; ``urls`` are those of apprise; ``env`` are the variables that a hook gets beside
    those of a minimal environment; ``terminal`` is how the dashboard's terminal is told.
    """

    on: Notify = Notify.FAILURE
    terminal: str = "auto"
    hook: tuple[str, ...] = ()
    hook_timeout_s: float = 30
    urls: tuple[str, ...] = ()
    env: tuple[str, ...] = ()

    @property
    def exist(self) -> bool:
        """Whether the settings name any way to tell."""
        return bool(self.hook or self.urls)

    def wants(self, job: Job, event: Event) -> bool:
        """Whether the user wants to be told this about a job."""
        return wants(job.options.notify or self.on, job, event)

    def sends(self, job: Job, event: Event) -> bool:
        """Whether this of a job is to be told in any way, by the settings or by its own options."""
        by_settings = self.exist and self.wants(job, event)
        return by_settings or wants(mail_wish(job.options), job, event) or bool(commands_of(job, event))
