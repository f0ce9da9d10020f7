"""The environment that a job runs in: variables, umask, limits, nice level and processors."""

from collections.abc import Mapping

from msgspec import Struct


class Environment(Struct, frozen=True, kw_only=True):
    """What a process has that a job added by it gets too.

    ``variables`` are text as in ``os.environ``: bytes that are not UTF-8 stand as surrogates. ``limits`` are the soft
    resource limits by name (``RLIMIT_NOFILE``), in the units of getrlimit(2); -1 is no limit. ``cpus`` are the numbers
    of the processors; empty where the system does not tell.
    """

    variables: Mapping[str, str]
    umask: int
    nice: int = 0
    cpus: tuple[int, ...] = ()
    limits: Mapping[str, int] = {}
