"""The paths of a queue's files."""

import os

from msgspec import Struct

from tui_queue.core.errors import StoreError

# What lies in the directory of a queue, as far as it is there.
FILES = (
    "config.toml",
    "queue.db",
    "queue.db-wal",
    "queue.db-shm",
    "queue.db-journal",
    "queue.db-gate",
    "queue.db-open",
    "numbers",
    "host",
    "lease",
    "foreground",
    "background",
    "tui-queue.log",
)
DIRECTORIES = ("runs", "wake", "incoming", "scripts", "environments", "backups", "aside")


class Paths(Struct, frozen=True):
    """The places of one queue.

    Locks and wake-up pipes lie beside the store and not in a runtime directory: every process that
    opens the same store must find the same ones, also from cron, where no XDG_RUNTIME_DIR is set.
    """

    settings: str
    state: str

    @classmethod
    def from_environment(cls) -> "Paths":
        """Read ``TUI_QUEUE_HOME``; without it follow the platform's conventions. Raises StoreError."""
        home = os.environ.get("TUI_QUEUE_HOME")
        if home:
            return cls.in_directory(home)
        import platformdirs  # noqa: PLC0415 - takes long

        try:
            config = platformdirs.user_config_dir("tui-queue", appauthor=False)
            state = platformdirs.user_state_dir("tui-queue", appauthor=False)
        except RuntimeError:
            config = state = ""
        if not (os.path.isabs(config) and os.path.isabs(state)):
            raise StoreError(
                f"HOME is {os.environ.get('HOME') or 'not set'}, which names no home directory, and user "
                f"{os.getuid()} has none in the password database. Set HOME, or TUI_QUEUE_HOME, to an absolute path."
            )
        return cls(settings=os.path.join(config, "config.toml"), state=state)

    @classmethod
    def in_directory(cls, home: str) -> "Paths":
        """Return the places of a queue that is kept in one directory; a relative one counts from here and now on.

        Raises StoreError.
        """
        expanded = os.path.expanduser(home)
        if home.startswith("~") and expanded == home:
            raise StoreError(f"{home}: no user of that name, or HOME is not set. Give an absolute path.")
        try:
            home = os.path.abspath(expanded)
        except FileNotFoundError:
            raise StoreError(f"{home}: the current directory is gone. Give an absolute path.") from None
        return cls(settings=os.path.join(home, "config.toml"), state=home)

    @property
    def variables(self) -> dict[str, str]:
        """What the environment of a process has to say for it to find the same places."""
        return {"TUI_QUEUE_HOME": self.state} if os.path.dirname(self.settings) == self.state else {}

    @property
    def store(self) -> str:
        """The SQLite database."""
        return os.path.join(self.state, "queue.db")

    @property
    def runs(self) -> str:
        """A directory for each job, in it one for each attempt."""
        return os.path.join(self.state, "runs")

    @property
    def scripts(self) -> str:
        """Copies of scripts, made when their jobs were added."""
        return os.path.join(self.state, "scripts")

    @property
    def environments(self) -> str:
        """The environments that jobs were added with."""
        return os.path.join(self.state, "environments")

    @property
    def wake(self) -> str:
        """A pipe for each process that wants to hear of changes."""
        return os.path.join(self.state, "wake")

    @property
    def incoming(self) -> str:
        """Jobs that other hosts leave for the host of the queue."""
        return os.path.join(self.state, "incoming")

    @property
    def background(self) -> str:
        """The lock of the background process, and how that was started."""
        return os.path.join(self.state, "background")

    @property
    def program_log(self) -> str:
        """What the program itself has to say about errors."""
        return os.path.join(self.state, "tui-queue.log")
