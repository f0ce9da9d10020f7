"""What is typed into the form of a job is not lost: by Esc, by a wrong edit, by several lines in one paste."""

from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tui_queue.ui.job_form.edits import Edits, end_of_difference


def value(pilot: Pilot[None], field: str) -> str:
    return pilot.app.screen.query_one(f"#{field}", Input).value


async def close(pilot: Pilot[None]) -> None:
    await pilot.press("escape")
    await until(pilot, lambda: len(pilot.app.screen_stack) == 1, "the form to go")


async def paste(pilot: Pilot[None], text: str) -> None:
    await until(pilot, lambda: pilot.app.focused is not None, "a field")
    pilot.app.post_message(Paste(text))


@pytest.mark.long
async def test_esc_keeps_what_was_typed_until_a_job_of_it_is_added(cli: Cli) -> None:
    cli.settings("slots = 0")
    async with dashboard(toasts=True) as (pilot, _, _):
        await pilot.press("a", *"true", "tab", *"one two")
        await close(pilot)
        await see(pilot, "What you typed is kept; a brings it back.")
        await pilot.press("a")
        await see(pilot, "As you left it.")
        assert (value(pilot, "path"), value(pilot, "parameters")) == ("true", "one two")
        await pilot.press("enter")
        await until(pilot, lambda: list(cli.jobs()) == [1], "the job")
        assert cli.job(1)["args"] == ["one", "two"]
        await pilot.press("a")
        await see(pilot, "A script or program")
        assert (value(pilot, "path"), value(pilot, "parameters")) == ("", "")


@pytest.mark.long
async def test_a_form_that_is_emptied_forgets_and_each_job_has_its_own(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("add", "--name", "first", "true")
    async with dashboard(toasts=True) as (pilot, _, _):
        await pilot.press("a", *"false")
        await close(pilot)
        await pilot.press("e")
        await see(pilot, "Edit job 1")
        await pilot.press("tab", *"more", "f2")
        await close(pilot)
        await see(pilot, "e brings it back.")
        await pilot.press("e")
        await see(pilot, "Edit job 1")
        await until(pilot, lambda: value(pilot, "parameters") == "more", "what was typed")
        await close(pilot)
        await pilot.press("a")
        await see(pilot, "As you left it.")
        await pilot.press("ctrl+u")
        await close(pilot)
        await pilot.press("a")
        await see(pilot, "A script or program")
        assert value(pilot, "path") == ""
        # What is asked about once more and refused comes back too.
        await pilot.press(*"true", "enter")
        await see(pilot, "Job 1 is the same")
        await pilot.press("n", "a")
        await see(pilot, "As you left it.")


@pytest.mark.long
async def test_several_pasted_lines_are_several_jobs_or_one(cli: Cli, tmp_path: Path) -> None:
    cli.settings("slots = 0")
    async with dashboard(toasts=True) as (pilot, app, _):
        await pilot.press("a")
        await paste(pilot, "echo 1\n# a remark\necho 2 \\\n  and more\n\necho 3\n")
        await see(pilot, "5 lines: add 3 jobs, or one?")
        await pilot.press("escape")
        await until(pilot, lambda: "or one?" not in drawn(app), "the question to go")
        assert value(pilot, "path") == ""
        await paste(pilot, "echo a\nb\n")
        await see(pilot, "Join them to one command")
        await pilot.press("down", "enter")
        await until(pilot, lambda: value(pilot, "path") == "echo a b", "one line")
        await pilot.press("ctrl+u")
        await paste(pilot, "nosuchprogram 1\nb\n")
        await see(pilot, "Add 2 jobs")
        await pilot.press("enter")
        await see(pilot, "nosuchprogram: no such file")
        await paste(pilot, "echo 1 && echo 2\necho 3\n")
        await see(pilot, "Add 2 jobs, a shell runs each line")
        await pilot.press("enter")
        await until(pilot, lambda: len(cli.jobs()) == 2, "both")
        await pilot.press("a")
        await see(pilot, "Job path")
        await pilot.press("ctrl+u")
        await paste(pilot, "echo 1\necho 2\n")
        await pilot.press("enter")
        await until(pilot, lambda: len(cli.jobs()) == 4, "two more")
    assert [job["args"] for job in list(cli.jobs().values())[2:]] == [["1"], ["2"]]


@pytest.mark.long
async def test_edits_of_a_field_are_taken_back_and_done_again(cli: Cli) -> None:
    async with dashboard() as (pilot, app, _):
        await pilot.press("a", *"echo one", "ctrl+u")
        for key, wanted in (("ctrl+z", "echo one"), ("ctrl+z", "echo "), ("ctrl+z", "echo"), ("ctrl+z", "")):
            await pilot.press(key)
            assert value(pilot, "path") == wanted
        for wanted in ("echo", "echo "):
            await pilot.press("ctrl+y")
            assert value(pilot, "path") == wanted
        await pilot.press("escape", "slash", *"held", "ctrl+w", "ctrl+z")
        assert app.screen.query_one("#filter", Input).value == "held"


@pytest.mark.quick
def test_what_is_typed_in_one_go_is_one_step() -> None:
    edits = Edits()
    for text in ("a", "ab", "ab ", "ab c", "ab cd", "ab", "abx"):
        edits.change(text)
    assert [edits.undo() for _ in range(5)] == ["ab", "ab cd", "ab ", "ab", ""]
    assert edits.undo() is None
    assert [edits.redo(), edits.redo()] == ["ab", "ab "]
    edits.change("new")
    assert edits.redo() is None
    assert end_of_difference("one three", "one two three") == len("one two")
