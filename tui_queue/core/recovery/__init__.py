"""Backups of the store, and the way back to one of them."""
