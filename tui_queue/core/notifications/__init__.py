"""Notifications: what they say, and sending them."""
