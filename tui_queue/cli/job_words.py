"""The words of commands that describe jobs: options of ours behind an ID or a name, and those behind the job's path."""

import shlex
from collections.abc import Iterator, Mapping, Sequence

import click

from tui_queue.core.units.printable import printable

STASHED = ("-s", "--stashed")


class JobCommand(click.Command):
    """A command whose last words are the job's; the user hears of those that look like options of the command.

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
        place = len(typed) - len(words) - len(positionals) + 1  # of the first word that is no option
        before, named = typed[:place], typed[place : len(typed) - len(words)]
        if before[-1:] != ["--"]:
            found = list(_options_among(words, _by_name(self.params)))
            _warn(ctx.command_path, before, named, words, found, behind=_BEHIND[positionals[-2].name == "path"])
        return left


class AddCommand(JobCommand):
    """The command that adds jobs: it knows pueue's -s."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words; refuse pueue's -s with the line to type."""
        typed = list(args)
        left = super().parse_args(ctx, args)
        if ctx.resilient_parsing:
            return left
        if ctx.params.pop("stashed"):
            raise click.UsageError(f"-s is pueue's; type `{ctx.command_path} {_shown(_held(typed))}`.")
        return left


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
