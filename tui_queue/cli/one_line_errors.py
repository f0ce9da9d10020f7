"""Errors as one line on stderr that names what is wrong."""

import os
import sys
from typing import Any, NoReturn

import click

from tui_queue.core.errors import StoreError, TuiQueueError
from tui_queue.core.printable import printable


class OneLineErrors(click.Group):
    """A group whose errors are one line on stderr that names what is wrong."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end the process with the exit code of what went wrong, if anything."""
        kwargs["standalone_mode"] = False
        try:
            return super().main(*args, **kwargs)
        except click.exceptions.Abort:
            sys.exit(130)
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except TuiQueueError as error:
            _fail(str(error), error.exit_code)
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                _fail(f"{os.fsdecode(error.filename or 'the queue')}: {error.strerror or error}", StoreError.exit_code)
            # Whoever read has left, as `head` does; keep the interpreter from complaining at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"tui-queue: {printable(message)}", err=True)
    sys.exit(code)
