"""Tests that drive the app by its pilot."""
