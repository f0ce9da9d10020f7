"""The dashboard: a Textual skin over the core."""
