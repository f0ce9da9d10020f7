"""Ended jobs are removed by number, by hand and by the settings."""

import pytest

from tests.conftest import Cli, wait_for
from tests.support.commands import ended


@pytest.mark.quick
def test_clean_shows_what_goes_and_keeps_the_rest(cli: Cli) -> None:
    cli.settings("slots = 1")
    for _ in range(4):
        cli("add", "true")
    cli.drain()
    assert "2 jobs" in cli("clean", "--keep", "2", "--dry-run")
    assert len(cli.jobs()) == 4
    cli("clean", "--keep", "2", "--yes")
    assert sorted(cli.jobs()) == [3, 4]
    assert not (cli.home / "runs" / "1").exists()
    assert "No limit is given; give --older, --keep or --logs" in cli.error("clean")


def test_the_settings_keep_the_house_clean(cli: Cli) -> None:
    cli.settings("keep_jobs = 1\nslots = 1")
    for _ in range(3):
        cli("add", "true")
    cli.drain()
    cli("add", "true")
    runner = cli.start("run", "--until-empty")
    assert ended(runner) == 0
    wait_for(lambda: len(cli.jobs()) <= 2, "the old ones to go")
