"""Reads the options that a script names in its leading comments: `#TUI-QUEUE --timeout 2h`, and those of `#SBATCH`."""

import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import JobDraft
from tui_queue.core.model.options import Directives, directives_text
from tui_queue.core.parsing.job_command import check_cwd, check_path
from tui_queue.core.parsing.job_draft import make_draft
from tui_queue.core.parsing.job_options import BY_NAME, JOB_OPTIONS
from tui_queue.core.parsing.option import Context, JobOption, Kind
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.core.parsing.sbatch import Sbatch

LIMIT = 1 << 16  # bytes at the beginning of a script in which its leading comments end
_BATCH_NAME = 40  # characters that a batch takes from a name
_OURS = re.compile(r"#\s?TUI-QUEUE(?:\s+(.*))?$")
_SLURMS = re.compile(r"#SBATCH(?:\s+(.*))?$")
_NOT_HERE = ("shell",)  # what a script can't say of itself
_BY_WORD: Mapping[str, tuple[JobOption, bool]] = {
    **{f"--{option.long_flag}": (option, True) for option in JOB_OPTIONS if option.name not in _NOT_HERE},
    **{f"--no-{option.long_flag}": (option, False) for option in JOB_OPTIONS if option.kind is Kind.SWITCH},
    **{f"-{option.short}": (option, True) for option in JOB_OPTIONS if option.short and option.name not in _NOT_HERE},
}


class Script(Struct, frozen=True, kw_only=True):
    """The options that a script names: ``fields`` as ``make_draft`` takes them, and the lines of each.

    ``path`` is that of the script. ``slurm`` is what its `#SBATCH` lines say, None without any.
    """

    path: str
    fields: Mapping[str, Any]
    lines: tuple[tuple[str, int], ...]
    slurm: "Sbatch | None" = None

    @property
    def name(self) -> str:
        """The name of the script's file, fit to be shown."""
        return printable(os.path.basename(self.path))

    def with_typed(self, typed: "Sbatch") -> "Script":
        """Return it with what the user has typed for sbatch beside it."""
        from tui_queue.core.parsing.sbatch import Sbatch  # noqa: PLC0415 - few scripts are of Slurm's

        said = self.slurm or Sbatch()
        slurm = Sbatch(
            variables={**said.variables, **typed.variables}, array=typed.array or said.array, ignored=said.ignored
        )
        return replace(self, slurm=slurm)

    def ignored(self, *, array: bool = True) -> str:
        """Say which options mean nothing here, an array where there may be one job only; empty for none."""
        if self.slurm is None:
            return ""
        options = [f"{printable(option)} (line {line})" for option, line in self.slurm.ignored]
        if self.slurm.array and not array:
            options.append("--array (this adds one job of it)")
        return f"{self.name}: means nothing here: {', '.join(options)}" if options else ""

    def drafts(self, draft: JobDraft, given: Collection[str], *, array: bool = True) -> list[JobDraft]:
        """Return a draft that was made with these options as it says so, once for each index of an array."""
        used = tuple((name, line) for name, line in self.lines if name not in given)
        if not used and self.slurm is None:
            return [draft]
        variables = {} if self.slurm is None else {"SLURM_SUBMIT_DIR": draft.cwd, **self.slurm.variables}
        told = Directives(script=os.path.basename(self.path), lines=used, slurm=tuple(variables.items()))
        indices = self.slurm.array if self.slurm is not None and array else ()
        if not indices:
            return [_with_index(draft, told, 0, {})]
        name = re.sub(r"[^A-Za-z0-9._-]", "-", draft.name)[:_BATCH_NAME]
        batch = draft.batch or f"{name}-{datetime.now(UTC).astimezone():%m%d-%H%M%S}"
        about = {
            "SLURM_ARRAY_TASK_COUNT": str(len(indices)),
            "SLURM_ARRAY_TASK_MIN": str(min(indices)),
            "SLURM_ARRAY_TASK_MAX": str(max(indices)),
        }
        return [_with_index(replace(draft, batch=batch), told, index, about) for index in indices]


def _with_index(draft: JobDraft, told: Directives, index: int, about: Mapping[str, str]) -> JobDraft:
    if about:
        told = replace(told, slurm=(*told.slurm, ("SLURM_ARRAY_TASK_ID", str(index)), *about.items()))
    from tui_queue.core.parsing.sbatch import of_index  # noqa: PLC0415 - as above

    options = draft.options
    output, error = of_index(options.output, index), of_index(options.error, index)
    return replace(draft, options=replace(options, directives=told, output=output, error=error))


class Lines(Struct, frozen=True, kw_only=True):
    """The lines of a script that name options: number, text, and whether they are ours."""

    path: str
    found: tuple[tuple[int, str, bool], ...]

    @property
    def are_slurms(self) -> bool:
        """Whether any of them is of Slurm's."""
        return not all(is_ours for *_, is_ours in self.found)

    def read(self, fields: Mapping[str, Any], resources: Collection[str] = ()) -> Script:
        """Return the options; those that are in ``fields`` too need not be right. Raises BadInputError.

        ``resources`` are those that the queue has.
        """
        from tui_queue.core.parsing.sbatch import Sbatch, note, take_in  # noqa: PLC0415 - as above

        slurm, ours, places = Sbatch(), dict[str, Any](), list[tuple[str, int]]()
        for number, text, is_ours in self.found:
            with self._naming(number):
                words = shlex.split(text, comments=True)
                if not is_ours:
                    take_in(slurm, words, number, resources)
                    continue
                for option, value in _options(words):
                    before = ours.get(option.name)
                    ours[option.name] = (*before, *value) if option.kind is Kind.LIST and before else value
                    note(places, option.name, number, adds=option.kind is Kind.LIST)
        script = Script(
            path=self.path,
            fields={**slurm.fields, **ours},
            lines=(*(each for each in slurm.lines if each[0] not in ours), *places),
            slurm=slurm if self.are_slurms else None,
        )
        context = Context(cwd=os.path.dirname(self.path), now=datetime.now(UTC))
        for name, line in script.lines:
            if name not in fields:
                with self._naming(line):
                    BY_NAME[name].values(script.fields[name], context)
        return script

    @contextmanager
    def _naming(self, number: int) -> Iterator[None]:
        """Put the script, the line and its text before the message of an error."""
        try:
            yield
        except BadInputError as error:
            why = str(error)
        except ValueError:
            why = "a quote is not closed."
        else:
            return
        text, is_ours = next((text, is_ours) for line, text, is_ours in self.found if line == number)
        where = f"{printable(os.path.basename(self.path))}, line {number}"
        raise BadInputError("path", f"{where}: {'#TUI-QUEUE' if is_ours else '#SBATCH'} {printable(text)}: {why}")


def lines_of(fields: Mapping[str, Any]) -> Lines | None:
    """Return the lines of a job's script that name options; None without any, and for a shell line.

    ``fields`` are those that the user gave, ``path`` and ``cwd`` among them. Raises BadInputError.
    """
    if fields.get("shell") or not fields.get("path"):
        return None
    path = check_path(fields["path"], check_cwd(fields.get("cwd") or ""))
    found = tuple(_directives(path))
    return Lines(path=path, found=found) if found else None


class ScriptOptions:
    """Makes drafts with the options that their scripts name, and keeps what the user must hear of these.

    ``resources`` are those that the queue has, ``typed`` what the user has typed for sbatch, the fields of
    which are given too.
    """

    def __init__(self, resources: Collection[str] = (), typed: "Sbatch | None" = None) -> None:
        self._resources = resources
        self._typed = typed
        self._remarks: dict[str, None] = {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the user must hear, each once."""
        return tuple(self._remarks)

    @staticmethod
    def told_of(draft: JobDraft) -> str:
        """Say which options the script of a draft has named; empty for none."""
        told = draft.options.directives
        text = "" if told is None else directives_text(printable(told.script), told.lines)
        return f"Script: {text}" if text else ""

    def drafts(self, fields: Mapping[str, Any], *, array: bool = True) -> list[JobDraft]:
        """Return a draft of these fields, as ``make_draft`` takes them; one for each index of an array."""
        lines = lines_of(fields)
        if lines is None and (self._typed is None or fields.get("shell")):
            return [make_draft(**fields)]
        script = Script(path=fields["path"], fields={}, lines=())
        if lines is not None:
            script = lines.read(fields, self._resources)
        if self._typed is not None:
            script = script.with_typed(self._typed)
        draft = make_draft(**{**script.fields, **fields, "path": script.path})
        if ignored := script.ignored(array=array):
            self._remarks[ignored] = None
        return script.drafts(draft, fields, array=array)


def _options(words: Sequence[str]) -> Iterator[tuple[JobOption, Any]]:
    """Yield the options that the words of a line name, with their values. Raises BadInputError."""
    place = 0
    while place < len(words):
        word, equals, value = words[place].partition("=")
        if not word.startswith("--") and len(words[place]) > 2:
            word, value, equals = words[place][:2], words[place][2:], "="
        place += 1
        if word not in _BY_WORD:
            raise BadInputError(
                "path", f"{printable(word)}: no option that a script can have; `tui-queue add --help` lists them."
            )
        option, on = _BY_WORD[word]
        if option.kind is Kind.SWITCH:
            yield option, on
            continue
        if not equals:
            if place == len(words):
                raise BadInputError("path", f"{word}: its value is missing.")
            value = words[place]
            place += 1
        yield option, (value,) if option.kind is Kind.LIST else value


def _directives(path: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the lines that name options: number, text, and whether they are ours; only of the leading comments."""
    for number, line in enumerate(_beginning(path).splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            return
        for pattern, ours in ((_OURS, True), (_SLURMS, False)):
            if found := pattern.match(line.rstrip()):
                yield number, found[1] or "", ours


def _beginning(path: str) -> str:
    """Return the beginning of a script; empty for what is none, or can't be read."""
    try:
        # A pipe that took its place must not block.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        text = os.read(file, LIMIT).removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return ""
    finally:
        os.close(file)
    return "" if text[:1] not in (b"#", b"\n", b"\r", b" ") or b"\0" in text else text.decode("utf-8", "replace")
