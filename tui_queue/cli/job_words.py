"""The words of commands that describe jobs: options of ours behind an ID or a name, and those behind the job's path.

`add` also takes the options of pueue and task-spooler that mean the same here.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import click

from tui_queue.core.errors import BadInputError
from tui_queue.core.parsing.job_options import BY_NAME
from tui_queue.core.parsing.option import Section
from tui_queue.core.units.printable import printable

STASHED = ("-s", "--stashed")
_LIKE = 0.75  # from which a word counts as a misspelt option


class JobCommand(click.Command):
    """A command whose last words are the job's; the user hears of those that look like options of the command.

    Its `--help` lists the options of a job below the headings of their sections.

    Where the ID of a job or a name comes first, options stand before it or right behind it; `--` ends them.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words, and warn of options among those of the job."""
        positionals = [param for param in self.params if isinstance(param, click.Argument)]
        typed, closed = list(args), False
        if positionals[0].name != "path":
            typed, closed = _options_first(typed, _by_name(self.get_params(ctx)))
        left = super().parse_args(ctx, list(typed))
        words: Sequence[str] = ctx.params["args"]
        if not words or closed or ctx.resilient_parsing:
            return left
        if positionals[0].name != "path":
            _refuse_misspelt(words[0], _by_name(self.params), ctx)
        place = len(typed) - len(words) - len(positionals) + 1  # of the first word that is no option
        before, named = typed[:place], typed[place : len(typed) - len(words)]
        if before[-1:] != ["--"]:
            found = list(_options_among(words, _by_name(self.params)))
            _warn(ctx.command_path, before, named, words, found, behind=_BEHIND[positionals[-2].name == "path"])
        return left

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each option does, in sections."""
        sections: dict[str, list[tuple[str, str]]] = {section: [] for section in Section}
        others: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx)) is not None:
                name = param.name or ""
                section = BY_NAME[name].section if name in BY_NAME else _SECTIONS.get(name)
                (others if section is None else sections[section]).append(record)
        for heading, records in (*sections.items(), ("Options", others)):
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


# Where the options stand that only some of these commands have.
_SECTIONS: Mapping[str, Section] = {
    "template": Section.JOB,
    "source": Section.JOB,
    "script": Section.JOB,
    "sweep": Section.JOB,
    "together": Section.JOB,
    "path": Section.JOB,
    "before": Section.ORDER,
    "top": Section.ORDER,
    "capture_env": Section.ENVIRONMENT,
    "without_env": Section.ENVIRONMENT,
}


class AddCommand(JobCommand):
    """The command that adds jobs: it knows the options of pueue's and of task-spooler's that mean the same."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words; refuse those of pueue's that are written otherwise here with the line to type."""
        by_name = _by_name(self.get_params(ctx))
        typed, refused = _in_our_words(list(args), by_name)
        left = super().parse_args(ctx, typed)
        if ctx.resilient_parsing:
            return left
        ctx.meta[_BEFORE] = typed[: _length(typed, by_name)]
        if ctx.params.pop("stashed"):
            raise click.UsageError(f"-s is pueue's; type `{ctx.command_path} {_shown(_held(typed))}`.")
        if refused:
            raise click.UsageError(
                f"{refused} is pueue's; type `tui-queue start $({ctx.command_path} {_shown(typed)})`."
            )
        return left

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; the line that a message offers has the options that were typed."""
        try:
            return super().invoke(ctx)
        except BadInputError as error:
            offered, before = f"`{ctx.command_path} --shell ", ctx.meta.get(_BEFORE)
            if not before or offered not in str(error):
                raise
            line = f"`{ctx.command_path} {_shown(before)} --shell "
            raise BadInputError(error.field, str(error).replace(offered, line)) from None


_BEFORE = "tui_queue.options"  # of `add`, as they were typed
# Options of pueue's and, in the last lines, of task-spooler's that mean the same; an empty one is so here anyway.
_SAME: Mapping[str, str] = {
    "-g": "--queue",
    "--group": "--queue",
    "-l": "--name",
    "--label": "--name",
    "-a": "--after",
    "--after": "--after",
    "-d": "--at",
    "--delay": "--at",
    "-w": "--cwd",
    "--working-directory": "--cwd",
    "-f": "--follow",
    "-p": "",
    "--print-task-id": "",
    "-L": "--name",
    "-D": "--after",
}
_AT_ONCE = ("-i", "--immediate")


def _in_our_words(words: list[str], by_name: Mapping[str, click.Option]) -> tuple[list[str], str]:
    """Return the words with our options in the place of pueue's, and one of those that no option of ours means."""
    done, refused, place = list[str](), "", 0
    while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--"):
        word = words[place]
        option, equals, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        if word in _AT_ONCE:
            refused, place = word, place + 1
        elif option not in _SAME or (option in by_name and option != "--after"):
            takes = max(_takes(word, by_name), 1)
            done += words[place : place + takes]
            place += takes
        elif not _SAME[option]:
            place += 1
        else:
            values = [value] if equals else words[place + 1 : place + 2]
            place += 1 if equals else 1 + len(values)
            if _SAME[option] == "--after":  # pueue takes several
                while place < len(words) - 1 and words[place].isdecimal():
                    values.append(words[place])
                    place += 1
            for each in values:
                done += [_SAME[option], _delay(each) if _SAME[option] == "--at" else each]
    return [*done, *words[place:]], refused


def _delay(text: str) -> str:
    """Return a delay of pueue's, `3h`, as a time of ours, `+3h`; what is a time already as it is."""
    return f"+{text}" if re.fullmatch(r"(?:\d+[dhms])+|\d+", text) else text


def _refuse_misspelt(word: str, known: Collection[str], ctx: click.Context) -> None:
    """Raise UsageError for a word right behind an ID that seems to be an option of ours with a wrong letter."""
    from difflib import get_close_matches  # seldom needed

    name = word.partition("=")[0]
    if name.startswith("--") and name not in known and (near := get_close_matches(name, known, n=1, cutoff=_LIKE)):
        raise click.UsageError(f"{name}: did you mean `{near[0]}`? Behind `--` it goes to the job.", ctx)


_BEHIND = {True: ("the path", "PATH"), False: ("a parameter", "PARAMETER")}


def _warn(
    command: str,
    before: Sequence[str],
    named: Sequence[str],
    words: Sequence[str],
    found: Sequence[range],
    *,
    behind: tuple[str, str],
) -> None:
    """Say which options behind the path are the job's, and the line that gives them to the queue."""
    if not found:
        return
    places = [place for option in found for place in option]
    others = [word for place, word in enumerate(words) if place not in places]
    options = ", ".join(f"`{_shown([words[place] for place in option])}`" for option in found)
    meant = _shown([*before, *(words[place] for place in places), *named, *others])
    where, first = behind
    own = f"{command.partition(' ')[2]} {_own(named, first)}"
    click.echo(
        f"tui-queue: {options} behind {where} {'goes' if len(found) == 1 else 'go'} to the job; if meant for the queue,"
        f" type `{command} {meant}`; `{own}` says that it is the job's.",
        err=True,
    )


def _own(named: Sequence[str], first: str) -> str:
    """Return how `--` stands before the words of the job."""
    lead = [] if first == "PATH" and len(named) == 1 else [named[0]]
    return f"{_shown(lead)} -- {first}".lstrip()


def _by_name(params: Sequence[click.Parameter]) -> Mapping[str, click.Option]:
    options = [param for param in params if isinstance(param, click.Option)]
    return {name: option for option in options for name in (*option.opts, *option.secondary_opts)}


def _options_first(words: list[str], by_name: Mapping[str, click.Option]) -> tuple[list[str], bool]:
    """Return the words with options that stand behind the first other one before it, and whether `--` ends them."""
    place = _length(words, by_name)
    if words[place : place + 1] == ["--"]:
        return words, True
    if place >= len(words) or words[place].startswith("-"):
        return words, False  # no such option, which click says
    begin = place + 1
    end = begin + _length(words[begin:], by_name)
    closed = words[end : end + 1] == ["--"]
    return [*words[:place], *words[begin:end], words[place], *words[end + closed :]], closed


def _length(words: Sequence[str], by_name: Mapping[str, click.Option]) -> int:
    """Return how many words at the beginning are options with their values. Raises UsageError without a value."""
    place = 0
    while place < len(words) and (takes := _takes(words[place], by_name)):
        if place + takes > len(words):
            raise click.BadOptionUsage(words[place], f"Option '{words[place]}' requires an argument.")
        place += takes
    return place


def _takes(word: str, by_name: Mapping[str, click.Option]) -> int:
    """Return how many words an option takes, itself among them; 0 for a word that is no option."""
    if word.startswith("--"):
        name, equals, _ = word.partition("=")
        return 0 if name not in by_name else 1 if equals or by_name[name].is_flag else 2
    if len(word) < 2 or not word.startswith("-"):
        return 0
    for place, letter in enumerate(word[1:], start=1):
        if (option := by_name.get(f"-{letter}")) is None:
            return 0
        if not option.is_flag:
            return 2 if place == len(word) - 1 else 1
    return 1


def _options_among(words: Sequence[str], by_name: Mapping[str, click.Option]) -> Iterator[range]:
    """Yield the places of the words that are long options of the command, each with its value."""
    place = 0
    while place < len(words) and words[place] != "--":
        takes = _takes(words[place], by_name) if words[place].startswith("--") else 0
        if takes:
            yield range(place, min(place + takes, len(words)))
        place += takes or 1


def _held(typed: Sequence[str]) -> list[str]:
    place = next((at for at, word in enumerate(typed) if word in STASHED), 0)
    return [*typed[:place], "--hold", *typed[place + 1 :]]


def _shown(words: Sequence[str]) -> str:
    return printable(shlex.join(words))
