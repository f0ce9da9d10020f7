"""The processes of a run that live on after its leader has ended: finds, counts and kills them."""

import select
import time

from .children import Wakeup, has_children, living_children
from .identity import boot
from .process_tree import Tree
from .records import Record

LINGER_S = 0.05  # helpers that notice the end of the leader have gone by then
SWEEP_S = 0.05  # between two searches while they are killed
GIVE_UP_S = 10  # how long the watcher waits for processes that can't be killed
NAMED = 200  # processes that the end record names

KEEP, WAIT, KILL = "keep", "wait", "kill"


class Leftovers:
    """What a run has besides its leader, once that has ended; ``wish`` is what the user wants to become of it."""

    def __init__(self, wish: str, leader: int, tree: Tree, wakeup: Wakeup) -> None:
        self._wish = wish
        self._leader = leader
        self._tree = tree
        self._wakeup = wakeup
        self._poll = select.poll()
        self._poll.register(wakeup.descriptor, select.POLLIN)
        self._seen: set[int] = set()

    def hold_up(self) -> bool:
        """Whether the run lasts though its leader has ended, which is not reaped yet."""
        return self._wish == WAIT and self._live()

    def end(self) -> None:
        """Kill them where the user wants that, before the leader is reaped."""
        deadline = time.monotonic() + GIVE_UP_S
        while self._wish == KILL and self._live() and time.monotonic() < deadline:
            self._tree.kill()
            self._wait(SWEEP_S)

    def record(self) -> Record:
        """Return what the end record says of them, after the leader was reaped; nothing where none is left."""
        self._tree.forget_group()
        deadline = time.monotonic() + LINGER_S
        while has_children():
            left_s = deadline - time.monotonic()
            if left_s > 0:
                self._wait(left_s)
                continue
            found = self._tree.by_age()
            return {"left": found[:NAMED], "boot": boot()} if found else {}
        return {}

    def _live(self) -> bool:
        """Whether any lives. All processes are searched only when those that were seen last have gone."""
        children = living_children(self._leader)
        if children is None:
            return self._tree.lives()
        # A background scheduler that the job has started is a child too, and is not of the run.
        if children and not self._seen & children:
            self._seen = {pid for pid, _ in self._tree.by_age()}
        return bool(children and self._seen)

    def _wait(self, seconds: float) -> None:
        self._poll.poll(1000 * seconds + 1)
        self._wakeup.clear()
