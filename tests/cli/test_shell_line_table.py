"""The table of lines that a shell would act on: each runs as the user meant it, or says what to type."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli

TABLE = Path(__file__).with_name("shell_lines.tsv")
CASES = [line.split("\t") for line in TABLE.read_text().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(("typed", "now"), [(typed, now) for typed, _, now in CASES])
def test_a_line_runs_as_it_was_meant_or_says_what_to_type(
    cli: Cli, script: Callable[..., str], tmp_path: Path, typed: str, now: str
) -> None:
    a_sh = Path(script("a.sh", '#!/bin/sh\necho "$@"\n'))
    script("a;b.sh", "#!/bin/sh\necho 1\n")
    does, _, text = now.partition(" ")
    if typed.startswith("from:"):
        given = typed.removeprefix("from:").encode() + b"\n"
        done = cli.process("add", "--from", "-", cwd=tmp_path, given=given)
    else:
        done = cli.process("add", *shlex.split(typed), cwd=tmp_path)
    if does == "says":
        assert (done.returncode, text in done.stderr.decode()) == (2, True), done
        assert cli.jobs() == {}
    else:
        assert done.returncode == 0, done
        cli.drain()
        assert cli("log", "1").split() == text.split()
    assert a_sh.exists()
