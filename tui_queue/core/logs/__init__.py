"""The output of runs: reading, searching, watching and compressing log files."""
