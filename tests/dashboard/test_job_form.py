"""The form that asks for a job, as it is typed into."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from tests.dashboard.test_dialogs import Host
from tests.support.pilot import drawn, see, until
from tui_queue.core.model.job import JobDraft
from tui_queue.ui.job_form.file_browser import FileBrowser
from tui_queue.ui.job_form.form import JobForm
from tui_queue.ui.job_form.note import Note

Script = Callable[..., str]
Form = Host[tuple[JobDraft, ...] | None]
FIELDS = ("path", "parameters", "cwd", "name")


@pytest.fixture
def form(tmp_path: Path) -> Form:
    return Host(JobForm(cwd=str(tmp_path)))


def said(app: Form, field: str) -> str:
    """Return the line under a field as it is drawn."""
    return app.shown.query_one(f"#{field}-note", Note).render().plain.strip()


def value(app: Form, field: str) -> str:
    return app.shown.query_one(f"#{field}", Input).value


async def opened(app: Form, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: app.focused is not None and said(app, "path"), "the form")


async def paste(app: Form, pilot: Pilot[None], field: str, text: str) -> None:
    """Put ``text`` in place of what the field holds, as a terminal does."""
    box = app.shown.query_one(f"#{field}", Input)
    box.focus()
    await until(pilot, lambda: box.has_focus, "the field")
    box.clear()
    box.post_message(Paste(text))
    await until(pilot, lambda: box.value, "the pasted text")


@pytest.mark.quick
async def test_two_fields_and_enter_are_a_job(form: Form, script: Script, tmp_path: Path) -> None:
    path = script("count down.py", "print()")
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await pilot.press(*"count down.py")
        await paste(form, pilot, "parameters", """10 'two  words' "" a\\ b [/x] $HOME *""")
        await pilot.press("enter")
        await until(pilot, lambda: form.answers, "the draft")
    args = ("10", "two  words", "", "a b", "[/x]", "$HOME", "*")
    assert form.answers == [(JobDraft(path=path, args=args, cwd=str(tmp_path), name="count down.py"),)]


async def test_a_whole_command_may_stand_in_the_first_field(form: Form, script: Script, tmp_path: Path) -> None:
    path = script("job.py", "print()")
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "path", "job.py 10 'a b'")
        await until(pilot, lambda: "Runs: python job.py 10 'a b'" in drawn(form), "the line")
        assert not said(form, "path")
        await paste(form, pilot, "parameters", "--last")
        await until(pilot, lambda: "job.py 10 'a b' --last" in drawn(form), "the line")
        await pilot.press("enter")
        await until(pilot, lambda: form.answers, "the draft")
    assert form.answers == [(JobDraft(path=path, args=("10", "a b", "--last"), cwd=str(tmp_path), name="job.py"),)]


@pytest.mark.parametrize(
    ("line", "file", "args"),
    [
        ("job.py 10", "job.py 10", ()),
        ("job.py 11", "job.py", ("11",)),
        ("job.py ", "job.py", ()),
        ("'job.py 10' 11", "job.py 10", ("11",)),
        ("job.py\\ 10", "job.py 10", ()),
        ("job.py \\\n  --lr 1 \\\r\n  --seed 2\n", "job.py", ("--lr", "1", "--seed", "2")),
        ("job.py '>' out '|' '$HOME' \\*", "job.py", (">", "out", "|", "$HOME", "*")),
    ],
)
async def test_a_line_is_a_file_and_what_stands_behind_it(
    form: Form, script: Script, line: str, file: str, args: tuple[str, ...]
) -> None:
    for name in ("job.py", "job.py 10"):
        script(name, "#!/bin/sh")
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "path", line)
        await pilot.press("enter")
        await until(pilot, lambda: form.answers, "the draft")
    ((draft,),) = (answer for answer in form.answers if answer)
    assert (draft.name, draft.args) == (file, args)


async def test_a_job_whose_file_has_gone_does_not_become_another(script: Script, tmp_path: Path) -> None:
    script("job.py", "print()")
    draft = JobDraft(path=str(tmp_path / "job.py 10"), cwd=str(tmp_path), name="gone")
    form: Form = Host(JobForm(cwd="/", draft=draft, single=True))
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await until(pilot, lambda: "job.py 10: no such file" in said(form, "path"), "the error")
        await pilot.press("enter")
        await paste(form, pilot, "path", "missing.py 10")
        await until(pilot, lambda: "missing.py: no such file" in said(form, "path"), "the error")
        assert form.answers == []


@pytest.mark.parametrize("submit", ["ctrl+s", "#add"])
async def test_a_name_and_a_directory_of_its_own_go_into_the_job(
    form: Form, script: Script, tmp_path: Path, submit: str
) -> None:
    script("job.py", "print()")
    (tmp_path / "work").mkdir()
    async with form.run_test(size=(60, 20)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "path", "../job.py")
        await until(pilot, lambda: "no such file" in said(form, "path"), "the error")
        await paste(form, pilot, "cwd", str(tmp_path / "work"))
        await until(pilot, lambda: not said(form, "path"), "the path to be right in the other directory")
        await paste(form, pilot, "name", " night run ")
        await (pilot.click(submit) if submit.startswith("#") else pilot.press(submit))
        await until(pilot, lambda: form.answers, "the draft")
    work = str(tmp_path / "work")
    assert form.answers == [(JobDraft(path=str(tmp_path / "job.py"), cwd=work, name="night run"),)]


async def test_the_line_that_will_run_is_shown_once_all_is_right(form: Form, script: Script) -> None:
    script("job.py", "print()")
    async with form.run_test(size=(200, 50)) as pilot:
        await opened(form, pilot)
        await pilot.press(*"job.py", "down", *"10 'a b")
        await until(pilot, lambda: "not closed" in said(form, "parameters"), "the error")
        assert "Runs:" not in drawn(form)
        await pilot.press("'")
        await until(pilot, lambda: "Runs: python job.py 10 'a b'" in drawn(form), "the line")


async def test_an_unclosed_quote_is_named_while_typing_and_not_taken(form: Form, script: Script) -> None:
    script("job.py", "print()")
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        assert said(form, "path").startswith("A script or program")
        await paste(form, pilot, "path", "job.py")
        await paste(form, pilot, "parameters", "'open")
        await until(pilot, lambda: "a quote is not closed" in said(form, "parameters"), "the error")
        await paste(form, pilot, "name", "x")
        await pilot.press("enter")
        await until(pilot, lambda: form.focused and form.focused.id == "parameters", "the wrong field")
        assert form.answers == []


async def test_enter_in_an_empty_form_asks_for_the_path(form: Form) -> None:
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: "No job path" in said(form, "path"), "the error")
        await until(pilot, lambda: form.focused and form.focused.id == "path", "the path's field")
        assert form.answers == []


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("path", "missing.py", "missing.py: no such file; check the spelling."),
        ("path", "/", "/: is a directory; name a file in it."),
        ("path", "/dev/null", "/dev/null: not a regular file; name a script or a program."),
        ("path", "text.txt", "make it executable with chmod +x."),
        ("path", "text.txt 10", "make it executable with chmod +x."),
        ("path", ". 10", "is a directory; name a file in it."),
        ("path", "missing.py 10", "missing.py: no such file; check the spelling."),
        ("path", "text.txt 'open", "Job path can't be split: a quote is not closed."),
        ("path", "text.txt 10\\", "Job path can't be split: it ends with a single backslash."),
        ("path", "[/oops", "[/oops: no such file; check the spelling."),
        ("path", "\x1b[2J", "^[[2J: no such file; check the spelling."),
        ("path", "~nobody\x00", "can't be passed to any program; remove it."),
        ("path", "x" * 100_000, "Job path has 100,000 bytes; a path has at most 4,095."),
        ("path", "\x1b" * 100_000, "Job path has 100,000 bytes; a path has at most 4,095."),
        ("parameters", "end\\", "Parameters can't be split: it ends with a single backslash."),
        ("parameters", "a\x00b", "to any program; remove it."),
        ("parameters", "é" * 100_000, "at most 131,071 can be passed; use a file."),
        ("cwd", "/nowhere/[/oops]", "/nowhere/[/oops]: no such directory; create it or name another."),
        ("cwd", "/dev/null", "/dev/null: not a directory; name a directory to work in."),
        ("cwd", "~nobody\x00", "can't be passed to any program; remove it."),
        ("name", "n" * 100_000, "Name has 100,000 characters; use at most 200."),
        ("name", "a\x00b", "to any program; remove it."),
    ],
)
@pytest.mark.long
async def test_what_is_wrong_is_said_at_its_field(form: Form, script: Script, field: str, text: str, says: str) -> None:
    script("text.txt", "hello", mode=0o644)
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, field, text)
        await until(pilot, lambda: said(form, field).endswith(says), says)
        assert value(form, field) == text
        screen = drawn(form)
        assert not [char for char in screen if char != "\n" and not char.isprintable()]
        await pilot.press("ctrl+s", "escape")
        await until(pilot, lambda: form.answers, "the end")
    assert form.answers == [None]


async def test_lines_that_are_pasted_become_one(form: Form) -> None:
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "parameters", "--one\n--two\r\n")
        assert value(form, "parameters") == "--one --two"


async def test_a_path_is_completed_with_tab_which_else_goes_on(form: Form, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "countdown.py").write_text("print()")
    (tmp_path / "jobs" / ".counted.py").write_text("print()")
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await pilot.press("j")
        await until(pilot, lambda: "jobs/" in drawn(form), "the suggestion")
        assert value(form, "path") == "j"
        await pilot.press("tab")
        await until(pilot, lambda: value(form, "path") == "jobs/", "the directory")
        await pilot.press("c")
        await see(pilot, "jobs/countdown.py")
        await pilot.press("tab")
        await until(pilot, lambda: value(form, "path") == "jobs/countdown.py", "the file")
        assert form.focused
        assert form.focused.id == "path"
        await pilot.press("backspace")
        await until(pilot, lambda: "jobs/countdown.py" in drawn(form), "the suggestion")
        await pilot.press("right")
        await until(pilot, lambda: value(form, "path") == "jobs/countdown.py", "the file")
        await pilot.press("tab")
        await until(pilot, lambda: form.focused and form.focused.id == "parameters", "the next field")


async def test_a_working_directory_is_completed_with_directories(form: Form, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("")
    (tmp_path / "dates").mkdir()
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "cwd", f"{tmp_path}/da")
        await until(pilot, lambda: form.shown.query_one("#cwd", Input)._suggestion, "the suggestion")
        await pilot.press("tab")
        await until(pilot, lambda: value(form, "cwd") == f"{tmp_path}/dates/", "the directory")
        await pilot.press("tab")
        await until(pilot, lambda: form.focused and form.focused.id == "name", "the next field")


async def test_what_can_not_be_drawn_or_listed_is_not_suggested(form: Form, tmp_path: Path) -> None:
    (tmp_path / "x\x1b[2J").write_text("")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/x\xff")).write_text("")
    (tmp_path / "xz").write_text("")
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        for text, completed in [
            ("x", "xz"),
            ("nowhere/x", ""),
            ("xz/x", ""),
            ("~nobody/\0x", ""),
            ("y" * 100_000, ""),
        ]:
            await paste(form, pilot, "path", text)
            if completed:
                await see(pilot, completed)
            await pilot.press("tab")
            gone = completed or text
            await until(
                pilot,
                lambda gone=gone, stays=bool(completed): (  # type: ignore[misc]
                    value(form, "path") == gone and form.focused and (form.focused.id == "path") == stays
                ),
                "the completion, or the next field",
            )


@pytest.mark.parametrize("way", ["ctrl+o", "#browse"])
async def test_a_file_is_chosen_from_the_directory_of_the_field(form: Form, tmp_path: Path, way: str) -> None:
    jobs = tmp_path / "[/oops]"
    jobs.mkdir(parents=True)  # as markup, the path of this directory would be an error
    for name in ("one.py", "\x1b[2J.py", os.fsdecode(b"\xff.py")):
        (jobs / name).write_text("print()")
    async with form.run_test(size=(60, 20)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "path", "[/oops]/on")
        await (pilot.click(way) if way.startswith("#") else pilot.press(way))
        await until(pilot, lambda: isinstance(form.screen, FileBrowser) and "one.py" in drawn(form), "the list")
        assert "[/oops]" in drawn(form)
        assert not [char for char in drawn(form) if char != "\n" and not char.isprintable()]
        await pilot.press("end", "enter")
        await until(pilot, lambda: value(form, "path") == str(jobs / "one.py"), "the choice")
        await until(pilot, lambda: "Runs:" in drawn(form), "the line that will run")
        await pilot.press("enter")
        await until(pilot, lambda: form.answers, "the draft")
    assert form.answers == [(JobDraft(path=str(jobs / "one.py"), cwd=str(tmp_path), name="one.py"),)]


async def test_a_browser_that_is_left_changes_nothing(form: Form) -> None:
    async with form.run_test(size=(80, 24)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "cwd", "/nowhere\0")
        await paste(form, pilot, "path", "some")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(form.screen, FileBrowser), "the browser")
        await pilot.press("escape")
        await until(pilot, lambda: form.screen is form.shown, "the form")
        assert value(form, "path") == "some"
        assert form.answers == []


@pytest.mark.parametrize("way", ["escape", "#cancel"])
async def test_a_form_that_is_left_adds_nothing(form: Form, script: Script, way: str) -> None:
    path = script("job.py", "print()")
    async with form.run_test(size=(60, 20)) as pilot:
        await opened(form, pilot)
        await paste(form, pilot, "path", path)
        await (pilot.click(way) if way.startswith("#") else pilot.press(way))
        await until(pilot, lambda: form.answers, "the end")
    assert form.answers == [None]


async def test_a_clone_begins_with_what_the_job_has(script: Script, tmp_path: Path) -> None:
    args = ("a b", "", "line\nbreak", "\x1b[2J", os.fsdecode(b"\xff"))
    python = script("python3", "#!/bin/sh\n")
    draft = JobDraft(path=script("job.py", ""), args=args, cwd=str(tmp_path), name="night", python=python)
    app = Host(JobForm(cwd="/", title="Clone job [/7]", draft=draft))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Clone job [/7]" in drawn(app) and "Runs:" in drawn(app), "the form")
        assert [value(app, field) for field in FIELDS] == [
            draft.path,
            shlex.join(args),
            draft.cwd,
            draft.name,
        ]
        assert not [char for char in drawn(app) if char != "\n" and not char.isprintable()]
        await pilot.press("enter")
        await until(pilot, lambda: app.answers, "the draft")
    assert app.answers == [(draft,)]


async def test_a_clone_whose_interpreter_is_gone_says_so(script: Script, tmp_path: Path) -> None:
    draft = JobDraft(path=script("job.py", ""), cwd=str(tmp_path), name="job.py", python="/nowhere/python")
    app = Host(JobForm(cwd="/", draft=draft))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "/nowhere/python: no such interpreter" in drawn(app), "the error")
        assert value(app, "name") == ""
        await pilot.press("enter", "escape")
        await until(pilot, lambda: app.answers, "the end")
    assert app.answers == [None]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 50)])
async def test_all_fields_and_buttons_are_on_the_screen(form: Form, size: tuple[int, int]) -> None:
    async with form.run_test(size=size) as pilot:
        await opened(form, pilot)
        for part in (*FIELDS, "browse", "command", "add", "cancel"):
            region = form.shown.query_one(f"#{part}").region
            assert region.area > 0
            assert form.screen.region.contains_region(region), part
