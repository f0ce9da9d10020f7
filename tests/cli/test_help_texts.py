"""What `--help` says: the default of each option, words for values that are the same everywhere, groups, examples."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.conftest import JOBS, ROOT, Cli
from tests.tools.calls import commands
from tui_queue.cli.job_words import JobCommand
from tui_queue.cli.main import cli as program
from tui_queue.core.parsing.job_options import JOB_OPTIONS
from tui_queue.core.parsing.option import Section

METAVARS = {
    "ADDRESS",
    "CODES",
    "COMMAND",
    "CRON",
    "DIR",
    "DURATION",
    "FACTOR",
    "FILE",
    "FILE|-",
    "FILTER",
    "FORMAT",
    "HOURS",
    "ID",
    "N",
    "NAME",
    "NAMES",
    "NAME=N",
    "NAME[=VALUE]",
    "PATH",
    "PID",
    "QUEUE",
    "SIGNAL@DURATION",
    "SIZE",
    "STATE",
    "TIME",
    "WORDS",
    "ZONE",
}
NAMES = sorted({*commands(), ("log", "search"), ("sbatch",)})
GROUPS = ("batch", "queue", "schedule", "settings", "template")


def find(words: tuple[str, ...]) -> click.Command:
    """Return the command of these words."""
    if words == ("log", "search"):
        from tui_queue.cli.log_search import search

        return search
    if words == ("sbatch",):
        from tui_queue.cli.sbatch import sbatch

        return sbatch
    command: click.Command = program
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None, words
        command = found
    return command


def options(words: tuple[str, ...]) -> Iterator[click.Option]:
    """Yield the options of a command that its `--help` shows."""
    for param in find(words).params:
        if isinstance(param, click.Option) and not param.hidden:
            yield param


def examples(command: click.Command) -> list[str]:
    """Return the lines to type at the end of its `--help`."""
    return re.findall(r"^  (tui-queue .*)$", command.epilog or "", re.MULTILINE)


@pytest.mark.parametrize("words", NAMES, ids=" ".join)
def test_each_option_with_a_value_names_its_default(words: tuple[str, ...]) -> None:
    for option in options(words):
        text = option.help or ""
        assert text.endswith("."), option.name
        if not option.is_flag:
            assert re.search(r"default: |default:", text, re.IGNORECASE) or "No default" in text, option.name


def test_each_option_of_a_job_names_its_default_and_fits_the_form() -> None:
    for option in JOB_OPTIONS:
        assert re.search(r"Default: [^.]+\.|Default: .*\.$", option.help), option.name
        assert len(option.help) <= 110, option.name


@pytest.mark.parametrize("words", NAMES, ids=" ".join)
def test_a_word_for_a_value_is_the_same_everywhere(words: tuple[str, ...]) -> None:
    for option in options(words):
        if not option.is_flag:
            shown = option.make_metavar(click.Context(find(words)))
            assert shown in METAVARS or re.fullmatch(r"\[[a-z-]+(\|[a-z-]+)+\]", shown), (option.name, shown)


def test_each_option_is_named_on_a_help_page() -> None:
    pages = "\n".join(
        page.read_text() for page in (ROOT / "tui_queue" / "help").glob("*.md") if page.stem != "commands"
    )
    named = set(re.findall(r"--[a-z][a-z-]*", pages))
    found = {(words, flag) for words in NAMES for option in options(words) for flag in _long(option)}
    assert {each for each in found if each[1] not in named} == set()


def _long(option: click.Option) -> list[str]:
    """Return the first long name of an option; the other ones mean the same."""
    return [flag for flag in option.opts if flag.startswith("--")][:1]


def test_options_of_a_job_stand_below_the_headings(cli: Cli) -> None:
    for words in ("add", "edit", "clone", "schedule add", "schedule edit", "template save"):
        shown = cli(*words.split(), "--help")
        found = [line.removesuffix(":") for line in shown.splitlines() if re.fullmatch(r"[A-Z]\w+:", line)]
        assert found == [*Section, "Options"], words
        flags = re.findall(r"^  (?:-\w, )?(--[\w-]+)", shown.partition("\nJob:\n")[2], re.MULTILINE)
        assert len(flags) == len(set(flags)), words
        assert {f"--{option.long_flag}" for option in JOB_OPTIONS} <= {*flags}, words
        assert isinstance(find(tuple(words.split())), JobCommand)


def test_each_command_is_listed_once_in_a_group(cli: Cli) -> None:
    listed = re.findall(r"^  ([a-z]+) +[A-Z]", cli("--help"), re.MULTILINE)
    assert sorted(listed) == program.list_commands(click.Context(program))
    assert examples(program)


@pytest.mark.parametrize("family", ["queue", "schedule"])
def test_set_is_another_name_of_edit_that_is_not_listed(cli: Cli, family: str) -> None:
    shown = cli(family, "--help")
    assert "\n  edit " in shown
    assert "\n  set " not in shown
    edit, other = (cli(family, verb, "--help").splitlines() for verb in ("edit", "set"))
    assert edit[1:] == other[1:]
    cli("queue", "set", "default", "--slots", "3")
    assert "default  0/3" in cli("queue", "list")


@pytest.mark.parametrize("words", [*NAMES, *((name,) for name in GROUPS)], ids=" ".join)
def test_each_command_has_examples_that_can_be_parsed(words: tuple[str, ...]) -> None:
    lines = examples(find(words))
    assert 2 <= len(lines) <= 3
    for line in lines:
        parse(line)
    assert words[0] in GROUPS or any(line.startswith(f"tui-queue {' '.join(words)}") for line in lines)


def typed_by(line: str) -> list[str]:
    """Return the words of an example behind the program's name, up to what is the shell's."""
    words = shlex.split(line)[1:]
    return words[: next((place for place, word in enumerate(words) if word in ("&&", ">")), len(words))]


def parse(line: str) -> None:
    """Parse an example as the command does that it is of, without running it."""
    words = typed_by(line)
    leaf = 2 if tuple(words[:2]) in NAMES else 1
    find(tuple(words[:leaf])).make_context(" ".join(words[:leaf]), words[leaf:])


def test_texts_say_who_acts() -> None:
    vague = r"\b(somebody|nobody|anyone|whoever|no one|whatever|meanwhile)\b"
    for path in (ROOT / "tui_queue" / "cli").glob("*.py"):
        assert not re.search(vague, path.read_text(), re.IGNORECASE), path.name


@pytest.mark.long
def test_no_example_is_refused_as_wrong_use(cli: Cli, tmp_path: Path) -> None:
    """Run each on a queue that has the jobs, queues and others that it names; the state of a job may refuse it."""
    (tmp_path / "jobs").symlink_to(JOBS)
    cli.env["EDITOR"] = "true"
    cli.env["SHELL"] = "/bin/bash"
    for name in ("gpu", "spare"):
        cli("queue", "add", name)
    for number in range(1, 21):
        cli("add", "--batch", "nightly", *(["--hold"] if number > 2 else []), "true", f"{number}")
    cli.drain()
    cli("schedule", "add", "--every", "1h", "--yes", "report", "true")
    cli("template", "save", "--retries", "1", "training")
    for line in ("release 12-16", "settings set slots 0"):
        cli(*line.split())
    for words in NAMES:
        for line in examples(find(words)):
            typed = typed_by(line)
            if words[0] in NOT_RUN or "--watch" in typed:
                continue
            done = cli.process(*typed, given=b"#!/bin/sh\n", cwd=tmp_path)
            said = done.stderr.decode()
            assert "Traceback" not in said, line
            assert not re.search("No such (option|command)|Missing argument|not one of|Usage:", said), (line, said)


# They wait for jobs, need a terminal or a file, or move the queue; their lines are parsed above.
NOT_RUN = ("wait", "run", "import", "restore")
