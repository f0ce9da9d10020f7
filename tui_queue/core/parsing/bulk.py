"""Jobs from values of Python or JSON, and from lines of a file: one command a line, or a JSON object."""

import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import SHELL, default_name, is_interpreter
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.directives import ScriptOptions
from tui_queue.core.parsing.job_command import check_args, check_cwd, check_shell_line, is_there
from tui_queue.core.parsing.job_draft import Fields, make_draft
from tui_queue.core.parsing.job_options import BY_NAME
from tui_queue.core.parsing.option import JobOption, Kind
from tui_queue.core.parsing.shell_syntax import shell_sign
from tui_queue.core.units.printable import printable

# An option may be called as on the command line too.
_BY_FLAG = {option.long_flag.replace("-", "_"): option for option in BY_NAME.values()}


def fields_of_values(values: Mapping[str, Any]) -> Fields:
    """Return what ``make_draft`` takes for these options; None leaves one out.

    Names are those of the command line's options. Numbers, ``timedelta``, aware ``datetime``, and for what can be given
    several times a sequence or a mapping, are taken as well as text. Raises BadInputError.
    """
    fields: Fields = {}
    for name, value in values.items():
        field = name.replace("-", "_")
        option = _BY_FLAG.get(field) or BY_NAME.get(field)
        if option is None:
            raise BadInputError(name, f"{printable(name)}: no such option; there are {', '.join(sorted(BY_NAME))}.")
        if value is not None:
            fields[option.name] = _given(option, value)
    return fields


def _given(option: JobOption, value: Any) -> Any:
    name = option.name
    if option.kind is Kind.SWITCH:
        if not isinstance(value, bool):
            raise BadInputError(name, f"{name}: must be true or false.")
        return value
    if option.kind is Kind.LIST and isinstance(value, Mapping):
        if strange := [key for key in value if "=" in str(key)]:
            raise BadInputError(name, f"{name}: {printable(repr(strange[0]))}: a name can't hold =.")
        return tuple(f"{key}={text_of(name, each)}" for key, each in value.items())
    if option.kind is Kind.LIST and not _is_several(value):
        value = [value]
    return option.of_texts([text_of(name, each) for each in value]) if _is_several(value) else text_of(name, value)


def _is_several(value: Any) -> bool:
    return isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes)


def text_of(field: str, value: Any) -> str:
    """Return as text what Python programs pass: texts, paths, numbers, spans and times. Raises BadInputError."""
    match value:
        case str():
            return value
        case timedelta():
            return f"{value.total_seconds():.0f}"
        case datetime():
            if value.tzinfo is None:
                raise BadInputError(field, f"{field} {value}: a time without a zone; use one that knows its offset.")
            return value.isoformat()
        case os.PathLike():
            return os.fsdecode(value)
        case int() | float() if not isinstance(value, bool):
            return str(value)
        case _:
            raise BadInputError(field, f"{field}: {printable(repr(value))} can't be used; give a text or a number.")


def drafts_of_lines(
    lines: Iterable[str], fields: Mapping[str, Any], scripts: ScriptOptions | None = None
) -> list[JobDraft]:
    """Return a draft for each line that is neither empty nor a comment; ``fields`` hold for all that say nothing else.

    A line that begins with ``{`` is a JSON object with ``path``, ``args`` and the options of the command line. With
    ``shell`` among the fields any other is run by a shell, else it is split into words as a shell would, without
    running one; a line that would mean something else to a shell is refused. The options that ``scripts`` finds in the
    files of the jobs hold where nothing else is given. Raises BadInputError that names the line.
    """
    drafts = []
    cwd = check_cwd(fields.get("cwd", ""))
    read = _from_shell_line if fields.get("shell") else partial(_from_words, cwd=cwd)
    is_object = _OBJECT_AMONG_SHELL_LINES if fields.get("shell") else _OBJECT
    make = _plain if scripts is None else scripts.drafts
    patterns: dict[str, Sequence[JobDraft]] = {}  # many lines differ in their parameters only
    unnamed = set()  # those of interpreters, which are called by their parameters
    for place, line in enumerate(lines.splitlines() if isinstance(lines, str) else lines, start=1):
        text = line.removeprefix("\ufeff").strip()
        if not text or text.startswith("#"):
            continue
        try:
            path, args, more = _from_json(text) if text[0] == "{" and is_object.match(text) else read(text)
            chosen = {**fields, **more} if more else fields
            shell = bool(chosen.get("shell"))
            words = check_shell_line(path, args)[1] if shell else check_args(args)
            key = f"{SHELL if shell else path}\0{more}" if more or shell else path
            if key not in patterns:
                patterns[key] = make({**chosen, "path": path})
                if not chosen.get("name") and is_interpreter(patterns[key][0].path):
                    unnamed.add(key)
            for each in patterns[key]:
                draft = replace(each, args=words)
                drafts.append(replace(draft, name=default_name(draft.path, words)) if key in unnamed else draft)
        except BadInputError as error:
            raise BadInputError("from", f"Line {place}: {error}") from None
    if not drafts:
        raise BadInputError("from", "No line holds a job.")
    return drafts


def _plain(fields: Mapping[str, Any]) -> Sequence[JobDraft]:
    return (make_draft(**fields),)


_OBJECT = re.compile(r"\{")
_OBJECT_AMONG_SHELL_LINES = re.compile(r'\{\s*["}]')  # to a shell a brace begins commands that belong together


def _from_shell_line(text: str) -> tuple[str, Sequence[str], Fields]:
    return text, (), {}


def _from_words(text: str, cwd: str) -> tuple[str, Sequence[str], Fields]:
    if sign := shell_sign(text, lambda word: is_there(word, cwd)):
        if is_there(text, cwd):
            return text, (), {}
        raise BadInputError(
            "from", f"{printable(text[:_SHOWN])}: only a shell acts on {printable(sign)}; {_SHELL_ADVICE}"
        )
    try:
        # What has no quotes needs no shell's rules.
        path, *args = shlex.split(text) if _QUOTES & set(text) else text.split()
    except ValueError:
        raise BadInputError("from", "it can't be split into words; a quote is not closed.") from None
    return path, args, {}


_QUOTES = set("'\"\\")
_SHOWN = 200  # characters of a line in a message
_SHELL_ADVICE = (
    'type `add --from FILE --shell` where all lines are a shell\'s, write this one as {"shell": "LINE"},'
    " or put quotes around what is meant literally."
)


def _from_json(text: str) -> tuple[str, Sequence[str], Fields]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError("from", f"not valid JSON: {error}.") from None
    path, args = values.pop("path", None), values.pop("args", [])
    if path is None and isinstance(values.get("shell"), str):
        path, values["shell"] = values["shell"], True
    if not isinstance(path, str):
        raise BadInputError("path", "a job needs a path or a shell line, as text.")
    if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
        raise BadInputError("args", "args must be an array of texts.")
    return path, args, fields_of_values(values)
