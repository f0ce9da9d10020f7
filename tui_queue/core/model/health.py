"""What the doctor finds."""

from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    LOOK = "look"  # it works, but look
    WRONG = "wrong"


class Check(Struct, frozen=True, kw_only=True):
    """What was looked at, what was found, and what to do about it."""

    name: str
    level: Level
    found: str
    advice: str = ""
