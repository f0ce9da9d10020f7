"""The watcher: the process beside each run, which starts the command and writes down how it ended.

It imports the standard library only, and its modules import one another by relative names: the scheduler imports them
as part of ``tui_queue``, a watcher as a package of its own, without the rest of ``tui_queue`` (see watcher_pool.py).
"""
