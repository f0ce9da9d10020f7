"""The help pages: Markdown files that lie in the directory ``help`` beside this module."""

import os
from functools import cache

_PLACE = os.path.join(os.path.dirname(__file__), "help")
# As a reader goes from the first job to what is seldom needed; what is not named here comes behind.
_ORDER = (
    *("jobs", "keys", "queues", "order", "schedules", "times", "filters", "logs", "environment", "resources", "sweeps"),
    *("notifications", "settings", "ssh", "troubleshooting", "commands", "exit-codes", "json", "python", "other-tools"),
    *("files", "security", "comparison"),
)


def topics() -> list[str]:
    """Return the names of all pages."""
    found = {name.removesuffix(".md") for name in os.listdir(_PLACE) if name.endswith(".md")}
    return [*(name for name in _ORDER if name in found), *sorted(found.difference(_ORDER))]


@cache  # a search reads all of them for each key
def page(topic: str) -> str:
    """Return the Markdown of a page. Raises FileNotFoundError."""
    with open(os.path.join(_PLACE, f"{topic}.md"), encoding="utf-8") as file:
        return file.read()


def title(topic: str) -> str:
    """Return the first line of a page, without its mark."""
    return page(topic).partition("\n")[0].lstrip("# ").rstrip()
