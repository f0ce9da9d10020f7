"""What the dashboard sends to a terminal: only what differs, and yet the screen is what it would be drawn anew."""

import pytest

from tests.conftest import JOBS, Cli
from tests.support.raw_terminal import RawTerminal, raw_terminal

KEY_BYTES = 1500  # of one key that moves the cursor
NAMES = (
    "plain",
    "名前が広い",
    "e\u0301\u0301 combining",
    "🚀🚀 wide",
    "عربي right to left",
    "a\u200db",
    "x" * 150,
    "[red]no[/]",
)
# Each is typed at once: the cursor, selections, the log, what covers the screen in part or all of it, the filter.
WALK = ("jjjk  **", "l", "li", "\x1b?", "\x1bG", "2", "1a", "\x1b", "/wide")

FORMS = (  # keys, and what is seen then
    ("a", "Add a job"),
    ("S", "keep_logs"),
    ("C", "Clone job 1"),
    ("F", "Search all logs"),
    ("/", "state:failed"),
    (":", "Search for commands"),
    ("3a", "Add a schedule"),
)


def shown_anew(window: RawTerminal) -> str:
    """Forget what the terminal shows, have all drawn again; return the screen."""
    window.screen.reset()
    window.type("\x0c")
    window.read_until(lambda: window.text().strip(), "the screen")
    return window.rest()


@pytest.mark.long
def test_the_screen_is_what_it_would_be_if_it_were_drawn_from_nothing(cli: Cli) -> None:
    for name in NAMES:
        cli("add", "--hold", "--name", name, "true", name)
    cli("add", str(JOBS / "colours.py"))
    with raw_terminal(cli.env, size=(100, 30)) as window:
        window.see("completed")
        for keys in WALK:
            window.type(keys)
            if keys.endswith("wide"):
                window.read_until(lambda: "plain" not in window.text(), "the filter")
            shown = window.rest()
            assert shown_anew(window) == shown, repr(keys)
        window.resize(80, 24)
        window.type("j")
        shown = window.rest()
        assert shown_anew(window) == shown


@pytest.mark.long
def test_a_key_that_moves_the_cursor_costs_little_and_nothing_costs_nothing(cli: Cli) -> None:
    cli("add", "--hold", "--sweep", "--yes", "--name", "many", "true", "{1..60}")
    with raw_terminal(cli.env, size=(200, 50)) as window:
        window.rest()
        for key in ("j", "j", "j", "k"):
            before = window.received
            window.type(key)
            window.rest()
            assert 0 < window.received - before < KEY_BYTES
        before = window.received
        window.rest_for(3)
        assert window.received == before


@pytest.mark.long
def test_a_form_that_is_left_alone_writes_nothing(cli: Cli) -> None:
    cli("add", "--hold", "--name", "sign", "true")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("held")

        def is_silent() -> bool:
            before = window.received
            window.rest_for(3)
            return window.received == before

        for keys, sign in FORMS:
            window.type(keys)
            window.see(sign)
            window.read_until(is_silent, "nothing to be written")
            window.type("\x1b")
            window.read_until_gone(sign)


def test_all_is_drawn_again_by_the_palette_too(cli: Cli) -> None:
    cli("add", "--hold", "true")
    with raw_terminal(cli.env, size=(80, 24)) as window:
        window.see("◇ hold")
        window.screen.reset()
        window.type("\x10draw")
        window.see("(Ctrl+L)")
        window.type("\r")
        window.see("◇ hold")
