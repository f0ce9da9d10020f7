"""Jobs share resources, and wait until the machine has enough free."""

from pathlib import Path

from tests.conftest import Cli, wait_for
from tests.support.commands import settings, stop


def test_a_resource_is_never_given_twice_and_nobody_overtakes_who_waits_for_it(cli: Cli, tmp_path: Path) -> None:
    settings(cli, "[resources]\ngpu = 2\n")
    log = tmp_path / "log"
    for wanted in (1, 2, 1):
        cli("add", "--resource", f"gpu={wanted}", "sh", "-c", f"echo $CUDA_VISIBLE_DEVICES >> {log}; sleep 0.3")
    cli("add", "--resource", "gpu=1", "--hold", "true")
    waiting = cli("add", "sh", "-c", f"echo none${{CUDA_VISIBLE_DEVICES-}} >> {log}")
    cli.drain()
    assert log.read_text().split() in (["0", "none", "0,1", "0"], ["none", "0", "0,1", "0"])
    assert waiting.strip() == "5"


def test_more_of_a_resource_than_there_is_is_refused(cli: Cli) -> None:
    settings(cli, '[resources]\nlicence = 1\nmem = "8G"\n')
    assert "licence=2: there are 1 in all" in cli.error("add", "--resource", "licence=2", "true")
    assert "mem=16G: there are 8G in all" in cli.error("add", "--resource", "mem=16G", "true")
    assert "no such resource" in cli.error("add", "--resource", "tape=1", "true")


def test_a_gate_that_is_closed_says_what_is_missing(cli: Cli) -> None:
    cli("add", "--gate", "mem=900T", "true")
    cli("add", "--gate", "load=10000,disk=1M", "true")
    runner = cli.start("run", "--until-empty")
    wait_for(lambda: cli.job(2)["state"] == "completed", "the open gate")
    assert cli.job(1)["reason"].startswith("mem: ")
    assert cli.job(1)["reason"].endswith(" of 900T free")
    stop(runner)
