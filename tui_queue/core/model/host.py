"""Which machine has a queue: the names by which a machine is told from every other one."""

from msgspec import Struct

NO_NAMES = {"", "localhost", "localhost.localdomain", "(none)"}  # of machines that have no name of their own


class Host(Struct, frozen=True, kw_only=True):
    """A machine, or a container with names of its own.

    ``machine`` is its machine-id, empty where it has none; ``name`` its host name; ``boot`` its latest known boot.
    """

    machine: str = ""
    name: str = ""
    boot: str = ""

    def is_same(self, other: "Host") -> bool:
        """Whether both are one machine, started again or renamed since.

        Clones have one machine-id and differ in name and boot. A machine that was renamed and started again looks like
        one of them: the user must say that it is not.
        """
        if self.machine != other.machine:
            return False
        booted_once = bool(self.boot) and self.boot == other.boot
        if self.machine:
            return booted_once or self.name == other.name
        return self.name == other.name and (booted_once or self.name not in NO_NAMES)

    @property
    def shown(self) -> str:
        """What users call it."""
        return self.name or self.machine or "another machine"


class QueueHost(Host, frozen=True, kw_only=True):
    """The host that a queue names: the only one that writes its database.

    ``earlier`` are boots of the hosts that had the queue before it, whose runs may still go on there. The queue was
    ``moved`` is how often; as long as it ``moves`` no host writes, this one neither.
    """

    earlier: tuple[str, ...] = ()
    moved: int = 0
    moves: bool = False
