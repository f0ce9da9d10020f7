"""The settings as a form; what is changed there is written into their file."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.notification import Channels
from tui_queue.core.model.options import Full, Leftovers, Notify
from tui_queue.core.notifications.message import TERMINALS
from tui_queue.core.units.printable import printable
from tui_queue.settings import Settings, content_of, values_of
from tui_queue.settings_edit import Changes, checked, save
from tui_queue.settings_values import later, shown
from tui_queue.ui.dashboard.columns import COLUMNS, ORDERS
from tui_queue.ui.dashboard_settings import SPLITS, DashboardSettings, dashboard_settings_of
from tui_queue.ui.dialogs.form import Entries, Entry, EntryForm, Filled
from tui_queue.ui.terminal.plain import SIGNS
from tui_queue.ui.theme import theme_names

_DEFAULTS = {"": Settings(), "notify": Channels(), "dashboard": DashboardSettings()}


class _Setting(Struct, frozen=True):
    name: str  # with the table that it stands in
    label: str
    about: str = ""
    choices: tuple[str, ...] = ()
    several: bool = False  # words, which are a list in the file

    @property
    def key(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def default(self) -> int | float | str | bool:
        value = getattr(_DEFAULTS[self.name.rpartition(".")[0]], self.key)
        return value if isinstance(value, (int, float, str)) else ""


_SETTINGS = (
    _Setting("slots", "Jobs at a time", "How many jobs run at a time in a queue without a number of its own."),
    _Setting("grace_s", "Grace in seconds", "Seconds between SIGTERM and SIGKILL when a job is cancelled."),
    _Setting("python", "Python", "The interpreter of .py jobs that have no environment; empty: python3."),
    _Setting("keep_for", "Keep jobs for", "How long ended jobs are kept: 30d; empty: no limit."),
    _Setting("keep_jobs", "Jobs to keep", "How many ended jobs are kept; 0: no limit."),
    _Setting("keep_logs", "Room for logs", "How much disk the logs of ended jobs may take: 2G; empty: no limit."),
    _Setting("compress_after", "Compress after", "When logs of ended jobs are compressed: 7d; empty: never."),
    _Setting("log_size", "Longest log", "How much disk the log of one run may take: 500M; empty: no limit."),
    _Setting(
        "log_full", "When it is full", "A log at its limit: keep its head and tail, stop writing, or fail.", tuple(Full)
    ),
    _Setting(
        "leftovers", "Leftovers", "Processes that a job leaves running: keep, wait for them, or kill.", tuple(Leftovers)
    ),
    _Setting("notify.on", "Notify of", "Which jobs are notified of: all that end, failures, or never.", tuple(Notify)),
    _Setting("notify.terminal", "By the terminal", f"How the terminal is notified: {', '.join(TERMINALS)}.", TERMINALS),
    _Setting("notify.hook", "By a command", "The command that sends a notification; no shell runs it."),
    _Setting(
        "dashboard.theme",
        "Theme",
        "dark, light, contrast, ansi (16 colours), or one of Textual's.",
        tuple(theme_names()),
    ),
    _Setting("dashboard.signs", "Signs", "Plain: signs and borders in ASCII; auto: as the terminal can.", SIGNS),
    _Setting(
        "dashboard.columns",
        "Columns",
        f"Empty: the default ones; or some of {', '.join(COLUMNS)}.",
        tuple(COLUMNS),
        several=True,
    ),
    _Setting("dashboard.order", "Order of rows", f"How the rows are ordered: {', '.join(ORDERS)}.", tuple(ORDERS)),
    _Setting("dashboard.split", "Place of the log", f"Where the log is: {', '.join(SPLITS)}.", SPLITS),
    _Setting("dashboard.title", "Set the title of the terminal"),
    _Setting("mouse", "Use the mouse"),
    _Setting("background", "Run jobs in the background when the dashboard is closed"),
)
_LINES = [each for each in _SETTINGS if not isinstance(each.default, bool)]
_SWITCHES = [each for each in _SETTINGS if isinstance(each.default, bool)]


def settings_form(path: str) -> EntryForm[Changes]:
    """Return a form of the settings in a file; the answer is what it has changed in it. Raises BadInputError."""
    values = values_of(content_of(path), path)
    lines = {each.key: shown(_value(values, each)) for each in _LINES}
    switches = {each.key: _value(values, each) is True for each in _SWITCHES}

    def changes(entries: Mapping[str, str], switched: Mapping[str, bool]) -> dict[str, object]:
        typed = {each.name: _typed(entries[each.key], each) for each in _LINES if entries[each.key] != lines[each.key]}
        return typed | {each.name: switched[each.key] for each in _SWITCHES if switched[each.key] != switches[each.key]}

    def check(entries: Mapping[str, str], switched: Mapping[str, bool]) -> Filled[Changes]:
        if found := changes(entries, switched):
            try:
                checked(path, found, lambda settings: dashboard_settings_of(settings.dashboard, path))
            except BadInputError as error:
                raise BadInputError(error.field, str(error).removeprefix(f"{printable(path)}: ")) from None
        return Filled(value=found)

    def saved(found: Changes) -> None:
        if found:
            save(path, found, lambda settings: dashboard_settings_of(settings.dashboard, path))

    return EntryForm(
        Entries(
            title="Settings",
            lines=[
                Entry(
                    name=each.key,
                    label=each.label,
                    key=each.name,
                    value=lines[each.key],
                    hint=str(each.default),
                    choices=each.choices,
                    several=each.several,
                )
                for each in _LINES
            ],
            switches=[(each.key, f"{each.label}  ({each.name})", switches[each.key]) for each in _SWITCHES],
            about={each.key: _about(each) for each in _LINES},
        ),
        check,
        save=saved,
    )


def remarks(changes: Changes) -> Iterator[str]:
    """Yield what is to be said of settings that do not count at once."""
    for when in dict.fromkeys(later(name) for name in changes if later(name)):
        yield f"{', '.join(name for name in changes if later(name) == when)}: {when}."


def _about(setting: _Setting) -> str:
    """Say what a setting is for, and what it is by default."""
    parts = [setting.about]
    if str(setting.default) and "empty" not in setting.about.lower():
        parts.append(f"Default: {setting.default}.")
    if setting.choices:
        parts.append("{entries.choose} lists them.")
    return " ".join(parts)


def _value(values: Mapping[str, object], setting: _Setting) -> object:
    table, _, key = setting.name.rpartition(".")
    within = values.get(table, {}) if table else values
    return within.get(key, setting.default) if isinstance(within, dict) else setting.default


def _typed(text: str, setting: _Setting) -> object:
    """Return what was typed as TOML has it; a number that is none stays a text, which is refused like any other."""
    text = text.strip()
    if setting.several:
        return text.replace(",", " ").split()
    if isinstance(setting.default, str):
        return text or setting.default
    for kind in (int, float):
        try:
            return kind(text or setting.default)
        except ValueError:
            continue
    return text
