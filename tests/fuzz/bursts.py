"""Types bursts of keys that come in one packet: ``python -m tests.fuzz.bursts 200 [--load L] [--ssh] [--seed S]``.

Each burst opens the palette, a filter, a form or a question, and goes on with keys for what it has opened. After each
the jobs must be as these keys say: what else has changed is a wrong act. ``--load`` keeps so many processes busy,
``--ssh`` goes through a server on this machine, behind a relay that delivers bytes 0.3 s late, in packets.
"""

import argparse
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conftest import PATIENCE_S, ROOT, Cli
from tests.support.command_server import CommandServer
from tests.support.raw_terminal import PROGRAM, RawTerminal
from tests.support.relay import relay
from tests.support.sshd import sshd

DELAY_S = 0.3
CLEAR = "\x05\x15"  # what a form that was left has kept
KINDS = ("palette", "filter", "form", "question")
Jobs = dict[str, str]  # what each job is, by its name


class Bursts:
    """The bursts, what they should have done, and what they have."""

    def __init__(self, cli: Cli, window: RawTerminal, chance: random.Random, *, way_s: float) -> None:
        """``way_s`` is how long keys and their answer are on the way."""
        self._way_s = way_s
        self._cli = cli
        self._window = window
        self._chance = chance
        self._number = 0
        self.wrong: list[str] = []
        self.count: Counter[str] = Counter()

    def give(self) -> None:
        """Give one burst, and compare the jobs."""
        self._number += 1
        kind = self._chance.choice(KINDS)
        before = self._jobs()
        expected = getattr(self, f"_{kind}")(before)
        self.count[kind] += 1
        deadline = time.monotonic() + 30
        while (now := self._jobs()) != expected and time.monotonic() < deadline:
            self._window.rest_for(0.2)
        self._window.rest_for(0.3 + self._way_s)  # the screen shows it too
        if now != expected:
            self.wrong.append(f"{self._number} {kind}: {sorted(set(now.items()) ^ set(expected.items()))}")

    def _palette(self, before: Jobs) -> Jobs:
        keys, seen = self._chance.choice(
            ((":help\r", "Esc closes"), (":settings\r", "grace_s"), (":queues\r", "Queues ━"))
        )
        self._type(keys, seen)
        self._back(seen)
        return before

    def _filter(self, before: Jobs) -> Jobs:
        name = self._chance.choice([name for name, state in before.items() if state == "pending"])
        act, then = self._chance.choice((("c", "cancelled"), ("cc", "cancelled"), ("i", "pending")))
        self._type(f"/{name}\r{act}", "Command" if act == "i" else "– cancel")
        if act == "i":
            self._back("Command")
        self._window.type("\x1b")
        self._window.read_until(lambda: "Esc ends" not in self._window.text(), "the filter to end")
        return {**before, name: then}

    def _form(self, before: Jobs) -> Jobs:
        name = f"form{self._number}"
        if self._chance.random() < 0.5:
            self._window.type(f"acat\t/opt/{name}\x1b")
            self._window.rest_for(1 + self._way_s)
            self._back("Job path")
            return before
        self._type(f"a{CLEAR}true\t{CLEAR}cqd {name}\r?", "Esc closes")
        self._back("Esc closes")
        return {**before, f"cqd {name}": "pending"}

    def _question(self, before: Jobs) -> Jobs:
        if self._chance.random() < 0.5:  # keys that the question does not know, then no
            self._window.type("gcbxa\x1b")
            self._window.rest_for(1 + self._way_s)
            self._back("Stop job")
            return before
        running = next(name for name, state in before.items() if state == "running")
        name = f"sleep{self._number}"
        self._cli("add", "--name", name, "--priority", "9", "sleep", "60000")
        self._window.type("gcy")
        return {**before, running: "cancelled", name: "running"}

    def _type(self, keys: str, seen: str) -> None:
        self._window.type(keys)
        self._window.see(seen)

    def _back(self, seen: str) -> None:
        """Close what is open."""
        deadline = time.monotonic() + PATIENCE_S
        while seen in self._window.text():
            self._window.type("\x1b")
            self._window.rest_for(0.4 + self._way_s)
            assert time.monotonic() < deadline, self._window.text()

    def _jobs(self) -> Jobs:
        return {
            " ".join(each["args"]) if each["name"] == "true" else each["name"]: each["state"]
            for each in self._cli.jobs().values()
        }


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep so many processes busy."""
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for each in load:
            each.kill()
            each.wait()


def main() -> int:
    """Give them; say what was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("bursts", type=int)
    parser.add_argument("--load", type=int, default=0)
    parser.add_argument("--ssh", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory, ExitStack() as stack:
        home = Path(directory, "home")
        os.environ |= {"TUI_QUEUE_HOME": str(home), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        server = CommandServer(dict(os.environ))
        stack.callback(server.close)
        cli = Cli(home, dict(os.environ), server)
        cli.settings("slots = 1")
        cli("add", "--name", "sleep0", "--priority", "9", "sleep", "60000")
        for number in range(given.bursts):
            cli("add", "--name", f"n{number:03}x", "true", str(number))
        words = list(PROGRAM)
        if given.ssh:
            far = stack.enter_context(sshd(Path(directory, "sshd"), {"TUI_QUEUE_HOME": str(home), "LC_ALL": "C.UTF-8"}))
            port = stack.enter_context(relay(far.port, DELAY_S))
            there = f"cd {shlex.quote(str(ROOT))} && exec {shlex.join(words)}"
            way = ["-o", f"Port={port}", "-o", f"HostKeyAlias=[127.0.0.1]:{far.port}", "-t"]
            words = [*far.client[:-1], *way, far.client[-1], there]
        stack.enter_context(busy(given.load))
        window = RawTerminal(cli.env, size=(80, 24), ignore_hangup=False, controlling=True, words=words)
        stack.callback(cli, "cancel", "--all")
        stack.callback(window.close)
        window.see("► run")
        bursts = Bursts(cli, window, random.Random(given.seed), way_s=3 * DELAY_S if given.ssh else 0)
        for _ in range(given.bursts):
            bursts.give()
        kinds = ", ".join(f"{kind} {bursts.count[kind]}" for kind in KINDS)
        way_there = " by ssh" if given.ssh else ""
        print(f"{given.bursts} bursts at load {given.load}{way_there} ({kinds}): {len(bursts.wrong)} wrong acts")
        print(*bursts.wrong, sep="\n", end="\n" if bursts.wrong else "")
        return 1 if bursts.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
