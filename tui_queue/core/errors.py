"""The errors that the core raises; each message is one sentence that says what to do."""


class TuiQueueError(Exception):
    """Base of all: a front end prints the message and ends with ``exit_code``."""

    exit_code = 4


class BadInputError(TuiQueueError):
    """A value that cannot be used; ``field`` says which, by the name of its option or form field."""

    exit_code = 2

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NoSuchReferenceError(BadInputError):
    """A value that names a job, a queue or a backup which does not exist."""

    exit_code = 3


class WrongStateError(TuiQueueError):
    """The verb does not apply to a job in its present state."""

    exit_code = 2


class NoSuchJobError(TuiQueueError):
    """An id that names no job."""

    exit_code = 3


class NoSuchQueueError(NoSuchJobError):
    """A name that no queue, batch, schedule or template has."""


class StoreError(TuiQueueError):
    """The state directory or the database cannot be read or written."""


class OtherHostError(StoreError):
    """Another host runs the queue; from here it can only be read, and get new jobs."""
