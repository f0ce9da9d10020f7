"""Runs commands by another clock than that of this machine."""

from pathlib import Path

from tests.conftest import Cli, missing


def by_another_clock(cli: Cli, **faketime: str) -> Cli:
    """Return the command line of the same queue by the clock that faketime's variables describe."""
    library = next(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        missing("faketime is not installed; apt install faketime")
    return Cli(cli.home, {**cli.env, "LD_PRELOAD": str(library), "DONT_FAKE_MONOTONIC": "1", **faketime})
