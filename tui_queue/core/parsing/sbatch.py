"""What the options of `#SBATCH` lines come to here; those that mean nothing here are left over."""

import os
import re
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable

ARRAY_LIMIT = 100_000  # jobs of one array
_SHORT = {
    "-t": "--time",
    "-J": "--job-name",
    "-o": "--output",
    "-e": "--error",
    "-a": "--array",
    "-c": "--cpus-per-task",
    "-n": "--ntasks",
    "-d": "--dependency",
    "-D": "--chdir",
    "-G": "--gpus",
    "-H": "--hold",
}
_TIME = (
    r"(?a)(?:(?P<d>\d{1,4})-(?P<dh>\d{1,6})(?::(?P<dm>\d{1,6})(?::(?P<ds>\d{1,6}))?)?"
    r"|(?:(?P<h>\d{1,6}):(?=\d+:))?(?P<m>\d{1,6})(?::(?P<s>\d{1,6}))?)"
)
# Options of sbatch's that take no value.
FLAGS = frozenset(
    (
        *("-H", "--hold", "-W", "--wait", "-O", "--overcommit", "-s", "--oversubscribe", "-Q", "--quiet", "-v"),
        *("--verbose", "-k", "--no-kill", "--parsable", "--exclusive", "--requeue", "--no-requeue", "--test-only"),
        *("--contiguous", "--ignore-pbs", "--spread-job", "--use-min-nodes", "--reboot"),
    )
)
_NO_LIMIT = ("unlimited", "infinite")
_PATTERN = r"%\d*([%A-Za-z])"
_INDEX = "%%index of the array%%"  # in a pattern, until it is known
_DEPENDENCY = {"afterok": "", "afterany": ":ended", "afternotok": ":failed"}


class Sbatch(Struct, kw_only=True):
    """What `#SBATCH` lines say: fields of a job, the lines of each, variables for it, the indices of an array.

    ``ignored`` are the options that mean nothing here, each with its line.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    lines: list[tuple[str, int]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    array: tuple[int, ...] = ()
    ignored: list[tuple[str, int]] = field(default_factory=list)


def take_in(found: Sbatch, words: Sequence[str], line: int, resources: Collection[str]) -> None:
    """Add the options of one line; ``resources`` are those that the queue has. Raises BadInputError."""
    for option, value in _options(words):
        name = _SHORT.get(option, option)
        meaning = _MEANINGS.get(name)
        if meaning is None:
            found.ignored.append((option, line))
            continue
        for key, given in meaning(found, value, resources).items():
            if key == "":
                found.ignored.append((f"{option} {given}".rstrip(), line))
                continue
            before = found.fields.get(key)
            found.fields[key] = (*before, *given) if isinstance(before, tuple) else given
            note(found.lines, key, line, adds=isinstance(before, tuple))


def note(lines: list[tuple[str, int]], name: str, line: int, *, adds: bool) -> None:
    """Note the line of an option, which ``adds`` to what others say or takes their place."""
    lines[:] = [each for each in lines if each[0] != name or adds] + [(name, line)]


def of_index(text: str, index: int) -> str:
    """Return a pattern for the job of an array with this index."""
    return text.replace(_INDEX, str(index))


def split_line(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the options of a line of sbatch's, each with its value in the same word, and the words behind them."""
    options, place = list[str](), 0
    while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--"):
        word, more = words[place], words[place + 1 : place + 2]
        place += 1
        alone = "=" in word or word in FLAGS if word.startswith("--") else len(word) > 2 or word in FLAGS
        if not alone and more:
            word, place = f"{word}={more[0]}" if word.startswith("--") else word + more[0], place + 1
        options.append(word)
    return options, list(words[place + (words[place : place + 1] == ["--"]) :])


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each option with its value; a word behind an option that does not begin with a dash is its value."""
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if word.startswith("--"):
            option, equals, value = word.partition("=")
        else:
            option, value = word[:2], word[2:].removeprefix("=")
            equals = value
        if not equals and option not in FLAGS and place < len(words) and not words[place].startswith("-"):
            value = words[place]
            place += 1
        yield option, value


_Meaning = Callable[[Sbatch, str, Collection[str]], dict[str, Any]]


def _time(_found: Sbatch, text: str, _resources: Collection[str]) -> dict[str, Any]:
    if text.lower() in _NO_LIMIT:
        return {}
    parts = re.fullmatch(_TIME, text)
    if parts is None:
        raise BadInputError("timeout", f"{printable(text)}: not a time limit; write 90 (minutes), 1:30:00 or 1-12.")
    known = {name: int(number or 0) for name, number in parts.groupdict().items()}
    minutes = (known["d"] * 24 + known["dh"] + known["h"]) * 60 + known["dm"] + known["m"]
    seconds = minutes * 60 + known["ds"] + known["s"]
    return {"timeout": f"{seconds}s"} if seconds else {}


def _gpus(_found: Sbatch, text: str, resources: Collection[str]) -> dict[str, Any]:
    """Return the GPUs of ``gpu:2``, ``gpu:a100:2`` or ``2``; other resources mean nothing here."""
    count, others = 0, []
    for part in text.split(","):
        kind, *rest = part.split("(")[0].split(":")
        if kind.isdecimal():
            count += int(kind)
        elif kind == "gpu":
            count += int(rest[-1]) if rest and rest[-1].isdecimal() else 1
        else:
            others.append(part)
    if count and "gpu" not in resources:
        return {"": f"{text} (no GPU here)"}
    return ({"resource": (f"gpu={count}",)} if count else {}) | ({"": ",".join(others)} if others else {})


def _memory(_found: Sbatch, text: str, resources: Collection[str]) -> dict[str, Any]:
    size = re.fullmatch(r"(?ai)(\d+)([KMGT]?)B?", text)
    if size is None:
        raise BadInputError("resource", f"{printable(text)}: not a size; write 500M or 32G.")
    if not int(size[1]):
        return {}
    wanted = f"mem={size[1]}{size[2].upper() or 'M'}"
    return {"resource": (wanted,)} if "mem" in resources else {"gate": (wanted,)}


def _processors(found: Sbatch, text: str, resources: Collection[str]) -> dict[str, Any]:
    if not text.isdecimal() or not int(text):
        raise BadInputError("resource", f"{printable(text)}: not a number of processors; write 4.")
    found.variables["SLURM_CPUS_PER_TASK"] = text
    return {"resource": (f"cpu={text}",)} if "cpu" in resources else {}


def _tasks(found: Sbatch, text: str, _resources: Collection[str]) -> dict[str, Any]:
    found.variables["SLURM_NTASKS"] = found.variables["SLURM_NPROCS"] = text  # programs such as mpirun start them
    return {}


def _array(found: Sbatch, text: str, _resources: Collection[str]) -> dict[str, Any]:
    listed, percent, most = text.partition("%")
    indices: dict[int, None] = {}
    for part in listed.split(","):
        span = re.fullmatch(r"(?a)(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?", part)
        if span is None or int(span[2] or span[1]) < int(span[1]) or span[3] == "0":
            raise BadInputError("array", f"{printable(text)}: not the indices of an array; write 0-15, 1,3 or 0-15:4.")
        place = range(int(span[1]), int(span[2] or span[1]) + 1, int(span[3] or 1))
        if len(indices) + len(place) > ARRAY_LIMIT:
            raise BadInputError("array", f"{printable(text)}: more than {ARRAY_LIMIT:,} jobs; write several scripts.")
        indices |= dict.fromkeys(place)
    found.array = tuple(indices)
    return {"": f"%{most} (a queue has slots: `tui-queue queue add NAME --slots {most}`)"} if percent else {}


def _dependencies(_found: Sbatch, text: str, _resources: Collection[str]) -> dict[str, Any]:
    after, others = [], []
    for part in re.split(r"[,?]", text):
        kind, *numbers = part.split(":")
        if kind in _DEPENDENCY and numbers and all(number.isdecimal() for number in numbers):
            after += [f"{number}{_DEPENDENCY[kind]}" for number in numbers]
        else:
            others.append(part)
    return ({"after": tuple(after)} if after else {}) | ({"": ",".join(others)} if others else {})


def _mail(_found: Sbatch, text: str, _resources: Collection[str]) -> dict[str, Any]:
    kinds = {kind.strip().upper() for kind in text.split(",")}
    if kinds & {"END", "ALL"}:
        return {"notify": "end"}
    if kinds & {"FAIL", "TIME_LIMIT", "REQUEUE", "INVALID_DEPEND"}:
        return {"notify": "failure"}
    return {"notify": "never"} if kinds == {"NONE"} else {"": text}


def _file(option: str) -> _Meaning:
    def meaning(_found: Sbatch, text: str, _resources: Collection[str]) -> dict[str, Any]:
        return {option: re.sub(_PATTERN, lambda found: _letter(found[1]), text)} if text else {}

    return meaning


def _letter(letter: str) -> str:
    """Return what a letter of Slurm's patterns is in ours; the index of an array is filled in later."""
    if letter in "jJA":
        return "%j"
    if letter in "tsn":
        return "0"  # there is one node, one task and one step
    known = {"x": "%n", "%": "%%", "a": _INDEX}
    if letter == "N":
        return socket.gethostname().partition(".")[0].replace("%", "%%")
    return os.environ.get("USER", "").replace("%", "%%") if letter == "u" else known.get(letter, f"%%{letter}")


def _as(option: str) -> _Meaning:
    return lambda _found, text, _resources: {option: text}


_MEANINGS: dict[str, _Meaning] = {
    "--time": _time,
    "--job-name": _as("name"),
    "--output": _file("output"),
    "--error": _file("error"),
    "--array": _array,
    "--gres": _gpus,
    "--gpus": _gpus,
    "--gpus-per-node": _gpus,
    "--mem": _memory,
    "--cpus-per-task": _processors,
    "--ntasks": _tasks,
    "--dependency": _dependencies,
    "--mail-type": _mail,
    "--chdir": _as("cwd"),
    "--hold": lambda _found, _text, _resources: {"hold": True},
}
