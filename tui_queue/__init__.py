"""A job queue that a person runs from a terminal."""

__version__ = "0.1.0"
