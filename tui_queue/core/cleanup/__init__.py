"""Removing ended jobs and their logs, and the trash they can be restored from."""
