"""Parses resources and gates."""

import re
from collections.abc import Iterable, Sequence

from tui_queue.core.errors import BadInputError
from tui_queue.core.system.machine import GATES
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import LARGEST, parse_size, size_text

_NAME = r"(?a)[a-z][a-z0-9_-]{0,39}"
_LEAST_BYTES = 1 << 20  # below this the user has forgotten the unit


def parse_gates(text: str) -> tuple[tuple[str, float], ...]:
    """Return what ``mem=8G,load=4`` asks for. Raises BadInputError."""
    gates = []
    for name, value, part in _pairs("gates", [text]):
        if name not in GATES:
            raise BadInputError("gates", f"{printable(part)}: no such gate; there are {', '.join(GATES)}.")
        least = _amount("gates", name, value, part)
        if name == "load" and value[-1].isalpha():
            raise BadInputError("gates", f"{printable(part)}: a load has no unit; write load=4 or load=0.5.")
        if name != "load" and least < _LEAST_BYTES:
            raise BadInputError("gates", f"{printable(part)}: less than 1M; write the unit, as in {name}=8G.")
        gates.append((name, float(least)))
    return tuple(gates)


def parse_resources(text: str | Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return what ``gpu=2,mem=32G`` asks for, or several of such texts together. Raises BadInputError."""
    resources = []
    for name, value, part in _pairs("resources", [text] if isinstance(text, str) else text):
        wanted = _amount("resources", name, value, part)
        if not isinstance(wanted, int):
            raise BadInputError("resources", f"{printable(part)}: not a whole number; write {name}=1, or bytes as 32G.")
        resources.append((name, wanted))
    return tuple(resources)


def _pairs(field: str, texts: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return name, value and the part that holds both; empty parts are nothing."""
    pairs: dict[str, tuple[str, str, str]] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        if not part:
            continue
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not re.fullmatch(_NAME, name):
            example = "mem=8G" if field == "gates" else "gpu=1"
            raise BadInputError(field, f"{printable(part)}: not a name with an amount; write {example}.")
        if name in pairs:
            raise BadInputError(field, f"{printable(part)}: {name} is asked for twice; name it once.")
        pairs[name] = name, value.strip(), part
    return list(pairs.values())


def _amount(field: str, name: str, value: str, part: str) -> int | float:
    try:
        return parse_size(value)
    except ValueError:
        example = f"{name}=4" if name in ("load", "gpu") else f"{name}=32G"
        raise BadInputError(
            field, f"{printable(part)}: not an amount above 0 and up to {size_text(LARGEST)}; write {example}."
        ) from None
