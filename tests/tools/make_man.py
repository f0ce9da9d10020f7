"""Writes a man page from the help pages: ``python -m tests.tools.make_man FILE``."""

import re
import sys
from pathlib import Path

from tui_queue import __version__, help_pages

_HEAD = f"""\
.TH TUI\\-QUEUE 1 "" "tui\\-queue {__version__}" "User Commands"
.SH NAME
tui\\-queue \\- a job queue that is run from a terminal
.SH SYNOPSIS
\\fBtui\\-queue\\fR [\\fICOMMAND\\fR [\\fIARG\\fR]...]
.SH DESCRIPTION
Without a command, tui\\-queue opens the dashboard.
\\fBtui\\-queue COMMAND \\-\\-help\\fR describes a command.
"""
_ITEM = re.compile(r"(-|\d+\.) +(.*)")
# Code, bold and a link; what is in code has no marks of its own.
_MARKS = re.compile(r"`` ?(.+?) ?``|`([^`]+)`|\*\*([^*]+)\*\*|\[([^]]+)\]\(([^)]+)\)")

# A block of code, or the end of a line of text that goes on in the next one.
_JOINED = re.compile(
    r"^```.*?^```$|(?<=[^\n|])\n *(?![-#|`\n ]|\d+\. )|(?<=[^\n|])\n *(?=`[^`])", re.MULTILINE | re.DOTALL
)


def man_page() -> str:
    """Return the manual in roff: a section for each help page."""
    return _HEAD + "".join(_section(help_pages.page(topic)) for topic in help_pages.topics())


def _section(markdown: str) -> str:
    lines: list[str] = []
    code = False
    for line in _JOINED.sub(_whole, markdown).splitlines():
        if line.startswith("```"):
            code = not code
            lines += [".PP", ".nf", ".RS 4"] if code else [".RE", ".fi"]
        elif code:
            lines.append(_plain(line))
        elif line.startswith("# "):
            lines.append(f".SH {_quoted(line[2:].upper())}")
        elif line.startswith("#"):
            lines.append(f".SS {_quoted(line.lstrip('# '))}")
        elif line.startswith("|"):
            lines += _row(line)
        elif item := _ITEM.match(line):
            mark = "\\(bu" if item[1] == "-" else item[1]
            lines += [f".IP {mark} 4", _marked(item[2])]
        elif line.strip():
            lines.append(_marked(line.strip()))
        else:
            lines.append(".PP")
    return "\n".join(lines) + "\n"


def _whole(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith("`") else " "


def _row(line: str) -> list[str]:
    """Return a row of a table: its first cell, and below it the others."""
    first, *others = (cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1]))
    if set(first) <= set("-:") and first:
        return []
    said = "; ".join(cell for cell in others if cell)
    return [".TP", _marked(first) or "\\&", _marked(said) or "\\&"]


def _marked(text: str) -> str:
    """Return a line with code and bold in bold, and links with their address."""
    found, end = "", 0
    for match in _MARKS.finditer(text):
        found += _escaped(text[end : match.start()])
        bold = match[1] or match[2] or match[3]
        found += f"\\fB{_escaped(bold)}\\fR" if bold else f"{_escaped(match[4])} ({_escaped(match[5])})"
        end = match.end()
    return _guarded(found + _escaped(text[end:]))


def _plain(text: str) -> str:
    return _guarded(_escaped(text))


def _quoted(heading: str) -> str:
    """Return a heading as one argument of a macro."""
    return '"' + _escaped(heading.replace("`", "")).replace('"', "\\(dq") + '"'


def _escaped(text: str) -> str:
    """Return text whose characters roff prints as they are; ASCII, so that each man reads it."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    text = text.replace("'", "\\(aq").replace("`", "\\(ga")
    return "".join(each if each < "\x7f" else f"\\[u{ord(each):04X}]" for each in text)


def _guarded(line: str) -> str:
    """Return a line that begins with no request of roff."""
    return f"\\&{line}" if line.startswith(".") else line


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(man_page())
    print(sys.argv[1])
