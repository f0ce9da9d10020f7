"""The commands for templates."""

from collections.abc import Mapping
from typing import Any

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.system import event_loop

_ENV = "env"
_VALUES = "values"  # stored beside the fields: names the file that holds the values of the variables


class TemplateCommands:
    """Save, read and remove templates."""

    def __init__(self, context: CommandContext) -> None:
        self._templates = context.store.templates
        self._environments = context.environments

    async def all(self) -> dict[str, Mapping[str, object]]:
        """Return the fields of every template, by name; of variables the names alone."""
        found = await self._templates.all()
        return {name: {key: each for key, each in fields.items() if key != _VALUES} for name, fields in found.items()}

    async def get(self, name: str) -> Mapping[str, object]:
        """Return the fields of one template. Raises NoSuchQueueError, and BadInputError for values that are lost."""
        fields = dict(await self._templates.get(name))
        if kept := fields.pop(_VALUES, ""):
            values = await event_loop.to_thread(self._environments.values, str(kept))
            fields[_ENV] = [f"{each}={values[each]}" if each in values else each for each in _list(fields)]
        return fields

    async def put(self, name: str, fields: Mapping[str, object]) -> None:
        """Save a template; it replaces one of the same name."""
        kept = dict(fields)
        pairs = [text.partition("=") for text in _list(fields)]
        if values := {variable: value for variable, equals, value in pairs if equals}:
            (kept[_VALUES],) = await event_loop.to_thread(self._environments.keep_values, [values])
            kept[_ENV] = [variable for variable, _, _ in pairs]
        await self._templates.put(name, kept)

    async def remove(self, name: str) -> None:
        """Remove a template. Raises NoSuchQueueError."""
        await self._templates.remove(name)


def _list(fields: Mapping[str, Any]) -> list[str]:
    return list(fields.get(_ENV) or ())
