"""Amounts in few characters: 2, 0.5, 32G; K, M, G and T are steps of 1024."""

import re

LARGEST = 2**63 - 1  # what the store can hold

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_AMOUNT = r"(?ai)(\d{1,19})(?:\.(\d{1,9}))?([KMGT]?)"


def parse_size(text: str) -> int | float:
    """Return what ``2``, ``0.5``, ``32G`` or ``1.5t`` means; an int if it is whole. Raises ValueError, also for 0."""
    found = re.fullmatch(_AMOUNT, text.strip())
    whole, part, unit = (group or "" for group in found.groups()) if found else ("0", "", "")
    parts: int = 10 ** len(part)
    value, rest = divmod(int(whole + part) * _UNITS[unit.upper()], parts)
    if value + rest <= 0 or value > LARGEST:
        raise ValueError(text)
    return value + rest / parts if rest else value


def size_text(number: int) -> str:
    """Return a count as it is written: 2, or 32G."""
    for unit in "TGM":
        if number >= _UNITS[unit]:
            return f"{number / _UNITS[unit]:.1f}".removesuffix(".0") + unit
    return str(number)
