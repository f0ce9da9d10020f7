"""The program as it is after an upgrade of Textual that has lost the private names that are given as arguments."""

import sys

from tui_queue.__main__ import main
from tui_queue.ui.terminal import private

if __name__ == "__main__":
    private.HIDDEN.update(sys.argv[1:])
    del sys.argv[1:]
    main()
