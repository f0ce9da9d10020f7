"""What the table of jobs shows: how far running jobs have come, which columns, in which order."""

import re
import sys

import pytest

from tests.conftest import Cli
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import drawn, see, until
from tui_queue.core.inspection import input_wanted
from tui_queue.core.system.terminal_input import reads_terminal
from tui_queue.ui.dashboard.job_table import JobTable


async def test_a_running_job_shows_how_far_it_has_come_and_how_long_it_may_take_yet(cli: Cli) -> None:
    cli("add", "--name", "bar", "sh", "-c", "printf '  40%%|####      | 4/10 [00:04<02:00]'; exec sleep 60")
    cli("add", "--name", "silent", "sleep", "60")
    async with dashboard() as (pilot, app, queue):
        await see(pilot, "40%  2m left")
        row = next(line for line in drawn(app).splitlines() if " bar " in line)
        assert re.search(r"► run .*━{6}─+ +40%  2m left +<1m", row)
        assert "%" not in next(line for line in drawn(app).splitlines() if " silent " in line)
        await queue.commands.jobs.cancel([1, 2])
        await until(pilot, lambda: "2m left" not in drawn(app), "the bar to go")


@pytest.mark.long
async def test_a_job_that_waits_for_a_slot_says_when_it_may_get_one(cli: Cli) -> None:
    cli.settings("slots = 1")
    cli("add", "--name", "bar", "sh", "-c", "printf '  40%%|####      | 4/10 [00:04<02:00]'; exec sleep 60")
    async with dashboard() as (pilot, _, _):
        await see(pilot, "40%  2m left")
    cli("add", "--name", "next", "true")
    async with dashboard() as (pilot, app, queue):
        await until(pilot, lambda: re.search(r"○ wait +next +slots +in ~2m", drawn(app)), "when it may start")
        await queue.commands.jobs.cancel([1])


def heading(screen: str) -> list[str]:
    return next(line.split() for line in screen.splitlines() if line.lstrip().startswith("ID"))


async def test_the_columns_are_those_of_the_settings_that_fit_the_width(cli: Cli) -> None:
    cli.settings('slots = 0\ndashboard = {columns = ["name", "state", "priority", "attempt", "path", "why"]}')
    cli("add", "--priority", "7", "true")
    for width, columns in (
        (110, ["ID", "Job", "State", "Pri", "Try", "Path", "Progress,", "why"]),
        (80, ["ID", "Job", "State", "Pri", "Try", "Path", "Progress,", "why"]),
        (57, ["ID", "Job", "Pri", "Try", "Path", "Progress,", "why"]),
    ):
        async with dashboard((width, 24)) as (pilot, app, _):
            await see(pilot, "no slots")
            assert heading(drawn(app)) == columns, width


@pytest.mark.long
async def test_columns_show_what_running_jobs_use(cli: Cli) -> None:
    cli.settings('dashboard = {columns = ["name", "state", "cpu", "memory", "why"]}')
    cli("add", "--name", "spins", "sh", "-c", "while :; do :; done")
    cli("add", "--name", "sleeps", "sh", "-c", "sleep 60; true")
    async with dashboard() as (pilot, app, queue):
        row = r"\b{} .* ► run +{}% +\d+ MiB"
        await until(pilot, lambda: re.search(row.format("spins", r"[1-9]\d+"), drawn(app)), "what one uses")
        assert re.search(row.format("sleeps", "0"), drawn(app))
        assert heading(drawn(app)) == ["ID", "Job", "State", "CPU", "Memory", "Progress,", "why"]
        await queue.commands.jobs.cancel([1, 2])
        await until(pilot, lambda: "► run" not in drawn(app) and "MiB" not in drawn(app), "it to end")


async def test_no_column_is_cut_at_any_width(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli("queue", "add", "gpu")
    cli("add", "--queue", "gpu", "true")
    async with dashboard((60, 24)) as (pilot, app, _):
        for width in (50, 60, 72, 80, 100, 119, 120, 160, 200):
            await pilot.resize_terminal(width, 24)
            table = app.screen.query_one(JobTable)
            await until(pilot, lambda: table.size.width and table.virtual_size.width <= table.size.width, str(width))  # noqa: B023
            await see(pilot, "no slots")


async def test_the_order_of_the_rows_is_chosen_and_the_cursor_stays_on_its_job(cli: Cli) -> None:
    cli.settings("slots = 0")
    for name in ("b", "c", "a"):
        cli("add", "--name", name, "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "no slots")
        await pilot.press("o")
        await see(pilot, "Order the jobs by")
        await pilot.press("j", "j", "enter")
        table = app.screen_stack[0].query_one(JobTable)
        await until(pilot, lambda: [job.name for job in table.jobs] == ["a", "b", "c"], "the order")
        assert table.job is not None
        assert table.job.id == 1
        assert heading(drawn(app))[:3] == ["ID", "State", "Job↑"]
        await pilot.press("T")  # moves in the queue, not on screen
        assert [job.name for job in table.jobs] == ["a", "b", "c"]


async def test_a_click_on_a_heading_orders_by_it_and_the_next_one_takes_that_back(cli: Cli) -> None:
    cli.settings('slots = 0\ndashboard = {columns = ["name", "state", "elapsed", "parameters"]}')
    for name in ("b", "c", "a"):
        cli("add", "--name", name, "true")
    async with dashboard() as (pilot, app, _):
        await see(pilot, "○ wait")
        table = app.screen.query_one(JobTable)
        for column, signed, order in (
            ("ID", "ID↓", "acb"),
            ("Job", "Job↑", "abc"),
            ("Parameters", "Job↑", "abc"),  # by which there is no order
            ("Took", "Took↓", "bca"),
            ("Took", "Took", "bca"),
        ):
            line = next(line for line in drawn(app).splitlines() if line.lstrip().startswith("ID"))
            await pilot.click(JobTable, offset=(line.index(column), 0))
            await until(pilot, lambda: "".join(job.name for job in table.jobs) == order, column)  # noqa: B023
            await until(pilot, lambda: signed in heading(drawn(app)), signed)  # noqa: B023
        assert not any(sign in "".join(heading(drawn(app))) for sign in "↑↓")
        assert table.job is not None
        assert table.job.id == 1


async def test_what_is_around_the_queue_is_seen_at_a_glance_while_jobs_run(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    cli("add", "true")
    cli("add", "sleep", "60")
    async with dashboard((160, 30)) as (pilot, app, queue):
        await see(pilot, "✓ completed")
        await until(pilot, lambda: re.search(r"load \d.*mem \d.*disk \d.*█ +1 ended in 12m", drawn(app)), "the glance")
        await pilot.resize_terminal(80, 24)
        await until(
            pilot, lambda: re.search(r"✓ 1  scheduler here  load \d+\.\d  mem ", drawn(app)), "what there is room for"
        )
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: "load" not in drawn(app) and "✓ 1" in drawn(app), "it to make room")
        await queue.commands.jobs.cancel([2])


async def test_the_row_under_the_cursor_stays_where_it_is_while_jobs_before_it_end(cli: Cli) -> None:
    cli.settings("slots = 0")
    cli.process("add", "--from", "-", given=b"".join(b"echo job-%d-\n" % number for number in range(1, 41)))

    def line_of(number: int) -> int:
        return next(y for y, line in enumerate(drawn(app).splitlines()) if f"job-{number}-" in line)

    async with dashboard() as (pilot, app, queue):
        await see(pilot, "job-1-")
        table = app.screen.query_one(JobTable)
        await pilot.press(*["j"] * 24)
        await until(pilot, lambda: table.job is not None and table.job.id == 25, "the cursor to be there")
        await pilot.press(*["k"] * 4)
        await until(pilot, lambda: table.job is not None and table.job.id == 21, "the cursor to go back")
        before = line_of(21)
        await queue.commands.jobs.cancel(list(range(1, 11)))
        await until(pilot, lambda: table.cursor_row == 10, "the rows before it to go")
        assert table.job is not None
        assert table.job.id == 21
        assert line_of(21) == before


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the leader alone is warned")
async def test_the_row_of_a_running_job_says_which_of_its_processes_were_warned(cli: Cli) -> None:
    cli.settings("slots = 2")
    for name, command in (("traps", "trap : USR1; echo; while :; do sleep 0.05; done"), ("plain", "exec sleep 60")):
        cli("add", "--name", name, "--timeout", "60s", "--warn", "USR1@59s", "sh", "-c", command)
    async with dashboard((110, 24)) as (pilot, app, queue):
        await see(pilot, "warned 1 process")
        await see(pilot, "nothing handles USR1")
        for name, words in (("traps", "warned 1 process"), ("plain", "nothing handles USR1")):
            row = next(line for line in drawn(app).splitlines() if f" {name} " in line)
            assert re.search(rf"► run.* {words} ", row)
        await queue.commands.jobs.cancel([1, 2])
        await until(pilot, lambda: words not in drawn(app), "the words to go")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process waits for")
async def test_the_row_of_a_job_says_that_it_waits_for_input_as_long_as_it_does(cli: Cli) -> None:
    cli("add", "--pty", "sh", "-c", "read answer <&2")
    async with dashboard((110, 24)) as (pilot, app, queue):
        await see(pilot, "waits for input")
        await queue.commands.jobs.cancel([1])
        await until(pilot, lambda: "waits for input" not in drawn(app), "the words to go")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process waits for")
async def test_the_processes_of_a_run_are_looked_at_once_for_the_table_and_its_forecasts(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def reads(pid: int) -> bool:
        seen.append(pid)
        return reads_terminal(pid)

    cli("add", "--pty", "sh", "-c", "read answer <&2")
    async with dashboard((110, 24)) as (pilot, _, queue):
        await see(pilot, "waits for input")
        monkeypatch.setattr(input_wanted, "reads_terminal", reads)
        reports = queue.commands.reports
        for _ in range(5):
            jobs = (await reports.overview()).jobs
            assert (await reports.forecasts(jobs))[1].asks
        assert len(seen) < 10, "each of five tables and each of their forecasts"
        await queue.commands.jobs.cancel([1])
