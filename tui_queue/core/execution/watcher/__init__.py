"""The watcher: the process beside a run. It imports the standard library only."""
