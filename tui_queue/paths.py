"""The paths of a queue's files."""

import os

from msgspec import Struct


class Paths(Struct, frozen=True):
    """The places of one queue.

    Locks and wake-up pipes lie beside the store and not in a runtime directory: every process that
    opens the same store must find the same ones, also from cron, where no XDG_RUNTIME_DIR is set.
    """

    settings: str
    state: str

    @classmethod
    def from_environment(cls) -> "Paths":
        """Read ``TUI_QUEUE_HOME``; without it follow the platform's conventions."""
        home = os.environ.get("TUI_QUEUE_HOME")
        if home:
            return cls.in_directory(home)
        import platformdirs  # noqa: PLC0415 - takes long

        return cls(
            settings=os.path.join(platformdirs.user_config_dir("tui-queue", appauthor=False), "config.toml"),
            state=platformdirs.user_state_dir("tui-queue", appauthor=False),
        )

    @classmethod
    def in_directory(cls, home: str) -> "Paths":
        """Return the places of a queue that is kept in one directory."""
        home = os.path.abspath(os.path.expanduser(home))
        return cls(settings=os.path.join(home, "config.toml"), state=home)

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
    def wake(self) -> str:
        """A pipe for each process that wants to hear of changes."""
        return os.path.join(self.state, "wake")

    @property
    def background(self) -> str:
        """The lock of the background process, and how that was started."""
        return os.path.join(self.state, "background")

    @property
    def program_log(self) -> str:
        """What the program itself has to say about errors."""
        return os.path.join(self.state, "tui-queue.log")
