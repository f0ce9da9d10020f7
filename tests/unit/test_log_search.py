"""Words and regular expressions in logs: the lines that grep finds, in any part of a file, whatever it holds."""

import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_queue.core.errors import BadInputError
from tui_queue.core.logs.file import LogFile
from tui_queue.core.logs.search import BLOCK, ERRORS, Pattern, Search, find_after, find_before, next_line

WORDS = ("alpha", "Beta", "GAMMA", "delta", "Ünter", "naïve", "日本")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of some blocks, with colours in it, and some very long lines."""
    dice = random.Random(3)
    path = tmp_path / "log"
    with path.open("w") as file:
        for number in range(40_000):
            words = dice.choices(WORDS, k=dice.randrange(6))
            if number % 7 == 0:
                words = [f"\x1b[3{dice.randrange(8)}m{word[:2]}\x1b[0m{word[2:]}" for word in words]
            file.write(f"{number} {' '.join(words)}\n")
        file.write("x" * (2 * BLOCK) + "alpha" + "y" * BLOCK + "\nlast alpha")
    return path


def opened(path: Path) -> LogFile:
    file = LogFile(str(path))
    file.poll(0)
    return file


def searched(path: Path, words: str) -> list[int]:
    file, search = opened(path), Search(Pattern(words))
    while search.step(file):
        pass
    assert search.count == len(search.hits)
    return list(search.hits)


def lines_with(path: Path, expression: str, flags: int = 0) -> int:
    text = re.sub(r"\x1b\[[0-9]*m", "", path.read_text())
    return len(re.findall(rf"^.*(?:{expression}).*$", text, re.MULTILINE | flags))


@pytest.mark.parametrize(
    ("words", "expression", "flags"),
    [
        ("alpha", "alpha", re.IGNORECASE),
        ("Beta", "Beta", 0),
        ("gamma", "gamma", re.IGNORECASE),
        ("/gamma/c", "gamma", 0),
        ("/GAMMA/i", "gamma", re.IGNORECASE),
        ("ünter", "ünter", re.IGNORECASE),
        ("日本", "日本", 0),
        ("a.pha", r"a\.pha", 0),
        ("/^[0-9]+ (delta|Beta)/", "^[0-9]+ (delta|Beta)", 0),
        ("/本$/", "本$", 0),
        ("nothing like that", "nothing like that", 0),
    ],
)
def test_every_line_that_matches_is_found_once(log: Path, words: str, expression: str, flags: int) -> None:
    hits = searched(log, words)
    assert len(hits) == lines_with(log, expression, flags)
    assert hits == sorted(set(hits))
    data = log.read_bytes()
    begins = [data.rfind(b"\n", 0, hit) + 1 for hit in hits]
    assert len(set(begins)) == len(hits)


@pytest.mark.parametrize("words", ["GAMMA", "/delta$/", "last"])
def test_the_next_one_and_the_one_before_are_those_that_are_counted(log: Path, words: str) -> None:
    file, pattern, hits = opened(log), Pattern(words), searched(log, words)
    for number in {0, len(hits) - 1, *range(0, len(hits), 400)}:
        hit = hits[number]
        following = hits[number + 1] if number + 1 < len(hits) else None
        assert last(find_after(file, pattern, next_line(file, hit))) == following
        assert last(find_before(file, pattern, hit)) == (hits[number - 1] if number else None)
    assert last(find_after(file, pattern, 0)) == hits[0]
    assert last(find_before(file, pattern, file.size)) == hits[-1]


def last(steps: Iterator[tuple[bool, int]]) -> int | None:
    return next((place for found, place in steps if found), None)


def test_a_log_that_grows_is_searched_on(log: Path) -> None:
    file, search = opened(log), Search(Pattern("new one"))
    while search.step(file):
        pass
    with log.open("a") as more:
        more.write("\nnew one\nno\nnew one\n")
    while search.step(file):
        pass
    assert search.count == 2
    assert search.number(search.hits[1]) == 2
    assert search.known_after(search.hits[0] + 1) == search.hits[1]
    assert search.known_before(search.hits[1]) == search.hits[0]
    assert search.known_after(search.hits[1] + 1) is None


def test_it_finds_as_many_lines_as_grep(tmp_path: Path) -> None:
    log = tmp_path / "log"
    dice = random.Random(4)
    log.write_bytes(b"".join(bytes(dice.choices(b"abcde \n", k=997)) for _ in range(2000)))
    for words in ("abc", "a b", "ee"):
        grep = subprocess.run(["grep", "-Fc", words, log], capture_output=True, check=True, env={"LC_ALL": "C"})
        assert len(searched(log, words)) == int(grep.stdout)


@pytest.mark.quick
def test_bytes_that_are_no_text_do_not_matter(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(random.Random(5).randbytes(3 * BLOCK) + b"\nneedle\n\xff needle \xfe\n")
    assert len(searched(log, "needle")) == len(searched(log, "/n.edle/")) == 2


@pytest.mark.parametrize(
    ("words", "says"), [("", "Say what"), ("/(/", "not a regular expression"), ("/a{2/", ""), ("/*/", "not a regular")]
)
def test_what_can_not_be_looked_for_is_said(words: str, says: str) -> None:
    if says:
        with pytest.raises(BadInputError, match=says):
            Pattern(words)
    else:
        Pattern(words)


@pytest.mark.long
def test_an_expression_that_takes_for_ever_is_given_up(tmp_path: Path) -> None:
    pattern = Pattern("/^(a|aa)+$/")
    with pytest.raises(BadInputError, match="takes too long"):
        pattern.lines(b"a" * 60 + b"b\n")
    assert pattern.spans("a" * 60 + "b") == []


@pytest.mark.quick
@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        (b"Traceback (most recent call last):", True),
        (b"make: *** [all] Error 2", True),
        (b"ERROR: no such file", True),
        (b"test_x FAILED", True),
        (b"0 terrors", False),
        (b"all is well", False),
    ],
)
def test_lines_that_tell_of_errors(line: bytes, is_one: bool) -> None:
    assert bool(Pattern(ERRORS).lines(line)) == is_one
