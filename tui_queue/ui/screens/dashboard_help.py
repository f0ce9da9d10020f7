"""What the keys of the dashboard do, for its help."""

from collections.abc import Sequence

from tui_queue.ui.screens.help import Group

GROUPS: Sequence[Group] = (
    (
        "Jobs",
        (
            ("a", "Add a job"),
            ("A C", "Change a copy and add it"),
            ("c", "Cancel"),
            ("r", "Retry"),
            ("d Delete", "Remove an ended job"),
            ("h", "Hold, release"),
            ("p", "Pause, let go on"),
            ("e", "Edit"),
            ("K J T", "Move up, down, to the top"),
            ("x", "Send a signal"),
            ("i", "Everything about it"),
            ("+ -", "Slots of its queue"),
            ("u", "Undo: cancel of a pending one, hold, move, edit"),
        ),
    ),
    (
        "Move",
        (
            ("↑ ↓ j k", "Up, down"),
            ("g G", "First, last"),
            ("PgUp PgDn", "By the page"),
            ("Tab", "Next pane"),
        ),
    ),
    (
        "Several",
        (
            ("Space", "Select, or not any more"),
            ("V", "Select all from the last one"),
            ("*", "Select all in view, or none"),
            ("/", "Show only: words, state:failed, queue:gpu, batch:night"),
            ("Esc", "Select none; show all"),
        ),
    ),
    (
        "Log",
        (
            ("l Enter", "Whole screen, and back"),
            ("f", "Follow the end, or stay"),
            ("← →", "Sideways"),
            ("Esc", "Back to the table"),
        ),
    ),
    (
        "Program",
        (
            ("2 3", "Queues, schedules"),
            ("Ctrl+P", "Every verb by name"),
            ("? F1", "This help"),
            ("Ctrl+L", "Draw all again"),
            ("q", "Quit; running jobs go on"),
            ("Q", "Stop all jobs, and quit"),
        ),
    ),
)
