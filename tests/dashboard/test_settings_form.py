"""The settings in a form: what is written into their file, what counts at once, and what is refused."""

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tests.support.raw_terminal import raw_terminal

TEXT = """\
# Of this machine.
slots = 0   # none at first

mouse = true

[resources]   # what we share
licence = 1

[keys]
job.cancel = "X,f8"  # far from x

[dashboard]
order = "queue"   # as they start
"""


async def fill(pilot: Pilot[Any], **lines: str) -> None:
    """Open the form, write into some of its lines, and press Enter."""
    await pilot.press("S")
    await see(pilot, "keep_logs")
    for name, text in lines.items():
        pilot.app.screen.query_one(f"#{name}", Input).focus()
        await pilot.press("end", "ctrl+u", *text)
    await pilot.press("enter")


async def closed(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: "keep_logs" not in drawn(pilot.app), "the form to go")


@pytest.mark.long
async def test_what_is_changed_is_written_and_all_comments_stay(cli: Cli, home: Path) -> None:
    file = home / "config.toml"
    file.write_text(f"background = false\n{TEXT}")
    file.chmod(0o640)
    cli("add", "true")
    cli("add", "--hold", "false")
    async with dashboard(toasts=True) as (pilot, app, _):
        await see(pilot, "Press + for one")
        await fill(
            pilot,
            slots="2",
            keep_for="30d",
            hook="~/bin/tell 'two words'",
            theme="nord",
            order="number",
            split="hidden",
        )
        await see(pilot, "keep_for: within the hour.")
        await see(pilot, "✓ done")  # the slots count at once
        assert app.current_theme.name == "nord"
        await until(pilot, lambda: "─ Log" not in drawn(app), "the log to hide")
        await until(pilot, lambda: drawn(app).index("false") < drawn(app).index("true"), "the other order")
    written = file.read_text()
    assert written == (
        f"background = false\n{TEXT}".replace("slots = 0 ", "slots = 2 ")
        .replace("mouse = true\n", 'mouse = true\nkeep_for = "30d"\n')
        .replace('order = "queue"', 'order = "number"')
        + 'theme = "nord"\nsplit = "hidden"\n\n[notify]\nhook = "~/bin/tell \'two words\'"\n'
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [name for name in os.listdir(home) if name.startswith(".config")] == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        ("slots", "1001", "slots must be a number from 0 to 1000."),
        ("slots", "many", "slots must be a number from 0 to 1000."),
        ("grace_s", "nan", "grace_s must be a number from 0 to 86400."),
        ("python", "python3", "python must be an absolute path"),
        ("keep_for", "soon", 'keep_for must be as in "30d", or empty.'),
        ("keep_jobs", "-1", "keep_jobs must be a number from 0"),
        ("keep_logs", "lots", 'keep_logs must be as in "2G", or empty.'),
        ("log_size", "1K", 'log_size must be as in "500M", 64K at least, or empty.'),
        ("log_full", "burst", 'log_full must be as in "keep", "stop" or "fail", or empty.'),
        ("on", "always", '[notify] on must be "end", "failure" or "never".'),
        ("terminal", "smoke", "[notify] terminal must be one of auto"),
        ("hook", "'tell", "[notify] hook: a quote is not closed."),
        ("theme", "pink", "theme = 'pink': there is none like that"),
        ("split", "left", "split = 'left': there is none like that"),
        ("columns", "id,size", "columns = 'size': there is none like that"),
        ("order", "size", "order = 'size': there is none like that"),
    ],
)
async def test_a_wrong_value_is_refused_at_its_line_and_the_file_stays(
    cli: Cli, home: Path, line: str, text: str, said: str
) -> None:
    file = home / "config.toml"
    file.write_text(f"background = false\n{TEXT}")
    before, entry = file.read_bytes(), file.stat()
    async with dashboard() as (pilot, app, _):
        await fill(pilot, **{line: text})
        await see(pilot, said)
        await until(pilot, lambda: app.focused is app.screen.query_one(f"#{line}"), "the line to have the focus")
        await pilot.press("escape")
        await closed(pilot)
    assert (file.read_bytes(), file.stat().st_ino) == (before, entry.st_ino)


@pytest.mark.long
async def test_only_what_was_changed_in_the_form_is_written_over_what_others_wrote(cli: Cli, home: Path) -> None:
    cli.settings("slots = 1\ngrace_s = 5 # long")
    file = home / "config.toml"
    async with dashboard() as (pilot, _, _):
        await pilot.press("comma")
        await see(pilot, "keep_logs")
        file.write_text("# by an editor\ngrace_s = 7\nslots = 4\nkeep_jobs = 9\nbackground = false\n")
        await pilot.press("end", "ctrl+u", "2", "enter")
        await closed(pilot)
        assert file.read_text() == "# by an editor\ngrace_s = 7\nslots = 2\nkeep_jobs = 9\nbackground = false\n"
        await see(pilot, " 0/2 ")


@pytest.mark.long
async def test_what_others_made_wrong_is_said_and_not_written_over(cli: Cli, home: Path) -> None:
    file = home / "config.toml"
    async with dashboard(toasts=True) as (pilot, _, _):
        await pilot.press("S")
        await see(pilot, "keep_logs")
        file.write_text("slots = = 3\n")
        await pilot.press("end", "ctrl+u", "2", "enter")
        await see(pilot, "not valid TOML")
        await pilot.press("escape")
        await closed(pilot)
        await pilot.press("S")
        await see(pilot, "Invalid")  # of the path before it no word is sure to stay whole
    assert file.read_text() == "slots = = 3\n"


async def test_signs_are_ascii_at_once_where_the_user_wants_it(cli: Cli, home: Path) -> None:
    cli("add", "--hold", "--name", "日本", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "◇ hold")
        await fill(pilot, signs="plain")
        await see(pilot, "= hold")
        await until(pilot, lambda: drawn(app).replace("日本", "").isascii(), "signs and borders in ASCII")
        await see(pilot, "日本")  # a name keeps its letters
        await fill(pilot, signs="unicode")
        await see(pilot, "◇ hold")
    assert tomllib.loads((home / "config.toml").read_text())["dashboard"] == {"signs": "unicode"}


@pytest.mark.long
async def test_the_columns_are_completed_and_count_at_once(cli: Cli, home: Path) -> None:
    cli("add", "--hold", "--name", "one", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "Progress, why")
        await pilot.press("S")
        await see(pilot, "keep_logs")
        line = app.screen.query_one("#columns", Input)
        line.focus()
        await pilot.press(*"name,pat")
        await until(pilot, lambda: line._suggestion == "name,path", "the suggestion")
        await pilot.press("tab")
        await until(pilot, lambda: line.value == "name,path", "the column")
        await pilot.press("enter")
        await closed(pilot)
        await see(pilot, "/true")
        assert "Progress, why" not in drawn(app)
        assert tomllib.loads((home / "config.toml").read_text())["dashboard"] == {"columns": ["name", "path"]}
        await fill(pilot, columns="")
        await see(pilot, "Progress, why")
    assert tomllib.loads((home / "config.toml").read_text())["dashboard"] == {"columns": []}


async def test_switches_are_written_and_what_needs_a_new_start_is_said(cli: Cli, home: Path) -> None:
    async with dashboard(toasts=True) as (pilot, app, _):
        await pilot.press("S")
        await see(pilot, "keep_logs")
        for switch in ("#mouse", "#title"):
            app.screen.query_one(switch, Checkbox).value = False
        await pilot.press("ctrl+s")
        await see(pilot, "Saved. dashboard.title, mouse:")
    written = {"background": False, "mouse": False, "dashboard": {"title": False}}
    assert tomllib.loads((home / "config.toml").read_text()) == written


@pytest.mark.long
async def test_a_linked_file_is_written_where_it_is_and_a_missing_one_is_made(
    cli: Cli, home: Path, tmp_path: Path
) -> None:
    link, real = home / "config.toml", tmp_path / "dotfiles" / "tui-queue.toml"
    link.unlink()
    link.symlink_to(real)
    async with dashboard() as (pilot, _, _):
        await fill(pilot, slots="5")
        await closed(pilot)
        assert link.is_symlink()
        assert real.read_text() == "slots = 5\n"
        assert stat.S_IMODE(real.stat().st_mode) == 0o600
        await fill(pilot, slots="")
        await closed(pilot)
    assert real.read_text() == "slots = 3\n"


async def test_a_file_that_can_not_be_written_is_said_so(cli: Cli, home: Path) -> None:
    link = home / "config.toml"
    link.unlink()
    async with dashboard() as (pilot, _, _):
        link.symlink_to("/proc/none/config.toml")
        await fill(pilot, slots="5")
        await see(pilot, "can't be written")
        await see(pilot, "keep_logs")


def test_settings_that_are_edited_count_for_a_scheduler_that_runs(cli: Cli, home: Path) -> None:
    cli.settings("slots = 0")
    cli("add", "true")
    with raw_terminal(cli.env) as terminal:
        terminal.see("Press + for one")
        cli.settings("slots = nonsense")
        terminal.type("h")
        terminal.see("This job is held")
        terminal.type("h")
        terminal.see("Press + for one")
        cli.settings("slots = 1")
        cli("queue", "limit", "8")
        terminal.see("completed")
