"""A group of commands for one noun, in which a command may have a second name."""

from collections.abc import Mapping
from typing import Any

import click


class Family(click.Group):
    """A group whose commands are also found by their ``aliases``, which `--help` does not list."""

    def __init__(self, *args: Any, aliases: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._aliases = aliases

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        return super().get_command(ctx, self._aliases.get(cmd_name, cmd_name))
