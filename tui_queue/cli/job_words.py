"""The words of `add`, `edit` and `clone` that may be the job's or the queue's: pueue's -s, options behind it."""

import shlex
from collections.abc import Iterator, Sequence

import click

from tui_queue.core.units.printable import printable

STASHED = ("-s", "--stashed")
# Options may stand on both sides of the ID; what is none of ours is a parameter of the job.
BOTH_SIDES = {"allow_interspersed_args": True, "ignore_unknown_options": True}
_LIKE = 0.75  # from which a word counts as a misspelt option


class ChangeCommand(click.Command):
    """A command with options on both sides of a job's ID; words that are no options are parameters of the job."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words; refuse an option that is none of ours before the ID, or that seems to be misspelt."""
        own = args[: args.index("--")] if "--" in args else list(args)
        left = super().parse_args(ctx, args)
        known = [name for param in self.params if isinstance(param, click.Option) for name in param.opts]
        if not ctx.resilient_parsing:
            if str(ctx.params["job_id"]).startswith("-"):
                wrong = ctx.params["job_id"].partition("=")[0]
                raise click.NoSuchOption(wrong, possibilities=list(filter(None, [_near(wrong, known)])), ctx=ctx)
            for word in ctx.params["args"]:
                name = word.partition("=")[0]
                if word in own and name.startswith("--") and (near := _near(name, known)):
                    raise click.UsageError(f"{name}: did you mean `{near}`? Behind `--` it goes to the job.")
        return left


def _near(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # seldom needed

    return next(iter(get_close_matches(name, known, n=1, cutoff=_LIKE)), "")


class AddCommand(click.Command):
    """A command whose last words are the job's; the user hears of those that look like options of the command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words, refuse pueue's -s with the line to type, and warn of options behind the path."""
        typed = list(args)
        left = super().parse_args(ctx, args)
        if ctx.resilient_parsing:
            return left
        if ctx.params.pop("stashed"):
            raise click.UsageError(f"-s is pueue's; type `{_line(_held(typed))}`.")
        words: Sequence[str] = ctx.params["args"]
        before = typed[: len(typed) - len(words) - 1]  # the path is between
        if words and before[-1:] != ["--"]:
            _warn(before, typed[len(before)], words, list(_options_among(words, self.params)))
        return left


def _warn(before: Sequence[str], path: str, words: Sequence[str], found: Sequence[range]) -> None:
    """Say which options behind the path are the job's, and the line that gives them to the queue."""
    if not found:
        return
    places = [place for option in found for place in option]
    others = [word for place, word in enumerate(words) if place not in places]
    named = ", ".join(f"`{_shown([words[place] for place in option])}`" for option in found)
    meant = _line([*before, *(words[place] for place in places), path, *others])
    click.echo(
        f"tui-queue: {named} behind the path {'goes' if len(found) == 1 else 'go'} to the job; if meant for the queue,"
        f" type `{meant}`; `add -- PATH` says that it is the job's.",
        err=True,
    )


def _options_among(words: Sequence[str], params: Sequence[click.Parameter]) -> Iterator[range]:
    """Yield the places of the words that are long options of the command, each with its value."""
    options = [param for param in params if isinstance(param, click.Option)]
    by_name = {name: option for option in options for name in (*option.opts, *option.secondary_opts)}
    place = 0
    while place < len(words) and words[place] != "--":
        name, equals, _ = words[place].partition("=")
        option = by_name.get(name) if name.startswith("--") else None
        takes_next = option is not None and not option.is_flag and not equals
        if option is not None:
            yield range(place, min(place + 1 + takes_next, len(words)))
        place += 1 + takes_next


def _held(typed: Sequence[str]) -> list[str]:
    place = next((at for at, word in enumerate(typed) if word in STASHED), 0)
    return [*typed[:place], "--hold", *typed[place + 1 :]]


def _line(words: Sequence[str]) -> str:
    return f"tui-queue add {_shown(words)}"


def _shown(words: Sequence[str]) -> str:
    return printable(shlex.join(words))
