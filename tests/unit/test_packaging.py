"""What a release consists of."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.conftest import ROOT


def test_wheel_and_source_hold_the_licence_and_the_style_of_the_dashboard(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)], cwd=ROOT, check=True, timeout=120)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert {"tui_queue/help/jobs.md", "tui_queue/LICENSE", "tui_queue/py.typed", "tui_queue/ui/app.tcss"} <= set(names)
    assert any(name.endswith(".dist-info/licenses/tui_queue/LICENSE") for name in names)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as source:
        assert any(name.endswith("/tui_queue/LICENSE") for name in source.getnames())


def test_an_index_takes_the_metadata_and_the_readme(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)], cwd=ROOT, check=True, timeout=120)
    words = [sys.executable, "-m", "twine", "check", "--strict", *map(str, tmp_path.iterdir())]
    done = subprocess.run(words, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.count(b"PASSED")) == (0, 2), done.stdout
