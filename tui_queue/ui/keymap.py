"""Reads the settings of keys, and formats keys for display."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, key_to_character
from textual.widgets import Input

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable

_MODIFIERS = {"ctrl", "alt", "shift", "super", "hyper", "meta"}
_NAMED = {key.value for key in Keys}
NO_KEY = "unbound"  # what Textual is told of a binding that has none
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
    NO_KEY: "–",
}
_WAYS_OUT = (".leave", ".close", "form.cancel", "confirm.no", "view.jobs")
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
    lost: dict[str, set[str]] = defaultdict(set)  # keys that defaults lose to those in the settings
    for place in places:
        for name, key in _taken_keys(place, keymap, where):
            lost[name].add(key)
        _check_typing(place, keymap, where)
    return keymap | {name: _left(places, name, taken, where) for name, taken in lost.items()}


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


def has_key(node: DOMNode, binding: Binding) -> bool:
    """Whether a binding still has its key: the settings may have given it to another, or this one another key."""
    keymap: Mapping[str, str] = getattr(node.app, "keymap", {})
    return not binding.id or binding.id not in keymap or binding.key in keymap[binding.id].split(",")


def _kinds(kind: type[DOMNode]) -> Place:
    return [each for each in reversed(kind.__mro__) if issubclass(each, DOMNode)]


def with_keys(text: str, keys: Mapping[str, str]) -> str:
    """Return a text that names bindings, such as ``Press {job.add}.``, with the first key of each in their place."""

    def key_of(name: str) -> str:
        key = keys[name].split()[0]
        return f"({name}: no key)" if key == _SHOWN[NO_KEY] else key

    return re.sub(r"\{(\w+\.\w+)\}", lambda found: key_of(found[1]), text)


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
    # What has a name can be given another key: it gives way.
    taken = {key for field in fields for key, binding in bindings_by_key(field).items() if not binding.id}
    for name in sorted({str(binding.id) for binding in bindings_of(place)} & keymap.keys() if fields else ()):
        for key in keymap[name].split(","):
            if key in taken or key == "space" or len(shown(key)) == 1:
                raise BadInputError(
                    "config",
                    f"{printable(where)}: [keys] {name}: {shown(key)} is for the fields there; "
                    "take one such as ctrl+g or f6.",
                )


def _taken_keys(place: Place, keymap: Mapping[str, str], where: str) -> Iterator[tuple[str, str]]:
    """Yield the bindings whose default keys the settings give to others of a place, and those keys."""
    users: dict[str, set[str]] = defaultdict(set)
    for binding in bindings_of(place):
        for key in keymap.get(str(binding.id), binding.key).split(","):
            users[_name_of(key)].add(str(binding.id))
    for key, ids in users.items():
        chosen = ids & keymap.keys()
        if len(chosen) > 1:
            raise _clash(where, key, chosen)
        if chosen:
            yield from ((name, key) for name in sorted(ids - chosen))


def _left(places: Iterable[Place], name: str, taken: Set[str], where: str) -> str:
    """Return the keys that a default has left; one that leaves a screen must have some."""
    default = next(binding.key for place in places for binding in bindings_of(place) if binding.id == name)
    if left := [key for key in default.split(",") if _name_of(key) not in taken]:
        return ",".join(map(_name_of, left))
    if name.endswith(_WAYS_OUT):
        raise BadInputError(
            "config",
            f"{printable(where)}: [keys] {shown(min(taken))} is the only key of {name}; give that another one too.",
        )
    return NO_KEY


def _clash(where: str, key: str, ids: Iterable[str]) -> BadInputError:
    return BadInputError(
        "config", f"{printable(where)}: [keys] {shown(key)} is the key of {' and of '.join(sorted(ids))}."
    )
