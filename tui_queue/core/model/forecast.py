"""The forecast of a running job."""

from msgspec import Struct

from tui_queue.core.model.reason import WAITS_FOR_INPUT
from tui_queue.core.model.usage import Activity


class Forecast(Struct, frozen=True):
    """What is known of a run: the part done, from 0 to 1, and the seconds to go; None where it is unknown.

    ``activity`` is what its processes have done since the last measurement; None where none was made. ``warned`` says
    what became of the warning of its time limit, once that was due; ``asks`` says whether it waits for input from its
    terminal.
    """

    fraction: float | None
    remaining_s: float | None
    activity: Activity | None = None
    warned: str = ""
    asks: bool = False

    def agrees_with(self, reason: str) -> bool:
        """Whether the reason of the job says what has become known of its run."""
        return self.warned in reason and self.asks == (WAITS_FOR_INPUT in reason)
