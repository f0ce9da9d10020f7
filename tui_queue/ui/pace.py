"""How often the screen may be refreshed, so that the event loop is free for the scheduler; pure."""

SHARE = 0.1  # of the time that refreshes may take
SAVED_S = 0.3  # of refreshes that may follow each other at once after a rest
EVERY_S = 0.5  # between two refreshes at most, however long each takes


class Pace:
    """Spends a share of the time on refreshes, which take as long as they are measured to take.

    What is not used is saved up to a bound: the first changes after a rest are shown at once. ``now`` is a monotonic
    time in seconds.
    """

    def __init__(self, now: float) -> None:
        self._saved_s = SAVED_S
        self._ended = now

    def spend(self, begun: float, now: float) -> None:
        """Note a refresh that began then and ends now."""
        self._saved_s = min(SAVED_S, self._saved_s + SHARE * (begun - self._ended)) - (now - begun)
        self._ended = now

    def rest_s(self, now: float) -> float:
        """Return for how long to wait until the next refresh."""
        rested = now - self._ended
        lacks_s = -(self._saved_s + SHARE * rested) / SHARE
        return max(0.0, min(lacks_s, EVERY_S - rested))
