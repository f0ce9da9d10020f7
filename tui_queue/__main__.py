"""The command ``tui-queue``, also ``python -m tui_queue``."""

import signal

# Ctrl+C ends what has only begun to be loaded, at once and without a traceback; ignored, it stays so.
_INTERRUPTED = signal.getsignal(signal.SIGINT)
if _INTERRUPTED is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import gc  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from contextlib import suppress  # noqa: E402

# A start makes many objects and hardly any garbage; to look for it often would take a tenth of the time.
gc.set_threshold(50_000, 20, 20)

# asyncio imports ssl where Python has it. This process opens no connection, and without it starts in 6 ms less.
sys.modules.setdefault("ssl", None)  # type: ignore[arg-type]

from tui_queue.cli.main import main as run  # noqa: E402


def main() -> None:
    """Run the command line; ends the process with the exit code."""
    _open_what_is_closed()
    try:
        signal.signal(signal.SIGINT, _INTERRUPTED)
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        if not code:  # else it has been said
            code = 4
            with suppress(OSError):
                sys.stderr.write(f"tui-queue: standard output: {error.strerror}\n")
    with suppress(OSError):
        sys.stderr.flush()
    # Everything is closed; taking the interpreter apart as well would only take time.
    os._exit(code)


def _open_what_is_closed() -> None:
    """Take the numbers of standard streams that are closed: no other file is to get one of them."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            file = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            setattr(sys, name, os.fdopen(file, "w" if number else "r"))


if __name__ == "__main__":
    main()
