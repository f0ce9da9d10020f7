"""Every process of a run, wherever it went: finds them, signals them, stops and kills them."""

import os
import signal
import time

from .descriptors import NamedPipe
from .signal_handling import handles, survives


class Tree:
    """Every process of the run, wherever it went: its group, all descendants, and each that carries its mark.

    The watcher adopts orphans of the run, and each process inherits the path of the run's log in its environment.
    One that carries another run's mark belongs to that run. On macOS, and without /proc, only the group can be found.
    ``leader`` is the group; ``begun`` says when it was started, in clock ticks, unless its number can't be a
    stranger's. ``root`` is the watcher; each is 0 for none. Without a watcher, each process that may write to ``pipe``
    is of the run too, and so are ``known`` ones, by their numbers and start times.
    """

    def __init__(
        self,
        leader: int,
        mark: bytes,
        *,
        root: int = 0,
        begun: int = 0,
        pipe: "NamedPipe | None" = None,
        known: "frozenset[tuple[int, bytes]]" = frozenset(),
    ) -> None:
        self._leader = leader
        self._begun = begun
        self._mark = mark
        self._root = root
        self._pipe = pipe
        self._known = known
        self._asked: set[tuple[int, bytes]] = set()
        self._asked_at = 0  # in clock ticks since the boot
        self._handled = False  # whether one of them may go on after SIGTERM

    def ask_to_end(self) -> None:
        """Send SIGTERM and SIGCONT to each process that is alive at the first call, and to none of them twice.

        What their handlers start has until the end of the grace. A search may miss a process that is just being born:
        the next calls know it by its start time, or because no process had a handler that could have started it.
        """
        first = not self._asked_at
        if not sees_processes():
            self._asked_at = 1
            for number in (signal.SIGTERM, signal.SIGCONT) if first else ():
                self._tell_group(number)
            return
        fresh = self.members() - self._asked
        if first:
            fresh |= self.members()
            self._asked_at = int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))
        elif self._handled:
            fresh = {member for member in fresh if int(member[1]) < self._asked_at}
        self._asked |= fresh
        self._handled = self._handled or any(survives(pid, signal.SIGTERM) for pid, _ in fresh)
        # The leader first: it should end of the signal, not of the loss of its children.
        for pid, begun in sorted(fresh, key=lambda member: member[0] != self._leader):
            for number in (signal.SIGTERM, signal.SIGCONT):
                _send(pid, begun, number)

    def kill(self) -> None:
        """Stop all of them, then kill them: that holds against a fork bomb too."""
        for pid, begun in self.stop():
            _send(pid, begun, signal.SIGKILL)
        if not sees_processes():
            self._tell_group(signal.SIGKILL)

    def stop(self) -> set[tuple[int, bytes]]:
        """Stop all of them until no new ones appear; return them."""
        if not sees_processes():
            self._tell_group(signal.SIGSTOP)
        stopped: set[tuple[int, bytes]] = set()
        while fresh := self.members() - stopped:
            for pid, begun in fresh:
                _send(pid, begun, signal.SIGSTOP)
            stopped |= fresh
        return stopped

    def send(self, number: int) -> None:
        """Send a signal to every process, also after other signals."""
        if not sees_processes():
            self._tell_group(number)
        for pid, begun in self.members():
            _send(pid, begun, number)

    def send_to_handlers(self, number: int) -> int:
        """Send a signal to the processes that handle it; return how many they are, 0 where they can't be seen."""
        found = [(pid, begun) for pid, begun in self.members() if handles(pid, number)]
        for pid, begun in found:
            _send(pid, begun, number)
        return len(found)

    def lives(self) -> bool:
        """Whether any of them is left."""
        return bool(self.by_age()) if sees_processes() else self._group_lives()

    def by_age(self) -> "list[tuple[int, int]]":
        """Return the number and the start time of each, the oldest first; none where they can't be seen.

        They are searched twice before there is none: a search may miss a process that is just being born.
        """
        found = self.members() or self.members()
        return sorted(((pid, int(begun)) for pid, begun in found), key=lambda each: (each[1], each[0]))

    def members(self) -> set[tuple[int, bytes]]:
        """Return the number and the start time of each, dead ones left out; none where they can't be seen."""
        if not sees_processes():
            return set()
        begun, parents, ours, undecided = {}, {}, set(), []
        leader = self._known_leader()
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            stat, mark = stat_of(pid), mark_of(pid)
            if pid == self._root or stat is None or stat[0] in (b"Z", b"X"):
                continue
            begun[pid], parents[pid] = stat[19], int(stat[1])
            # The kernel's processes, and those outside this PID namespace, are of group 0.
            is_known = (pid, stat[19]) in self._known
            if mark == self._mark or is_known or (mark is None and self._knows(pid, int(stat[2]) == leader > 0)):
                ours.add(pid)
            elif mark is None:
                undecided.append(pid)
        family = ours | ({self._root} if self._root else set())
        while born := [pid for pid in undecided if parents[pid] in family and pid not in family]:
            family.update(born)
        return {(pid, begun[pid]) for pid in family - {self._root}}

    def forget_group(self) -> None:
        """Know the group no more: once the leader is reaped, its number may become that of a stranger's group."""
        self._leader = 0

    def _knows(self, pid: int, of_group: bool) -> bool:
        """Whether a process without any mark is of the run."""
        return of_group or (self._pipe is not None and self._pipe.may_be_written_by(pid))

    def _known_leader(self) -> int:
        """Return the number of the leader; 0 where it may have been given again."""
        if not self._begun:
            return self._leader
        stat = stat_of(self._leader)
        return self._leader if stat is not None and int(stat[19]) == self._begun else 0

    def _tell_group(self, number: int) -> None:
        if not self._leader:  # 0 would be the caller's own group
            return
        try:
            os.killpg(self._leader, number)
        except (ProcessLookupError, PermissionError):
            pass

    def _group_lives(self) -> bool:
        if not self._leader:
            return False
        try:
            # macOS refuses with EPERM when only dead processes are left; Linux counts the leader, dead and not reaped.
            os.killpg(self._leader, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True


def sees_processes() -> bool:
    """Whether /proc tells of the processes that signals reach; it may be missing, or be of another PID namespace."""
    try:
        return os.readlink("/proc/self") == str(os.getpid())
    except OSError:
        return False


def stat_of(pid: int) -> list[bytes] | None:
    """Return the fields of /proc/PID/stat from the state on: state, parent, group … [19] is the start time."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:  # it has ended
        return None


def mark_of(pid: int) -> bytes | None:
    """Return the log of the run that a process belongs to; None for no run, or where that can't be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            _, found, rest = (b"\0" + file.read()).partition(b"\0TUI_QUEUE_LOG=")
    except OSError:
        return None
    return rest.partition(b"\0")[0] if found else None


def _send(pid: int, begun: bytes, number: int) -> None:
    """Signal this very process, never a later one that was given its number."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except (OSError, AttributeError):
        _send_by_number(pid, begun, number)
        return
    try:
        if _is_same(pid, begun):
            signal.pidfd_send_signal(process, number)
    except ProcessLookupError:
        pass
    except (OSError, AttributeError):
        _send_by_number(pid, begun, number)
    finally:
        os.close(process)


def _send_by_number(pid: int, begun: bytes, number: int) -> None:
    """Signal a process without a pidfd: an older kernel or Python, a sandbox that refuses, or no descriptor is left.

    Its number is another process's only if it ends, is reaped, and all other numbers are given out, between two calls.
    """
    try:
        if _is_same(pid, begun):
            os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _is_same(pid: int, begun: bytes) -> bool:
    stat = stat_of(pid)
    return stat is not None and stat[19] == begun
