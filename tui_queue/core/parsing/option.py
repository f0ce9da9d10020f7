"""The type of a job option."""

import shlex
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.options import JobOptions


class Kind(StrEnum):
    """What the user gives for an option."""

    TEXT = "text"
    SWITCH = "switch"  # yes or no
    LIST = "list"  # several texts


class Group(StrEnum):
    """The headings of the form."""

    ORDER = "Order"
    ATTEMPTS = "Attempts"
    LIMITS = "Limits"
    NOTIFICATIONS = "Notifications"
    ENVIRONMENT = "Environment"


class Section(StrEnum):
    """The headings of `--help`, in its order."""

    JOB = "Job"
    ORDER = "Order"
    TIME = "Time"
    ATTEMPTS = "Attempts"
    LIMITS = "Limits"
    RESOURCES = "Resources"
    ENVIRONMENT = "Environment"
    OUTPUT = "Output"
    NOTIFICATIONS = "Notifications"


class Offer(StrEnum):
    """What a shell offers while the user types the value."""

    DIRECTORIES = "directories"
    FILES = "files"
    QUEUES = "queues"
    BATCHES = "batches"
    JOBS = "jobs"


class Context(Struct, frozen=True, kw_only=True):
    """What a value may depend on: the working directory of the job, and the present time."""

    cwd: str
    now: datetime


class Need(Struct, frozen=True, kw_only=True):
    """Another option that must be given too; without it ``message`` is shown at ``field``."""

    option: str
    field: str
    message: str


Parse = Callable[["JobOption", Any, Context], Any]


def as_given(_option: "JobOption", value: Any, _context: Context) -> Any:
    """Parse what needs no parsing."""
    return value


class JobOption(Struct, frozen=True, kw_only=True):
    """One option of a job. Its default is that of the attribute that it sets, in ``JobDraft`` or ``JobOptions``.

    - ``name``: what templates, JSON and Python programs call it, and the form.
    - ``sets``: the attributes of a draft that it sets; empty for the one that has its name.
    - ``parse``: returns the value of the attribute, or a tuple of one value for each; refuses with BadInputError.
    - ``format``: returns what ``parse`` reads, of values that are not the default.
    - ``quoted``: on one line its parts stand as in a shell, otherwise between commas.
    - ``flag``, ``short``: what the command line calls it, without dashes; no flag: the name.
    - ``metavar``, ``help``: for the command line; ``choices`` stand in the place of a metavar.
    - ``section``: its heading in `--help`.
    - ``label``: how messages and the form name it, if that is not its flag.
    - ``group``, ``below``: its heading in the form, and the option above it if that is not the one before it here.
    - ``hint``: what the form shows in its empty field, or beside its switch.
    - ``choices``: the words that can be given.
    - ``lasting``: it means the same in a later job, so that a template can keep it.
    """

    name: str
    sets: tuple[str, ...] = ()
    kind: Kind = Kind.TEXT
    parse: Parse = as_given
    format: Callable[..., Any] = str
    quoted: bool = False
    needs: Need | None = None
    flag: str = ""
    short: str = ""
    metavar: str | None = None
    help: str
    section: Section = Section.JOB
    label: str = ""
    group: Group | None = None
    below: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()
    offers: Offer | None = None
    lasting: bool = True

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of a draft, or of its options, that this one sets."""
        return self.sets or (self.name,)

    @property
    def long_flag(self) -> str:
        """Its name on the command line, without dashes before it."""
        return self.flag or self.name.replace("_", "-")

    @property
    def caption(self) -> str:
        """Its name as a sentence begins with it."""
        return self.label or self.long_flag.replace("-", " ").capitalize()

    def values(self, given: Any, context: Context) -> dict[str, Any]:
        """Return what it sets, by attribute; nothing for an empty value. Raises BadInputError."""
        if not (given.strip() if isinstance(given, str) else given):
            return {}
        value = self.parse(self, given, context)
        return dict(zip(self.attributes, value if len(self.attributes) > 1 else (value,), strict=True))

    def is_default(self, draft: JobDraft) -> bool:
        """Whether a draft is as without this option."""
        return all(attribute(draft, name) == attribute(_DEFAULT, name) for name in self.attributes)

    def given_in(self, draft: JobDraft) -> Any:
        """Return what the user could have given for this draft; empty where that is the default."""
        if self.is_default(draft):
            return {Kind.TEXT: "", Kind.SWITCH: False, Kind.LIST: ()}[self.kind]
        if self.kind is Kind.SWITCH:
            return True
        return self.format(*(attribute(draft, name) for name in self.attributes))

    def line_of(self, given: Any) -> str:
        """Return a value on one line, as the form has it."""
        if self.kind is not Kind.LIST:
            return str(given)
        return shlex.join(given) if self.quoted else ", ".join(given)

    def of_line(self, line: str) -> Any:
        """Undo ``line_of``. Raises ValueError for a quote that is not closed."""
        if self.kind is not Kind.LIST:
            return line
        return tuple(shlex.split(line) if self.quoted else filter(None, map(str.strip, line.split(","))))

    def of_texts(self, texts: Sequence[str]) -> Any:
        """Return several texts as one value."""
        if self.kind is Kind.LIST:
            return tuple(texts)
        return shlex.join(texts) if self.quoted else ",".join(texts)


_DEFAULT = JobDraft(path="", cwd="", name="")


def attribute(draft: JobDraft, name: str) -> Any:
    """Return an attribute of a draft or of its options."""
    return getattr(draft.options if name in JobOptions.__struct_fields__ else draft, name)


def default_of(name: str) -> Any:
    """Return what an attribute is where the user has said nothing."""
    return attribute(_DEFAULT, name)
