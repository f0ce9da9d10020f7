"""The systemd user unit that keeps a queue going when its user is logged out."""

import os
import sys

import tui_queue
from tui_queue.paths import Paths


def unit() -> str:
    """Return a unit that schedules this queue as long as the user's systemd runs. See systemd.service(5)."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(tui_queue.__file__)))
    home = ""
    if os.environ.get("TUI_QUEUE_HOME"):
        home = f"Environment={_quoted(f'TUI_QUEUE_HOME={Paths.from_environment().state}')}\n"
    return f"""\
[Unit]
Description=Job queue (tui-queue)

[Service]
{home}WorkingDirectory={_escaped(package)}
ExecStart={_quoted(sys.executable)} -m tui_queue run --standby --stay
Restart=on-failure
# Jobs and their watchers go on when the scheduler is stopped.
KillMode=process

[Install]
WantedBy=default.target
"""


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    quoted = _escaped(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{quoted}"'
