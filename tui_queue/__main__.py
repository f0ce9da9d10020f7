"""The command ``tui-queue``, also ``python -m tui_queue``."""

from tui_queue.cli.main import main

if __name__ == "__main__":
    main()
