"""Dialogs: a prompt, a choice, a confirmation, a form, the settings, help."""
