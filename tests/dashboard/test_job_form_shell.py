"""The form's switch that makes a shell line of the command."""

from pathlib import Path

import pytest
from textual.widgets import Checkbox, Input

from tests.dashboard.test_job_form import Form, Script, opened, paste, said
from tests.support.pilot import drawn, until
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.job_draft import make_draft
from tui_queue.ui.job_form.form import JobForm


@pytest.fixture
def form(tmp_path: Path) -> Form:
    return Form(JobForm(cwd=str(tmp_path)))


async def test_a_command_for_a_shell_is_refused_until_a_key_gives_it_one(
    form: Form, script: Script, tmp_path: Path
) -> None:
    script("job.py", "print()")
    async with form.run_test(size=(100, 40)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "path", "job.py && echo {a.b} > out")
        await until(pilot, lambda: said(form, "path").startswith("Only a shell acts on &&; F6 has one"), "the refusal")
        await pilot.press("enter")
        assert form.answers == []
        await pilot.press("f6")
        await until(pilot, lambda: "A shell runs: job.py && echo" in drawn(form), "the line")
        assert not said(form, "path")
        assert form.shown.query_one("#name", Input).placeholder == "job.py"
        await paste(form, pilot, "parameters", "| cat 'x")
        await pilot.press("enter")
        await until(pilot, lambda: form.answers, "the draft")
    line = "job.py && echo {a.b} > out | cat 'x"
    assert form.answers == [(make_draft(path=line, shell=True, cwd=str(tmp_path)),)]


async def test_a_shell_line_is_changed_as_it_was_typed_and_the_key_takes_the_shell_away(tmp_path: Path) -> None:
    draft = make_draft(path="echo 'a b' 1", shell=True, cwd=str(tmp_path))
    form: Form = Form(JobForm(cwd="/", draft=draft, single=True))
    async with form.run_test(size=(100, 60)) as pilot:
        await until(pilot, lambda: "A shell runs: echo 'a b' 1" in drawn(form), "the line")
        assert form.shown.query_one("#path", Input).value == "echo 'a b' 1"
        assert form.shown.query_one("#shell", Checkbox).value
        await pilot.press("f6")
        await until(pilot, lambda: "Runs: /usr/bin/echo 'a b' 1" in drawn(form), "the command")
        await pilot.press("enter")
        await until(pilot, lambda: form.answers, "the draft")
    plain = JobDraft(path="/usr/bin/echo", args=("a b", "1"), cwd=str(tmp_path), name="echo")
    assert form.answers == [(plain,)]
