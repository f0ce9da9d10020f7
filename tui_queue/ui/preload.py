"""Imports behind the first picture what that does without, so that the user does not wait for it later either."""

import threading
from importlib import import_module

PRELOAD_S = 1.0  # after the start
_LATER = (
    "tui_queue.ui.log.parts",
    "tui_queue.ui.dashboard.job_actions",
    "tui_queue.ui.dashboard.filter_bar",
    "tui_queue.ui.dashboard.leaving",
    "tui_queue.ui.job_form.form",
    "tui_queue.ui.dashboard.job_details",
    "tui_queue.ui.dialogs.help",
    "tui_queue.ui.dialogs.settings",
    "tui_queue.ui.lists.registry",
    "tui_queue.ui.log.search_results",
)


def preload() -> None:
    """Import in a thread, which gives way to the event loop."""
    threading.Thread(target=_import_all, name="preload", daemon=True).start()


def _import_all() -> None:
    for name in _LATER:
        import_module(name)
