"""Names and numbers of signals."""

import signal


def signal_name(number: int) -> str:
    """Return ``SIGTERM`` for 15, and so on."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return "real-time"
