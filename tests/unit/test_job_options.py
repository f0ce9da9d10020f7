"""The table of the options of a job: complete, and the same in both directions."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.options import JobOptions
from tui_queue.core.parsing.job_draft import edited, fields_of, make_draft
from tui_queue.core.parsing.job_options import BY_NAME, JOB_OPTIONS
from tui_queue.core.parsing.option import Kind

GIVEN: dict[str, Any] = {
    "name": "training",
    "cwd": "/",
    "python": sys.executable,
    "queue": "gpu",
    "priority": "-3",
    "hold": True,
    "at": (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds"),
    "after": ("12", "13:ended"),
    "unmet": "cancel",
    "after_pid": (str(os.getpid()),),
    "batch": "night",
    "timeout": "2h30m",
    "warn": "USR1@90s",
    "grace": "2m",
    "leftovers": "wait",
    "silence": "15m",
    "cancel_when_silent": True,
    "retries": "2",
    "retry_delay": "1m",
    "retry_growth": "1.5",
    "retry_on": "3,10-12",
    "success": "7",
    "resource": ("gpu=1", "mem=32G"),
    "gate": ("mem=8G", "load=0.5"),
    "env": ("A=1", "B=two words", "C"),
    "clean_env": True,
    "nice": "5",
    "lost": "requeue",
    "lost_age": "1d",
    "resume_args": "--resume 'a b'",
    "pty": True,
    "times": True,
    "log_size": "500M",
    "log_full": "stop",
    "notify": "never",
    "mail_to": ("me@example.org", "root"),
    "on_end": "sh -c 'a b'",
    "on_failure": "true",
    "copy": True,
    "stdin": __file__,
    "output": "run-%j.out",
    "error": "run-%j.err",
    "shell": True,
}


@pytest.fixture(autouse=True)
def _mailer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a program on PATH that looks as if it sent mail."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "sendmail").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", f"{tmp_path}/mail{os.pathsep}{os.environ['PATH']}")


def test_each_attribute_of_a_job_is_set_by_one_option() -> None:
    found = {"script", "environment", "interpreter", "cards", "values", "directives"}  # when the job is added
    names = {*JobDraft.__struct_fields__, *JobOptions.__struct_fields__} - {"path", "args", "options"} - found
    assert sorted(name for option in JOB_OPTIONS for name in option.attributes) == sorted(names)


def test_each_option_is_parsed_and_formatted_again() -> None:
    assert GIVEN.keys() == BY_NAME.keys()
    draft = make_draft(path="sh", args=("a",), **{**GIVEN, "shell": False, "pty": False})
    assert [option.name for option in JOB_OPTIONS if option.is_default(draft)] == ["shell", "pty"]
    line = make_draft(path="a && b", **{**GIVEN, "resume_args": "", "error": ""})
    assert [option.name for option in JOB_OPTIONS if option.is_default(line)] == ["resume_args", "error"]
    for each in draft, line:
        assert make_draft(**fields_of(each)) == each


@pytest.mark.parametrize("name", GIVEN)
def test_an_option_on_one_line_of_the_form_means_the_same(name: str) -> None:
    option, given = BY_NAME[name], GIVEN[name]
    assert option.kind is Kind.SWITCH or option.of_line(option.line_of(given)) == given


def test_an_empty_value_is_as_if_not_given(tmp_path: Path) -> None:
    empty: dict[str, Any] = {name: "" if BY_NAME[name].kind is Kind.TEXT else () for name in GIVEN if name != "cwd"}
    assert make_draft(path="sh", cwd=str(tmp_path), **empty) == make_draft(path="sh", cwd=str(tmp_path))


@pytest.mark.parametrize("name", [name for name in GIVEN if name not in ("name", "cwd")])
def test_an_edit_changes_its_own_option_and_an_empty_one_takes_it_back(name: str) -> None:
    plain = make_draft(path="sh", cwd="/", timeout="1h", silence="1h")
    changed = edited(plain, {name: GIVEN[name]})
    others = [option for option in JOB_OPTIONS if option.name != name]
    assert all(option.given_in(changed) == option.given_in(plain) for option in others)
    assert not BY_NAME[name].is_default(changed)
    assert BY_NAME[name].is_default(edited(changed, {name: "" if BY_NAME[name].kind is Kind.TEXT else ()}))


def test_a_field_that_is_no_option_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="colour"):
        make_draft(path="sh", colour="red")


@pytest.mark.parametrize("name", ["warn", "cancel_when_silent"])
def test_an_option_that_needs_another_one_is_refused_without_it(name: str) -> None:
    with pytest.raises(BadInputError, match=r"give --(timeout|silence) too"):
        make_draft(path="sh", **{name: GIVEN[name]})
