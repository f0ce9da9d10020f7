"""What the settings say of the dashboard: keys, themes, order; and what is said of wrong ones."""

import re

import pytest

from tests.conftest import ROOT, Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tui_queue.core.errors import BadInputError
from tui_queue.ui.app import TuiQueueApp
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.key_places import keymap_of
from tui_queue.ui.log.job_log import JobLog


async def test_keys_are_mapped_anew_and_shown_as_they_are(cli: Cli) -> None:
    cli.settings('keys = {job.cancel = "r,f8", "job.retry" = "c"}')
    cli("add", "--hold", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "◇ hold")
        await see(pilot, "r Cancel")
        await see(pilot, "c Retry")
        await pilot.press("question_mark")
        await see(pilot, "r F8")
        await see(pilot, "d Delete")
        await pilot.press("escape")
        await pilot.press("f8")
        await see(pilot, "– cancel")
        await pilot.press("colon")
        await pilot.press(*"retry")
        await see(pilot, "Put an ended job into the queue again  (c)")
        await pilot.press("enter")
        await until(pilot, lambda: "– cancel" not in drawn(app), "the job to be in the queue again")


@pytest.mark.long
async def test_the_keys_of_forms_and_questions_are_mapped_too_and_named_in_their_hints(cli: Cli) -> None:
    cli.settings(
        'keys = {form.more = "ctrl+g", form.cancel = "f10", form.browse = "f7", ask.leave = "f8", choose.leave = "f9", '
        'entries.leave = "f10", browse.leave = "f11", browse.hidden = "ctrl+h"}'
    )
    cli("add", "--hold", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "◇ hold")
        await pilot.press("a", "f7")
        await see(pilot, "Backspace up   Ctrl+H hidden   F11 back")
        await pilot.press("f11")
        await until(pilot, lambda: "F11 back" not in drawn(app), "the list to go")
        await pilot.press("f10")
        await until(pilot, lambda: len(app.screen_stack) == 1, "the form to go")
        for key, hint, leave in (
            ("a", "Ctrl+G more   Ctrl+R recent   F3 template   F10 cancels", "f10"),
            ("a", "parameters too; F7 browses", "f10"),
            ("F", "F8 goes back", "f8"),
            ("o", "F9 goes back", "f9"),
            ("S", "F10 goes back", "f10"),
        ):
            await pilot.press(key)
            await see(pilot, hint)
            await pilot.press(leave)
            await until(pilot, lambda: len(app.screen_stack) == 1, f"{hint} to go")


def test_every_binding_that_has_a_name_can_be_mapped() -> None:
    named = {
        name
        for path in (ROOT / "tui_queue/ui").rglob("*.py")
        for name in re.findall(r'id="(\w+\.\w+)"', path.read_text())
    }
    assert len(named) > 90
    with pytest.raises(BadInputError) as error:
        keymap_of({"nosuch": "x"}, "here")
    assert named <= set(re.findall(r"\w+\.\w+", str(error.value)))


async def test_all_the_keys_are_in_the_help(cli: Cli) -> None:
    async with dashboard((200, 80)) as (pilot, app, _):
        await pilot.press("question_mark")
        await see(pilot, "Search the logs of all jobs")
        for line in (
            "/ +Search: words",
            "n N +Next match",
            "& +Only the lines",
            "[{}] [{}] +Next error",
            "w +Wrap",
            "# t +Line",
        ):
            assert re.search(line, drawn(app)), line
        assert not re.search(r" (log|job|table|view|app|queue)\.\w", drawn(app))


@pytest.mark.long
async def test_every_verb_is_in_the_palette_by_its_name(cli: Cli) -> None:
    cli("add", "true")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "✓ done")
        for words, what in (
            ("range", "Select up to here"),
            ("more", "One slot more"),
        ):
            await pilot.press("ctrl+p")
            await pilot.press(*words)
            await see(pilot, what)
            await pilot.press("escape")
            await until(pilot, lambda: what not in drawn(pilot.app), "the palette to go")  # noqa: B023
        await pilot.press("2")
        await see(pilot, "default")
        await pilot.press("ctrl+p", *"limit")
        await see(pilot, "How many jobs run in all queues together")


@pytest.mark.long
async def test_the_verbs_of_both_panes_are_in_the_palette_whichever_has_the_focus(cli: Cli) -> None:
    cli("add", "sh", "-c", "for i in $(seq 60); do echo line $i; done; echo Error: disk full; seq 60")
    cli("add", "true")
    cli.drain()

    async def choose(verb: str, what: str) -> None:
        await pilot.press("ctrl+p", *verb)
        await see(pilot, what)
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1, "the palette to go")

    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        app.screen.query_one(JobTable).move_to(1)
        await see(pilot, "60")
        await choose("error before", "Go to the error before  ({)")
        await see(pilot, "Error: disk full")
        assert isinstance(app.focused, JobTable)
        await pilot.press("l")
        await until(pilot, lambda: "Progress, why" not in drawn(app), "the log to be all")
        await choose("select all", "Select all, or none  (*)")
        await see(pilot, "2 jobs")
        await choose("filter", "Show some only  (/)")
        await pilot.press(*"id:2", "enter")
        await until(pilot, lambda: [job.id for job in app.screen.query_one(JobTable).jobs] == [2], "job 2 only")
        await pilot.press("escape", "s")
        await until(pilot, lambda: not app.screen.query_one(JobLog).display, "the log to go")
        await pilot.press("ctrl+p", *"error before")
        await see(pilot, "No matches")


@pytest.mark.long
async def test_a_key_in_the_settings_wins_and_the_default_that_had_it_loses_it(cli: Cli) -> None:
    cli.settings('keys = {form.keep = "f6", job.cancel = "x", job.edit = "d"}')
    cli("add", "--hold", "true")
    async with dashboard(toasts=True) as (pilot, app, _):
        await see(pilot, "◇ hold")
        await pilot.press("a", *"true && false")
        await see(pilot, "(form.shell: no key) has one run this line")
        await pilot.press("ctrl+u", *"true", "f6")
        await see(pilot, "Keep it as a template under which name?")
        await pilot.press("escape", "escape", "question_mark")
        await see(pilot, "– ")
        assert re.search(r"– +Send a signal", drawn(app))
        assert re.search(r"Delete +Remove", drawn(app))  # the other key that it has
        await pilot.press("escape", "x")
        await see(pilot, "– cancel")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('keys = {job.destroy = "x"}', "[keys] job.destroy: no such binding; app.back,"),
        ('keys = {job.cancel = "ctr+x"}', "[keys] job.cancel = 'ctr+x': 'ctr+x' is no key"),
        ('keys = {job.cancel = "X", job.edit = "X"}', "[keys] X is the key of job.cancel and of job.edit."),
        ('keys = {form.more = "m"}', "[keys] form.more: m is for the fields there; take one such as ctrl+g or f6."),
        ('keys = {ask.leave = "ctrl+u"}', "[keys] ask.leave: Ctrl+U is for the fields there"),
        (
            'keys = {entries.submit = "escape"}',
            "[keys] Esc is the only key of entries.leave; give that another one too.",
        ),
        ("keys = {job.cancel = 3}", "[keys] job.cancel must be keys in quotes"),
        (
            'dashboard = {theme = "pink"}',
            "theme = 'pink': there is none like that; there are auto, tui-queue",
        ),
        ('dashboard = {columns = ["name", "colour"]}', "[dashboard] columns = 'colour': there is none like that"),
        ('dashboard = {columns = "name"}', "[dashboard] columns must be a list"),
        (
            'dashboard = {order = "size"}',
            "order = 'size': there is none like that; there are queue, number",
        ),
        (
            'dashboard = {split = "left"}',
            "split = 'left': there is none like that; there are auto, beside, below, hidden",
        ),
        (
            "dashboard = {flashy = true}",
            "[dashboard] unknown setting flashy; known are columns, order, signs, split, theme, title",
        ),
    ],
)
async def test_a_wrong_setting_is_named_before_a_screen_is_shown(cli: Cli, setting: str, said: str) -> None:
    cli.settings(setting)
    with pytest.raises(BadInputError, match=r"config\.toml: \[(keys|dashboard)\]") as error:
        async with dashboard():
            pass
    assert said in str(error.value)


@pytest.mark.parametrize("theme", ["ansi", "contrast", "nord"])
async def test_a_theme_is_chosen(cli: Cli, theme: str) -> None:
    cli.settings(f'dashboard = {{theme = "{theme}", order = "number"}}')
    cli("add", "--hold", "true")
    cli("add", "--hold", "false")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "◇ hold")
        names = {"ansi": ("ansi-dark", "textual-ansi")}  # the latter until Textual 8.2.4
        assert app.current_theme.name in names.get(theme, (theme,))
        assert drawn(app).index("false") < drawn(app).index("true")


@pytest.mark.parametrize(
    ("width", "split", "places"),
    [
        (60, "beside", ["below", "hidden", "below"]),
        (80, "auto", ["below", "hidden", "below"]),
        (96, "auto", ["below", "hidden", "beside", "below"]),
        (120, "auto", ["below", "hidden", "beside", "below"]),
        (160, "auto", ["beside", "below", "hidden", "beside"]),
        (200, "hidden", ["hidden", "beside"]),
    ],
)
@pytest.mark.long
async def test_the_log_is_beside_the_jobs_or_below_or_hidden(
    cli: Cli, width: int, split: str, places: list[str]
) -> None:
    cli.settings(f'slots = 0\ndashboard = {{split = "{split}"}}')
    cli("add", "true")
    async with dashboard((width, 24)) as (pilot, app, _):
        table = app.screen.query_one(JobTable)
        await until(pilot, lambda: table.jobs, "the job")
        for place in places:
            await until(pilot, lambda: log_place(app) == place, place)  # noqa: B023
            assert table.virtual_size.width <= table.size.width
            await pilot.press("l", "s")  # on the whole screen it is wherever it was
            await until(pilot, lambda: log_place(app) == "below" and "Progress, why" not in drawn(app), "it alone")
            await pilot.press("l", "tab", "s")
            assert table.has_focus or log_place(app) != "hidden"


async def test_the_log_goes_by_the_width_again_once_it_is_where_that_puts_it(cli: Cli) -> None:
    cli("add", "--hold", "true")
    async with dashboard((200, 50)) as (pilot, app, _):
        await see(pilot, "held")
        await pilot.press("s", "s", "s")
        await until(pilot, lambda: log_place(app) == "beside", "all of them")
        await pilot.resize_terminal(100, 24)
        await until(pilot, lambda: log_place(app) == "below", "the narrow one")


async def test_a_hidden_log_shows_itself_while_it_says_why_nothing_is_shown(cli: Cli) -> None:
    cli.settings('slots = 0\ndashboard = {split = "hidden"}')
    async with dashboard() as (pilot, app, _):
        await see(pilot, "The queue is empty. Press a to add a job.")
        cli("add", "true")
        await see(pilot, "no slots")
        assert log_place(app) == "hidden"
        await pilot.press("slash", *"nothing", "enter")
        await see(pilot, "No job is like that.")
        await pilot.press("escape")
        await until(pilot, lambda: log_place(app) == "hidden", "it to hide")


async def test_a_hidden_log_is_shown_whole_at_a_line_that_was_found(cli: Cli) -> None:
    cli.settings('dashboard = {split = "hidden"}')
    cli("add", "seq", "500")
    cli("add", "--hold", "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "✓ done")
        await pilot.press("F", *"/^2.2$/", "enter")
        await see(pilot, "Enter goes there")
        await pilot.press("enter")
        await until(pilot, lambda: re.search(r"(?m)^2.2 +│", drawn(app)), "the line")
        assert app.focused is app.screen.query_one(JobLog)


def log_place(app: TuiQueueApp) -> str:
    """Return where the log is by the line above it."""
    places = [found.start() for line in drawn(app).splitlines() if (found := re.search("[─━] Log ", line))]
    return "hidden" if not places else "beside" if places[0] else "below"


@pytest.mark.long
async def test_a_hint_names_the_key_that_is_in_force(cli: Cli) -> None:
    keys = {
        "job.add": "m,f8",
        "job.hold": "H",
        "queue.more": "greater_than_sign",
        "app.back": "b",
        "view.jobs": "q",
        "schedules.add": "f9",
        "history.span": "w",
        "help.close": "x",
        "confirm.yes": "ctrl+y",
        "confirm.no": "f7",
    }
    cli.settings("\n".join(["slots = 0", *(f'keys.{name} = "{key}"' for name, key in keys.items())]))
    async with dashboard() as (pilot, _, _):
        await see(pilot, "The queue is empty. Press m to add a job.")
        await pilot.press("3")
        await see(pilot, "There is no schedule. Press F9")
        await pilot.press("5")
        await see(pilot, "No job has ended in this time. Press w")
        await pilot.press("q", "question_mark")
        await see(pilot, "x closes")
        await pilot.press("x")
        cli("add", "true")
        await see(pilot, "Press > for one")
        await pilot.press("H")
        await see(pilot, "This job is held. Press H to release it.")
        await pilot.press("slash", *"nothing", "enter")
        await see(pilot, "No job is like that. Press b to show all.")
        await pilot.press("b", "Q")
        await see(pilot, "Q Cancel all and quit")
        await see(pilot, "F7 Stay")
