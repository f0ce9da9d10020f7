"""The part of the form that folds out."""

from collections.abc import Callable
from pathlib import Path

from textual.widgets import Checkbox

from tests.pilot import drawn, see, until
from tests.test_job_form import Form, form, opened, paste  # noqa: F401 - a fixture

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
