"""The terminal below Textual: the driver, what is sent, and who else uses it."""
