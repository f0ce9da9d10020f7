"""What users install: the wheel and the source distribution, without the checkout and without a network."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, missing

Run = Callable[..., str]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the wheel, the source distribution, and the wheels of all they depend on."""
    house = tmp_path_factory.mktemp("house")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(house)], cwd=ROOT, check=True, timeout=120)
    (wheel,) = house.glob("*.whl")
    fetched = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--wheel-dir", str(house), str(wheel), "hatchling"],
        capture_output=True,
        timeout=600,
        check=False,
    )
    if fetched.returncode != 0:
        missing(f"the wheels of the dependencies can't be fetched: {fetched.stderr.decode()[-300:]}")
    return house


@pytest.fixture
def run(tmp_path: Path, house: Path) -> Run:
    """Return a function that runs a command of a user who has nothing but the wheels; it returns what was printed."""
    own = {
        "HOME": str(tmp_path / "user"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(house),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(house),
        "UV_PYTHON": sys.executable,
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    (tmp_path / "user").mkdir()

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            [str(word) for word in words], env=own, cwd=tmp_path, capture_output=True, timeout=300, check=False
        )
        assert done.returncode == 0, (words, done.stdout.decode(), done.stderr.decode())
        return done.stdout.decode()

    return run


def runs_a_job(run: Run, *program: str | Path) -> None:
    """Check that the installed program has a version and runs the first job of a user."""
    assert run(*program, "--version").startswith("tui-queue ")
    assert run(*program, "add", "--hold", "/bin/echo", "hello") == "1\n"
    run(*program, "release", "1")
    run(*program, "wait", "1")
    assert run(*program, "log", "1") == "hello\n"


@pytest.mark.long
def test_the_wheel_installs_with_pip_and_runs_a_job(run: Run, house: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "env")
    run(tmp_path / "env/bin/pip", "install", "-q", next(house.glob("tui_queue-*.whl")))
    runs_a_job(run, tmp_path / "env/bin/tui-queue")


@pytest.mark.long
def test_the_source_distribution_installs_with_pip_and_runs_a_job(run: Run, house: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "env")
    run(tmp_path / "env/bin/pip", "install", "-q", next(house.glob("tui_queue-*.tar.gz")))
    runs_a_job(run, tmp_path / "env/bin/tui-queue")


@pytest.mark.long
def test_the_wheel_installs_where_python_has_no_ensurepip(run: Run, house: Path, tmp_path: Path) -> None:
    """As on Debian without python3-venv: pip of another environment installs into one without pip."""
    run(sys.executable, "-m", "venv", "--without-pip", "env")
    wheel = next(house.glob("tui_queue-*.whl"))
    run(sys.executable, "-m", "pip", "--python", tmp_path / "env/bin/python", "install", "-q", wheel)
    runs_a_job(run, tmp_path / "env/bin/tui-queue")


@pytest.mark.long
def test_the_wheel_installs_with_pipx(run: Run, house: Path, tmp_path: Path) -> None:
    if shutil.which("pipx", path=str(Path(sys.executable).parent)) is None:
        missing("pipx is not installed")
    run("pipx", "install", next(house.glob("tui_queue-*.whl")))
    runs_a_job(run, tmp_path / "user/.local/bin/tui-queue")


@pytest.mark.long
def test_the_wheel_runs_with_uv(run: Run, house: Path, tmp_path: Path) -> None:
    if shutil.which("uv", path=str(Path(sys.executable).parent)) is None:
        missing("uv is not installed")
    wheel = next(house.glob("tui_queue-*.whl"))
    assert run("uvx", "--from", wheel, "tui-queue", "--version").startswith("tui-queue ")
    run("uv", "tool", "install", wheel)
    runs_a_job(run, tmp_path / "user/.local/bin/tui-queue")
