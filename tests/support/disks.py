"""Small file systems for the tests of faults, and such that do not answer."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import wait_for
from tests.support.processes import status


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """Make a directory and mount a file system of this size there; ``size`` is an option of tmpfs."""
    place.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"{size},mode=700", "tui-queue-test", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"this user may not mount a small file system: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


class ServedDisk:
    """A mounted image whose server can be stopped: then what asks it for anything the kernel has not seen waits."""

    def __init__(self, image: Path, mount: Path) -> None:
        self.path = mount
        fresh = "attr_timeout=0,entry_timeout=0,negative_timeout=0"  # the kernel is to ask each time
        self._server = subprocess.Popen(
            ["squashfuse", "-f", "-o", fresh, image, mount], stderr=subprocess.PIPE, text=True
        )

    def is_there(self) -> bool:
        return os.path.ismount(self.path) or self._server.poll() is not None

    def why_not(self) -> str:
        """Return why it could not be mounted, if so."""
        return "" if self._server.poll() is None else self._server.communicate()[1]

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Answer nothing for a while; what waits has its answer afterwards, also where the test fails."""
        try:
            self._stop()
            yield
        finally:
            self._server.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """Take it away; what waits for it gets an error."""
        self._server.kill()
        self._server.wait()
        if self._server.stderr is not None:
            self._server.stderr.close()
        subprocess.run(["fusermount3", "-u", "-z", self.path], capture_output=True, check=False)

    def _stop(self) -> None:
        """Stop the server while it holds no request.

        A process whose request the server has taken, and not answered, can't be killed.
        """
        while True:
            wait_for(lambda: self._is("S"), "the disk to have answered")
            taken = self._bytes_taken()
            self._server.send_signal(signal.SIGSTOP)
            wait_for(lambda: self._is("T"), "the disk to stop")
            if self._bytes_taken() == taken:
                return
            self._server.send_signal(signal.SIGCONT)

    def _is(self, state: str) -> bool:
        return status(self._server.pid)[:1] == [state]

    def _bytes_taken(self) -> str:
        """Return how many bytes of requests the server has read, as far as the kernel counts them."""
        try:
            return Path(f"/proc/{self._server.pid}/io").read_text().partition("\n")[0]
        except OSError:
            return ""
