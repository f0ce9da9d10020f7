"""The command that shows a help page."""

import os
import sys
from difflib import get_close_matches

import click
from click.shell_completion import CompletionItem

from tui_queue import help_pages
from tui_queue.cli.command import examples
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.core.errors import BadInputError
from tui_queue.core.units.printable import printable

WIDTH = 100  # the most columns of a page: longer lines are hard to read


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in help_pages.topics() if name.startswith(begun)]


@click.command(name="help", epilog=examples("help", "help queues", "help queue add"))
@json_option
@click.argument("topic", nargs=-1, shell_complete=_complete)
@click.pass_context
def show_help(context: click.Context, topic: tuple[str, ...], as_json: bool) -> None:
    """Show a help page, or the help of a command. Without a TOPIC, list all pages."""
    if not topic:
        _list_pages(as_json=as_json)
    elif len(topic) == 1 and topic[0] in help_pages.topics():
        _show(topic[0], as_json=as_json)
    else:
        command = _command(context.find_root(), topic)
        if as_json:
            print_json({"topic": " ".join(topic), "text": command.get_help()})
        else:
            click.echo(command.get_help())


def _list_pages(*, as_json: bool) -> None:
    pages = [(name, help_pages.title(name)) for name in help_pages.topics()]
    if as_json:
        print_json([{"topic": name, "title": title} for name, title in pages])
        return
    widest = max(len(name) for name, _ in pages)
    for name, title in pages:
        click.echo(f"{name:<{widest}}  {title}")
    click.echo("\n`tui-queue help TOPIC` shows a page, `tui-queue COMMAND --help` describes a command.")


def _show(topic: str, *, as_json: bool) -> None:
    """Print a page: drawn on a terminal, as it is in a pipe."""
    text = help_pages.page(topic)
    if as_json:
        print_json({"topic": topic, "text": text})
    elif not sys.stdout.isatty():
        click.echo(text, nl=False)
    else:
        os.environ.setdefault("LESS", "FRX")  # a page that fits is printed; colours are kept
        click.echo_via_pager(_drawn(text), color=True)


def _drawn(text: str) -> str:
    """Return a page as a terminal shows it."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(width=min(WIDTH, Console().width), force_terminal=True)
    with console.capture() as drawn:
        console.print(Markdown(text))
    return drawn.get()


def _command(root: click.Context, words: tuple[str, ...]) -> click.Context:
    """Return the context of a command. Raises BadInputError."""
    context = root
    for word in words:
        group = context.command
        found = group.get_command(context, word) if isinstance(group, click.Group) else None
        if found is None:
            names = group.list_commands(context) if isinstance(group, click.Group) else []
            known = [*(help_pages.topics() if context is root else ()), *names]
            near = get_close_matches(word, known, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise BadInputError("topic", f"{printable(word)}: no such page; `tui-queue help` lists all.{meant}")
        context = click.Context(found, info_name=word, parent=context)
    return context


COMMANDS = {"help": show_help}
