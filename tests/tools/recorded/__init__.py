"""The programs whose output is recorded for the tests of the log."""
