"""Where the log of the dashboard lies: beside the jobs, below them, on the whole screen, or hidden."""

from textual.geometry import Size
from textual.screen import Screen

from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard_settings import SPLITS
from tui_queue.ui.log.job_log import JobLog

_BESIDE_FROM, _AUTO_FROM = 96, 160  # columns of the terminal from which the log may, and does, lie beside the jobs
_HIDDEN_BELOW = 16  # lines of the terminal that are too few for both


class LogPlacement:
    """Places the log by classes of the screen that its style sheet knows: -beside, -roomy, -hidden and -zoomed."""

    def __init__(self, screen: Screen[None], table: JobTable, log: JobLog, split: str) -> None:
        """``split`` is where the settings want the log; the user may place it elsewhere."""
        self._screen = screen
        self._table = table
        self._log = log
        self._split = split

    @property
    def is_zoomed(self) -> bool:
        """Whether the log has the whole screen."""
        return self._screen.has_class("-zoomed")

    @property
    def is_hidden(self) -> bool:
        """Whether the log is hidden unless it is zoomed."""
        return self._screen.has_class("-hidden")

    @property
    def place(self) -> str:
        """Where the log is to lie in a terminal of this size."""
        return place_of_log(self._split, self._screen.app.size)

    def zoom(self, on: bool) -> None:
        """Give the log the whole screen, or take it back."""
        self._screen.set_class(on, "-zoomed")
        self._screen.refresh_bindings()

    def put(self, split: str) -> None:
        """Place the log elsewhere."""
        self._split = split
        self.arrange()

    def put_next(self) -> None:
        """Place the log at the next of its places."""
        self.put(next_split(self._split, self._screen.app.size))

    def arrange(self) -> None:
        """Fit the log to the terminal; it is not hidden while it shows why there is no job."""
        place = self.place
        before = self._screen.classes
        hidden = place == "hidden" and bool(self._table.jobs)
        self._screen.set_class(place == "beside", "-beside")
        self._screen.set_class(self._screen.app.size.width >= _AUTO_FROM, "-roomy")
        self._screen.set_class(hidden, "-hidden")
        if hidden and self._log.has_focus and not self.is_zoomed:
            self._table.focus()
        if self._screen.classes != before:
            self._screen.refresh_bindings()


def place_of_log(split: str, size: Size) -> str:
    """Return where the log lies in a terminal of this size: beside the jobs, below them, or hidden."""
    if split == "auto":
        return "beside" if size.width >= _AUTO_FROM else "below" if size.height >= _HIDDEN_BELOW else "hidden"
    return "below" if split == "beside" and size.width < _BESIDE_FROM else split


def next_split(split: str, size: Size) -> str:
    """Return the split of the next place of the log; auto, where that is the same place."""
    places = [each for each in SPLITS if place_of_log(each, size) == each]
    place = places[(places.index(place_of_log(split, size)) + 1) % len(places)]
    return "auto" if place == place_of_log("auto", size) else place
