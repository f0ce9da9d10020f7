"""A way to a server on this machine that is as slow as one around the world: bytes come late, and many together."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def relay(port: int, delay_s: float) -> Iterator[int]:
    """Pass bytes on to a port, what came within ``delay_s`` in one piece; yield the port that takes them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, delay_s), daemon=True).start()
        yield int(listener.getsockname()[1])


def _accept(listener: socket.socket, port: int, delay_s: float) -> None:
    with suppress(OSError):  # it was closed
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_pass_on, args=(source, sink, delay_s), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket, delay_s: float) -> None:
    with suppress(OSError, ValueError), sink:
        while first := source.recv(65536):
            time.sleep(delay_s)
            packet = [first]
            while select.select([source], [], [], 0)[0] and (more := source.recv(65536)):
                packet.append(more)
            sink.sendall(b"".join(packet))
