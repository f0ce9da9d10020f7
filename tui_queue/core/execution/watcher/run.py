"""Watches one run, from its claim to its end."""

import os
import select
import signal
import time

from .children import Wakeup, bury_orphans, has_children
from .control import obey
from .files import Files
from .identity import identity_of
from .leader import Leader
from .leftovers import KEEP, Leftovers
from .limits import FOREVER, Limits
from .messages import ENDED, ENDED_WITH_LEFTOVERS, NEVER_STARTED, STARTED, STORED_S, Receipt, tell
from .obstacles import NotYetError, of_every_start
from .oom import count_kills, exhausted_since
from .output import Output
from .process_tree import Tree, sees_processes
from .recipe import bring_back
from .records import Record, Spec
from .signal_handling import HARMLESS
from .spawn import spawn, why_not
from .streams import Streams
from .successor import start_apart

SHORT_S = 0.05  # a run that is over by then is not announced as started first
SWEEP_S = 0.05  # between two searches for processes of a cancelled run until none is left
CALM_S = 0.5  # the same as long as its leader has not ended, whose end wakes the watcher
GIVE_UP_S = 10  # how long the watcher waits for processes that can't be killed
LONGEST_POLL_S = 3600
AGAIN_S, LONGEST_AGAIN_S = 0.25, 5.0  # between two tries to write what the disk refuses, at first and later

TYPE_CHECKING = False  # importing typing would double the start-up time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def watch(spec: Spec, events: int, wakeup: Wakeup) -> bool:
    """Watch the run from its claim to its end; return whether the watcher is free for another one."""
    directory = spec["directory"].encode("latin-1")
    try:
        files = Files(directory)
    except (OSError, MemoryError) as error:
        tell(events, NEVER_STARTED, of_every_start(error, directory))
        return True
    try:
        try:
            if not _claims(files, directory, spec.get("uuid", "").encode("ascii")):
                return True
            wakeup.clear()  # of the children of the run before
            end, flush, is_busy = _run(spec, files, events, wakeup)
        except NotYetError as obstacle:
            kept = not files.give_back()
            tell(events, NEVER_STARTED, {**obstacle.record, "kept": kept})
            return True
        free = flush() and not is_busy() and not has_children()
        # First: the scheduler may have room where this disk is full.
        tell(events, ENDED if free else ENDED_WITH_LEFTOVERS, end)
        files.write_end(end)
        tell(files.alive, ENDED, end)
        _stay_until_secure(files, end, flush, Receipt(events, files.control))
    finally:
        files.close()
    return free


def _claims(files: Files, directory: bytes, uuid: bytes) -> bool:
    """Take the run, unless another watcher or the scheduler has. Raises NotYetError."""
    try:
        return files.claim(uuid)
    except OSError as error:
        raise NotYetError(of_every_start(error, directory)) from None


def _run(
    spec: Spec, files: Files, events: int, wakeup: Wakeup
) -> "tuple[Record, Callable[[], bool], Callable[[], bool]]":
    """Start the command, tell the scheduler, wait for the end. Raises NotYetError.

    Return the end record, what writes down the rest of the output and says whether there is none left, and what says
    whether a copy of it hangs.
    """
    begun: Record = {"started_ns": time.time_ns()}  # before it, so that nothing of the run is left out
    if spec.get("given"):
        begun["given"] = spec["given"]
    try:
        pid, terminal = spawn(files.log, spec)
    except OSError as error:
        return {**why_not(error, spec), "finished_ns": time.time_ns()}, lambda: True, lambda: False
    run = Run(spec, files, pid, terminal, wakeup)
    kills = None
    # Of a run that is over in no time only the end is told.
    if not run.ends_at_once():
        kills = count_kills()
        run.record_start({**begun, "pid": pid, "watcher": os.getpid(), **identity_of(pid)})
        tell(events, STARTED, begun)
        tell(files.alive, STARTED, begun)
    forced = run.wait()
    end = {**begun, **forced, **run.reap(), **run.leftovers()}
    if end.get("signal") == signal.SIGKILL and not forced and kills is not None:
        end["oom"] = exhausted_since(kills)
    return end, run.flush, run.is_busy


def _stay_until_secure(files: Files, end: Record, flush: "Callable[[], bool]", receipt: Receipt) -> None:
    """Return once the end is on disk or a scheduler has stored it: until then no other process may know it.

    As long as the disk refuses it the watcher holds ``alive``, and says the end there again for the next scheduler.
    """
    stored = receipt.came_within(STORED_S)
    if not stored:
        files.secure_end()
        bring_back(files.background, start_apart)
    again_s = AGAIN_S
    while not ((stored or files.secure_end()) and flush()):
        if files.were_deleted():
            return
        tell(files.alive, ENDED, end)
        stored = receipt.came_within(again_s) or stored
        if not stored:
            bring_back(files.background, start_apart)
        again_s = min(2 * again_s, LONGEST_AGAIN_S)
    if again_s > AGAIN_S:
        tell(files.alive, ENDED, end)


class Run:
    """A started run: its leader, its other processes, its output and its limits."""

    def __init__(self, spec: Spec, files: Files, pid: int, terminal: int | None, wakeup: Wakeup) -> None:
        self._files = files
        self._control = files.control
        self._unrecorded: Record | None = None  # the start, as long as the disk refuses it
        self._wakeup = wakeup
        self._grace_s: float = spec["grace_s"]
        self._poll = select.poll()
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(wakeup.descriptor, select.POLLIN)
        self._leader = Leader(pid)
        self._tree = Tree(pid, files.log, root=os.getpid())
        self._leftovers = Leftovers(spec.get("leftovers", KEEP), pid, self._tree, wakeup)
        self._streams = Streams(spec, files)
        self._output = Output(spec, files, terminal, self._poll, self._streams.leave_out)
        self._limits = Limits(spec, files.log, self._warn)

    def ends_at_once(self) -> bool:
        """Whether it is over within ``SHORT_S``."""
        return bool(self._poll.poll(1000 * SHORT_S)) and self._has_ended()

    def wait(self) -> Record:
        """Wait until the run is over, its whole tree too if it had to be ended; return why it had to be, if so."""
        why, deadline = _in_spite_of_errors(self._wait_for_leader)
        forced: Record = {}
        if why:
            late = deadline + 2 * GIVE_UP_S
            self._poll.unregister(self._control)  # it is read no more, and a second order must not keep us awake
            forced = _in_spite_of_errors(lambda: self._end_tree(why, deadline), late, {why: True})
        else:
            _in_spite_of_errors(self._leftovers.end, time.monotonic() + GIVE_UP_S)
        self._streams.flush()
        self._output.finish()
        self._streams.finish()
        return forced

    def record_start(self, record: Record) -> None:
        """Record the start; where the disk refuses that, again and again until the run is over."""
        self._unrecorded = None if self._files.write_start(record) else record

    def flush(self) -> bool:
        """Write down the output of the ended run that the disk has refused; return whether none is left."""
        if not (self._output.flush() and self._streams.flush()):
            return False
        self._output.close()
        return True

    def is_busy(self) -> bool:
        """Whether a copy of the output into a file of the user's hangs."""
        return self._streams.is_busy()

    def reap(self) -> Record:
        """Return how the leader ended, and what the run has used."""
        return self._leader.reap()

    def leftovers(self) -> Record:
        """Return which processes live on after the leader was reaped; nothing where none does."""
        none: Record = {}
        return _in_spite_of_errors(self._leftovers.record, time.monotonic(), none)  # type: ignore[no-any-return]

    def _has_ended(self) -> bool:
        """Whether the leader has ended, and the other processes if the run is to last as long as they do."""
        return self._leader.has_ended() and not self._leftovers.hold_up()

    def _wait_for_leader(self) -> tuple[str, float]:
        """Wait until the leader has ended or the run must be; return why it must, if so, and when force is used."""
        while True:
            bury_orphans(self._leader.pid)
            ended = self._has_ended()
            grace = obey(self._files, self._leader, self._tree, self._limits)
            now = time.monotonic()
            full, calm_s = self._output.poll(now)
            if ended:
                return "", 0.0
            if grace is not None:
                return "cancelled", now + grace
            why, patience = self._limits.poll(now)
            if why or full:
                return why or full, now + self._grace_s
            patience = min(patience, calm_s, self._streams.poll(now))
            if self._unrecorded is not None:
                self.record_start(self._unrecorded)
                patience = min(patience, LONGEST_AGAIN_S)
            self._poll.poll(None if patience >= FOREVER else 1000 * min(patience, LONGEST_POLL_S) + 1)
            self._wakeup.clear()

    def _warn(self, number: int) -> None:
        """Send a signal to the processes that handle it, or to the leader where it kills none; note how many had it."""
        warned = 1
        if number in HARMLESS or not sees_processes():
            self._leader.send(number)
        else:
            warned = self._tree.send_to_handlers(number)
        self._files.write_warning({"signal": number, "processes": warned})

    def _end_tree(self, why: str, deadline: float) -> Record:
        """Ask all processes to end, kill them after ``deadline``, and wait until none is left."""
        while True:
            bury_orphans(self._leader.pid)
            ended = self._leader.has_ended()
            now = time.monotonic()
            self._output.poll(now)
            self._streams.poll(now)
            if ended and not self._tree.lives():
                return {why: True}
            left = deadline - now
            if left > 0:
                self._tree.ask_to_end()
                self._poll.poll(1000 * min(left, SWEEP_S if ended else CALM_S))
            elif left > -GIVE_UP_S or not ended:
                self._tree.kill()
                self._poll.poll(1000 * SWEEP_S)
            else:  # another user's, or stuck in the kernel
                return {why: True, "survivors": sorted(pid for pid, _ in self._tree.members())}
            self._wakeup.clear()


def _in_spite_of_errors(step: "Callable[[], Any]", late: float = FOREVER, instead: "Any" = None) -> "Any":
    """Do a step until it works, or return ``instead`` when it is late: no lack of descriptors loses the exit code."""
    while True:
        try:
            return step()
        except OSError:
            if time.monotonic() > late:
                return instead
            time.sleep(CALM_S)
