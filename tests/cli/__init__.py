"""Tests through the command line and the Python API."""
