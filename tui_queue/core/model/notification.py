"""What a notification is about, and how notifications are sent."""

from enum import StrEnum

from msgspec import Struct

from tui_queue.core.model.job import Job, State
from tui_queue.core.model.options import Notify


class Event(StrEnum):
    """Something of a job that a person may want to hear of."""

    ENDED = "ended"
    SILENT = "silent"
    ASKS = "asks"  # it was interrupted, and whether it runs again is to be said


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

    def wants(self, job: Job, event: Event) -> bool:
        """Whether somebody is to hear this of a job."""
        match job.options.notify or self.on:
            case Notify.NEVER:
                return False
            case Notify.FAILURE:
                return event is not Event.ENDED or job.state is State.FAILED
            case Notify.END:
                return True
