"""The keys of the dashboard: the actions that they are for, and to which jobs those apply."""

from collections.abc import Callable, Mapping

from textual.binding import Binding, BindingType

from tui_queue.core.model.job import Job, State

APPLIES: Mapping[str, Callable[[Job], bool]] = {
    "cancel": lambda job: not job.state.ended or job.processes_left > 0,
    "retry": lambda job: job.state.ended or job.waits_again,
    "remove": lambda _: True,
    "start_now": lambda job: job.waits or bool(job.paused),
    "hold": lambda job: job.waits,
    "pause": lambda job: job.state is State.RUNNING,
    "move": lambda job: job.waits,
    "edit": lambda _: True,
    "signal": lambda job: job.state is State.RUNNING or job.processes_left > 0,
    "clone": lambda _: True,
    "details": lambda _: True,
    "log": lambda _: True,
    "copy": lambda _: True,
    "page": lambda job: job.attempt > 0,
    "script": lambda _: True,
}
SPARE_KEYS = {"stop_all": 72, "hold": 72, "pause": 72, "follow": 90}  # action: cells from which its key is shown
# What the line of keys has while the log has the whole screen: actions, and the words for them there.
LOG_HINTS = {
    "search": "Search",
    "next(1)": "Next",
    "only": "Only",
    "error(1)": "Error",
    "follow": "Follow",
    "toggle('wrap')": "Wrap",
    "page": "Pager",
    "copy": "Copy",
    "toggle('times')": "Times",
    "help": "Help",
    "leave_log": "Back",
}

DASHBOARD_KEYS: list[BindingType] = [
    Binding("a", "add", "Add", id="job.add", tooltip="Add a job"),
    Binding("c", "cancel", "Cancel", id="job.cancel", tooltip="Cancel a pending job, or stop a running one"),
    Binding("r", "retry", "Retry", id="job.retry", tooltip="Put an ended job into the queue again"),
    Binding(
        "d,delete",
        "remove",
        "Remove",
        id="job.remove",
        tooltip="Forget a job and its log; what has not ended is cancelled first",
    ),
    Binding("A,C", "clone", "Clone", id="job.clone", show=False, tooltip="Change a copy of the job and add it"),
    Binding("h", "hold", "Hold", id="job.hold", tooltip="Keep a pending job from starting, or release it"),
    Binding("p", "pause", "Pause", id="job.pause", tooltip="Stop a running job where it is, or let it go on"),
    Binding(
        "B", "start_now", "Begin now", id="job.start", show=False, tooltip="Start a pending job now, beyond the slots"
    ),
    Binding("e", "edit", "Edit", id="job.edit", show=False, tooltip="Change a job; a few things of a running one"),
    Binding("K", "move('up')", "Move up", id="job.up", show=False, tooltip="One place up in the queue"),
    Binding("J", "move('down')", "Move down", id="job.down", show=False, tooltip="One place down in the queue"),
    Binding("T", "move('top')", "To the top", id="job.top", show=False, tooltip="Before all others of the queue"),
    Binding("x", "signal", "Signal", id="job.signal", show=False, tooltip="Send a signal to a running job"),
    Binding("i", "details", "Details", id="job.details", show=False, tooltip="Everything about the job"),
    Binding(
        "plus",
        "slots(1)",
        "More slots",
        key_display="+",
        id="queue.more",
        show=False,
        tooltip="One slot more for its queue",
    ),
    Binding(
        "minus",
        "slots(-1)",
        "Less slots",
        key_display="-",
        id="queue.less",
        show=False,
        tooltip="One slot less for its queue",
    ),
    Binding("1", "jobs", "Jobs", id="table.jobs", show=False, tooltip="The table of jobs"),
    Binding("2", "view('queues')", "Queues", id="view.queues", show=False, tooltip="All queues"),
    Binding("3", "view('schedules')", "Schedules", id="view.schedules", show=False, tooltip="All schedules"),
    Binding("4", "view('batches')", "Batches", id="view.batches", show=False, tooltip="All batches"),
    Binding("5", "view('history')", "Statistics", id="view.history", show=False, tooltip="How ended jobs have done"),
    Binding("l,enter", "log", "Log", id="log.zoom", tooltip="Give the log the whole screen, and back"),
    Binding("q", "leave_log", "Back", id="log.back", show=False, tooltip="Take the whole screen back from the log"),
    Binding("s", "split", "Place of the log", id="log.split", show=False, tooltip="Beside the jobs, below, or hidden"),
    Binding("f", "follow", "Follow", id="log.toggle", tooltip="Follow the end of the log, or stay"),
    Binding("y", "copy", "Copy", id="job.copy", show=False, tooltip="Copy its number, command or log's path"),
    Binding("v", "page", "View log", id="log.page", show=False, tooltip="Show the log in your pager, $PAGER"),
    Binding("E", "script", "Edit script", id="job.script", show=False, tooltip="Open the script in $EDITOR"),
    Binding("question_mark,f1", "help", "Help", key_display="?", id="app.help", tooltip="All the keys"),
    Binding("S,comma", "settings", "Settings", id="app.settings", show=False, tooltip="Change the settings"),
    Binding("Q", "stop_all", "Stop all", id="queue.stop_all", tooltip="Cancel all jobs, and leave"),
    Binding("o", "order", "Order", id="table.order", show=False, tooltip="Choose the order of the rows"),
    Binding("F", "find", "Search logs", id="log.find", show=False, tooltip="Search the logs of all jobs"),
    Binding("u", "undo", "Undo", id="job.undo", show=False, tooltip="Take back what was done last"),
    Binding("escape", "back", "Back", id="app.back", show=False, tooltip="Back to the table"),
]
