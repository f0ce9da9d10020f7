"""Checks that no other user can change what the program uses, or has put it there.

Another user's settings name programs that would run as us, and another user's link makes us write elsewhere. So a file
or directory is used only if it belongs to this user or root and no other user may write it, and a link on the way to it
only if we or root made it. In a directory that all users may write, such as /tmp, what we find must be ours or root's.
"""

import os
import stat
from collections.abc import Iterable

from tui_queue.core.errors import StoreError
from tui_queue.core.units.printable import printable

LINKS = 40  # on the way to one file, as the kernel allows
ACL = "system.posix_acl_access"
ELSEWHERE = "Set TUI_QUEUE_HOME to a directory of yours."
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFREG: "a file",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_directory(path: str) -> bool:
    """Return whether there is a directory at this absolute path. Raises StoreError where others have a hand in it."""
    return _check(path, stat.S_IFDIR)


def check_file(path: str) -> bool:
    """Return whether there is a file at this absolute path. Raises StoreError where others have a hand in it."""
    return _check(path, stat.S_IFREG)


def check_entries(directory: str, *, files: Iterable[str], directories: Iterable[str]) -> None:
    """Check what there is of these names in a directory that was checked before. Raises StoreError."""
    for names, kind in ((files, stat.S_IFREG), (directories, stat.S_IFDIR)):
        for name in names:
            path = os.path.join(directory, name)
            try:
                found = os.lstat(path)
            except OSError:  # the caller that opens it says more
                continue
            if stat.S_ISLNK(found.st_mode):
                _check(path, kind)
            else:
                check_found(path, found, kind)


def check_found(path: str, found: os.stat_result, kind: int = stat.S_IFREG) -> None:
    """Check what lies at a path. Raises StoreError where it is of another kind, or another user can write it."""
    shown = printable(path)
    if stat.S_IFMT(found.st_mode) != kind:
        is_now = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise StoreError(
            f"{shown}: it is {is_now}, not {_KINDS[kind]}. Move it away, or set TUI_QUEUE_HOME to another place."
        )
    if not _is_ours(found):
        raise StoreError(f"{shown}: it belongs to {_name(found.st_uid)}, who could run programs as you. {ELSEWHERE}")
    if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _is_private(found.st_gid, path)):
        mode = stat.S_IMODE(found.st_mode)
        raise StoreError(
            f"{shown}: other users can write it (mode {mode:o}), and so run programs as you. "
            f"If what it holds is yours: chmod go-w {shown}; else set TUI_QUEUE_HOME to another place."
        )


def _check(path: str, kind: int) -> bool:
    found = _follow(path)
    if found is None:
        return False
    check_found(path, found, kind)
    return True


def _follow(path: str) -> os.stat_result | None:
    """Return what is at a path, or None, after a check of each step to it. Raises StoreError."""
    place, above, links = "/", None, 0
    steps = path.split("/")[::-1]
    found = None
    while steps:
        name = steps.pop()
        if name in ("", "."):
            continue
        if name == "..":  # of a link's target
            place = os.path.dirname(place)
            above = found = os.lstat(place)
            continue
        here = os.path.join(place, name)
        try:
            found = os.lstat(here)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(f"{printable(here)}: can't be reached: {error.strerror}. {ELSEWHERE}") from None
        if above is not None:
            _check_step(place, above, here, found)
        if not stat.S_ISLNK(found.st_mode):
            place, above = here, found
            continue
        links += 1
        if links > LINKS:
            raise StoreError(f"{printable(path)}: its links lead nowhere. {ELSEWHERE}")
        target = os.readlink(here)
        if target.startswith("/"):
            place, above = "/", None
        steps += target.split("/")[::-1]
    return found


def _check_step(place: str, above: os.stat_result, here: str, found: os.stat_result) -> None:
    """Check a step from a directory to what lies in it. Raises StoreError where another user could have chosen it."""
    if stat.S_ISLNK(found.st_mode) and not _is_ours(found):
        raise StoreError(
            f"{printable(here)}: it is a link that {_name(found.st_uid)} made, and it could lead anywhere. {ELSEWHERE}"
        )
    if not above.st_mode & stat.S_IWOTH:
        return
    if above.st_mode & stat.S_ISVTX:
        if not _is_ours(found):
            raise StoreError(f"{printable(here)}: it belongs to {_name(found.st_uid)}. {ELSEWHERE}")
    elif above.st_uid != 0:  # what root has opened to all in this way is a container's volume, or a cluster's scratch
        raise StoreError(
            f"{printable(place)}: every user can replace what lies in it (mode {stat.S_IMODE(above.st_mode):o}). "
            f"If it is yours: chmod go-w {printable(place)}; else set TUI_QUEUE_HOME to another place."
        )


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid in (0, os.geteuid())


def _is_private(group: int, path: str) -> bool:
    """Whether a group is our own and has no other member, as where each user has one and the umask is 002."""
    import grp  # noqa: PLC0415 - most files are not open to a group
    import pwd  # noqa: PLC0415 - as that

    us = os.geteuid()
    try:
        me = pwd.getpwuid(us)
        name, own = me.pw_name, me.pw_gid
    except KeyError:  # as in many containers
        name, own = "", os.getgid()
    if group != own or _has_acl(path):
        return False
    try:
        members = set(grp.getgrgid(group).gr_mem)
    except KeyError:
        members = set()
    if members - {name, "root"}:
        return False
    return all(user.pw_uid in (0, us) for user in pwd.getpwall() if user.pw_gid == group)


def _has_acl(path: str) -> bool:
    """Whether a list names further users: then the mode of the group is what these may do at most."""
    try:
        return bool(os.getxattr(path, ACL))
    except (OSError, AttributeError):  # there is none, or no such lists
        return False


def _name(user: int) -> str:
    import pwd  # noqa: PLC0415 - only in messages

    try:
        return f"user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"user {user}"
