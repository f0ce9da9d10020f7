"""Finds in a line what only a shell acts on: operators, redirections, patterns, variables, assignments, comments."""

import re
from collections.abc import Callable

_VARIABLE = r"\$(?=[A-Za-z0-9_{(@*#?$!'-])|`"
_TOKEN = re.compile(
    rf"""\\.|'[^']*'|"(?:\\.|[^"\\])*"|\s+|(?P<sign>[0-9]*[<>]+&?|[|&;()]+|{_VARIABLE}|[*?]|\[(?=[^\s\]]+\]))|.""",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(r"(?a)[A-Za-z_][A-Za-z0-9_]*\+?=\S*")
# `shlex` leaves a backslash there before all but a quote and another one.
_WITHIN_QUOTES = re.compile(rf"(\\[$`])|\\.|({_VARIABLE})", re.DOTALL)
_SIGNS = re.compile(r"[|&;<>()$`*?\[#~=]")  # a line without any of them needs no search
_PATTERNS = frozenset("*?[~")  # what a shell leaves as it is where no file fits


def assignment(text: str) -> str:
    """Return the assignment that a line begins with; empty without one."""
    found = _ASSIGNMENT.match(text)
    return "" if found is None else found[0]


def shell_sign(text: str, is_file: Callable[[str], bool]) -> str:
    """Return the first thing in a line that a shell would act on; empty where a shell would only split it.

    ``is_file`` says whether a word names a file: such a first word is no shell's, even with such characters, and such
    a parameter no pattern.
    """
    if _SIGNS.search(text) is None:
        return ""
    text = text.strip()
    first = _raw_word(text, 0)
    is_first_file = bool(first) and is_file(first)
    if not is_first_file and (given := assignment(text)):
        return given
    start = 0  # of the word
    for token in _TOKEN.finditer(text):
        if token[0].isspace():
            start = token.end()
            continue
        sign = _sign_of(token, at_start=token.start() == start, is_first=start == 0)
        if not sign or (start == 0 and is_first_file):
            continue
        if sign not in _PATTERNS or not is_file(_raw_word(text, start)):
            return _whole(text, token.start(), sign)
    return ""


def _sign_of(token: "re.Match[str]", *, at_start: bool, is_first: bool) -> str:
    """Return what a token is to a shell beside a part of a word; empty for nothing."""
    text = token[0]
    if text.startswith('"'):
        return next((sign for found in _WITHIN_QUOTES.finditer(text) if (sign := found[1] or found[2])), "")
    if at_start and (text == "#" or (text == "~" and not is_first)):
        return text  # the file of a job may begin with ~: that is the home directory here too
    return str(token["sign"] or "")


def _raw_word(text: str, start: int) -> str:
    found = re.compile(r"\S*").match(text, start)
    return "" if found is None else found[0]


def _whole(text: str, start: int, sign: str) -> str:
    """Return a sign as a message shows it: a variable with its name."""
    if not sign.startswith("$"):
        return sign
    found = re.compile(r"\$(\w+|\{\w+\}?|\(|.)").search(text, start)
    return sign if found is None else found[0]
