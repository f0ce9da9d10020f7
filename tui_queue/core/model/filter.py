"""A filter of jobs."""

from enum import StrEnum

from msgspec import Struct

from tui_queue.core.model.job import State


class Field(StrEnum):
    """What of a job a word of a filter speaks of; each is the word before its colon."""

    STATE = "state"
    NAME = "name"
    PARAMETERS = "parameters"
    PATH = "path"
    QUEUE = "queue"
    BATCH = "batch"
    ID = "id"
    UUID = "uuid"
    PRIORITY = "priority"
    ATTEMPT = "attempt"
    EXIT = "exit"
    SIGNAL = "signal"
    WHY = "why"
    AGE = "age"
    STARTED = "started"
    ENDED = "ended"
    TOOK = "took"
    TEXT = ""  # name, path and parameters


class Shown(StrEnum):
    """A word that stands in the place of a job's state and says more than that."""

    HELD = "held"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    STARTING = "starting"
    INTERRUPTED = "interrupted"


class Range(Struct, frozen=True):
    """Numbers, or spans in seconds, from the lowest to the highest; without one of them there is no limit."""

    low: int | None = None
    high: int | None = None


class Term(Struct, frozen=True, kw_only=True):
    """One condition: the field has any of the values, or with ``negated`` none of them.

    - The values of ``STATE`` are those of State and Shown, those of numbers and spans are in ``ranges``.
    - ``begun``: names of queues and batches may be beginnings; each stands for all names that begin so, unless one is
      exactly the same.
    """

    field: Field
    values: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    negated: bool = False
    begun: bool = False


class Filter(Struct, frozen=True, kw_only=True):
    """The conditions that a job must meet, all of them; an empty one excludes nothing.

    - ``states``: it is in any of them.
    - ``words``: all of them are part of its name, path or arguments.
    - ``terms``: what else the user has typed.
    """

    states: tuple[State, ...] = ()
    queue: str = ""
    batch: str = ""
    words: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()

    @property
    def all_terms(self) -> tuple[Term, ...]:
        """All conditions in one form."""
        plain = (
            *([Term(field=Field.STATE, values=tuple(self.states))] if self.states else []),
            *([Term(field=Field.QUEUE, values=(self.queue,))] if self.queue else []),
            *([Term(field=Field.BATCH, values=(self.batch,))] if self.batch else []),
            *(Term(field=Field.TEXT, values=(word,)) for word in self.words),
        )
        return plain + self.terms

    def asked(self, field: Field) -> set[str]:
        """Return the values of a field that are asked for."""
        return {value for term in self.all_terms if term.field is field and not term.negated for value in term.values}
