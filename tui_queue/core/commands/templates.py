"""The commands for templates."""

from collections.abc import Mapping

from tui_queue.core.commands.context import CommandContext


class TemplateCommands:
    """Save, read and remove templates."""

    def __init__(self, context: CommandContext) -> None:
        self._templates = context.store.templates

    async def all(self) -> dict[str, Mapping[str, object]]:
        """Return the fields of every template, by name."""
        return await self._templates.all()

    async def get(self, name: str) -> Mapping[str, object]:
        """Return the fields of one template. Raises NoSuchQueueError."""
        return await self._templates.get(name)

    async def put(self, name: str, fields: Mapping[str, object]) -> None:
        """Save a template; it replaces one of the same name."""
        await self._templates.put(name, fields)

    async def remove(self, name: str) -> None:
        """Remove a template. Raises NoSuchQueueError."""
        await self._templates.remove(name)
