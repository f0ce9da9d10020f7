"""Starts the watcher for a scheduler of version 0.1.0, which runs on while the package is upgraded; to go after 0.2.

That scheduler runs this path as a script, with the same two descriptors and the same specifications as today's.
"""

import os
import sys
from importlib import import_module

CORE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__":
    sys.path.append(os.path.join(CORE, "execution"))
    import_module("watcher.serve").serve()
