"""The examples of the help pages are commands that the program takes."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli
from tests.support.raw_terminal import RawTerminal
from tui_queue import Queue
from tui_queue.settings import settings_of

PAGES = sorted((ROOT / "tui_queue" / "help").glob("*.md"))
NAMES = {page.stem for page in PAGES}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCRIPTS = (
    *("train.py", "urgent.sh", "first.sh", "report.sh", "clean-up.sh", "alarm.sh", "next.sh", "later.sh"),
    *("flaky.sh", "simulate.sh", "build.sh", "run.sh", "poll.sh", "report.py"),
)
# What follows until a job ends, opens an editor or another program, or needs what the machine may not have.
NOT_RUN = re.compile(
    r"log -f|log search|^wait|^settings edit|^unit|^run |\||\$\(|--gate|--after-pid|import job_queue|mail-to|--attempt"
)


def blocks(page: Path, kind: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text()) if name == kind]


def examples(page: Path) -> Iterator[str]:
    """Yield the words behind the program's name, of each line of the page that begins with it."""
    for text in blocks(page, "sh"):
        for line in text.splitlines():
            if line.startswith("tui-queue ") and not NOT_RUN.search(line.removeprefix("tui-queue ")):
                yield line.removeprefix("tui-queue ")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "work"
    (place / "data").mkdir(parents=True)
    for name in SCRIPTS:
        (place / name).write_text("#!/bin/sh\n" if name.endswith(".sh") else "#!/usr/bin/env python3\n")
        (place / name).chmod(0o755)
    (place / "jobs.txt").write_text("true\n")
    return place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_program_takes_the_examples_of_a_page(cli: Cli, directory: Path, page: Path) -> None:
    lines = list(examples(page))
    if not lines:
        return
    (cli.home / "config.toml").write_text(
        'background = false\n[resources]\ngpu = 1\nlicence = 2\nmem = "64G"\n', encoding="utf-8"
    )
    cli.env["TOKEN"] = "value"
    cli("queue", "add", "gpu")
    (directory / "many").write_text("true\n" * 12)
    cli("add", "--hold", "--batch", "night", "--from", str(directory / "many"))
    cli("schedule", "add", "--yes", "--every", "1h", "report", "true")
    cli("template", "save", "--retries", "1", "careful")
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[:2] in (["queue", "add"], ["schedule", "add"], ["template", "save"]):
            words = [*words[:2], *(f"x{word}" if word in ("gpu", "report", "careful") else word for word in words[2:])]
        if words[0] == "add" or words[:2] == ["schedule", "add"]:
            words.insert(1 if words[0] == "add" else 2, "--yes")
        done = cli.process(*words, cwd=directory, given=b"true\n")
        assert done.returncode == 0, (line, done.stderr.decode())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_begins_with_its_title_and_names_pages_that_there_are(page: Path) -> None:
    text = page.read_text()
    assert text.startswith("# ")
    assert max(map(len, text.splitlines())) <= 125 or "|" in text
    named = re.findall(r"tui-queue help ([a-z-]+)|the pages? `([a-z-]+)`", text)
    assert {first or second for first, second in named} <= NAMES


def test_the_settings_of_the_page_are_the_defaults(tmp_path: Path) -> None:
    (text,) = blocks(ROOT / "tui_queue/help/settings.md", "toml")
    values = tomllib.loads(text)
    found = settings_of(text.encode(), "page")
    for name, default in {"slots": 3, "grace_s": 10, "log_full": "keep", "background": True, "keep_jobs": 0}.items():
        assert values[name] == default
        assert getattr(found, name) == default


def test_the_lines_of_the_page_json_are_taken(cli: Cli, directory: Path) -> None:
    (text,) = blocks(ROOT / "tui_queue/help/json.md", "")
    (directory / "lines").write_text(text)
    cli("add", "--from", str(directory / "lines"), cwd=directory)
    assert [len(json.loads(line)) for line in text.splitlines()] == [5, 1]
    assert len(cli.jobs()) == 2


def test_the_python_of_the_page_runs(cli: Cli, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    monkeypatch.setenv("TUI_QUEUE_HOME", str(cli.home))
    (directory / "jobs").symlink_to(ROOT / "jobs")
    with Queue() as queue:
        assert queue.list() == []
    runner = cli.start("run", "--standby", "--stay")
    try:
        for text in blocks(ROOT / "tui_queue/help/python.md", "python"):
            exec(compile(text, "python.md", "exec"), {})
    finally:
        runner.terminate()
        runner.communicate()
    assert any(job["state"] == "completed" for job in cli.jobs().values())


def test_the_readme_is_short_and_names_each_page() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.split()) <= 2000
    linked = set(re.findall(r"\(tui_queue/help/([a-z-]+)\.md\)", text))
    assert linked == NAMES
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_help_lists_the_pages_and_prints_one(cli: Cli) -> None:
    listed = cli("help").splitlines()
    assert {line.split()[0] for line in listed if line and not line.startswith("`")} == NAMES
    assert cli("help", "queues") == (ROOT / "tui_queue/help/queues.md").read_text()
    assert cli("help", "queue", "add").startswith("Usage: tui-queue queue add")
    assert cli.error("help", "quues") == (
        "tui-queue: quues: no such page; `tui-queue help` lists all. Did you mean queues?"
    )
    assert "Did you mean add?" in cli.error("help", "queue", "ad")
    assert not (cli.home / "queue.db").exists()


def test_help_draws_a_page_on_a_terminal(cli: Cli) -> None:
    words = [str(word) for word in cli.words("help", "times")]
    terminal = RawTerminal(
        {**cli.env, "PAGER": "cat"}, size=(80, 60), ignore_hangup=False, controlling=True, words=words
    )
    try:
        terminal.see("estimate from earlier runs")
        terminal.end_reading()
        assert "## " not in terminal.text()
    finally:
        terminal.close()
