"""The forecast of a running job."""

from msgspec import Struct

from tui_queue.core.model.usage import Activity


class Forecast(Struct, frozen=True):
    """What is known of a run: the part done, from 0 to 1, and the seconds to go; None where nobody can know.

    ``activity`` is what its processes have done since the last look; None where nobody has asked. ``warned`` says what
    became of the warning of its time limit, once that was due.
    """

    fraction: float | None
    remaining_s: float | None
    activity: Activity | None = None
    warned: str = ""
