"""The list screen of statistics: how jobs that ended lately did, by name, queue, batch or day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui_queue.core.model.statistics import Figures, Group
from tui_queue.core.units.durations import duration
from tui_queue.ui.lists.table_screen import HELP_KEY, TableScreen
from tui_queue.ui.messages import QueueChanged

_SPANS = {"day": 1, "week": 7, "month": 30, "year": 365}  # days


class StatisticsScreen(TableScreen):
    """Shows figures of groups of ended jobs; they are counted when it opens, and when the user asks for others."""

    NAME = "history"
    EMPTY = "No job has ended in this time. Press {history.span} for a longer one."
    COLUMNS: ClassVar[Mapping[str, int]] = {"Group": 0, "Jobs": 6, "Done": 6, "Failed": 6, "Median": 7, "9 of 10": 7}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "by", "By", id="history.by", tooltip="By name, queue, batch or day"),
        Binding("s", "span", "Span", id="history.span", tooltip="Of the last day, week, month or year"),
        HELP_KEY,
    ]

    _by = Group.NAME
    _span = "week"

    def on_queue_changed(self, message: QueueChanged) -> None:
        """Keep the figures: counting them takes long where many jobs have ended."""
        message.prevent_default()

    async def rows(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Return a row for each group, the largest first, below one for all of them."""
        since = datetime.now(UTC) - timedelta(days=_SPANS[self._span])
        every, groups = await self.commands.reports.statistics(since, self._by)
        self.rule.say(right=f"by {self._by}, ended within a {self._span}")
        named = [(each.name or "(none)", each) for each in groups]
        if len(groups) > 1:
            named.insert(0, ("all of them", every))
        self.hints = {name: _hint(each) for name, each in named}
        return [(name, _cells(name, each)) for name, each in named]

    def action_by(self) -> None:
        """Group the jobs by something else."""
        ways = list(Group)
        self._by = ways[(ways.index(self._by) + 1) % len(ways)]
        self.changed.set()

    def action_span(self) -> None:
        """Count the jobs of another span of time."""
        spans = list(_SPANS)
        self._span = spans[(spans.index(self._span) + 1) % len(spans)]
        self.changed.set()


def _cells(name: str, figures: Figures) -> Sequence[str]:
    numbers = (figures.jobs, figures.completed, figures.failed)
    return (name, *map(str, numbers), duration(figures.took_median_s), duration(figures.took_p90_s))


def _hint(figures: Figures) -> str:
    return (
        f"cancelled {figures.cancelled}, longest {duration(figures.took_longest_s) or '-'}, "
        f"waited {duration(figures.waited_median_s) or '-'} (median), CPU {duration(figures.cpu_s)}"
    )
