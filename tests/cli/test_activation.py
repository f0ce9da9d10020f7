"""Every way to activate an environment, with every process that may start the job."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli, wait_for
from tests.support.tmux import terminal

SHOW = """\
import json, os, sys
shown = ("LR", "PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "LD_LIBRARY_PATH", "UV")
print(json.dumps({"python": sys.executable, **{name: os.environ.get(name) for name in shown}}))
"""


def python_in(directory: Path) -> None:
    """Make a virtual environment without pip, as all of these ways have one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)


@pytest.fixture
def activations(tmp_path: Path) -> dict[str, str]:
    """Return the shell words that activate an environment, by the name of the way."""
    for name in ("venv", "conda", "uv"):
        python_in(tmp_path / name)
    conda = shlex.quote(str(tmp_path / "conda"))
    uv = shlex.quote(str(tmp_path / "uv"))
    return {
        "venv": f". {tmp_path}/venv/bin/activate",
        "conda": f"export CONDA_PREFIX={conda} CONDA_DEFAULT_ENV=work PATH={conda}/bin:$PATH",
        # What `uv run` sets for the command that it runs.
        "uv run": f"export VIRTUAL_ENV={uv} PATH={uv}/bin:$PATH UV=/usr/bin/uv",
        "module": "export LD_LIBRARY_PATH=/opt/module/lib PATH=/opt/module/bin:$PATH",
        "export": "export LR=0.2",
        "env -i": "",
    }


@contextmanager
def starter(kind: str, cli: Cli) -> Iterator[None]:
    """Have a process schedule that was started in another environment than the jobs were added in."""
    if kind == "background":
        yield  # `add` has started it
        return
    if kind in ("dashboard", "second dashboard"):
        with terminal(cli, env=["LR=0.1"]) as window:
            window.type(shlex.join(map(os.fsdecode, cli.words())))
            window.keys("Enter")
            window.wait_for("scheduler here")
            if kind == "dashboard":
                yield
                return
            with terminal(cli, env=["LR=0.3"]) as second:
                second.type(shlex.join(map(os.fsdecode, cli.words())))
                second.keys("Enter")
                second.wait_for("slots")
                yield
        return
    small = {"HOME": "/", "TUI_QUEUE_HOME": str(cli.home)}
    if kind == "unit":
        words, env = cli.words("run", "--standby", "--stay"), {**small, "PATH": "/usr/local/bin:/usr/bin:/bin"}
    else:
        words, env = cli.words("run", "--until-empty"), {**small, "PATH": "/usr/bin:/bin", "LR": "0.4"}
    with subprocess.Popen(words, env=env, cwd=ROOT) as runner:
        try:
            yield
        finally:
            runner.terminate()


@pytest.mark.long
@pytest.mark.parametrize("kind", ["dashboard", "second dashboard", "background", "unit", "cron"])
def test_each_activation_reaches_the_job_whichever_process_starts_it(
    cli: Cli, kind: str, activations: dict[str, str], script: Callable[..., str]
) -> None:
    cli.settings("slots = 6", background=kind == "background")
    show = script("show.py", SHOW, mode=0o644)
    add = shlex.join(map(os.fsdecode, cli.words("add", show)))
    expected = []
    for name, words in activations.items():
        prefix = f"env -i PATH=/usr/bin:/bin TUI_QUEUE_HOME={cli.home} " if name == "env -i" else ""
        shell = f"{words}\n{prefix}{add}" if words else f"{prefix}{add}"
        clean = {each: value for each, value in cli.env.items() if each not in ("VIRTUAL_ENV", "CONDA_PREFIX", "LR")}
        done = subprocess.run(["sh", "-ec", shell], env=clean, cwd=ROOT, check=True, capture_output=True, text=True)
        number = int(done.stdout)
        # What the shell itself would run: its active environment's Python, or python3 of its PATH.
        which = f"{words}\n" if words else ""
        python = subprocess.run(
            ["sh", "-ec", f'{which}{"PATH=/usr/bin:/bin; " if prefix else ""}command -v python3'],
            env=clean, check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        expected.append((name, number, python))
    with starter(kind, cli):
        wait_for(lambda: {job["state"] for job in cli.jobs().values()} == {"completed"}, "all jobs to complete")
    for name, number, python in expected:
        seen = json.loads(cli("log", str(number)))
        assert Path(seen["python"]).parent.resolve() == Path(python).parent.resolve(), (kind, name, seen)
        assert seen["LR"] == ("0.2" if name == "export" else None), (kind, name, seen)
        assert seen["LD_LIBRARY_PATH"] == ("/opt/module/lib" if name == "module" else cli.env.get("LD_LIBRARY_PATH"))
        assert bool(seen["VIRTUAL_ENV"]) == (name in ("venv", "uv run")), (kind, name, seen)
        assert bool(seen["CONDA_PREFIX"]) == (name == "conda"), (kind, name, seen)
        assert seen["UV"] == ("/usr/bin/uv" if name == "uv run" else None)
