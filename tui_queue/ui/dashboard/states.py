"""How the states of jobs are told apart: a sign, a word and a colour, in this order of trust; pure."""

from collections.abc import Mapping

from msgspec import Struct

from tui_queue.core.model.job import Job, State
from tui_queue.core.model.reason import ReasonKind

FORMAL_FROM = 100  # cells of a pane from which states have their formal words


class Look(Struct, frozen=True):
    """How a state is shown: its sign, its formal word, its short one, and the style of both."""

    sign: str
    word: str
    short: str
    style: str

    def words(self, width: int) -> str:
        """Return sign and word for a pane of this width, in cells."""
        return f"{self.sign} {self.word if width >= FORMAL_FROM else self.short}"


# No sign is in the tables of emoji: terminals agree on their widths.
LOOKS: Mapping[State, Look] = {
    State.PENDING: Look("○", "pending", "wait", "wait"),
    State.RUNNING: Look("►", "running", "run", "run"),
    State.COMPLETED: Look("✓", "completed", "done", "done"),
    State.FAILED: Look("✗", "failed", "fail", "fail"),
    State.CANCELLED: Look("–", "cancelled", "cancel", "cancel"),
}
HELD = Look("◇", "held", "hold", "hold")
PAUSED = Look("‖", "paused", "pause", "hold")
ENDS = Look("»", "ends", "ends", "run")
ASKS = Look("?", "asks", "asks", "wait")
LOST = Look("!", "lost", "lost", "fail")
_ASKING = {ReasonKind.ASKS, ReasonKind.RESTORED}
_QUIET = {State.COMPLETED, State.CANCELLED}


def look_of(job: Job) -> Look:
    """Return how the state of a job is shown."""
    if job.state is State.RUNNING:
        return ENDS if job.cancel_requested else PAUSED if job.paused else LOOKS[job.state]
    if job.state is State.PENDING and job.held:
        return ASKS if job.reason.kind in _ASKING else HELD
    if job.state is State.FAILED and job.reason.kind is ReasonKind.LOST:
        return LOST
    return LOOKS[job.state]


def is_quiet(job: Job) -> bool:
    """Whether a job is neither alive nor broken: its row rests."""
    return job.state in _QUIET
