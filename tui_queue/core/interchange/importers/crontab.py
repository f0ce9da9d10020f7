"""Imports a crontab: its lines become schedules."""

import os
import re
from collections.abc import Iterator

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.importer import (
    SHELL,
    Importer,
    Origin,
    Skipped,
    first_line,
    first_word,
    numbered_lines,
)
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.parsing.fields import title
from tui_queue.core.parsing.job_draft import make_draft
from tui_queue.core.timing.recurrence import parse_rule
from tui_queue.core.timing.timezones import local_zone, zone_of

_BEGIN = r"#|@[a-z]+\s|[A-Z_]+\s*=|(?:[\d*,/a-zA-Z-]+\s+){5}\S"
_SETTING = r"\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*"
_ENTRY = r"\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.+?)\s*"


def _recognises(text: str) -> bool:
    return re.match(_BEGIN, first_line(text)) is not None


def _read(text: str, origin: Origin) -> Iterator[Schedule | Skipped]:
    table = _Table(origin)
    for number, line in numbered_lines(text):
        if line.lstrip().startswith("#"):
            continue
        try:
            schedule = table.take(line)
        except BadInputError as error:
            yield Skipped(line=number, why=str(error))
        else:
            if schedule is not None:
                yield schedule


class _Table:
    """A crontab while it is read: a setting holds for all entries below it."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._env: dict[str, str] = {}
        self._zone = local_zone().key
        self._shell = SHELL
        self._names = set[str]()

    def take(self, line: str) -> Schedule | None:
        """Take in a line; return the schedule of an entry, None for a setting. Raises BadInputError."""
        if setting := re.fullmatch(_SETTING, line):
            self.keep(setting[1], re.sub(r"^([\"'])(.*)\1$", r"\2", setting[2]))
            return None
        if entry := re.fullmatch(_ENTRY, line):
            return self.schedule(" ".join(entry[1].split()), entry[2])
        raise BadInputError("import", "neither a cron line nor NAME=value.")

    def keep(self, name: str, value: str) -> None:
        """Apply a setting to the entries that follow."""
        if name == "CRON_TZ":
            self._zone = zone_of(value).key
        elif name == "SHELL":
            self._shell = value
        elif name != "MAILTO":
            self._env[name] = value

    def schedule(self, rule: str, command: str) -> Schedule:
        """Return the schedule of an entry. Raises BadInputError."""
        if rule == "@reboot":
            raise BadInputError("import", "@reboot is no time that comes again.")
        if re.search(r"(?<!\\)%", command):
            raise BadInputError("import", "text behind % is input for the command; write it into a script.")
        now = self._origin.now
        next_at = parse_rule(rule, self._zone).next_after(now, anchor=now)
        command = command.replace("\\%", "%")
        name = self._free_name(first_word(command))
        draft = make_draft(
            path=self._shell,
            args=("-c", command),
            cwd=os.path.expanduser("~"),
            name=name,
            env=tuple(f"{key}={value}" for key, value in self._env.items()),
            now=now,
        )
        return Schedule(name=name, rule=rule, zone=self._zone, draft=draft, created_at=now, next_at=next_at)

    def _free_name(self, word: str) -> str:
        name = title("name", re.sub(r"[^\w.-]", "-", word) or "cron")
        free, number = name, 1
        while free in self._names:
            number += 1
            free = f"{name}-{number}"
        self._names.add(free)
        return free


CRONTAB = Importer(name="crontab", recognises=_recognises, read=_read, foreign=True, search_path="/usr/bin:/bin")
