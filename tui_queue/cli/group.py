"""The group of all commands: each is imported when it is used, and errors are one line on stderr."""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from tui_queue.core.errors import BadInputError, StoreError, TuiQueueError
from tui_queue.core.units.printable import printable


class Commands(click.Group):
    """A group whose commands are imported when they are needed, and whose errors are one line.

    ``known`` names for each command the module of this package whose ``COMMANDS`` holds it, and says what it does.
    ``groups`` has the headings of `--help`, and the commands below each.
    """

    def __init__(
        self,
        *args: Any,
        known: Mapping[str, tuple[str, str]],
        groups: Mapping[str, Sequence[str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._known = known
        self._groups = groups

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(self._known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; None where there is none of that name."""
        if cmd_name not in self._known:
            return None
        module = importlib.import_module(f"tui_queue.cli.{self._known[cmd_name][0]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words; those of another queue's line are run as ours, or ours are shown."""
        if args and args[0] not in self._known and args[0] != "-h" and not args[0].startswith("--"):
            from tui_queue.cli.other_tools import line_of, ours

            if (found := ours(args)) is not None:
                if not found.same:
                    shown = ", then ".join(f"`{line_of(line)}`" for line in found.lines)
                    ctx.fail(f"{printable(line_of(args))} is {found.whose}; here that is {printable(shown)}.")
                args = list(found.lines[0])
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words begin with, by our name for it or by that of another queue."""
        name, *rest = args
        if name not in self._known and not name.startswith("-"):
            from tui_queue.cli.other_words import MODULES, SAME, complaint

            if name in MODULES:
                return name, importlib.import_module(f"tui_queue.cli.{MODULES[name]}").COMMANDS[name], rest
            if name not in SAME:
                ctx.fail(complaint(args, self._known))
            args = [*SAME[name], *rest]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does, in a line each, in groups."""
        grouped = {name for names in self._groups.values() for name in names}
        others = [name for name in sorted(self._known) if name not in grouped]
        width = max(map(len, self._known))
        for heading, names in (*self._groups.items(), ("Other", others)):
            if names:
                with formatter.section(heading):
                    formatter.write_dl([(f"{name:<{width}}", self._known[name][1]) for name in names])

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
        except RuntimeError as error:
            if "can't start new thread" not in str(error):
                raise
            _fail("no thread can be started; end some processes, or raise the limit on their number (ulimit -u).", 4)
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                what = os.fsdecode(error.filename) if error.filename else "standard output"
                wrong_use = isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError)
                code = BadInputError.exit_code if wrong_use and error.filename else StoreError.exit_code
                _fail(f"{what}: {error.strerror or error}", code)
            # The reader of the pipe has left, as `head` does; keep the interpreter from complaining at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"tui-queue: {printable(message)}", err=True)
    sys.exit(code)
