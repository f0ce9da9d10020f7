"""Jobs from values of Python or JSON, and from lines of a file: one command a line, or a JSON object."""

import json
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.draft_fields import LISTS, SWITCHES
from tui_queue.core.parsing.job_draft import EDITABLE, check_args, make_draft
from tui_queue.core.units.printable import printable

_TYPED = {"if_unmet": "unmet", "on_lost": "lost"}  # as the options of the command line are called


def words_of_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``make_draft`` takes for these options; None leaves one out.

    Names are those of the command line's options. Numbers, ``timedelta``, aware ``datetime``, and for what can be given
    several times a sequence or a mapping, are taken as well as text. Raises BadInputError.
    """
    words: dict[str, Any] = {}
    for name, value in values.items():
        field = name.replace("-", "_")
        field = _TYPED.get(field, field)
        if field not in EDITABLE:
            raise BadInputError(name, f"{printable(name)}: no such option; there are {', '.join(sorted(EDITABLE))}.")
        if value is not None:
            words[field] = _word(field, value)
    return words


def _word(field: str, value: Any) -> Any:
    if field in SWITCHES:
        if not isinstance(value, bool):
            raise BadInputError(field, f"{field}: must be true or false.")
        return value
    if field in LISTS:
        if isinstance(value, Mapping):
            if strange := [name for name in value if "=" in str(name)]:
                raise BadInputError(field, f"{field}: {printable(repr(strange[0]))}: a name can't hold =.")
            return tuple(f"{name}={text_of(field, of)}" for name, of in value.items())
        return tuple(text_of(field, each) for each in (value if _is_several(value) else [value]))
    if _is_several(value):
        texts = [text_of(field, each) for each in value]
        return shlex.join(texts) if field == "resume_args" else ",".join(texts)
    return text_of(field, value)


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


def drafts_of_lines(lines: Iterable[str], words: Mapping[str, Any]) -> list[JobDraft]:
    """Return a draft for each line that is neither empty nor a comment; ``words`` hold for all that say nothing else.

    A line that begins with ``{`` is a JSON object with ``path``, ``args`` and the options of the command line; any
    other is split into words as a shell would, without running one. Raises BadInputError that names the line.
    """
    drafts = []
    patterns: dict[str, JobDraft] = {}  # many lines differ in their parameters only
    for place, line in enumerate(lines.splitlines() if isinstance(lines, str) else lines, start=1):
        text = line.removeprefix("\ufeff").strip()
        if not text or text.startswith("#"):
            continue
        try:
            path, args, more = _from_json(text) if text.startswith("{") else _from_words(text)
            key = f"{path}\0{more}" if more else path
            if key not in patterns:
                patterns[key] = make_draft(**{**words, **more, "path": path})
            drafts.append(replace(patterns[key], args=check_args(args)))
        except BadInputError as error:
            raise BadInputError("from", f"Line {place}: {error}") from None
    if not drafts:
        raise BadInputError("from", "No line holds a job.")
    return drafts


def _from_words(text: str) -> tuple[str, Sequence[str], dict[str, Any]]:
    try:
        # What has no quotes needs no shell's rules.
        path, *args = shlex.split(text) if _QUOTES & set(text) else text.split()
    except ValueError:
        raise BadInputError("from", "it can't be split into words; a quote is not closed.") from None
    return path, args, {}


_QUOTES = set("'\"\\")


def _from_json(text: str) -> tuple[str, Sequence[str], dict[str, Any]]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError("from", f"not valid JSON: {error}.") from None
    path, args = values.pop("path", None), values.pop("args", [])
    if not isinstance(path, str):
        raise BadInputError("path", "a job needs a path, as text.")
    if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
        raise BadInputError("args", "args must be an array of texts.")
    return path, args, words_of_values(values)
