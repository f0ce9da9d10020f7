"""The question with two answers, and the keys."""

from typing import Generic, TypeVar

import pytest
from textual.screen import Screen

from tests.support.pilot import drawn, until
from tui_queue.ui.dialogs.confirm import Confirm
from tui_queue.ui.dialogs.help import Help
from tui_queue.ui.dialogs.help_pages import HelpPages
from tui_queue.ui.dialogs.picker import Picker
from tui_queue.ui.readable_app import ReadableApp

T = TypeVar("T")

KEYS = [
    ("Jobs", [("a", "Add a job"), ("d Delete", "Remove [/oops]")]),
    ("Log", [("l", "Whole screen"), ("f", "Follow")]),
]


class Host(ReadableApp, Generic[T]):
    """Shows one screen and keeps its answers."""

    def __init__(self, screen: Screen[T]) -> None:
        super().__init__()
        self.shown = screen
        self.answers: list[T | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.shown, self.answers.append)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], False),
        (["y"], True),
        (["n"], False),
        (["escape"], False),
        (["left", "enter"], True),
        (["right", "enter"], True),
        (["left", "right", "enter"], False),
        (["tab", "enter"], True),
    ],
)
async def test_a_question_is_answered_no_unless_yes_is_chosen(keys: list[str], answer: bool) -> None:
    app = Host(Confirm("Stop it?"))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: app.focused is not None, "a focused button")
        await pilot.press(*keys)
        await until(pilot, lambda: app.answers, "an answer")
    assert app.answers == [answer]


@pytest.mark.parametrize(("keys", "answers"), [("c", [True]), ("f8", [True]), ("d", []), ("dn", [False])])
async def test_the_key_that_has_asked_confirms(keys: str, answers: list[bool]) -> None:
    app = Host(Confirm("Stop it?", yes="Cancel job 1", no="Let it be", keys="c F8"))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "c Cancel job 1" in drawn(app) and "Esc Let it be" in drawn(app), "the acts")
        await pilot.press(*([keys] if keys == "f8" else keys))
        await until(pilot, lambda: app.answers == answers, "the answer")


async def test_a_question_with_a_click_on_yes_is_answered_yes() -> None:
    app = Host(Confirm("Stop it?", yes="Stop it", no="Let it run"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None, "a focused button")
        await pilot.click("#yes")
        await until(pilot, lambda: app.answers, "an answer")
    assert app.answers == [True]


async def test_a_question_is_drawn_as_it_is_whatever_it_contains() -> None:
    app = Host(Confirm("Stop [/oops] \x1b[2J?", detail="[bold]x[/]\nnext line", yes="[/yes]", no="[red]"))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "next line" in drawn(app), "the question")
        text = drawn(app)
    for part in ("Stop [/oops] ^[[2J?", "[bold]x[/]", "[/yes]", "[red]"):
        assert part in text
    assert "\x1b" not in text


async def test_a_very_long_question_leaves_room_for_the_answers() -> None:
    app = Host(Confirm("word " * 20_000, detail="more " * 20_000))
    async with app.run_test(size=(60, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None, "a focused button")
        for answer in ("#yes", "#no"):
            assert app.screen.region.contains_region(app.screen.query_one(answer).region)


@pytest.mark.quick
@pytest.mark.parametrize("key", ["escape", "q", "?", "f1"])
async def test_the_keys_are_shown_and_closed(key: str) -> None:
    app = Host(Help(KEYS))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "Remove [/oops]" in drawn(app), "the keys")
        await pilot.press(key)
        await until(pilot, lambda: app.answers, "the end")
    assert app.answers == [None]


async def test_the_keys_stand_in_two_columns_where_there_is_room() -> None:
    app = Host(Help(KEYS))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "Jobs" in drawn(app), "the keys")
        assert any("Jobs" in line and "Log" in line for line in drawn(app).splitlines())
        await pilot.resize_terminal(60, 20)
        await until(
            pilot,
            lambda: not any("Jobs" in line and "Log" in line for line in drawn(app).splitlines()),
            "one column",
        )


async def test_more_keys_than_lines_can_be_scrolled() -> None:
    app = Host(Help([("All", [(f"k{number}", f"does {number}.") for number in range(100)])]))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "does 0." in drawn(app), "the keys")
        await pilot.press("j", "j", "j")
        await until(pilot, lambda: "does 0." not in drawn(app), "a scrolled page")
        await pilot.press("k", "k", "k")
        await until(pilot, lambda: "does 0." in drawn(app), "the page before")
        await pilot.press("end")
        await until(pilot, lambda: "does 99." in drawn(app), "the last key")


async def test_the_keys_lead_to_the_help_pages_which_are_searched() -> None:
    app = Host(Help(KEYS, topic="queues"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "m more help" in drawn(app), "the keys")
        await pilot.press("m")
        await until(pilot, lambda: "Queues and slots" in drawn(app), "the page of the screen")
        await pilot.press("down")
        await until(pilot, lambda: "Order and dependencies" in drawn(app), "the next page")
        before = drawn(app)
        await pilot.press("j", "j", "j")
        await until(pilot, lambda: drawn(app) != before, "the page to scroll")
        await pilot.press("slash", *"crontab import")
        await until(pilot, lambda: "other-tools" in drawn(app) and "resources" not in drawn(app), "the pages with both")
        await pilot.press("escape")
        await until(pilot, lambda: "troubleshooting" in drawn(app), "all pages")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1, "the pages to close")


@pytest.mark.parametrize("size", [(40, 12), (30, 10), (200, 50)])
async def test_help_pages_fit_any_size(size: tuple[int, int]) -> None:
    app = Host(HelpPages("jobs"))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Jobs" in drawn(app), "the title of the page")


async def test_a_picker_shows_only_the_names_with_the_words_that_are_typed() -> None:
    app = Host(Picker("Which one?", ["train big", "train small", "evaluate"]))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "/ filters" in drawn(app), "the names")
        await pilot.press("slash", *"TRAIN s")
        await until(pilot, lambda: "evaluate" not in drawn(app) and "train big" not in drawn(app), "one name")
        await pilot.press("escape")
        await until(pilot, lambda: "evaluate" in drawn(app), "all names")
        await pilot.press("slash", *"nothing", "enter")  # there is none to take
        await until(pilot, lambda: "train" not in drawn(app), "no name")
        await pilot.press("escape", "slash", *"train")
        await until(pilot, lambda: "small" in drawn(app) and "evaluate" not in drawn(app), "two names")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.answers, "an answer")
    assert app.answers == ["train small"]


async def test_what_is_removed_of_a_filtered_picker_is_the_name_under_the_cursor() -> None:
    removed: list[str] = []

    async def remove(name: str) -> bool:
        removed.append(name)
        return True

    app = Host(Picker("Which one?", ["train big", "evaluate", "train small"], remove=remove))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "/ filters" in drawn(app), "the names")
        await pilot.press("slash", *"small", "delete")
        await until(pilot, lambda: "train small" in drawn(app), "the name")
        await pilot.press("tab", "d")
        await until(pilot, lambda: removed, "the removal")
        await pilot.press("escape")
        await until(pilot, lambda: "evaluate" in drawn(app), "the others")
        assert "train small" not in drawn(app)
    assert removed == ["train small"]
