"""The entry of a watcher process: forks watchers, each of which takes one run after the other.

The process that forks them has imported everything and is warm: it forks one watcher for each byte that it reads from
descriptor 3. A watcher takes its runs from the socket on descriptor 4, and ends once no process can send
it a run any more. It has a session of its own and depends on no other process: it outlives the scheduler that sent it
the run, and reads no file of the package once it has started, so that an upgrade can't disturb it.
It reports into files of the run's directory (see run_files.py), and at the same time to the scheduler, through the
socket that came with the run.
"""

import _socket  # socket takes as long to import as everything else together
import gc
import json
import os
import select
import signal

from .children import Wakeup
from .kernel import adopt_orphans, request_short_slice
from .messages import BROKEN, MESSAGE_SIZE, NEVER_STARTED, tell
from .obstacles import of_every_start
from .records import sealed
from .run import watch
from .spawn import IGNORED
from .successor import outlive

DECLINE_S = 0.1  # how long the process that forks waits for the run which no watcher could be made for
ORDERS, RUNS = 3, 4  # the descriptors that the scheduler starts this process with


def serve(background: str = "", orders: int = ORDERS, runs: int = RUNS) -> None:
    """Fork a watcher for each byte from ``orders``; it reads its runs from the socket ``runs``.

    Once the scheduler has gone, a background scheduler that was killed is started again by its file ``background``.
    """
    os.umask(0o077)
    for descriptor in (orders, runs):
        os.set_inheritable(descriptor, False)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps them
    json.loads(sealed({"what": "loads codecs now"}).rpartition(b" ")[0])
    gc.disable()  # watchers make no garbage, and to look for it is to write to every page that they share
    gc.freeze()
    while ordered := os.read(orders, 64):
        for _ in ordered:
            try:
                child = os.fork()
            except OSError as error:
                decline(runs, error)
                continue
            if child == 0:
                os.close(orders)
                try:
                    watch_runs(_socket.socket(fileno=runs))
                    outlive(background)
                finally:
                    os._exit(0)
    outlive(background)


def decline(runs: int, error: OSError) -> None:
    """Say of the run that waits for a watcher, if one does, that none can be made; it is taken back then."""
    poll = select.poll()
    poll.register(runs, select.POLLIN)
    if not poll.poll(1000 * DECLINE_S):  # the order comes before the run
        return
    channel = _socket.socket(fileno=os.dup(runs))
    try:
        events = receive(channel, _socket.MSG_DONTWAIT)[1][0]
        tell(events, NEVER_STARTED, {**of_every_start(error), "watcher": False})
        os.close(events)
    except (OSError, IndexError):  # a watcher that is free was faster
        pass
    finally:
        channel.close()


def receive(channel: _socket.socket, flags: int = 0) -> tuple[bytes, list[int]]:
    """Return the next message of a scheduler, and the descriptors that came with it."""
    room = _socket.CMSG_SPACE(8)
    message, passed, _, _ = channel.recvmsg(MESSAGE_SIZE, room, flags | getattr(_socket, "MSG_CMSG_CLOEXEC", 0))
    descriptors = memoryview(passed[0][2]).cast("i").tolist() if passed else []
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return message, descriptors


def watch_runs(channel: _socket.socket) -> None:
    """Watch one run after the other, as they come: a specification, and the socket that takes the events of the run."""
    os.setsid()
    request_short_slice(inherited=False)
    for ignored in IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)  # the soft limit on processor time is meant for the command
    wakeup = Wakeup()
    adopt_orphans()
    while True:
        spec, descriptors = receive(channel)
        if not spec:
            return
        events = descriptors[0]
        os.set_blocking(events, False)
        if len(descriptors) > 1:
            with open(descriptors[1], "rb") as file:
                spec = file.read()
        try:
            free = watch(json.loads(spec), events, wakeup)
        except BaseException as error:
            tell(events, BROKEN, {"why": f"{type(error).__name__}: {error} ({_place_of(error)})"})
            raise
        os.close(events)
        if not free:
            return


def _place_of(error: BaseException) -> str:
    """Return the module and the line that raised an error."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    if where is None:
        return "nowhere"
    return f"{os.path.basename(where.tb_frame.f_code.co_filename)}, line {where.tb_lineno}"
