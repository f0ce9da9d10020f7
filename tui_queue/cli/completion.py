"""The command that prints a shell's completion script."""

import os
import sys

import click
from click.shell_completion import get_completion_class

from tui_queue.cli.command import examples
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.core.errors import BadInputError

VARIABLE = "_TUI_QUEUE_COMPLETE"


@click.command(epilog=examples("completion bash", "completion zsh > _tui-queue"))
@json_option
@click.argument("shell", required=False, type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
@click.pass_context
def completion(context: click.Context, shell: str | None, as_json: bool) -> None:
    """Print a shell completion script. Default: for the shell in $SHELL.

    The script completes commands, options, jobs, queues and paths. Load it as follows.

    \b
    bash, in ~/.bashrc:                    eval "$(tui-queue completion bash)"
    zsh, in ~/.zshrc, behind compinit:     eval "$(tui-queue completion zsh)"
    fish, in ~/.config/fish/config.fish:   tui-queue completion fish | source
    """
    name = shell or os.path.basename(os.environ.get("SHELL", ""))
    kind = get_completion_class(name) if name in ("bash", "zsh", "fish") else None
    if kind is None:
        raise BadInputError("shell", f"{name or 'No shell'}: not a shell with completion; name bash, zsh or fish.")
    script = kind(context.find_root().command, {}, "tui-queue", VARIABLE).source()
    if as_json:
        print_json({"shell": name, "script": script})
    else:
        sys.stdout.write(f"{script}\n")


COMMANDS = {"completion": completion}
