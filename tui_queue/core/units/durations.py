"""Spans of time in few characters."""

import re

_SPAN = r"(?a)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?"
LONGEST_S = 10 * 365 * 86_400


def parse_duration(text: str) -> int:
    """Return the seconds that ``90``, ``90s``, ``15m``, ``2h30m`` or ``3d`` mean. Raises ValueError, also for 0."""
    found = re.fullmatch(_SPAN, text.strip())
    days, hours, minutes, seconds = (int(number or 0) for number in found.groups()) if found else (0, 0, 0, 0)
    span = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if not 0 < span <= LONGEST_S:
        raise ValueError(text)
    return span


def duration(seconds: float | None) -> str:
    """Return ``7s``, ``3m05s``, ``2h07m`` or ``3d04h``; empty for None."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3600:02}h"
