"""Machines that share a directory: namespaces with names, processes and, if wanted, file locks of their own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MACHINE_ID = Path("/etc/machine-id")

# The first process of a machine: its children are reaped by the kernel, and its end is that of all others.
_INIT = "import signal, time; signal.signal(signal.SIGCHLD, signal.SIG_IGN); print('up', flush=True); time.sleep(10**6)"
_SET_UP = """
set -e
mount --make-rprivate /
mount --bind "$1" /etc/machine-id
mount --bind "$2" /proc/sys/kernel/random/boot_id
mount --bind "$3" "$4"
hostname "$5"
shift 5
exec "$@"
"""


def why_not(*, locks: bool = False) -> str:
    """Return why machines can't be made here; empty where they can. With ``locks`` each has file locks of its own."""
    programs = ["unshare", "nsenter", "mount", *(["bindfs", "fusermount"] if locks else [])]
    if absent := [name for name in programs if shutil.which(name) is None]:
        return f"{' and '.join(absent)} is not installed; apt install util-linux bindfs"
    if os.geteuid() != 0:
        return "only root makes namespaces with mounts of their own"
    if not MACHINE_ID.exists():
        return f"{MACHINE_ID} does not exist: there is nothing to put another one over"
    tried = subprocess.run(
        ["unshare", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "true"], capture_output=True, check=False
    )
    return f"unshare: {tried.stderr.decode().strip()}" if tried.returncode else ""


class Machine:
    """One machine; ``home`` is the shared directory, under the same path on each of them."""

    def __init__(self, name: str, home: Path, *, shared: Path, files: Path, machine_id: str = "") -> None:
        """``shared`` is where this machine finds the content of ``home``; ``files`` is a directory of its own."""
        self.name = name
        self.home = home
        self.shared = shared
        self._files = files
        self._files.mkdir()
        (files / "machine-id").write_text(f"{machine_id or uuid4().hex}\n")
        self._init: subprocess.Popen[bytes] | None = None
        self.boot()

    def boot(self) -> None:
        """Start it, with a boot of its own."""
        (self._files / "boot").write_text(f"{uuid4()}\n")
        namespaces = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        given = [self._files / "machine-id", self._files / "boot", self.shared, self.home, self.name]
        self._init = subprocess.Popen(
            [*namespaces, "sh", "-c", _SET_UP, "sh", *map(str, given), sys.executable, "-c", _INIT],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._init.stdout is not None
        assert self._init.stdout.readline() == b"up\n", f"{self.name} does not start"
        (child,) = Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children").read_text().split()
        self._enter = ["nsenter", "--target", child, "--mount", "--uts", "--pid"]

    def power_off(self) -> None:
        """Kill every process of it at once; what they have written stays."""
        if self._init is not None:
            self._init.send_signal(signal.SIGKILL)
            self._init.communicate()
            self._init = None

    def words(self, *args: str) -> list[str]:
        """Return the words that run the command line on it."""
        return [*self._enter, sys.executable, "-m", "tui_queue", *args]

    def env(self) -> dict[str, str]:
        """Return the environment of its commands."""
        return {**os.environ, "TUI_QUEUE_HOME": str(self.home)}

    def run(self, *args: str, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
        """Run a command of the queue on it."""
        return subprocess.run(
            self.words(*args), env=self.env(), capture_output=True, text=True, timeout=timeout, check=False
        )

    def start(self, *args: str) -> "subprocess.Popen[bytes]":
        """Start a command of the queue on it."""
        return subprocess.Popen(
            self.words(*args), env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )


@contextmanager
def machines(
    directory: Path, names: Sequence[str] = ("alpha", "beta"), *, locks: bool, machine_id: str = ""
) -> Iterator[list[Machine]]:
    """Yield machines that share ``directory/home``; with ``locks`` each has file locks and pipes of its own.

    With a ``machine_id`` all have that one.
    """
    data, home = directory / "data", directory / "home"
    for made in (data, home):
        made.mkdir(mode=0o700)
    with ExitStack() as stack:
        found = []
        for name in names:
            shared = data
            if locks:
                shared = directory / f"mount-{name}"
                shared.mkdir()
                # A network file system asks its server again when a file is opened; bindfs only without these caches.
                caches = "attr_timeout=0,entry_timeout=0,negative_timeout=0"
                subprocess.run(["bindfs", "-o", caches, str(data), str(shared)], check=True, stderr=subprocess.DEVNULL)
                stack.callback(subprocess.run, ["fusermount", "-u", "-z", str(shared)], check=False)
            machine = Machine(name, home, shared=shared, files=directory / f"files-{name}", machine_id=machine_id)
            stack.callback(machine.power_off)
            found.append(machine)
        yield found
