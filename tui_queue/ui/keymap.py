"""Reads the settings of keys, and formats keys for display."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, key_to_character
from textual.widgets import Input

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable

_MODIFIERS = {"ctrl", "alt", "shift", "super", "hyper", "meta"}
_NAMED = {key.value for key in Keys}
_SHOWN = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "space": "Space",
    "minus": "-",
    "plus": "+",
    "slash": "/",
    "backslash": "\\",
    "at": "@",
    "underscore": "_",
}
Place = Sequence[type[DOMNode]]  # what takes keys together


def read_keymap(values: Mapping[str, object], where: str, places: Iterable[Place]) -> dict[str, str]:
    """Return what Textual is to be told of the table [keys] of the settings. Raises BadInputError."""
    places = list(places)
    known = {binding.id for place in places for binding in bindings_of(place)}
    keymap = {}
    for name, keys in values.items():
        if name not in known:
            ids = ", ".join(sorted(filter(None, known)))
            raise BadInputError("config", f"{printable(where)}: [keys] {printable(name)}: no such binding; {ids}.")
        keymap[name] = _keys(name, keys, where)
    for place in places:
        _check_clashes(place, keymap, where)
        _check_typing(place, keymap, where)
    return keymap


def bindings_of(place: Place) -> Iterator[Binding]:
    """Return the bindings that can be re-mapped."""
    for node in place:
        for binding in vars(node).get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                yield binding


def shown_keys(place: Place, keymap: Mapping[str, str]) -> dict[str, str]:
    """Return how the keys of each binding are shown, by its id."""
    return {
        str(binding.id): " ".join(map(shown, keymap.get(str(binding.id), binding.key).split(",")))
        for binding in bindings_of(place)
    }


def keys_of(node: DOMNode) -> dict[str, str]:
    """Return how the keys of each binding of a screen or a widget are shown, as the settings have them, by its id."""
    return shown_keys(_kinds(type(node)), getattr(node.app, "keymap", {}))


def bindings_in(node: DOMNode, keymap: Mapping[str, str]) -> Iterator[Binding]:
    """Return the bindings of a screen or a widget that can be re-mapped, with the first key that each has now."""
    for binding in bindings_of(_kinds(type(node))):
        if (keys := keymap.get(str(binding.id))) is not None:
            binding = binding.with_key(keys)  # noqa: PLW2901
        yield next(iter(Binding.make_bindings([binding])))


@cache
def bindings_by_key(kind: type[DOMNode]) -> Mapping[str, Binding]:
    """Return what each key does in a kind of widget; a class comes before those that it is derived from."""
    found: dict[str, Binding] = {}
    for each in _kinds(kind):
        own: dict[str, Binding] = {}
        for binding in Binding.make_bindings(vars(each).get("BINDINGS", ())):
            own.setdefault(binding.key, binding)
        found.update(own)
    return found


def _kinds(kind: type[DOMNode]) -> Place:
    return [each for each in reversed(kind.__mro__) if issubclass(each, DOMNode)]


def with_keys(text: str, keys: Mapping[str, str]) -> str:
    """Return a text that names bindings, such as ``Press {job.add}.``, with the first key of each in their place."""
    return re.sub(r"\{(\w+\.\w+)\}", lambda found: keys[found[1]].split()[0], text)


def shown(key: str) -> str:
    """Return a key as people know it."""
    modifiers, _, base = key.rpartition("+") if len(key) > 1 else ("", "", key)
    char = key_to_character(base) or ""
    name = _SHOWN.get(base) or (char if char.isprintable() else "") or base.capitalize()
    return "".join(f"{modifier.capitalize()}+" for modifier in modifiers.split("+") if modifier) + (
        name.upper() if modifiers else name
    )


def _keys(name: str, keys: object, where: str) -> str:
    if not isinstance(keys, str) or not keys:
        raise BadInputError("config", f'{printable(where)}: [keys] {name} must be keys in quotes: "x" or "ctrl+x,f5".')
    found = []
    for key in [","] if keys == "," else keys.split(","):
        key = key.strip()  # noqa: PLW2901
        modifiers, _, base = key.rpartition("+") if len(key) > 1 else ("", "", key)
        is_known = bool(base) and (base in _NAMED or key in _NAMED or key_to_character(base) is not None)
        if not is_known or not _MODIFIERS.issuperset(filter(None, modifiers.split("+"))):
            raise BadInputError(
                "config",
                f"{printable(where)}: [keys] {name} = {printable(keys)!r}: {printable(key)!r} is no key; "
                "keys are as in x, ctrl+x, f5, delete, pageup, slash.",
            )
        found.append(_name_of(key))
    return ",".join(found)


def _name_of(key: str) -> str:
    """Return a key by the name that Textual has for it."""
    return "comma" if key == "," else next(iter(Binding.make_bindings([Binding(key, "")]))).key


def _check_typing(place: Place, keymap: Mapping[str, str], where: str) -> None:
    """Refuse keys that the fields of a place take: they would never come to whom they are for."""
    fields = [node for node in place if issubclass(node, Input)]
    taken = {key for field in fields for key in bindings_by_key(field)}
    for name in sorted({str(binding.id) for binding in bindings_of(place)} & keymap.keys() if fields else ()):
        for key in keymap[name].split(","):
            if key in taken or key == "space" or len(shown(key)) == 1:
                raise BadInputError(
                    "config",
                    f"{printable(where)}: [keys] {name}: {shown(key)} is for the fields there; "
                    "take one such as ctrl+g or f6.",
                )


def _check_clashes(place: Place, keymap: Mapping[str, str], where: str) -> None:
    users: dict[str, set[str]] = defaultdict(set)
    for binding in bindings_of(place):
        for key in keymap.get(str(binding.id), binding.key).split(","):
            users[_name_of(key)].add(str(binding.id))
    for key, ids in users.items():
        if len(ids) > 1 and not ids.isdisjoint(keymap):
            raise BadInputError(
                "config", f"{printable(where)}: [keys] {shown(key)} is the key of {' and of '.join(sorted(ids))}."
            )
