"""The command ``tui-queue``, also ``python -m tui_queue``."""

import gc
import os
import sys
from contextlib import suppress

# A start makes many objects and hardly any garbage; to look for it often would take a tenth of the time.
gc.set_threshold(50_000, 20, 20)

from tui_queue.cli.main import main as run  # noqa: E402


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    try:
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    # Everything is closed; taking the interpreter apart as well would only take time.
    os._exit(code)


if __name__ == "__main__":
    main()
