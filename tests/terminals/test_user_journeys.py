"""The commonest ways through the dashboard, from start to end, in real terminals of several sizes and kinds."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.conftest import Cli, wait_for
from tests.support.raw_terminal import raw_terminal
from tests.support.tmux import terminal
from tests.terminals.test_terminal import open_dashboard
from tui_queue.ui.dashboard.states import FORMAL_FROM, HELD, LOOKS, PAUSED

pytestmark = pytest.mark.long

SIZES = ((80, 24), (60, 20), (200, 50))
TERMS = ("xterm-256color", "screen-256color", "tmux-256color", "linux")
BELOW, BESIDE = "\n─ Log ", " ─ Log "  # where the log begins
ENTER, ESCAPE, TAB, CLEAR, MORE = "\r", "\x1b", "\t", "\x15", "\x14"

JOBS = ("a Add", "c Cancel", "r Retry", "d Remove", "h Hold", "p Pause", "l Log", "f Follow", "? Help", "Q Stop all")
OF_LOG = ("/ Search", "n Next", "& Only", "} Error", "f Follow", "w Wrap", "v Pager", "y Copy", "t Times")
HINTS = (*JOBS, *OF_LOG, "q Quit", "e Edit", "+ Slot", "- Slot", "L Limit", "o Job", "r Run now")
LAST = r"q Quit|q Back|d Remove +\? Help"  # without which the end is missing
FOOTER = re.compile(rf" *((({'|'.join(map(re.escape, HINTS))}) +)+({LAST})|\? Help) *")
SHORT = ("○ wait", "◇ hold", "► run", "» ends", "‖ pause", "✓ done", "✗ fail", "– cancel")
FORMAL = ("○ pending", "◇ held", "► running", "‖ paused", "✓ completed", "✗ failed", "– cancelled")
WORDS = (*FORMAL, *SHORT)
FORMAL_OF = {look.words(80): look.words(120) for look in (*LOOKS.values(), HELD, PAUSED)}
STATE = re.compile(rf"({'|'.join(WORDS)})(?=  | *$| \S| [·─])")
SIGN = re.compile(r"[○◇►»‖✓✗–] [^\d]")
ROW = re.compile(r"[* ] *(\d+) [○◇►»‖✓✗–!?]")
ASKS = re.compile(
    r"(Enter [a-z ]+(   (Ctrl\+T more|Ctrl\+R recent|F3 template))*   Esc (cancels|goes back)|Esc closes) ─┘"
)


class Way:
    """A dashboard in a terminal; whatever it shows at a step has to be whole."""

    def __init__(self, size: tuple[int, int], *, type_: Callable[[str], None], look: Callable[[], str]) -> None:
        self.size = size
        self.type = type_
        self.look = look

    def step(self, keys: str, *seen: str, gone: str = "") -> str:
        """Type keys; wait until all that is seen then is there, what is gone is not, and nothing is cut."""
        self.type(keys)
        if self.size[0] >= FORMAL_FROM:
            seen, gone = tuple(map(formal, seen)), formal(gone)

        def wrong() -> list[str]:
            screen = self.look()
            missing = [f"{text!r} is missing" for text in seen if text not in screen]
            return [*missing, *([f"{gone!r} is there"] if gone and gone in screen else []), *cut(screen, *self.size)]

        try:
            wait_for(lambda: not wrong(), "the step")
        except AssertionError:
            raise AssertionError(f"after {keys!r} {wrong()}:\n{self.look()}") from None
        return self.look()

    def comes_to(self, numbers: list[int], keys: str = "") -> None:
        """Type keys; wait until the table has these jobs in this order."""
        self.type(keys)
        wait_for(lambda: rows(self.look()) == numbers, f"{numbers} after {keys!r}, not {rows(self.look())}")
        self.step("")

    def goes_on(self) -> None:
        """Wait until output comes that was not there."""
        last = last_line(self.look())
        wait_for(lambda: last_line(self.look()) > last + 1, f"what comes after line {last}")
        self.step("")

    def add(self, path: str, parameters: str, *seen: str) -> str:
        self.step("a", "Job path", "Enter adds", "Ctrl+T more", "Esc cancels")
        self.step(f"{path}{TAB}{parameters}", "Runs:", path, parameters, "Add", "Cancel")
        return self.step(ENTER, *seen, gone="Job path")


def formal(text: str) -> str:
    """Return what is looked for with the words of states that a wide screen has."""
    for short, word in FORMAL_OF.items():
        text = text.replace(short, word)
    return text


def cut(screen: str, width: int, height: int) -> list[str]:
    """Say what of a screen is not whole: a hint of a key, a state, a row."""
    lines = [line.rstrip() for line in screen.splitlines()]
    lines += [""] * (height - len(lines))
    wrong = [f"too wide: {line!r}" for line in lines if cell_len(line) > width]
    if len(lines) != height:
        wrong.append(f"{len(lines)} lines")
    has_keys_above = "Esc goes back ━" in lines[0]  # lines that were found
    if "└" not in lines[-1] and not has_keys_above and not FOOTER.fullmatch(lines[-1]):  # forms may cover the keys
        wrong.append(f"a hint is cut: {lines[-1]!r}")
    wrong += [f"a hint is cut: {line!r}" for line in lines if "└" in line and "Esc" in line and not ASKS.search(line)]
    if "┏" in screen or "Esc closes" in screen:  # what lies below a dialog is covered
        return wrong
    for line in lines:
        states = len(STATE.findall(line))
        if states != len(SIGN.findall(line)) or (ROW.match(line) and not states):
            wrong.append(f"a state is cut: {line!r}")
    return wrong


def rows(screen: str) -> list[int]:
    """Return the numbers of the jobs in the table."""
    return [int(found[1]) for line in screen.splitlines() if (found := ROW.match(line))]


def last_line(screen: str) -> int:
    """Return the highest number of a line of chatty.py."""
    return max(map(int, re.findall(r"Line (\d+)", screen)), default=0)


@contextmanager
def in_tmux(cli: Cli, size: tuple[int, int], term: str) -> Iterator[Way]:
    width, height = size
    with terminal(cli, width=width, height=height, env=[f"TERM={term}"]) as window:
        open_dashboard(window)
        yield Way(size, type_=window.type, look=window.screen)


@contextmanager
def in_raw(cli: Cli, size: tuple[int, int], term: str) -> Iterator[Way]:
    with (cli.home / "config.toml").open("a") as file:  # a console would have signs of ASCII by itself
        file.write('[dashboard]\nsigns = "unicode"\n')
    with raw_terminal(cli.env, size=size, term=term) as window:

        def look() -> str:
            window.read()
            return window.text()

        yield Way(size, type_=window.type, look=look)


def each_terminal(place: int) -> pytest.MarkDecorator:
    """Go through all sizes; ways at different places do so on other kinds of terminals."""
    kinds = [(size, TERMS[(place + number) % len(TERMS)]) for number, size in enumerate(SIZES)]
    names = [f"{width}x{height}-{term}" for (width, height), term in kinds]
    return pytest.mark.parametrize(("size", "term"), kinds, ids=names)


@each_terminal(0)
def test_a_job_is_added_read_live_left_and_found_again(cli: Cli, size: tuple[int, int], term: str) -> None:
    with terminal(cli, width=size[0], height=size[1], env=[f"TERM={term}"]) as window:
        open_dashboard(window)
        way = Way(size, type_=window.type, look=window.screen)
        way.step("", "The queue is empty. Press a to add a job.")
        way.add("jobs/countdown.py", "1", "Countdown: 1 seconds")
        way.step("", "✓ done", gone="► run")

        way.add("jobs/chatty.py", "100000 5", "► run", "Line 1")
        way.goes_on()
        way.step("l", "2 chatty.py  ► run", gone="Progress, why")
        way.goes_on()
        way.step("/", "Search the log")
        way.step(f"/line 1$/{ENTER}", "/line 1$/: 1 of 1 lines", "G follows")
        way.step(ESCAPE, gone="/line 1$/")
        way.step("G", gone="G follows")
        way.goes_on()
        way.step(ESCAPE, "Progress, why", "► run")

        way.type("q")
        window.wait_for("Without you 1 run on; 0 wait")
        assert cli.job(2)["state"] == "running"
        open_dashboard(window)
        way.step("g", "2 chatty.py  ► run", "✓ done", "Line ")
        way.goes_on()
        way.step("*", "2 jobs", "2│ Line ")
        way.goes_on()
        way.step("F", "Search all logs")
        way.step(f"countdown: 1{ENTER}", "1 line in 2 jobs", "Enter goes there   Esc goes back")
        way.step(ENTER, "Log  1 countdown", "countdown: 1: 1 of 1 lines", gone="2 jobs")
        assert cli.job(2)["attempt"] == 1


@each_terminal(1)
def test_a_running_job_is_cancelled_and_failed_ones_are_retried(
    cli: Cli, tmp_path: Path, size: tuple[int, int], term: str
) -> None:
    there = tmp_path / "there"
    cli("add", "sleep", "600")
    cli("add", "--name", "looks", "test", "-e", str(there))
    cli("add", "true")
    with in_raw(cli, size, term) as way:
        way.step("", "► run", "✗ fail", "✓ done")
        way.step("gc", "Stop job 1, sleep?", "c Cancel job 1", "Esc Let it be")
        way.step(ESCAPE, "► run", gone="Stop job 1")
        way.step("c", "Stop job 1, sleep?", "c Cancel job 1", "Esc Let it be")
        way.step("y", "– cancel", gone="► run")

        way.step("/", "state:failed")
        way.type("state:failed")
        way.comes_to([2])
        way.step(ENTER, "q Quit", "2 looks  ✗ fail")
        way.step("i", "Job 2, looks", "failed: exit 1", "Attempt    1, exit 1", "Esc closes")
        way.step(ESCAPE, gone="Esc closes")
        there.touch()
        way.step("r", "No job is like that. Press Esc to show all.")
        way.step(ESCAPE, "– cancel", "✓ done", gone="✗ fail")
    assert [cli.job(2)[what] for what in ("state", "attempt")] == ["completed", 2]


@each_terminal(2)
def test_jobs_are_held_put_in_order_selected_and_removed(cli: Cli, size: tuple[int, int], term: str) -> None:
    cli.settings("slots = 0")
    for number in range(1, 5):
        cli("add", "--name", f"job-{number}", "true")
    with in_raw(cli, size, term) as way:
        way.comes_to([1, 2, 3, 4])
        way.step("", "no slots", "Press + for one.")
        way.step("?", "━ Keys ━", "Esc closes")
        way.step("q", "no slots", gone="━ Keys ━")
        for log in (BELOW, "", BESIDE) if size[0] >= 120 else ("", BELOW):
            way.step("s", "job-1", log, gone="" if log else "─ Log ")
        way.step("", "Press + for one.")
        way.step("h", "◇ hold", "This job is held. Press h to release it.")
        way.step("h", "○ wait", gone="◇ hold")

        way.comes_to([1, 2, 4, 3], "GK")
        way.comes_to([1, 2, 3, 4], "J")
        way.step("e", "Edit job 4", "Enter saves", "Ctrl+T more", "Esc cancels")
        way.step(MORE, "Priority")
        way.step(f"{TAB}5", "Priority           5")
        way.comes_to([4, 1, 2, 3], ENTER)

        way.step("g  ", "*  4", "*  1")
        way.step("c", "– cancel")
        way.comes_to([2, 3, 4, 1])
        way.step("d", "Remove 2 ended jobs and their logs?", "d Remove 2 jobs", "Esc Let them be")
        way.step("y", gone="cancelled")
        way.comes_to([2, 3])
    assert list(cli.jobs()) == [2, 3]


@each_terminal(3)
def test_a_schedule_is_added_and_slots_are_changed(cli: Cli, size: tuple[int, int], term: str) -> None:
    with in_tmux(cli, size, term) as way:
        way.step("3", "3 Schedules", "There is no schedule. Press a: a rule, then its job.")
        way.step("a", "Add a schedule", "Enter goes on to its job", "Esc goes back")
        way.step(f"report{TAB}every 1h", "Every hour; next:")
        way.step(ENTER, "The job of schedule report", "Enter saves", "Esc cancels")
        way.step(f"echo{TAB}hello", "Runs:")
        way.step(ENTER, "report", "every 1h", "echo", gone="The job of")

        way.step("2", "default", "0/3")
        way.step("+", "0/4")
        way.step("-", "0/3")
        way.step("a", "Add a queue", "Enter saves", "Esc goes back", "Outside of its hours stop what runs")
        way.step(f"gpu{TAB}{CLEAR}1")
        way.step(ENTER, "gpu", "0/1", gone="Add a queue")
        way.step("1", "Progress, why", "The queue is empty", "q Quit")
    assert '"slots": 1' in cli("queue", "list", "--json")
    assert '"rule": "every 1h"' in cli("schedule", "list", "--json")


def test_keys_that_come_together_are_obeyed_in_their_order(cli: Cli) -> None:
    with in_raw(cli, (80, 24), TERMS[0]) as way:
        way.step("a", "Job path")
        way.step("ab\x7fcd\x1b[D\x1b[DX", "Job path           aXcd ")
        way.step("\x05\x15echo\thallo\x7f\x7fo\x01un\x7f \x1b[H\x1b[3~say\r", "✓ done")
    assert (cli.job(1)["name"], cli.job(1)["args"]) == ("echo", ["say", "halo"])


def test_words_that_come_together_with_their_slash_are_no_verbs(cli: Cli) -> None:
    cli.settings("slots = 0")
    for path in ("true", "cat"):
        cli("add", path, "/etc/hosts")
    with in_raw(cli, (80, 24), TERMS[0]) as way:
        way.comes_to([1, 2])
        way.comes_to([2], "/cat")
        way.comes_to([1, 2], "\x15/etc")
    assert {job["state"] for job in cli.jobs().values()} == {"pending"}


@pytest.mark.parametrize(
    ("keys", "question"), [("acat", "Job path"), ("Fcat", "Search all logs"), ("ecat", "Edit job 1")]
)
def test_keys_that_come_together_with_that_of_a_question_are_no_verbs(cli: Cli, keys: str, question: str) -> None:
    cli.settings("slots = 0")
    for path in ("true", "cat"):
        cli("add", path, "/etc/hosts")
    with in_raw(cli, (80, 24), TERMS[0]) as way:
        way.comes_to([1, 2])
        way.step(keys, question)
        way.step("\x1b", "no slots")
    assert {job["state"] for job in cli.jobs().values()} == {"pending"}
