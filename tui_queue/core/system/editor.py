"""Which program changes texts."""

import shlex
from collections.abc import Mapping


def editor(env: Mapping[str, str]) -> list[str]:
    """Return the words of the program that changes texts. Raises ValueError for a quote that is not closed."""
    return shlex.split(env.get("VISUAL") or env.get("EDITOR") or "") or ["vi"]
