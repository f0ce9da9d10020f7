"""The goals of an open dashboard: what they are called, what must be reached, and what would be fine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """One figure; ``most`` says that it is to be at most so much, else at least."""

    name: str
    must: float
    want: float
    most: bool = True

    def verdict(self, value: float) -> str:
        """Say whether a value reaches it."""
        for limit, words in ((self.want, "wanted"), (self.must, "met")):
            if (value <= limit) if self.most else (value >= limit):
                return words
        return "MISSED"


GOALS = {
    "drain2": Goal("drain, 2 slots, dashboard / headless", 0.6, 0.9, most=False),
    "drain8": Goal("drain, 8 slots, dashboard / headless", 0.6, 0.9, most=False),
    "busy2": Goal("drain, 2 slots, beside a busy core, dashboard / headless", 0.4, 0.9, most=False),
    "gap p50": Goal("slot empty p50, dashboard / headless", 1.3, 1.1),
    "gap p99": Goal("slot empty p99, dashboard / headless", 3.0, 1.5),
    "start p50": Goal("start on an idle queue p50, dashboard / headless", 1.3, 1.1),
    "prints": Goal("CPU of a dashboard, 3 jobs x 10 lines/s, %", 4.0, 2.0),
    "silent": Goal("CPU of a dashboard, 3 silent jobs, %", 0.3, 0.1),
    "idle bytes": Goal("idle dashboard: bytes written", 0.0, 0.0),
    "idle wake-ups": Goal("idle dashboard: wake-ups a second", 1.0, 0.0),
    "paint": Goal("first paint / bare Textual app with a DataTable", 1.2, 1.0),
    "paint many": Goal("first paint, 1,000,000 jobs / none", 1.1, 1.0),
    "drain keys": Goal("key to paint p99 while 600 jobs drain, ms", 100.0, 50.0),
    "flood keys": Goal("key to paint p99 while a log grows at 50 MB/s, ms", 100.0, 50.0),
}
