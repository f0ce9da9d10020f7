"""Leaves out variables that name sockets of a login session that is gone."""

import _socket  # as in serve.py
import os

X11_PORT = 6000  # of display 0, where ssh forwards displays to


def living(env: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Return an environment without the variables whose socket or directory does not exist any more.

    A program that finds one of them waits for a session that has ended, or fails; without it, it does without.
    """
    runtime = env.get(b"XDG_RUNTIME_DIR", b"")
    gone = [name for name, value in env.items() if name in _PLACES and not _lives(_PLACES[name](value, runtime))]
    return {name: value for name, value in env.items() if name not in gone} if gone else env


def _lives(place: "bytes | int | None") -> bool:
    if isinstance(place, int):
        display = _socket.socket()
        try:
            return display.connect_ex(("127.0.0.1", place)) == 0
        finally:
            display.close()
    return place is None or os.path.exists(place)


def _itself(value: bytes, _runtime: bytes) -> "bytes | None":
    return value or None


def _of_bus(value: bytes, _runtime: bytes) -> "bytes | None":
    """Return the path in an address such as ``unix:path=/run/user/1000/bus,guid=...``; None for another kind."""
    kind, _, rest = value.partition(b":path=")
    return rest.split(b",")[0] if kind == b"unix" else None


def _of_wayland(value: bytes, runtime: bytes) -> "bytes | None":
    return os.path.join(runtime, value) if value else None


def _of_display(value: bytes, _runtime: bytes) -> "bytes | int | None":
    """Return the socket of a display of this machine, or the port to which ssh forwards one; None for another."""
    host, _, rest = value.rpartition(b":")
    number = rest.split(b".")[0]
    if not number.isdigit():
        return None
    if host in (b"", b"unix"):
        return b"/tmp/.X11-unix/X" + number
    return X11_PORT + int(number) if host == b"localhost" and len(number) < 5 else None


_PLACES = {
    b"SSH_AUTH_SOCK": _itself,
    b"XDG_RUNTIME_DIR": _itself,
    b"DBUS_SESSION_BUS_ADDRESS": _of_bus,
    b"WAYLAND_DISPLAY": _of_wayland,
    b"DISPLAY": _of_display,
}
