"""A filter of jobs."""

from msgspec import Struct

from tui_queue.core.model.job import State


class Filter(Struct, frozen=True, kw_only=True):
    """The conditions that a job must meet; an empty one excludes nothing.

    - ``names``: all of them are part of the job's name.
    - ``words``: all of them are part of its name, path or arguments.
    - ``begun``: ``queue`` and ``batch`` may be beginnings of names; each stands for all names that begin so, unless one
      is exactly the same.
    """

    states: tuple[State, ...] = ()
    queue: str = ""
    batch: str = ""
    begun: bool = False
    id: str = ""
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
