"""Keys that come in one packet, as over a slow link: each is for what the keys before it have opened."""

import re

import pytest

from tests.conftest import Cli
from tests.support.raw_terminal import RawTerminal, raw_terminal

ROUNDS = 3


def fill(cli: Cli) -> None:
    cli.settings("slots = 0")
    for path in ("true", "cat", "ls"):
        cli("add", path, "/etc/hosts")


def states(cli: Cli) -> dict[int, str]:
    return {number: job["state"] for number, job in cli.jobs().items()}


def press(window: RawTerminal, keys: str, seen: str) -> None:
    window.type(keys)
    window.see(seen)


@pytest.mark.long
def test_a_command_is_taken_by_the_words_typed_before_enter(cli: Cli) -> None:
    fill(cli)
    with raw_terminal(cli.env, size=(80, 24)) as window:
        for _ in range(ROUNDS):
            press(window, ":help\r", "Esc closes")
            press(window, "\x1b", "q Quit")
            window.read_until_gone("Esc closes")
            press(window, ":settings\r", "grace_s")
            window.type("\x1b")
            window.read_until_gone("grace_s")
    assert set(states(cli).values()) == {"pending"}


@pytest.mark.long
def test_words_that_no_command_has_do_nothing(cli: Cli) -> None:
    fill(cli)
    with raw_terminal(cli.env, size=(80, 24)) as window:
        press(window, ":cancelzzz\r", ":")
        window.rest()
        assert "cancelzzz" in window.text()
    assert set(states(cli).values()) == {"pending"}


def test_a_verb_right_after_a_filter_is_for_the_jobs_that_it_leaves(cli: Cli) -> None:
    fill(cli)
    with raw_terminal(cli.env, size=(80, 24)) as window:
        press(window, "/ls\rc", "cancelled")
        window.rest()
    assert states(cli) == {1: "pending", 2: "pending", 3: "cancelled"}


def test_undo_right_after_a_removal_takes_that_back(cli: Cli) -> None:
    cli("add", "sh", "-c", "sleep 60 & sleep 60 &")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("2 processes left")
        press(window, "dyu", "Undone: removal of job 1")
    assert states(cli) == {1: "completed"}


@pytest.mark.long
def test_a_verb_right_after_a_filter_that_means_nothing_is_no_verb(cli: Cli) -> None:
    fill(cli)
    with raw_terminal(cli.env, size=(80, 24)) as window:
        press(window, "/state:gone\rc", "no such state")
        window.rest()
        assert set(states(cli).values()) == {"pending"}
        window.type("\x1b")
        window.read_until_gone("no such state")
        window.type(":q!\r")
        assert window.end_reading() == 0
    assert set(states(cli).values()) == {"pending"}


@pytest.mark.long
def test_a_form_a_question_and_the_keys_after_them_come_in_one_packet(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "sleep", "600")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("► run")
        press(window, "cbat\t/opt/hosts\x1b", "► run")  # no answer of a question
        window.rest()
        assert states(cli) == {1: "running"}
        press(window, "acat\t/etc/hosts\r?", "Esc closes")
        press(window, "\x1b", "q Quit")
        window.rest()
        press(window, "gcy", "– cancel")
        window.rest()
    assert {number: job["name"] for number, job in cli.jobs().items()} == {1: "sleep", 2: "cat"}
    assert states(cli)[1] == "cancelled"


@pytest.mark.long
def test_esc_and_a_letter_in_one_packet_are_two_keys_and_none_in_a_field(cli: Cli) -> None:
    with raw_terminal(cli.env, size=(80, 24)) as window:
        press(window, "?", "Esc closes")
        press(window, "\x1ba", "Job path")
        assert "Esc closes" not in window.text()
        window.type("x\x1by")
        window.see("Job path           x ")
        window.rest()
        assert "xy" not in window.text()


@pytest.mark.long
def test_an_esc_that_has_stood_alone_for_its_time_begins_no_sequence(cli: Cli) -> None:
    with raw_terminal({**cli.env, "ESCDELAY": "150"}, size=(80, 24)) as window:
        window.rest()
        window.type("\x1b")
        window.rest_for(0.17)
        window.type("[a")
        window.see("Job path")
        assert not re.search(r"Job path +a", window.text())
