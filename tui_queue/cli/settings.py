"""The commands for the settings: read them, change one, edit the file."""

import os
import subprocess
import sys
import tempfile
from typing import Any

import click

from tui_queue.cli.command import examples, run, use_queue
from tui_queue.cli.json_output import json_option, print_json
from tui_queue.cli.tables import print_columns
from tui_queue.core.errors import BadInputError
from tui_queue.core.system.editor import editor
from tui_queue.core.units.printable import printable
from tui_queue.paths import Paths
from tui_queue.settings import Settings, content_of, values_of
from tui_queue.settings_edit import replace, save
from tui_queue.settings_values import SettingValues, later, shown


@click.group(epilog=examples("settings list", "settings set slots 4", "settings edit"))
def settings() -> None:
    """List and change the settings in config.toml."""


@settings.command(name="list", epilog=examples("settings list", "settings list --json"))
@json_option
def list_settings(as_json: bool) -> None:
    """List every setting with its value, and whether it is the default."""
    path, values = _values()
    every = {name: values.get(name) for name in values.names()}
    given = [name for name in every if values.given(name) is not None]
    if as_json:
        print_json({"file": path, "values": {name: _plain(value) for name, value in every.items()}, "given": given})
        return
    rows = [
        (printable(name), printable(shown(value)), "" if name in given else "default") for name, value in every.items()
    ]
    print_columns(("SETTING", "VALUE", ""), rows)


@settings.command(name="get", epilog=examples("settings get slots", "settings get notify.on"))
@json_option
@click.argument("name", metavar="NAME")
def get_setting(name: str, as_json: bool) -> None:
    """Print the value of one setting. A setting in a table is named table.key."""
    _, values = _values()
    value = values.get(name)
    if value is None:
        raise BadInputError("name", f"{printable(name)}: no such setting; `tui-queue settings list` shows all.")
    if as_json:
        print_json({"name": name, "value": _plain(value), "default": _plain(values.default(name))})
    else:
        click.echo(printable(shown(value)))


@settings.command(
    name="set",
    context_settings={"allow_interspersed_args": False},
    epilog=examples("settings set slots 4", "settings set notify.on failure", "settings set slots ''"),
)
@json_option
@click.argument("name", metavar="NAME")
@click.argument("texts", nargs=-1, required=True, metavar="VALUE...")
def set_setting(name: str, texts: tuple[str, ...], as_json: bool) -> None:
    """Change one setting in the file. Comments and order stay. An empty VALUE restores the default."""
    path, values = _values()
    value = values.typed(name, texts)
    save(path, {name: value}, _check)
    _tell()
    if as_json:
        print_json({"name": name, "value": _plain(value)})
    elif when := later(name):
        click.echo(f"tui-queue: {printable(name)} takes effect {when}.", err=True)


@settings.command(name="edit", epilog=examples("settings edit", "settings edit --json"))
@json_option
def edit_settings(as_json: bool) -> None:
    """Edit the settings in $VISUAL or $EDITOR. The file is replaced when the editor ends and the settings are valid."""
    path = Paths.from_environment().settings
    before = content_of(path)
    handle, copy = tempfile.mkstemp(prefix="tui-queue-", suffix=".toml")
    with open(handle, "wb") as file:
        file.write(before)
    changed = _edited(path, before, copy)
    os.unlink(copy)
    if changed:
        _tell()
    if as_json:
        print_json({"changed": changed})
    elif not changed:
        click.echo("tui-queue: nothing changed.", err=True)


def _edited(path: str, before: bytes, copy: str) -> bool:
    """Have the user edit the copy until it is right, or given up; return whether anything was changed."""
    while True:
        _open_editor(copy)
        with open(copy, "rb") as file:
            new = file.read()
        if new == before:
            return False
        try:
            replace(path, before, new, _check)
        except BadInputError as error:
            if sys.stdin.isatty():
                click.echo(f"tui-queue: {printable(str(error))}", err=True)
                if click.confirm("Edit the file again?", default=True, err=True):
                    continue
            raise BadInputError("config", f"{error} Nothing changed; your text is in {copy}.") from None
        return True


def _open_editor(copy: str) -> None:
    try:
        words = editor(os.environ)
    except ValueError:
        raise BadInputError("editor", "VISUAL or EDITOR: a quote is not closed; close it.") from None
    try:
        code = subprocess.run([*words, copy], check=False).returncode
    except OSError as error:
        why = f"{printable(words[0])}: can't be started: {error.strerror}"
        raise BadInputError("editor", f"{why}. Set EDITOR to an editor that is installed.") from None
    if code:
        raise BadInputError(
            "editor", f"{printable(words[0])} exited with {code}; nothing changed. Your text is in {copy}."
        )


def _values() -> tuple[str, SettingValues]:
    from tui_queue.ui.dashboard_settings import DashboardSettings  # takes long

    path = Paths.from_environment().settings
    return path, SettingValues(values_of(content_of(path), path), DashboardSettings())


def _check(found: Settings) -> None:
    """Check what only the dashboard knows. Raises BadInputError."""
    from tui_queue.ui.dashboard_settings import dashboard_settings_of  # takes long

    path = Paths.from_environment().settings
    dashboard_settings_of(found.dashboard, path)
    if found.keys:
        from tui_queue.ui.key_places import keymap_of  # takes long

        keymap_of(found.keys, path)


def _tell() -> None:
    """Have the processes of the queue read the settings again, if there is a queue."""
    if os.path.exists(Paths.from_environment().store):

        async def work() -> None:
            async with use_queue() as queue:
                queue.commands.settings_changed()

        run(work())


def _plain(value: object) -> Any:
    return list(value) if isinstance(value, tuple) else value


COMMANDS = {"settings": settings}
