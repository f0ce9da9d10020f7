"""What the machine has free, which processes live, and how gates and resources are written."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import wait_for
from tui_queue.core.errors import BadInputError
from tui_queue.core.parsing.resources import parse_gates, parse_resources
from tui_queue.core.system import machine
from tui_queue.core.system.machine import Machine, cgroup_memory, identify, lives
from tui_queue.core.units.sizes import parse_size, size_text


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


@pytest.mark.quick
def test_memory_disk_and_load_are_measured(tmp_path: Path) -> None:
    here = Machine(str(tmp_path))
    memory, disk, load = here.free("mem"), here.free("disk"), here.free("load")
    assert memory is not None
    assert 0 < memory <= psutil.virtual_memory().total
    found = os.statvfs(tmp_path)
    assert disk == pytest.approx(found.f_bavail * found.f_frsize, rel=0.2)
    assert load is not None
    assert load >= 0


def test_what_can_not_be_measured_is_none(tmp_path: Path) -> None:
    assert Machine(str(tmp_path / "nowhere")).free("disk") is None
    assert Machine(str(tmp_path)).free("luck") is None


def test_one_measurement_holds_for_a_second(tmp_path: Path) -> None:
    now = 0.0
    directory = tmp_path / "there"
    here = Machine(str(directory), clock=lambda: now)
    assert here.free("disk") is None
    directory.mkdir()
    now = 0.9
    assert here.free("disk") is None
    now = 1.0
    assert here.free("disk") is not None


def test_heavy_libraries_are_left_alone_until_something_is_measured() -> None:
    code = (
        "import sys; from tui_queue.core.system import machine; machine.Machine('/');"
        "print(sorted({'psutil', 'pynvml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def cgroup(directory: Path, limit: str, taken: int, inactive: int = 0) -> None:
    directory.mkdir(exist_ok=True)
    (directory / "memory.max").write_text(f"{limit}\n")
    (directory / "memory.current").write_text(f"{taken}\n")
    (directory / "memory.stat").write_text(f"anon 1\ninactive_file {inactive}\nactive_file 7\n")


def test_the_tightest_cgroup_on_the_way_up_limits_memory(tmp_path: Path) -> None:
    cgroup(tmp_path / "user", "1000", 400)
    cgroup(tmp_path / "user" / "session", "5000", 100)
    assert cgroup_memory(str(tmp_path), "/user/session") == 600
    cgroup(tmp_path / "user" / "session", "max", 100)
    assert cgroup_memory(str(tmp_path), "/user/session") == 600
    assert cgroup_memory(str(tmp_path), "/") is None


def test_file_pages_that_the_kernel_would_drop_are_free_and_an_overdrawn_cgroup_has_nothing(tmp_path: Path) -> None:
    cgroup(tmp_path / "job", "1000", 990, inactive=500)
    assert cgroup_memory(str(tmp_path), "/job") == 510
    cgroup(tmp_path / "job", "1000", 1200)
    assert cgroup_memory(str(tmp_path), "/job") == 0


def test_a_cgroup_outside_of_what_is_seen_does_not_lead_out_of_its_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    cgroup(tmp_path / "other", "10", 0)
    assert cgroup_memory(str(root), "/../other") is None


def test_a_process_lives_until_it_ends_and_no_other_is_taken_for_it(sleeper: "subprocess.Popen[bytes]") -> None:
    pid, begun = identify(sleeper.pid)
    assert pid == sleeper.pid
    assert lives((pid, begun))
    assert not lives((pid, begun + 1))
    sleeper.kill()
    wait_for(lambda: not lives((pid, begun)), "the end, though nobody has reaped it")
    assert os.path.exists(f"/proc/{pid}")
    with pytest.raises(BadInputError, match=f"{pid}: has ended"):
        identify(pid)
    sleeper.wait()
    with pytest.raises(BadInputError, match=f"{pid}: no such process") as refused:
        identify(pid)
    assert refused.value.field == "after_pid"


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1, 2**40, 2**70])
def test_a_number_that_no_process_can_have_is_refused(pid: int) -> None:
    with pytest.raises(BadInputError, match="no such process"):
        identify(pid)
    assert not lives((pid, 0))


def test_a_name_with_brackets_and_blanks_does_not_confuse_the_start_time(tmp_path: Path) -> None:
    odd = tmp_path / "a) Z 1 ("
    odd.symlink_to("/bin/sleep")
    with subprocess.Popen([str(odd), "60"]) as process:
        wait_for(lambda: "a) Z 1 (" in Path(f"/proc/{process.pid}/stat").read_text(), "the name")
        assert lives(identify(process.pid))
        process.kill()


def test_where_there_is_no_proc_a_start_time_is_as_steady(sleeper: "subprocess.Popen[bytes]") -> None:
    first = machine._begun_elsewhere(sleeper.pid)
    assert first is not None
    assert machine._begun_elsewhere(sleeper.pid) == first
    sleeper.kill()
    wait_for(lambda: machine._begun_elsewhere(sleeper.pid) is None, "the end, though nobody has reaped it")
    sleeper.wait()
    assert machine._begun_elsewhere(sleeper.pid) is None
    assert machine._begun_elsewhere(2**70) is None


def test_measuring_in_many_threads_does_no_harm() -> None:
    here = Machine("/", clock=iter(range(10**6)).__next__)
    failed: list[BaseException] = []

    def measure() -> None:
        try:
            for _ in range(50):
                here.free("mem")
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=measure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


@pytest.mark.quick
def test_gates_are_read() -> None:
    assert parse_gates("mem=8G,load=4,disk=1.5T,gpumem=512m") == (
        ("mem", 8.0 * 2**30),
        ("load", 4.0),
        ("disk", 1.5 * 2**40),
        ("gpumem", 2.0**29),
    )
    assert parse_gates(" load = 0.5 , ") == (("load", 0.5),)
    assert parse_gates("") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("memory=8G", "memory=8G: no such gate; there are mem, gpumem, load, disk"),
        ("mem", "mem: not a name with an amount; write mem=8G"),
        ("mem=", "mem=: not an amount above 0"),
        ("mem=0G", "mem=0G: not an amount above 0"),
        ("mem=-1G", "mem=-1G: not an amount above 0"),
        ("mem=8GB", "mem=8GB: not an amount"),
        ("mem=8", "mem=8: less than 1M; write the unit, as in mem=8G"),
        ("load=4G", "load=4G: a load has no unit"),
        ("load=nan", "load=nan: not an amount .*; write load=4"),
        ("load=", "load=: not an amount"),
        ("mem=inf", "not an amount"),
        ("load=1e5", "not an amount"),
        ("mem=٣G", "not an amount"),
        ("mem=9999999999999T", "not an amount above 0 and up to 8388608T"),
        ("mem=" + "9" * 10_000, "not an amount"),
        ("mem=8G,mem=9G", "mem=9G: mem is asked for twice"),
        ("=8G", "=8G: not a name"),
        ("\x1b[2Jmem=8G", r"^\^\[\[2Jmem=8G: not a name"),
    ],
)
def test_a_wrong_gate_is_named(text: str, says: str) -> None:
    with pytest.raises(BadInputError, match=says) as refused:
        parse_gates(text)
    assert refused.value.field == "gates"


@pytest.mark.quick
def test_resources_are_read() -> None:
    assert parse_resources("gpu=2,mem=32G,licence=1") == (("gpu", 2), ("mem", 2**35), ("licence", 1))
    assert parse_resources(["gpu=2", "mem=1.5G,x-y_2=7"]) == (("gpu", 2), ("mem", 3 * 2**29), ("x-y_2", 7))
    assert parse_resources([]) == parse_resources("") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gpu", "gpu: not a name with an amount; write gpu=1"),
        ("GPU=1", "GPU=1: not a name"),
        ("1gpu=1", "not a name"),
        ("gpü=1", "not a name"),
        ("gpu=0", "gpu=0: not an amount above 0"),
        ("gpu=1.5", "gpu=1.5: not a whole number"),
        ("gpu=many", "gpu=many: not an amount .*; write gpu=4"),
        ("gpu=1,gpu=1", "gpu is asked for twice"),
        ("a" * 41 + "=1", "not a name"),
    ],
)
def test_a_wrong_resource_is_named(text: str, says: str) -> None:
    for given in (text, text.split(",")):
        with pytest.raises(BadInputError, match=says) as refused:
            parse_resources(given)
        assert refused.value.field == "resources"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("0.5", 0.5),
        ("1.0", 1),
        ("1.5k", 1536),
        (" 2T ", 2**41),
        ("0.3K", 307.2),
        ("9007199254740993", 2**53 + 1),
    ],
)
def test_an_amount_is_exact_and_whole_where_it_can_be(text: str, value: float) -> None:
    found = parse_size(text)
    assert (found, type(found)) == (value, type(value))


def test_an_amount_is_written_as_it_is_read() -> None:
    for text in ("2", "512", "32G", "1.5T", "100M"):
        assert size_text(int(parse_size(text))) == text
