"""What a job runs, as the user has typed it, and the name that a job has by that."""

import os
import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui_queue.core.model.job import Job, JobDraft

SHELL = "/bin/sh"
NAME_LENGTH = 60  # characters of a name that comes from a command

_PLAIN = r"(?a)[\w@%+=:,./-]+(?: [\w@%+=:,./-]+)*"  # words that a shell takes as they are
_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash"))
_INTERPRETERS = re.compile(r"(?:python|pypy|perl|ruby|node|Rscript|php|lua|julia)[0-9.]*|sh|bash|dash|zsh|ksh|ash")
_WITH_VALUE = re.compile(r"-[WX]|[-+][A-Za-z]*[oO]|--rcfile|--init-file")
_ASSIGNMENT = re.compile(r"(?a)[A-Za-z_][A-Za-z0-9_]*=")
# What a line only prepares with: its first command is the one behind it.
_PREPARING = frozenset(
    ("cd", "set", "export", "source", ".", "ulimit", "umask", "trap", "[", "[[", "test", "exec", "time", "!", "{", "(")
)
_CLAUSES = frozenset(("if", "for", "while", "until", "case", "select", "function"))  # what they run has no single name
_GOES_ON = frozenset(("exec", "time", "!", "{", "("))  # the command itself is the next word
_OPERATORS = frozenset("|&;<>()")


def shell_line(job: "Job | JobDraft") -> str | None:
    """Return the line that a shell runs for a job; None where the user has asked for no shell."""
    return job.args[1] if job.options.shell and len(job.args) > 1 else None


def parameters_line(job: "Job | JobDraft") -> str:
    """Return the parameters as a shell line; of a shell line the line itself."""
    line = shell_line(job)
    return _joined(job.args) if line is None else line


def command_line(job: "Job | JobDraft") -> str:
    """Return the whole command as a shell takes it."""
    line = shell_line(job)
    return _joined((job.path, *job.args)) if line is None else line


def _joined(words: Sequence[str]) -> str:
    """Return what ``shlex.join`` returns, which looks at each word by itself."""
    line = " ".join(words)
    if line.count(" ") == len(words) - 1 and re.fullmatch(_PLAIN, line):
        return line
    return shlex.join(words)


def default_name(path: str, args: Sequence[str]) -> str:
    """Return the name of a job that the user gave none: that of its file, its script, or its line's first command."""
    file = os.path.basename(path)
    if not args or not is_interpreter(path):
        return file
    return _of_interpreter(file, args)[:NAME_LENGTH] or file


def is_interpreter(path: str) -> bool:
    """Whether the file of a job runs scripts or lines that others have written."""
    return _INTERPRETERS.fullmatch(os.path.basename(path)) is not None


def has_default_name(draft: "JobDraft") -> bool:
    """Whether a draft is called as it is without a name; older versions took the file's name for all."""
    return draft.name in (default_name(draft.path, draft.args), os.path.basename(draft.path))


def _of_interpreter(file: str, args: Sequence[str]) -> str:
    """Return the name by what an interpreter is given; empty where that tells none."""
    words = iter(args)
    for word in words:
        if _WITH_VALUE.fullmatch(word):
            next(words, "")
        elif file in _SHELLS and re.fullmatch(r"-[a-z]*c", word):
            return _first_command(next(words, ""))
        elif word == "-m" and file not in _SHELLS:
            return next(words, "")
        elif word == "--":
            return os.path.basename(next(words, ""))
        elif file not in _SHELLS and word in ("-c", "-e", "-r"):
            return ""  # a program on the command line
        elif word.startswith(("-", "+")):
            continue
        else:
            return os.path.basename(word)
    return ""


def _first_command(line: str) -> str:
    """Return the name of the first command of a shell line that does more than prepare for the next one."""
    first = ""
    words = _words(line)
    place = 0
    while place < len(words):
        word = words[place]
        if set(word) <= _OPERATORS or _ASSIGNMENT.match(word):
            place += 1
            continue
        end = next((at for at in range(place, len(words)) if set(words[at]) <= _OPERATORS), len(words))
        command = words[place:end]
        if command[0] in _CLAUSES:
            return ""
        name = default_name(command[0], command[1:])
        first = first or name
        if command[0] not in _PREPARING:
            return name
        place = place + 1 if command[0] in _GOES_ON else end
    return first


def _words(line: str) -> list[str]:
    """Split a shell line into words and operators, as far as it can be."""
    lexer = shlex.shlex(line.replace("\n", ";"), posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    try:
        return [word for word in lexer if word]
    except ValueError:  # a quote is not closed
        return line.split()
