"""Gives commands for sets of jobs while jobs end all the time: none may be refused, and each count must be right.

``python -m tests.fuzz.set_commands 1000 [SEED]`` gives so many commands on the command line, and a twentieth as many in
a dashboard. A count is compared with the audit trail, and the sum for a range with the jobs that are in it.
"""

import asyncio
import os
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.command_server import CommandServer
from tests.support.pilot import see

MANY = 400  # jobs that are kept pending
VERBS = ("cancel", "hold", "release", "pause", "resume", "retry", "top", "remove")
DONE = {"cancel": "cancelled", "retry": "retried", "hold": "held", "release": "released", "pause": "paused"}


class Rounds:
    """The commands, and what was wrong with them."""

    def __init__(self, cli: Cli, chance: random.Random) -> None:
        self._cli = cli
        self._chance = chance
        self.wrong: list[str] = []
        self.left = 0
        self._lines = cli.home / "lines"
        self._lines.write_text("true\n" * 200)

    def fill(self) -> None:
        """Add jobs where few are pending."""
        if self.ask("SELECT count(*) FROM jobs WHERE state = 'pending'") < MANY:
            self._cli("add", "--from", str(self._lines), "--batch", f"b{self._chance.randrange(3)}", "--yes")

    def give(self) -> None:
        """Give one command."""
        self.fill()
        verb, newest = self._chance.choice(VERBS), self.ask("SELECT max(id) FROM jobs")
        first = self._chance.randint(1, newest)
        last = min(newest, first + 60)
        words = self._chance.choice(
            [["--all"], ["--batch", "b1"], ["--where", "batch:b2 state:pending"], [f"{first}-{last}"]]
        )
        deeds, there = self.ask("SELECT max(id) FROM deeds") or 0, self._between(first, last)
        done = self._cli.process(verb, *words)
        said = done.stdout.decode()
        counts = [int(number.replace(",", "")) for number in re.findall(r"(?:^|, )([\d,]*\d) ", said)]
        if done.returncode or not counts:
            self.wrong.append(f"{verb} {words}: {done.returncode} {done.stderr.decode()} {said}")
            return
        self.left += len(counts) > 1
        if verb in DONE and counts[0] != self._done(DONE[verb], deeds):
            self.wrong.append(f"{verb} {words}: {said.strip()}; the audit trail has {self._done(DONE[verb], deeds)}")
        if words[0][0] != "-" and sum(counts) != there:
            self.wrong.append(f"{verb} {words}: {said.strip()}; there are {there}")

    def _done(self, verb: str, since: int) -> int:
        return self.ask(f"SELECT count(*) FROM deeds WHERE id > {since} AND verb = '{verb}'")

    def _between(self, first: int, last: int) -> int:
        return self.ask(f"SELECT count(*) FROM jobs WHERE id BETWEEN {first} AND {last}")

    def ask(self, query: str) -> int:
        """Return the one number that a query gives."""
        with closing(sqlite3.connect(self._cli.home / "queue.db", timeout=60)) as db:
            number: int = db.execute(query).fetchone()[0]
            return number


async def in_dashboard(rounds: Rounds, commands: int, chance: random.Random) -> None:
    """Select all and cancel, hold or remove them, with a while between the question and the answer."""
    async with dashboard((100, 30), toasts=True) as (pilot, app, _):
        for _ in range(commands):
            rounds.fill()
            await see(pilot, "pending")
            await pilot.press("asterisk", chance.choice("chd"))
            await asyncio.sleep(chance.random())
            if len(app.screen_stack) > 2:
                await pilot.press("y")
            await pilot.pause(0.2)
            rounds.wrong += [str(each.message) for each in app._notifications if each.severity == "error"]
            app.clear_notifications()


def main(commands: int, seed: int) -> int:
    """Give the commands; return 1 where any was refused or had a wrong count."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as directory:
        os.environ["TUI_QUEUE_HOME"] = directory + "/home"
        server = CommandServer(dict(os.environ))
        cli = Cli(Path(directory, "home"), dict(os.environ), server)
        cli.settings("slots = 4")
        rounds = Rounds(cli, chance)
        cli("add", "true")
        scheduler = cli.start("run", "--standby", "--stay")
        begun = time.monotonic()
        for _ in range(commands):
            rounds.give()
        seconds = time.monotonic() - begun
        ended = rounds.ask("SELECT max(seq) FROM sqlite_sequence") - rounds.ask(
            "SELECT count(*) FROM jobs WHERE state IN ('pending', 'running')"
        )
        scheduler.terminate()
        scheduler.communicate()
        asyncio.run(in_dashboard(rounds, commands // 20, chance))
        server.close()
    kinds = Counter(line.partition(" ")[0] for line in rounds.wrong)
    print(f"{commands} commands in {seconds:.0f} s; about {ended / seconds:.0f} jobs ended a second;", end=" ")
    print(f"{commands // 20} in the dashboard; {rounds.left} left some jobs; {len(rounds.wrong)} wrong: {dict(kinds)}")
    print("\n".join(rounds.wrong[:20]))
    return bool(rounds.wrong)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
