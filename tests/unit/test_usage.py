"""What a job uses of processors and memory, and its processes: while it runs, and when it has ended."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, wait_for
from tests.dashboard.test_dashboard import dashboard
from tests.support.pilot import see, until
from tests.support.processes import children, parent, variables
from tui_queue.core.analysis.process_tree import drawn
from tui_queue.core.analysis.usage_chart import (
    EVERY_S,
    MOST,
    activity,
    halved,
    line,
    next_sample,
    parse,
    percents,
    process_lines,
    sparkline,
)
from tui_queue.core.execution import processes
from tui_queue.core.model.usage import Process, Usage

Script = Callable[..., str]
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIB = 2**20

# A shell with a child that has a child that is busy and holds memory, until the file appears.
BUSY = """#!/bin/sh
sh -c 'python3 -c "
import os, sys
held = bytearray(b\\"x\\") * (100 << 20)
print(os.getpid(), flush=True)
while not os.path.exists(sys.argv[1]): pass
" "$1"; true' sh "$1"
true
"""


@contextmanager
def beside(cli: Cli) -> Iterator[None]:
    """Schedule until the queue is empty, beside the test."""
    runner = cli.start("run", "--until-empty")
    try:
        yield
        runner.communicate(timeout=60)
    finally:
        runner.kill()
        runner.communicate()


def shown(cli: Cli, number: int = 1) -> dict[str, list[str]]:
    """Return what `show` says, by label."""
    found: dict[str, list[str]] = {}
    for text in cli("show", str(number)).splitlines():
        found.setdefault(text[:11].strip(), []).append(text[11:])
    return found


def usage(cli: Cli, number: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cli("show", "--json", str(number)))["usage"]
    return found


def mebibytes(text: str) -> int:
    return int(text.rpartition("highest ")[2].removesuffix(" MiB"))


def percent(text: str) -> int:
    return int(text.rpartition("highest ")[2].removesuffix(" % of one core"))


@pytest.mark.long
def test_a_job_shows_what_its_whole_tree_uses_and_keeps_it_when_it_has_ended(
    cli: Cli, script: Script, tmp_path: Path
) -> None:
    over = tmp_path / "over"
    cli("add", script("busy.sh", BUSY), str(over))
    with beside(cli):
        wait_for(lambda: usage(cli) and usage(cli)[-1]["rss_bytes"] > 100 * MIB, "its memory to be noted")
        pid = int(cli("log", "1"))
        running = shown(cli)
        over.touch()
    assert 100 <= mebibytes(running["Memory"][0]) < 400
    assert percent(running["CPU"][0]) > 5
    assert "now " in running["CPU"][0]
    assert "now " in running["Memory"][0]
    tree = running["Processes"]
    assert [text.split()[0] for text in tree] in (["└─"] * 3, [tree[0].split()[0], "└─", "└─"])
    assert tree[2].startswith(f"   └─ {pid} python3  ")
    ended = shown(cli)
    assert "Processes" not in ended
    assert 100 <= mebibytes(ended["Memory"][0]) < 400
    assert percent(ended["CPU"][0]) > 5
    assert "now " not in ended["CPU"][0]
    assert ended["CPU"][0][0] in "▁▂▃▄▅▆▇█"
    looks = usage(cli)
    assert [each["cpu_s"] for each in looks] == sorted(each["cpu_s"] for each in looks)
    assert [each["at"] for each in looks] == sorted(each["at"] for each in looks)
    file = Path(cli.job(1)["log_path"]).with_name("usage")
    assert file.stat().st_mode & 0o777 == 0o600
    cli("remove", "1")
    assert not file.exists()


@pytest.mark.long
async def test_the_details_on_screen_show_it_in_80_columns(cli: Cli, script: Script, tmp_path: Path) -> None:
    over = tmp_path / "over"
    cli("add", "--name", "busy", script("busy.sh", BUSY), str(over))
    async with dashboard() as (pilot, _, _):
        await see(pilot, "► run")
        file = tmp_path / "home" / "runs" / "1" / "1" / "usage"

        def is_measured() -> bool:
            return file.exists() and "python3" in "".join(shown(cli).get("Processes", []))

        await until(pilot, is_measured, "what its processes use")
        await pilot.press("i")
        await see(pilot, "% of one core")
        await see(pilot, "Memory")
        await see(pilot, "   └─ ")
        await pilot.press("escape")
        over.touch()
        await see(pilot, "✓ done")


def test_a_short_job_has_none(cli: Cli) -> None:
    cli("add", "true")
    cli.drain()
    assert usage(cli) == []
    assert not {"CPU", "Memory", "Processes"} & set(shown(cli))
    assert not Path(cli.job(1)["log_path"]).with_name("usage").exists()


@pytest.mark.long
def test_the_next_scheduler_goes_on_where_the_last_one_was_killed(cli: Cli, tmp_path: Path, script: Script) -> None:
    over = tmp_path / "over"
    cli("add", script("busy.sh", BUSY), str(over))
    first = cli.start("run", "--until-empty")
    wait_for(lambda: usage(cli), "a first look")
    first.kill()
    first.communicate()
    file = Path(cli.job(1)["log_path"]).with_name("usage")
    before = usage(cli)
    with file.open("ab") as torn:
        torn.write(line(Usage(at=START, cpu_s=1e6, rss_bytes=1))[:-1])
    assert usage(cli) == before
    with beside(cli):
        wait_for(lambda: len(usage(cli)) > len(before), "another look")
        over.touch()
    after = usage(cli)
    assert after[: len(before)] == before
    assert after[-1]["cpu_s"] < 1000


@pytest.mark.long
def test_a_file_that_is_full_is_halved_and_keeps_the_most_memory(cli: Cli, tmp_path: Path, script: Script) -> None:
    over = tmp_path / "over"
    cli("add", script("busy.sh", BUSY), str(over))
    first = cli.start("run", "--until-empty")
    wait_for(lambda: usage(cli), "a first look")
    first.kill()
    first.communicate()
    file = Path(cli.job(1)["log_path"]).with_name("usage")
    looks = [a_usage(number, number / 100, 900 * MIB if number == 200 else MIB) for number in range(MOST - 1)]
    file.write_bytes(b"".join(map(line, looks)))
    with beside(cli):
        wait_for(lambda: len(usage(cli)) < MOST - 1, "fewer looks")
        over.touch()
    assert MOST // 2 <= len(usage(cli)) < MOST // 2 + 20
    assert mebibytes(shown(cli)["Memory"][0]) == 900
    assert sorted(path.name for path in file.parent.iterdir()) == sorted(
        ["alive", "claim", "control", "end", "limit", "log", "start", "usage"]
    )


@pytest.mark.long
def test_a_file_that_can_not_be_written_disturbs_nothing(cli: Cli, tmp_path: Path, script: Script) -> None:
    path = script("link.sh", f'#!/bin/sh\nln -s {tmp_path}/elsewhere "${{TUI_QUEUE_LOG%log}}usage"\nsleep 2.5\n')
    cli("add", path)
    cli.drain()
    assert cli.job(1)["state"] == "completed"
    assert not (tmp_path / "elsewhere").exists()
    assert usage(cli) == []


def test_the_processes_of_a_run_are_found_without_its_watcher_and_those_of_others_are_not(
    cli: Cli, tmp_path: Path, script: Script
) -> None:
    path = script("two.sh", "#!/bin/sh\nTUI_QUEUE_LOG=/other setsid sleep 60 &\nsleep 60 & echo $$\nwait\n")
    cli("add", path)
    with beside(cli):
        leader = int(wait_for(lambda: cli("log", "1").strip(), "its number"))
        (stranger,) = wait_for(
            lambda: [pid for pid in children(leader) if variables(pid).get("TUI_QUEUE_LOG") == "/other"],
            "the other one",
        )
        wait_for(lambda: len(shown(cli).get("Processes", [])) == 2, "those that are its own")
        watcher = parent(leader)
        os.kill(watcher, signal.SIGKILL)
        wait_for(lambda: parent(leader) != watcher, "its watcher to be gone")
        assert [text.split()[0] for text in shown(cli)["Processes"]] == [str(leader), "└─"]
        everybody = processes.children()
        assert processes.of_run(leader, watcher, b"/another", everybody) == ()
        cli("cancel", "1")
        os.kill(stranger, signal.SIGKILL)


def test_psutil_sees_what_is_read_from_the_kernel() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        try:
            here = {each.pid: each for each in processes.children()[os.getpid()]}
            there = {each.pid: each for each in processes._elsewhere() if each.pid in here}
        finally:
            child.kill()
    assert here[child.pid].parent == there[child.pid].parent == os.getpid()
    assert there[child.pid].name == "sleep"
    assert there[child.pid].rss_bytes > 0


def a_process(pid: int, parent: int = 0, **values: Any) -> Process:
    known = {"session": 0, "begun": 1, "name": f"p{pid}", "cpu_s": 0.0, "reaped_s": 0.0, "rss_bytes": MIB}
    return Process(pid=pid, parent=parent, **{**known, **values})


def a_usage(second: float, cpu_s: float = 0.0, rss_bytes: int = 0) -> Usage:
    return Usage(at=START + timedelta(seconds=second), cpu_s=cpu_s, rss_bytes=rss_bytes)


def test_what_is_written_is_read_and_what_is_not_whole_is_nothing() -> None:
    looks = tuple(a_usage(number + 0.125, number * 1.25, number * MIB) for number in range(5))
    written = b"".join(map(line, looks))
    assert parse(written) == looks
    for cut in range(len(line(looks[-1]))):
        assert parse(written[: len(written) - 1 - cut]) == looks[:-1]
        torn = line(looks[0])[: cut % 30 + 1].removesuffix(b"\n")
        assert set(parse(torn + written)) <= set(looks)
    for nonsense in (
        b"",
        b"\n",
        b"\0" * 50 + b"\n",
        b"9" * 5000 + b".000 1.00 1\n",
        b"-1.000 1.00 1\n",
        b"nan inf 1\n",
    ):
        assert parse(nonsense) == ()


@pytest.mark.quick
def test_looks_become_rarer_and_never_too_many() -> None:
    now, looks, most = 1.0, 0, 0
    while now < 30 * 86_400:
        looks += 1
        if looks >= MOST:
            looks = len(halved([a_usage(number) for number in range(looks)]))
        most = max(most, looks)
        due = next_sample(now, now)
        assert due > now
        now = due
    assert 100 < looks <= most < MOST
    assert [next_sample(age, 1000 + age) - 1000 for age in (1.0, 2.0, 5.0)] == [2.0, 5.0, 10.0]


@pytest.mark.parametrize("age", [10, 1000, 100_000])
def test_older_jobs_are_looked_at_together(age: float) -> None:
    assert len({next_sample(age + begun, 1_000_000.0 + begun) for begun in (0.0, 0.5, 1.5)}) == 1
    assert next_sample(age, 1_000_000.0) - 1_000_000 >= EVERY_S / 2


def test_of_two_looks_the_later_one_is_kept_with_the_most_memory() -> None:
    looks = [a_usage(1, 1, 9), a_usage(2, 2, 5), a_usage(3, 3, 7)]
    assert halved(looks) == (a_usage(1, 1, 9), a_usage(3, 3, 7))
    assert halved(looks[:2]) == (a_usage(2, 2, 9),)
    assert halved([]) == ()


@pytest.mark.quick
def test_a_line_of_blocks_is_drawn_over_time() -> None:
    values = [(1.0, 0.0), (2.0, 50.0), (4.0, 100.0)]
    assert sparkline(values, begin=0.0, top=100.0, cells=20) == "▅██"
    assert sparkline([(float(at), float(at)) for at in range(1, 9)], begin=0, top=8, cells=8) == "▂▃▄▅▅▆▇█"
    assert sparkline([(float(at), 7.0) for at in range(1, 500)], begin=0, top=7, cells=20) == "█" * 20
    assert sparkline([], begin=0, top=1, cells=20) == ""
    assert sparkline([(0.0, 1.0)], begin=0, top=0, cells=20) == ""
    assert sparkline([(1.0, 0.0)], begin=0, top=0, cells=20) == "▁"
    assert sparkline([(3.0, 1.0), (1.0, 1.0), (2.0, 1.0)], begin=0, top=1, cells=3)  # a clock that was set back


def test_processor_time_is_shown_as_its_share_since_the_look_before() -> None:
    looks = [a_usage(1, 0.5), a_usage(3, 4.5), a_usage(3, 4.5), a_usage(4, 4.5)]
    assert [round(share) for _, share in percents(looks, START)] == [50, 200, 0]
    assert [round(share) for _, share in percents(looks, None)] == [200, 0]
    before = [a_process(1, cpu_s=1.0), a_process(2, 1, cpu_s=5.0), a_process(3, 1)]
    after = [a_process(1, cpu_s=1.5, reaped_s=5.0), a_process(3, 1, begun=2, cpu_s=0.25)]
    seen = activity(before, after, 0.5)
    assert [percent for _, percent in seen.processes] == [100, 50]
    assert (seen.percent, seen.rss_bytes) == (150, 2 * MIB)


def test_processes_are_drawn_as_a_tree_with_bounds() -> None:
    family = [a_process(7, 1), a_process(8, 7), a_process(9, 8, name="a long name\nof two lines"), a_process(10, 7)]
    assert process_lines([(each, 12.4) for each in family]) == [
        "7 p7  12 %  1 MiB",
        "├─ 8 p8  12 %  1 MiB",
        "│  └─ 9 a long name^Jof…  12 %  1 MiB",
        "└─ 10 p10  12 %  1 MiB",
    ]
    chain = [(a_process(number, number - 1), 0.0) for number in range(1, 100)]
    assert len(process_lines(chain)) == 6
    assert process_lines(chain)[-1] == f"{' ' * 12}└─ 6 p6  0 %  1 MiB …"
    wide = [(a_process(number, 1), 0.0) for number in range(2, 102)]
    assert len(process_lines(wide)) == 20
    assert process_lines(wide)[-1] == "… 81 more"
    assert process_lines([]) == []


def test_near_nodes_come_first_where_not_all_fit() -> None:
    below = {0: [3, 4, 5], 1: [6]}
    lines, left = drawn([0, 1, 2], lambda node: below.get(node, []), str, levels=2, most=5)
    assert (lines, left) == (["0", "└─ 3", "1", "2"], 3)
