"""The processes of this machine, read in one walk, and which of them belong to a run."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from tui_queue.core.execution.watcher.process_tree import mark_of
from tui_queue.core.model.usage import Process

Children = Mapping[int, Sequence[Process]]  # by the number of their parent


def children() -> Children:
    """Return all processes by their parents; those that end during the search, or may not be seen, are left out."""
    found: dict[int, list[Process]] = {}
    for process in _linux() if sys.platform == "linux" else _elsewhere():
        found.setdefault(process.parent, []).append(process)
    return found


def of_run(leader: int, watcher: int, log: bytes, everybody: Children) -> tuple[Process, ...]:
    """Return the processes of a run: the descendants of its watcher, or of its leader where the watcher was killed.

    What descends from them but belongs to another run, by the log that it was started to write to, is left out.
    """
    roots = everybody.get(watcher, ())
    if all(each.pid != leader for each in roots):
        # Numbers are given again: only its mark shows that it is no stranger's.
        roots = [each for siblings in everybody.values() for each in siblings if each.pid == leader]
        if mark_of(leader) != log:
            return ()
    found: list[Process] = []
    waiting = list(roots)
    while waiting:
        process = waiting.pop()
        # Each run begins a session. To read the environment may take long where a process is stuck.
        if process.session == leader or mark_of(process.pid) in (None, log):
            found.append(process)
            waiting.extend(everybody.get(process.pid, ()))
    return tuple(sorted(found, key=lambda each: (each.begun, each.pid)))


def _linux() -> Iterator[Process]:
    tick_s, page = 1 / os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    try:
        names = os.listdir("/proc")
    except OSError:  # not mounted
        return
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                begin, _, end = file.read().rpartition(b")")  # the name may hold blanks and brackets
        except OSError:
            continue
        # From the third one of proc_pid_stat(5) on, the state.
        fields = end.split()
        if len(fields) < 22:
            continue
        user, system, of_children, system_of_children = (int(field) * tick_s for field in fields[11:15])
        yield Process(
            pid=int(name),
            parent=int(fields[1]),
            session=int(fields[3]),
            begun=int(fields[19]),
            name=os.fsdecode(begin.partition(b"(")[2]),
            cpu_s=user + system,
            reaped_s=of_children + system_of_children,
            rss_bytes=int(fields[21]) * page,
        )


def _elsewhere() -> Iterator[Process]:
    import psutil  # noqa: PLC0415 - 20 ms, and slow where /proc can be read itself

    for process in psutil.process_iter(["ppid", "name", "create_time", "cpu_times", "memory_info"]):
        info = process.info
        times, memory = info["cpu_times"], info["memory_info"]  # None for what may not be seen
        yield Process(
            pid=process.pid,
            parent=info["ppid"] or 0,
            session=0,
            begun=round((info["create_time"] or 0) * 100),
            name=info["name"] or "",
            cpu_s=0.0 if times is None else times.user + times.system,
            reaped_s=0.0,
            rss_bytes=0 if memory is None else memory.rss,
        )
