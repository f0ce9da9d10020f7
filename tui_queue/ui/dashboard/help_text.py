"""The help of the dashboard's keys."""

from collections.abc import Mapping, Sequence

from tui_queue.ui.dialogs.help import Group

# By groups: the ids of bindings, or the names of keys that can't be re-mapped; and what they do.
_WHAT: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    (
        "Jobs",
        (
            ("job.add", "Add a job"),
            ("job.clone", "Change a copy and add it"),
            ("job.cancel", "Cancel"),
            ("job.retry", "Retry"),
            ("job.remove", "Remove an ended job"),
            ("job.hold", "Hold, release"),
            ("job.pause", "Pause, let go on"),
            ("job.start", "Start now, beyond the slots"),
            ("job.edit", "Edit"),
            ("job.up job.down job.top", "Move up, down, to the top"),
            ("job.signal", "Send a signal"),
            ("job.details", "Everything about it"),
            ("job.copy", "Copy its number, command, log's path"),
            ("job.script", "Its script in $EDITOR"),
            ("queue.more queue.less", "Slots of its queue"),
            ("job.undo", "Undo: cancel, hold, move, edit, remove"),
        ),
    ),
    (
        "Move",
        (
            ("↑ ↓ table.down table.up", "Down, up"),
            ("table.top table.bottom", "First, last"),
            ("PgUp PgDn", "By the page"),
            ("Tab", "Next pane"),
        ),
    ),
    (
        "Several",
        (
            ("table.select", "Select, or not any more"),
            ("table.range", "Select all from the last one"),
            ("table.all", "Select all that are shown, or none"),
            (
                "table.filter",
                "Show only: words, held, state:failed,lost, !queue:gpu, name:'two words', #12, exit:137, age:>2d",
            ),
            ("table.order", "Order of the rows that are shown"),
            ("app.back", "Select none; show all"),
        ),
    ),
    (
        "Log",
        (
            ("log.zoom", "Whole screen, and back"),
            ("log.split", "Beside the jobs, below, or hidden"),
            ("log.toggle", "Follow the end, or stay"),
            ("log.search", "Search: words or /regex/"),
            ("log.next log.previous", "Next match, the one before"),
            ("log.find", "Search the logs of all jobs"),
            ("log.only", "Only the lines that match"),
            ("log.next_error log.error_before", "Next error, the one before"),
            ("log.line", "Go to a line, or to N%"),
            ("log.wrap", "Wrap long lines"),
            ("log.numbers log.times", "Line numbers, times of lines"),
            ("← →", "Sideways"),
            ("log.before log.after", "Attempt before, next one"),
            ("log.page", "In your pager, $PAGER"),
            ("drag job.copy", "Select with the mouse, copy"),
            ("log.back", "Back from the whole screen"),
            ("app.back", "Back to the table"),
        ),
    ),
    (
        "Program",
        (
            ("view.queues view.schedules", "Queues, schedules"),
            ("view.batches view.history", "Batches, history"),
            ("Ctrl+P app.palette", "Every verb by name or key; a job's number; a filter"),
            ("app.settings", "Settings"),
            ("app.help", "This help"),
            ("Ctrl+L", "Draw all again"),
            ("app.leave :q", "Quit; running jobs go on"),
            ("queue.stop_all", "Stop all jobs, and quit"),
            ("reset", "For the shell, where a broken connection has left the mouse printing text"),
        ),
    ),
)


def groups(keys: Mapping[str, str]) -> Sequence[Group]:
    """Return the groups with their keys as they are now, by the ids of their bindings."""
    return [
        (title, [(" ".join(keys.get(word, word) for word in words.split()), what) for words, what in lines])
        for title, lines in _WHAT
    ]
