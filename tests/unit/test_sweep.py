"""Brace expressions: what bash makes of them, and where a job's arguments ask for something else."""

import itertools
import random
import shutil
import subprocess
import time
import tracemalloc

import pytest

from tests.conftest import missing
from tui_queue.core.errors import BadInputError
from tui_queue.core.parsing.sweep import LIMIT, Sweep, check_count, expand

# Every one of these means the same to bash.
AS_BASH = [
    "{0.1,0.01}", "--lr={0.1,0.01}", "{a,b}{1,2}", "x{a,b}y{1,2}z", "{a,b,c}x", "{1..5}", "{5..1}", "{01..10}",
    "{1..010}", "{1..10..3}", "{10..1..3}", "{10..1..-3}", "{1..10..-3}", "{-3..3}", "{3..-3}", "{-01..2}",
    "{01..-2}", "{-5..-1..2}", "{+1..3}", "{-0..2}", "{007..9}", "{1..1}", "{a..e}", "{e..a}", "{a..i..3}",
    "{i..a..3}", "{A..E}", "{,x}", "a{,x}", "a{x,}", "a{,}", "{,}", "{,,x}", "{}", "{x}", "a{}b", "{}{a,b}",
    "{x}{1,2}", "{{1..3}}", "{a,{b,c}}", "{a,{b,{c,d}}}", "{{a,b},{c,d}}", "{a,b{1..3}c}", "x{a,b{1,2}{3,4}}y",
    "{{a,b}", "{a,{b,c}", "{a,b}}", "{a,b", "a,b}", "}{a,b}{", "{", "}", "{a", "a}", "{a,}b}", r"\{a,b}", r"\{a,b\}",
    r"{a\,b,c}", r"{a,b\}", r"{a,b\},c}", r"{a\{,b}", r"a\\{b,c}", r"{a\ b,c}", r"\{{a,b}\}", "{a..5}", "{1..x}",
    "{1..5..}", "{1..5..x}", "{1..2..3..4}", "{..}", "{1..}", "{..1}", "{1...3}", "{ab..c}", "{1.0,2.0}", "{a..}",
    "{1..3}{a..c}", "{1..3},{4..6}", "{1..3}..{4..6}", "{a..c,x}", "{1..2,5..6}", "{{1..2}..4,x}", "é{ä,ö}ü",
    "--seed={1..3} --lr={0.1,0.01}", "{a,b} c {1..2}", "--name=x {,--fast}", "--out=run-{01..03}.txt {a,b}{c,d}",
]  # fmt: skip


def bash(texts: list[str]) -> list[list[str]]:
    """Return the words that bash makes of each line."""
    if not shutil.which("bash"):
        missing("bash is not installed")
    script = "\n".join(rf"printf '%s\n' {text}; printf '\0'" for text in texts)
    done = subprocess.run(["bash", "-f", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return [lines.split("\n")[:-1] for lines in done.stdout.split("\0")[:-1]]


def in_one_line(sweep: Sweep) -> list[str]:
    """Return the values as bash puts them: those of each word by itself, one behind the other."""
    assert len(sweep.words) == 1
    return [word for args in sweep for word in args]


def split(line: str) -> list[str]:
    return line.replace(r"\ ", "\0").split(" ")


def ours(line: str) -> list[str]:
    return [value for word in split(line) for value in in_one_line(expand([word.replace("\0", r"\ ")]))]


def test_braces_mean_what_they_mean_to_bash() -> None:
    for text, expected in zip(AS_BASH, bash(AS_BASH), strict=True):
        # printf without any words prints one empty line.
        assert (ours(text) or [""]) == expected, text


@pytest.mark.long
def test_random_braces_mean_what_they_mean_to_bash() -> None:
    chance = random.Random(4)

    def word(depth: int = 0) -> str:
        kind = chance.randrange(8)
        if kind < 3 or depth > 3:
            return chance.choice(["a", "b", "", "xy", "0.1", r"\{", r"\,", "=", "-"])
        if kind < 5:
            start, end, step = (chance.randint(-12, 12) for _ in range(3))
            return f"{{{start}..{end}..{step or 1}}}" if kind == 4 else f"{{{start:03}..{end}}}"
        if kind == 5:
            return word(depth + 1) + word(depth + 1)
        return "{" + ",".join(word(depth + 1) for _ in range(chance.randint(2, 3))) + "}"

    texts = ["".join(word() for _ in range(3)) + "{1,2}" for _ in range(1_500)]
    texts = [text for text in texts if expand([text]).count < 2_000]
    for text, expected in zip(texts, bash(texts), strict=True):
        assert (ours(text) or [""]) == expected, text


@pytest.mark.quick
def test_the_last_expression_varies_fastest() -> None:
    sweep = expand(["--lr", "{0.1,0.01}", "--seed={1..3}", "x"])
    assert list(sweep) == [
        ("--lr", lr, f"--seed={seed}", "x") for lr, seed in itertools.product(["0.1", "0.01"], [1, 2, 3])
    ]
    assert sweep.count == 6
    assert sweep.varies


def test_words_without_braces_are_one_job_as_they_are() -> None:
    words = (r"C:\\dir", r"a\,b", "", "x y", r"\d+", "${HOME,,}", "{}", "{:.2f}")
    sweep = expand(words)
    assert (list(sweep), sweep.count, sweep.varies) == ([words], 1, False)
    assert list(expand([])) == [()]


@pytest.mark.parametrize(
    "word",
    [
        '{"a":1}', '{"a":1,"b":2}', '{"a":{"b":[1,2],"c":{}},"d":{}}', '[{},{},{"x":1,"y":2}]', '{"a": 1, "b": 2}',
        "{'a':1,'b':2}", "{print $1, $2}", "{ a,b }", "{a, b}", "{a,b\n}", "${a,b}", "${a,b{c,d}}", "${x{a,b}",
        r"\frac{1}{2}", "{a}b,c}", "x{},a}", "f'{name}'", r"a\\b{x}", "{0}",
    ],
)  # fmt: skip
def test_programs_and_json_stay_as_they_are(word: str) -> None:
    assert list(expand([word])) == [(word,)]


def test_a_sweep_may_stand_in_json() -> None:
    assert in_one_line(expand(['{"lr":{0.1,0.01},"e":{}}'])) == ['{"lr":0.1,"e":{}}', '{"lr":0.01,"e":{}}']


@pytest.mark.quick
@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("{0.0..1.0..0.25}", "0.00 0.25 0.50 0.75 1.00"),
        ("{0..1..0.5}", "0.0 0.5 1.0"),
        ("{0.1..0.5..0.1}", "0.1 0.2 0.3 0.4 0.5"),
        ("{0.5..-0.5..0.5}", "0.5 0.0 -0.5"),
        ("{-0.05..0.05..0.05}", "-0.05 0.00 0.05"),
        ("{1.0..2.0..2}", "1.0"),
        ("{09.5..10.5..0.5}", "09.5 10.0 10.5"),
        ("x{0.1..0.2..0.1}y", "x0.1y x0.2y"),
    ],
)
def test_decimals_are_exact(word: str, values: str) -> None:
    assert in_one_line(expand([word])) == values.split()


def test_seventy_thousand_small_steps_add_up() -> None:
    values = in_one_line(expand(["{0.00001..0.7..0.00001}"]))
    assert (len(values), values[0], values[-1], values[12_344]) == (70_000, "0.00001", "0.70000", "0.12345")


def test_an_empty_word_is_left_out() -> None:
    assert list(expand(["train", "{,--fast}", "", "x{,y}"])) == [
        ("train", "", "x"),
        ("train", "", "xy"),
        ("train", "--fast", "", "x"),
        ("train", "--fast", "", "xy"),
    ]


def test_expressions_can_vary_together() -> None:
    sweep = expand(["--in={a,b,c}", "--size", "{1..3}", "x"], together=True)
    assert list(sweep) == [(f"--in={letter}", "--size", size, "x") for letter, size in zip("abc", "123", strict=True)]
    assert sweep.count == 3
    assert list(expand(["x"], together=True)) == [("x",)]


def test_expressions_that_cannot_vary_together_are_refused() -> None:
    with pytest.raises(
        BadInputError, match=r"^\{a,b\} has 2 values, \{1\.\.3\} has 3 values: .*give each as many"
    ) as error:
        expand(["{a,b}", "{1..3}"], together=True)
    assert error.value.field == "sweep"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("{1..5..0}", "a step of 0"),
        ("{a..e..0}", "a step of 0"),
        ("{0.0..1.0..0.0}", "a step of 0"),
        ("{0.1..0.5}", "decimals need a step"),
        ("{1..1000000000000000000000}", "more than 18 digits"),
        ("{0.1..1..0.0000000000000000001}", "more than 18 digits"),
        ("{1..5.." + "9" * 100_000 + "}", "more than 18 digits"),
        ("{a," * 21 + "b" + "}" * 21, "more than 20 deep"),
    ],
)
def test_a_range_that_cannot_be_one_is_refused(word: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message) as error:
        expand([word])
    assert error.value.field == "sweep"
    assert len(str(error.value)) < 200


def test_a_million_million_jobs_are_counted_without_being_made() -> None:
    tracemalloc.start()
    begun = time.process_time()
    sweep = expand(["{1..1000000}", "{1..1000000}"])
    assert sweep.count == 10**12
    assert sweep.first(2) == (("1", "1"), ("1", "2"))
    assert sweep.at(sweep.count - 1) == ("1000000", "1000000")
    assert time.process_time() - begun < 1
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_million_jobs_need_a_word() -> None:
    check_count(expand(["{1..999999}"]), yes=False)
    sweep = expand(["{1..1000}", "{1..1000}"])
    assert sweep.count == LIMIT
    check_count(sweep, yes=True)
    with pytest.raises(BadInputError, match=r"^1,000,000 jobs: .*--yes"):
        check_count(sweep, yes=False)
    with pytest.raises(BadInputError, match=r"^About 10\^6020 jobs"):
        check_count(expand(["{a,b}" * 20_000]), yes=False)


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{a,", "{a,b}", "\\", "${", ",", "{1..", "{{a,b},", "{'a,", " ", "{ "]
)
def test_the_longest_word_is_read_quickly(text: str) -> None:
    begun = time.process_time()
    sweep = expand([(text * 131_071)[:131_071]])
    sweep.first(2)
    assert time.process_time() - begun < 3


def test_every_combination_comes_once_and_in_its_place() -> None:
    chance = random.Random(5)
    for _ in range(200):
        sizes = [chance.randint(1, 6) for _ in range(chance.randint(1, 4))]
        words = [f"{number}-{{1..{size}}}" for number, size in enumerate(sizes)]
        sweep = expand(words)
        all_args = list(sweep)
        assert len(set(all_args)) == len(all_args) == sweep.count
        assert all_args == [sweep.at(index) for index in range(sweep.count)]
        assert sweep.first(3) == tuple(all_args[:3])
        assert all_args == sorted(all_args)
