"""The part of the form that folds out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Checkbox, Input

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.dashboard.test_job_form import Form, form, opened, paste  # noqa: F401 - a fixture
from tests.support.pilot import drawn, see, until

Script = Callable[..., str]


async def test_everything_else_folds_out_and_goes_into_the_job(form: Form, script: Script) -> None:  # noqa: F811
    path = script("job.py", "print()")
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "path", path)
        assert "Order" not in drawn(form)
        await pilot.press("ctrl+t")
        await see(pilot, "higher starts first")
        await paste(form, pilot, "priority", "7")
        await paste(form, pilot, "retries", "2")
        await paste(form, pilot, "env", 'A=1 B="two words"')
        await paste(form, pilot, "timeout", "2h")
        form.screen.query_one("#hold", Checkbox).value = True
        await pilot.press("ctrl+s")
        await until(pilot, lambda: form.answers, "the draft")
    (drafts,) = form.answers
    assert drafts is not None
    (draft,) = drafts
    assert (draft.priority, draft.held, draft.timeout_s, draft.options.retries) == (7, True, 7200, 2)
    assert draft.options.env == (("A", "1"), ("B", "two words"))


async def test_what_is_wrong_in_the_folded_part_is_said_and_gone_to(
    form: Form,  # noqa: F811
    script: Script,
    tmp_path: Path,
) -> None:
    path = script("job.py", "print()")
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "path", path)
        await pilot.press("f2")
        await see(pilot, "higher starts first")
        await paste(form, pilot, "at", "2020-01-01")
        await see(pilot, "in the past")
        await pilot.press("enter")
        await until(pilot, lambda: form.focused and form.focused.id == "at", "the wrong field")
        assert form.answers == []


async def test_a_command_that_was_added_before_is_there_to_begin_with(cli: Cli, script: Script) -> None:
    path = script("[old].py", "")
    for words in ((path, "a b", "2"), (path, "a b", "2"), ("true",)):
        cli("add", "--hold", "--name", "named", *words)
    async with dashboard() as (pilot, app, _):
        await pilot.press("a")
        await see(pilot, "Ctrl+R recent")
        await pilot.press("ctrl+r")
        await see(pilot, "'a b' 2   in")
        assert drawn(app).count("'a b' 2   in") == 1
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.focused and app.focused.id == "parameters", "the form")
        await pilot.press("end", "0", "enter")
        await until(pilot, lambda: 4 in cli.jobs(), "the job")
    assert [cli.job(4)[key] for key in ("path", "args", "name")] == [path, ["a b", "20"], "named"]


async def test_a_file_that_has_gone_since_does_not_become_another_one(cli: Cli, script: Script) -> None:
    script("job.py", "")
    path = script("job.py 10", "#!/bin/sh")
    cli("add", "--hold", path)
    cli("template", "save", "kept", path)
    Path(path).unlink()
    async with dashboard() as (pilot, app, _):
        await pilot.press("a")
        await see(pilot, "Ctrl+R recent")
        for keys in (("ctrl+r", "enter"), ("f3", "enter")):
            await pilot.press("end", "ctrl+u")
            await pilot.press(keys[0])
            await see(pilot, "Begin with which")
            await pilot.press(keys[1])
            await see(pilot, "job.py 10: no such file")
            app.screen.query_one("#path", Input).focus()
    assert [*cli.jobs()] == [1]


@pytest.mark.long
async def test_names_that_are_known_are_completed(cli: Cli) -> None:
    cli("queue", "add", "gpu")
    cli("add", "--hold", "--batch", "night", "true")
    async with dashboard() as (pilot, app, _):
        await pilot.press("a")
        await see(pilot, "Job path")
        await pilot.press(*"echo", "ctrl+t")
        await see(pilot, "Order")
        for field, typed, whole in (
            ("queue", "g", "gpu"),
            ("batch", "ni", "night"),
            ("unmet", "c", "cancel"),
            ("notify", "f", "failure"),
        ):
            line = app.screen.query_one(f"#{field}", Input)
            line.focus()
            await pilot.press(*typed)
            await until(pilot, lambda: line._suggestion == whole, whole)  # noqa: B023
            await pilot.press("tab")
            await until(pilot, lambda: line.value == whole, whole)  # noqa: B023
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(cli.jobs()) == 2, "the job")
    assert [cli.job(2)[key] for key in ("queue", "batch")] == ["gpu", "night"]
