"""Serves the folder that is named at port 8765, slowly enough for progress to be seen."""

import sys
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Slow(SimpleHTTPRequestHandler):
    def copyfile(self, source: Any, outputfile: Any) -> None:
        while piece := source.read(100_000):
            outputfile.write(piece)
            time.sleep(0.08)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the name is the base's
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 8765), partial(_Slow, directory=sys.argv[1])).serve_forever()
