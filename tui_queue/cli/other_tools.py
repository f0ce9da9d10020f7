"""Lines that users of other queues type: what each is here, to be run where it means the same, else to be shown."""

import getpass
import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

Words = list[str]


class Ours(Struct, frozen=True, kw_only=True):
    """Our words for a line of another program; without ``same`` they are only shown, each list a line of its own."""

    lines: Sequence[Sequence[str]]
    same: bool = True
    whose: str = ""


def ours(words: Sequence[str]) -> Ours | None:
    """Return what a line comes to whose first word is none of our commands; None where it is not known."""
    first, *rest = words
    if first in _TOOLS:
        return _TOOLS[first](rest)
    if re.fullmatch("-[A-Za-z]", first):
        return _task_spooler(first, rest)
    return None


def queues_program(words: Sequence[str]) -> Ours | None:
    """Return the line that adds a program, where the first word is one."""
    if shutil.which(words[0]) is None:
        return None
    return Ours(lines=[["add", *words]], same=False)


def _run(*words: str) -> Ours:
    return Ours(lines=[words])


def _show(whose: str, *lines: Sequence[str]) -> Ours:
    return Ours(lines=lines, same=False, whose=whose)


# --- task-spooler

# What an action does to a job that is named; without one it is the last, by another order than ours.
_OF_A_JOB: Mapping[str, Sequence[str]] = {
    "-c": ("log",),
    "-t": ("log", "--follow"),
    "-w": ("wait",),
    "-k": ("cancel",),
    "-u": ("top",),
    "-i": ("show",),
}
_OF_THE_QUEUE: Mapping[str, Sequence[str]] = {"-l": ("list",), "-C": ("remove", "--all"), "-V": ("--version",)}
_OTHERS: Mapping[str, Sequence[str]] = {"-o": ("show",), "-p": ("show",), "-s": ("show",), "-r": ("remove", "--cancel")}
_TSP = "task-spooler's"


def _task_spooler(letter: str, rest: Words) -> Ours | None:
    if letter in _OF_THE_QUEUE and not rest:
        return _run(*_OF_THE_QUEUE[letter])
    if letter in (*_OF_A_JOB, *_OTHERS) and len(rest) <= 1:
        line = [*_OF_A_JOB.get(letter, _OTHERS.get(letter, ())), *(rest or ["@"])]
        return Ours(lines=[line], same=letter in _OF_A_JOB and bool(rest), whose=_TSP)
    if letter == "-S":
        if rest and rest[0].isdecimal():
            return _run("queue", "edit", "default", "--slots", rest[0])
        return _show(_TSP, ["queue", "list"])
    if letter == "-K":
        return _show(_TSP, ["cancel", "--all"])
    if letter == "-U" and rest and (found := re.fullmatch(r"(\d+)-(\d+)", rest[0])):
        return _show(_TSP, ["move", "--before", found[1], found[2]])
    return _task_spoolers_add([letter, *rest])


def _task_spoolers_add(words: Words) -> Ours | None:
    """Return what adds a job with task-spooler's options."""
    added: Words = []
    place = 0
    while place < len(words) and re.fullmatch("-[nfgmdELDN]", words[place]):
        letter = words[place][1]
        place += 1
        if letter in "LDN":
            if place == len(words):
                return None
            value = words[place]
            place += 1
            added += {"L": ["--name", value], "D": ["--after", value]}.get(letter, [])
        else:
            added += {"f": ["--follow"], "d": ["--after", "last"], "m": ["--notify", "end"]}.get(letter, [])
    if place == len(words) or words[place].startswith("-"):
        return None
    # What it does not store, compress, keep apart or count in slots is so here: only these mean the same.
    same = not any(re.fullmatch("-[nmgEN]", word) for word in words[:place])
    return Ours(lines=[["add", *added, *words[place:]]], same=same, whose=_TSP)


# --- pueue


def _parallel(rest: Words) -> Ours | None:
    """Return what pueue's `parallel 3` is, or GNU parallel's `parallel PROGRAM ::: ARGUMENTS`."""
    group = "default"
    if len(rest) == 3 and rest[0] in ("-g", "--group"):
        group, rest = rest[1], rest[2:]
    elif len(rest) == 3 and rest[1] in ("-g", "--group"):
        group, rest = rest[2], rest[:1]
    if len(rest) == 1 and rest[0].isdecimal():
        return _run("queue", "edit", group, "--slots", rest[0])
    return _sweep(rest)


def _group(rest: Words) -> Ours | None:
    match rest:
        case []:
            return _run("queue", "list")
        case ["add" | "-a" | "--add", name]:
            return _run("queue", "add", name)
        case ["add", name, "-p" | "--parallel", slots] | ["add", "-p" | "--parallel", slots, name]:
            return _run("queue", "add", name, "--slots", slots)
        case ["remove" | "-r" | "--remove", name]:
            return _run("queue", "remove", name)
    return None


def _restart(rest: Words) -> Ours:
    """Return what puts jobs into the queue again, which is always in place here."""
    words = [word for word in rest if word not in ("-i", "--in-place")]
    words = ["--failed" if word in ("-a", "--all-failed") else word for word in words]
    if any(word in words for word in ("-k", "--start-immediately", "--immediate")):
        return _show("pueue's", ["start", *(word for word in words if not word.startswith("-"))])
    return _run("retry", *words)


def _switch(rest: Words) -> Ours | None:
    return _show("pueue's", ["move", "--before", rest[0], rest[1]]) if len(rest) == 2 else None


# --- GNU parallel


def _sweep(rest: Words) -> Ours | None:
    """Return the sweep that runs a program with each of some arguments."""
    if (read := _sweep_options(rest)) is None:
        return None
    options, slots, place = read
    groups: list[Words] = [[]]
    for word in rest[place:]:
        if word == ":::":
            groups.append([])
        else:
            groups[-1].append(word)
    program, *sources = groups
    if not sources or not all(groups):
        return None
    if any(re.search(r"[{},]", value) for source in sources for value in source):
        return None  # a sweep would read these characters otherwise
    values = ["{" + ",".join(source) + "}" if len(source) > 1 else source[0] for source in sources]
    line = ["add", *options, *_placed(program, values)]
    return _show("GNU parallel's", *([["queue", "edit", "default", "--slots", slots]] if slots else []), line)


def _sweep_options(rest: Words) -> tuple[Words, str, int] | None:
    """Return the options of a sweep, the slots, and where the program stands; None for options that differ."""
    options, slots, place = ["--sweep"], "", 0
    while place < len(rest) and rest[place].startswith("-"):
        word = rest[place]
        place += 1
        if found := re.fullmatch(r"(?:-j|--jobs=?)(\d*)", word):
            slots = found[1]
            if not slots and place < len(rest):
                slots, place = rest[place], place + 1
        elif word in ("--link", "--xapply", "--dry-run"):
            options.append("--dry-run" if word == "--dry-run" else "--zip")
        elif word not in ("-k", "--keep-order", "--bar", "--eta"):
            return None
    return options, slots, place


def _placed(program: Words, values: Words) -> Words:
    """Return a program with its arguments: in the place of `{}`, or behind it."""
    if len(values) == 1 and any("{}" in word for word in program):
        return [word.replace("{}", values[0]) for word in program]
    numbered = {f"{{{number}}}": value for number, value in enumerate(values, start=1)}
    if any(word in numbered for word in program):
        return [numbered.get(word, word) for word in program]
    return [*program, *values]


# --- Slurm

_SLURM = "Slurm's"


def _squeue(rest: Words) -> Ours | None:
    line = ["list"]
    for option, value in _pairs(rest, flags=("-l", "--long", "--me", "-h", "--noheader")):
        if option in ("-l", "--long", "--me") or (option in ("-u", "--user") and _is_us(value)):
            continue
        if option in ("-t", "--states", "--state") and (states := _states(value)):
            line += [word for state in states for word in ("--state", state)]
        elif option in ("-p", "--partition"):
            line += ["--queue", value]
        elif option in ("-n", "--name"):
            line.append(value)
        elif option in ("-j", "--jobs", "--job"):
            return _run("show", *value.split(","))
        elif option in ("-i", "--iterate", "--start", "-o", "--format", "-h", "--noheader"):
            return _show(_SLURM, line)
        else:
            return None
    return _run(*line)


def _scancel(rest: Words) -> Ours | None:
    ids, where, everything = Words(), Words(), False
    for option, value in _pairs(rest, flags=("--me",)):
        if not option:
            ids.append(value)
        elif option == "--me" or (option in ("-u", "--user") and _is_us(value)):
            everything = True
        elif option in ("-n", "--name", "--jobname"):
            where.append(f"name:{value}")
        elif option in ("-p", "--partition"):
            where.append(f"queue:{value}")
        elif option in ("-t", "--state") and (states := _states(value)):
            where += [f"state:{state}" for state in states]
        elif option in ("-s", "--signal"):
            return _show(_SLURM, ["signal", value, *(other for each, other in _pairs(rest, flags=()) if not each)])
        else:
            return None
    if where:
        return _run("cancel", "--where", " ".join(where))
    return _run("cancel", "--all") if everything and not ids else _run("cancel", *ids)


def _states(text: str) -> Words:
    known = {"PENDING": "pending", "PD": "pending", "RUNNING": "running", "R": "running"}
    states = [known.get(state.upper(), "") for state in text.split(",")]
    return states if all(states) else []


def _is_us(user: str) -> bool:
    """Whether a user is the one whose queue this is."""
    try:
        return user in (getpass.getuser(), str(os.getuid()))
    except (OSError, KeyError):
        return False


def _pairs(words: Words, *, flags: Sequence[str]) -> list[tuple[str, str]]:
    """Return options with their values, and words that belong to none with an empty option."""
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if not word.startswith("-"):
            found.append(("", word))
            continue
        option, equals, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        if not equals and option not in (*flags, "--start") and place < len(words):
            value, place = words[place], place + 1
        found.append((option, value))
    return found


# --- at


def _at(rest: Words) -> Ours | None:
    """Return what runs the lines of a file, or of standard input, by a shell at a time."""
    file, words = "-", Words()
    place = 0
    while place < len(rest):
        if rest[place] == "-f" and place + 1 < len(rest):
            file, place = rest[place + 1], place + 1
        elif rest[place].startswith("-"):
            return {"-l": _run("list"), "-c": _run("show", *rest[place + 1 :])}.get(rest[place])
        else:
            words.append(rest[place])
        place += 1
    when = _moment(" ".join(words))
    return _run("add", *(["--at", when] if when else []), "--name", "at", "--stdin", file, "sh") if words else None


def _moment(text: str) -> str:
    """Return a time of at's as ours; empty for now, and what is no such time as it is."""
    if text.lower() == "now":
        return ""
    if found := re.fullmatch(r"(?i)now *\+ *(\d+) *(min|minute|hour|day|week)s?", text):
        unit = found[2].lower()
        return f"+{int(found[1]) * 7}d" if unit == "week" else f"+{found[1]}{unit[0]}"
    if found := re.fullmatch(r"(\d{2})(\d{2})", text):
        return f"{found[1]}:{found[2]}"
    if found := re.fullmatch(r"(?i)(\d{1,2})(:\d{2})? *([ap])m( .*)?", text):
        hour = int(found[1]) % 12 + (12 if found[3].lower() == "p" else 0)
        return f"{(found[4] or '').strip().lower()} {hour}{found[2] or ':00'}".strip()
    if found := re.fullmatch(r"(\d{1,2}:\d{2}) +(\S+)", text):
        return f"{found[2].lower()} {found[1]}"
    return text


_TOOLS: Mapping[str, Callable[[Words], Ours | None]] = {
    "at": _at,
    "atq": lambda _rest: _run("list", "--state", "pending"),
    "atrm": lambda rest: _run("cancel", *rest),
    "fq": lambda rest: _run("log", "--follow", *rest),
    "group": _group,
    "parallel": _parallel,
    "restart": _restart,
    "scancel": _scancel,
    "squeue": _squeue,
    "switch": _switch,
}


def line_of(words: Sequence[str]) -> str:
    """Return a line of ours as it is typed."""
    return shlex.join(["tui-queue", *words])
