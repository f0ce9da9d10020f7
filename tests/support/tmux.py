"""A real terminal for the tests: a tmux server of its own."""

import shlex
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.conftest import PATIENCE_S, ROOT, Cli, missing, wait_for


class Terminal:
    """One tmux window; keys go in, the screen comes out."""

    def __init__(self, socket: str) -> None:
        self.server = ["tmux", "-L", socket, "-f", "/dev/null"]

    def tmux(self, *args: str) -> str:
        return subprocess.run([*self.server, *args], capture_output=True, text=True, check=True).stdout

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def wait_for(self, text: str, timeout: float = PATIENCE_S) -> str:
        """Wait until the text is on screen; return the screen, other parts of which may not be drawn yet."""
        return self.wait_until(lambda screen: text in screen, f"{text!r} on screen", timeout)

    def wait_until(self, holds: Callable[[str], object], what: str, timeout: float = PATIENCE_S) -> str:
        """Wait until that holds of the screen; return the screen."""

        def probe() -> str | None:
            screen = self.screen()
            return screen if holds(screen) else None

        try:
            return wait_for(probe, what, timeout)
        except AssertionError:
            raise AssertionError(f"waited {timeout} s for {what}:\n{self.screen()}") from None

    def wait_until_gone(self, text: str) -> None:
        wait_for(lambda: text not in self.screen(), f"{text!r} to leave the screen")


@contextmanager
def terminal(cli: Cli, *, width: int = 80, height: int = 24, env: Sequence[str] = ()) -> Iterator[Terminal]:
    """Open a shell in a terminal of that size, with the queue of ``cli`` and these settings of ``env NAME=value``."""
    if shutil.which("tmux") is None:
        missing("tmux is not installed; apt install tmux")
    window = Terminal(f"tui-queue-test-{uuid.uuid4().hex[:12]}")
    outside = {**cli.env, "PS1": "$ ", "LC_ALL": "C.UTF-8"}
    shell = shlex.join(["env", "PS1=$ ", *env, "sh"])
    subprocess.run(
        [*window.server, "-u", "new-session", "-d", "-x", str(width), "-y", str(height), shell],
        cwd=ROOT,
        env=outside,
        check=True,
    )
    try:
        window.wait_for("$")
        yield window
    finally:
        subprocess.run([*window.server, "kill-server"], capture_output=True, check=False)
