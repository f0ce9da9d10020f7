"""Makes the recordings in ``recordings/`` by running programs: ``python -m tests.tools.make_recordings [NAME]…``.

Each runs in a folder of its own, with Python packages of its own, in English. What is not installed keeps its file;
programs unpacked in ``/tmp/demo/tools`` count as installed.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import termios
import time
import venv
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path

from tests.tools.recorded import slow_server
from tests.tools.recorded.progress import PROGRESS
from tests.tools.recorded.sequences import SEQUENCES
from tests.tools.recorded.source import PACKAGES, Answers, Source
from tests.tools.recorded.tools import TOOLS
from tui_queue.core.logs.terminal.escapes import rows
from tui_queue.core.units.widths import cells

OUT = Path(__file__).parent.parent / "unit" / "recordings"
DEMO = Path("/tmp/demo")  # its path is in the recordings
WORK = DEMO / "work"
TOOLBOX = DEMO / "tools"
SOURCES = PROGRESS | TOOLS | SEQUENCES
WINDOW = (40, 120)  # lines, columns
WIDEST = 118
LARGEST = 60_000  # bytes
LONGEST = 30  # seconds
OF_THIS_MACHINE = {os.path.expanduser("~"), socket.gethostname(), getuser(), "site-packages", "/usr"} - {"root"}

# serve FOLDER: let programs download from it until the shell ends.
PRELUDE = f"""
serve() {{
    python {shlex.quote(slow_server.__file__)} "$1" &
    trap "kill $!" EXIT
    until (exec 3<> /dev/tcp/127.0.0.1/8765) 2> /dev/null; do sleep 0.05; done
}}
"""


def main() -> None:
    """Make the recordings that are named, or all."""
    packages()
    for name in sys.argv[1:] or SOURCES:
        source = SOURCES[name]
        if lacking := [program for program in source.needs if not shutil.which(program, path=environment()["PATH"])]:
            print(f"{name}: not made, for want of {', '.join(lacking)}")
            continue
        output = record(source)
        (OUT / f"{name}.log").write_bytes(output)
        print(f"{name}: {len(output)} bytes", *faults(output), sep="; ", flush=True)


def packages() -> None:
    """Install the Python packages that are recorded, once."""
    if not (DEMO / "venv").exists():
        venv.create(DEMO / "venv", with_pip=True)
        subprocess.run([DEMO / "venv/bin/pip", "install", "-q", *PACKAGES], check=True)


def environment() -> dict[str, str]:
    """Return settings that say nothing of this machine; Rust's tools look for their own folder."""
    path = [DEMO / "venv/bin", TOOLBOX / "usr/bin", os.environ["PATH"]]
    return {
        "PATH": os.pathsep.join(map(str, path)),
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, TOOLBOX.glob("usr/lib/*"))),
        "HOME": str(DEMO),
        "USER": "user",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "RUSTUP_HOME": os.path.expanduser("~/.rustup"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "A User",
        "GIT_CONFIG_KEY_1": "user.email",
        "GIT_CONFIG_VALUE_1": "user@example.org",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }


def record(source: Source) -> bytes:
    """Return what one program writes."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    if source.program:
        (WORK / "demo.py").write_text(source.program)
    if source.pty:
        return in_terminal(source)
    command = ["bash", "-c", PRELUDE + source.command]
    return subprocess.run(
        command,
        cwd=WORK,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LONGEST,
        check=False,
    ).stdout


def in_terminal(source: Source) -> bytes:
    """Return what a program writes into a terminal, whose user gives these answers."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *WINDOW, 0, 0))
    command = ["setsid", "--ctty", "bash", "-c", PRELUDE + source.command]
    with subprocess.Popen(command, cwd=WORK, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        output = b"".join(spoken(ours, source.answers))
        process.terminate()
    os.close(ours)
    return output


def spoken(terminal: int, answers: Answers) -> Iterator[bytes]:
    """Yield what comes from a terminal until its last program has ended."""
    waiting, heard = list(answers), b""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        piece = b""
        with contextlib.suppress(OSError):  # what Linux says for the end
            piece = os.read(terminal, 1 << 16)
        if not piece:
            return
        yield piece
        heard += piece
        while waiting and waiting[0][0] in heard:
            prompt, answer = waiting.pop(0)
            heard = heard.partition(prompt)[2]
            os.write(terminal, answer)


def faults(output: bytes) -> Iterator[str]:
    """Yield what forbids to keep a recording."""
    if len(output) > LARGEST:
        yield "TOO LARGE"
    if (widest := max(map(cells, map(str.rstrip, rows(output))))) > WIDEST:
        yield f"TOO WIDE, {widest} cells"
    text = output.decode(errors="replace")
    for word in OF_THIS_MACHINE:
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):
            yield f"SAYS {word}"


if __name__ == "__main__":
    main()
