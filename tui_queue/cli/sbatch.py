"""The command `sbatch`: adds a script with those of Slurm's options that mean something here."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui_queue.cli.add import say_added
from tui_queue.cli.command import examples, run, use_queue
from tui_queue.core.parsing.directives import ScriptOptions
from tui_queue.core.parsing.job_draft import Fields
from tui_queue.core.parsing.sbatch import Sbatch, split_line, take_in
from tui_queue.core.parsing.script_file import SCRIPT_LIMIT, check_piped_script
from tui_queue.core.units.printable import printable

if TYPE_CHECKING:
    from tui_queue.bootstrap import OpenQueue

_SAID_ANYWAY = ("--parsable", "-Q", "--quiet")
_WAIT = ("-W", "--wait")


class _Words(click.Command):
    """A command that reads its words itself, but for `--help`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words."""
        if args == ["--help"]:
            return super().parse_args(ctx, args)
        ctx.params["words"] = tuple(args)
        return []


@click.command(
    cls=_Words, epilog=examples("sbatch --time=30:00 jobs/countdown.py 5", "sbatch --wrap='echo done' --job-name=hello")
)
@click.argument("words", nargs=-1, metavar="[OPTION]... [SCRIPT [ARG]...]")
def sbatch(words: tuple[str, ...]) -> None:
    """Add a script as Slurm does: the script is copied now, and the options of its #SBATCH lines apply.

    These options of Slurm work: --time, --job-name, --output, --error, --array, --gres, --gpus, --mem, --cpus-per-task,
    --ntasks, --dependency, --mail-type, --chdir, --hold, --wait and --wrap. All others are ignored, and the command
    says which.
    """
    options, rest = split_line(words)
    wrapped = [option.partition("=")[2] for option in options if option.startswith("--wrap=")]
    wait = any(option in _WAIT for option in options)
    left = [each for each in options if each not in (*_WAIT, *_SAID_ANYWAY) and not each.startswith("--wrap=")]

    async def work() -> int:
        async with use_queue(create=True) as queue:
            typed = Sbatch()
            resources = await queue.commands.queues.resources()
            take_in(typed, left, 0, resources)
            scripts = ScriptOptions(resources, typed)
            drafts = scripts.drafts(typed.fields | await _command(queue, wrapped, rest))
            _say_ignored(typed, scripts)
            added = await queue.commands.jobs.add(drafts)
            say_added(queue, added, as_json=False)
            if not wait:
                return 0
            from tui_queue.cli.stay import stay_with

            return await stay_with(queue, added, follow=False)

    if code := run(work()):
        sys.exit(code)


async def _command(queue: "OpenQueue", wrapped: Sequence[str], rest: Sequence[str]) -> Fields:
    """Return the fields of what is run: a shell line, or a script that is kept, which need not be executable."""
    if wrapped:
        return {"path": wrapped[-1], "shell": True}
    name = rest[0] if rest else "-"
    with click.open_file(name, "rb") as file:
        text = file.read(SCRIPT_LIMIT + 1)
    check_piped_script(text, by_python=False, source=None if name == "-" else printable(name))
    kept = await queue.commands.kept_files.keep_script(text, "script" if name == "-" else os.path.basename(name))
    return {"path": kept, "args": tuple(rest[1:])}


def _say_ignored(typed: Sbatch, scripts: ScriptOptions) -> None:
    options = ", ".join(printable(option) for option, _ in typed.ignored)
    for remark in (
        *([f"sbatch: means nothing here: {options}"] if options else []),
        *scripts.remarks,
    ):
        click.echo(f"tui-queue: {remark}.", err=True)


COMMANDS = {"sbatch": sbatch}
