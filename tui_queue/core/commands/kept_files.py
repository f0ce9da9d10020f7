"""The verbs that keep what a user pipes into a command, until a job needs it."""

from functools import partial
from io import BytesIO
from typing import BinaryIO

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.execution.kept_files import keep_stream
from tui_queue.core.system.worker_thread import in_thread

_SHOWN = "Standard input"


class KeptFiles:
    """Keep scripts and inputs on disk; one that no job comes to need is removed a day later by a clean-up."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context

    async def keep_script(self, text: bytes, name: str) -> str:
        """Return the path of a script that only the user can read and run."""
        return await self._kept(BytesIO(text), name, 0o700)

    async def keep_input(self, stream: BinaryIO) -> str:
        """Return the path of a file with all that a stream holds. Raises BadInputError where that is too much."""
        return await self._kept(stream, "stdin", 0o600)

    async def _kept(self, stream: BinaryIO, name: str, mode: int) -> str:
        scripts = self._context.scripts
        return await in_thread(partial(keep_stream, stream, scripts, name, shown=_SHOWN, mode=mode))
