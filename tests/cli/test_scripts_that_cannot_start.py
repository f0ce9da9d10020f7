"""Scripts that the kernel can't start: `add` says so, and what mends them."""

import shlex
import subprocess
from pathlib import Path

from tests.conftest import Cli

SCRIPTS = [
    ("crlf.sh", b"#!/bin/sh\r\necho ran\r\n", "its lines end as on Windows (CRLF)"),
    ("crlf.py", b"#!/usr/bin/env python3\r\nprint('ran')\r\n", "its lines end as on Windows (CRLF)"),
    ("mark.sh", b"\xef\xbb\xbf#!/bin/sh\necho ran\n", "a byte order mark stands before its first line"),
    ("plain.sh", b"echo ran\n", "no #! line says what runs it"),
]


def test_what_mends_a_script_is_said_when_it_is_added(cli: Cli, tmp_path: Path) -> None:
    for name, content, says in SCRIPTS:
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o755)
        error = cli.error("add", str(path))
        assert f"{path}: {says}; " in error
        advice = error.split("`")
        if advice[1].startswith("sed "):
            subprocess.run(["/bin/sh", "-c", advice[1]], check=True)
        cli("add", *([str(path)] if advice[1].startswith("sed ") else shlex.split(advice[3])))
    assert len(cli.jobs()) == len(SCRIPTS)
    cli.drain()
    assert [cli("log", str(number + 1)) for number in range(len(SCRIPTS))] == ["ran\n"] * len(SCRIPTS)


def test_what_python_or_the_kernel_can_read_is_taken(cli: Cli, tmp_path: Path) -> None:
    for name, content, mode in (
        ("a.py", b"\xef\xbb\xbfprint('ran')\r\n", 0o755),
        ("b.py", b"#!/usr/bin/env python3\r\nprint('ran')\r\n", 0o644),
    ):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(mode)
        cli("add", str(tmp_path / name))
    (tmp_path / "b.py").chmod(0o755)
    cli("add", "--python", "python3", str(tmp_path / "b.py"))
    cli.drain()
    assert [cli("log", str(number)) for number in (1, 2, 3)] == ["ran\n"] * 3
