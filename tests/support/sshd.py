"""A throw-away SSH server for the tests, on this machine only, for the user who runs them."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.conftest import missing, wait_for
from tests.support.processes import children, words


class Server:
    """A running sshd; every connection has a process of its own below it."""

    def __init__(self, pid: int, client: list[str], port: int) -> None:
        self.pid = pid
        self.port = port
        self.client = client  # the words of a command that logs in

    def sessions(self) -> list[int]:
        """Return the processes of the connections, those of the server's own user first."""
        found = children(self.pid)
        for pid in found:
            found += [child for child in children(pid) if "sshd" in "".join(words(child))]
        return found

    def kill_sessions(self) -> None:
        """Cut every connection as a crash of the server would."""
        for pid in self.sessions():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def sshd(directory: Path, env: dict[str, str]) -> Iterator[Server]:
    """Run an sshd whose sessions find ``env``; its keys and its settings lie in ``directory``."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("ssh") is None:
        missing("sshd or ssh is not installed; apt install openssh-server openssh-client")
    assert program is not None
    directory.mkdir(mode=0o711)
    port = _free_port()
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", directory / key], check=True)
    host_key = (directory / "host.pub").read_text()
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}")
    (directory / "client").write_text(_CLIENT.format(directory=directory, port=port, user=getpass.getuser()))
    settings = _SERVER.format(directory=directory, port=port, user=getpass.getuser())
    # Only the first SetEnv counts.
    settings += "SetEnv " + " ".join(f'{name}="{value}"' for name, value in env.items()) + "\n"
    (directory / "server").write_text(settings)
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # where it locks itself up; root's only
    command = [program, "-f", str(directory / "server")]
    # From 9.8 on it refuses, for some time, an address whose session has crashed.
    patient = [*command, "-o", "PerSourcePenalties=no"]
    if subprocess.run([*patient, "-t"], capture_output=True, check=False).returncode == 0:
        command = patient
    with subprocess.Popen([*command, "-D", "-E", directory / "log"]) as process:
        server = Server(process.pid, ["ssh", "-F", str(directory / "client"), "t"], port)
        try:
            wait_for(lambda: _logs_in(server, process), "a login by ssh", 10)
            yield server
        finally:
            server.kill_sessions()
            process.terminate()


_SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {directory}/host
PidFile none
AuthorizedKeysFile {directory}/user.pub
AllowUsers {user}
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
"""
_CLIENT = """\
Host t
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {directory}/user
  IdentitiesOnly yes
  UserKnownHostsFile {directory}/known_hosts
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 5
  LogLevel ERROR
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _logs_in(server: Server, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "sshd has ended"
    return subprocess.run([*server.client, "true"], capture_output=True, check=False).returncode == 0
