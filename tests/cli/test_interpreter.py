"""The Python that runs a .py file: chosen when the job is added, stored with its reason."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Cli

Script = Callable[..., str]
WHO = "import os, sys\nprint(sys.argv[0] and os.environ.get('WHO', ''), sys.executable)\n"


def fake_python(directory: Path) -> Path:
    """Make an interpreter that says by which name it was called."""
    python = directory / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nWHO="$0" exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return python


def ran(cli: Cli, number: int = 1) -> str:
    return cli("log", str(number)).split()[0]


def with_env(cli: Cli, **variables: str) -> Cli:
    kept = {name: value for name, value in cli.env.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    return replace(cli, env={**kept, **variables})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the directory of a script that is not executable, two levels below the top of a repository."""
    (tmp_path / "project" / ".git").mkdir(parents=True)
    directory = tmp_path / "project" / "src" / "jobs"
    directory.mkdir(parents=True)
    (directory / "who.py").write_text(WHO)
    return directory


def test_the_first_of_all_ways_to_name_an_interpreter_counts(cli: Cli, project: Path, tmp_path: Path) -> None:
    script = str(project / "who.py")
    # From the last choice to the first: each goes before all that were there already.
    path = tmp_path / "on-path" / "bin"
    fake_python(path.parent).rename(path / "python3")
    shell = with_env(cli, PATH=f"{path}:{cli.env['PATH']}")
    setting = fake_python(tmp_path / "setting")
    above = fake_python(tmp_path / "project" / ".venv")
    beside = fake_python(project / ".venv")
    conda, venv, given = (fake_python(tmp_path / name) for name in ("conda", "venv", "given"))
    hidden = tmp_path / "hidden"
    (project / ".venv").rename(hidden)
    above.parents[1].rename(above.parents[1].with_name(".venv-hidden"))

    shell("add", script)
    cli.settings(f'python = "{setting}"')
    shell("add", script)
    above.parents[1].with_name(".venv-hidden").rename(above.parents[1])
    shell("add", script)
    hidden.rename(project / ".venv")
    shell("add", script)
    with_conda = with_env(shell, CONDA_PREFIX=str(conda.parents[1]), CONDA_DEFAULT_ENV="work")
    with_conda("add", script)
    with_env(with_conda, CONDA_PREFIX=str(conda.parents[1]), CONDA_DEFAULT_ENV="base")("add", script)
    with_venv = with_env(shell, VIRTUAL_ENV=str(venv.parents[1]), CONDA_PREFIX=str(conda.parents[1]))
    with_venv("add", script)
    with_venv("add", "--python", str(given), script)
    (conda.parents[1] / "conda-meta").mkdir()
    with_venv("add", "--python", str(conda.parents[1]), script)
    cli.drain()
    expected = [path / "python3", setting, above, beside, conda, beside, venv, given, conda]
    assert [ran(cli, number) for number in range(1, 10)] == list(map(str, expected))
    assert f"{venv} (the active virtual environment)" in cli("show", "7")
    assert f"{above} (the .venv above the script)" in cli("show", "3")


def test_an_executable_script_runs_by_its_own_first_line(cli: Cli, project: Path, tmp_path: Path) -> None:
    python = fake_python(tmp_path / "own")
    script = project / "who.py"
    script.write_text(f"#!{python}\n{WHO}")
    script.chmod(0o755)
    with_env(cli, VIRTUAL_ENV=str(fake_python(tmp_path / "venv").parents[1]))("add", str(script))
    cli.drain()
    assert ran(cli) == str(python)
    assert "the script's #! line" in cli("show", "1")


def test_a_dot_venv_above_a_script_that_is_in_no_repository_is_not_taken(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "plain" / "jobs").mkdir(parents=True)
    fake_python(tmp_path / "plain" / ".venv")
    (tmp_path / "plain" / "jobs" / "who.py").write_text(WHO)
    with_env(cli)("add", str(tmp_path / "plain" / "jobs" / "who.py"))
    assert "above the script" not in cli("show", "1")


def test_a_retry_keeps_the_interpreter_and_a_captured_environment_brings_its_own(
    cli: Cli, project: Path, tmp_path: Path
) -> None:
    first, second = (fake_python(tmp_path / name) for name in ("first", "second"))
    with_env(cli, VIRTUAL_ENV=str(first.parents[1]))("add", str(project / "who.py"))
    cli.drain()
    other = with_env(cli, VIRTUAL_ENV=str(second.parents[1]))
    other("retry", "1")
    cli.drain()
    assert ran(cli) == str(first)
    other("retry", "--capture-env", "1")
    cli.drain()
    assert ran(cli) == str(second)


def test_a_real_virtual_environment_is_used_by_its_activation(cli: Cli, project: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "real"], check=True)
    activated = f". {tmp_path}/real/bin/activate; exec {sys.executable} -m tui_queue add {project}/who.py"
    subprocess.run(["sh", "-c", activated], env=with_env(cli).env, cwd=Path(__file__).parents[2], check=True)
    cli.drain()
    assert cli("log", "1").split()[-1] == os.path.join(tmp_path, "real", "bin", "python")


def test_a_missing_module_is_said_together_with_the_python_that_lacks_it(
    cli: Cli, project: Path, tmp_path: Path
) -> None:
    venv = fake_python(tmp_path / "venv")
    script = project / "needs.py"
    script.write_text("# /// script\n# dependencies = ['no-such-module']\n# ///\nimport no_such_module\n")
    with_env(cli, VIRTUAL_ENV=str(venv.parents[1]))("add", str(script))
    cli.drain(code=1)
    shown = cli("show", "1")
    assert "A Python module is missing: no_such_module" in shown
    assert f"It ran with {venv}, the active virtual environment; `edit --python` chooses another." in shown
    assert "`#!/usr/bin/env -S uv run --script`" in shown
