"""The man page that is made from the help pages."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, missing
from tui_queue import help_pages


def test_the_man_page_shows_every_help_page_and_its_examples(tmp_path: Path) -> None:
    if shutil.which("groff") is None:
        missing("groff is not installed; apt install groff-base")
    file = tmp_path / "tui-queue.1"
    subprocess.run([sys.executable, "-m", "tests.tools.make_man", str(file)], cwd=ROOT, check=True)
    command = ["groff", "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=200n", str(file)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    shown = done.stdout.decode().splitlines()
    indented = {line.strip() for line in shown}
    code: set[str] = set()
    for topic in help_pages.topics():
        assert help_pages.title(topic).upper() in shown, topic
        for block in re.findall(r"^```\w*\n(.*?)^```", help_pages.page(topic), re.MULTILINE | re.DOTALL):
            code.update(line.strip() for line in block.splitlines())
            absent = [line for line in block.splitlines() if line.strip() not in indented]
            assert absent == [], topic
    assert [line for line in shown if "`" in line and line.strip() not in code] == []
