"""What another user made, or can change, is not used: it could run programs as us, or make us write elsewhere."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli
from tui_queue import BadInputError, Queue, StoreError
from tui_queue.settings import load_settings

STRANGER = 54_321  # a user without an entry in the password database

by_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


def at(cli: Cli, place: Path) -> Cli:
    """Return the command line with the queue at another place."""
    return Cli(place, {**cli.env, "TUI_QUEUE_HOME": str(place)}, cli.server)


def refused(cli: Cli, *said: str) -> None:
    """Check that each kind of command is refused with these words, in one sentence, and changes nothing."""
    before = sorted(map(str, cli.home.rglob("*")))
    for words in (["add", "true"], ["list"]):
        error = cli.error(*words, code=4)
        assert all(word in error for word in said), error
    assert "wrong" in cli("doctor", code=1)
    assert sorted(map(str, cli.home.rglob("*"))) == before


@by_root
@pytest.mark.parametrize("mode", [0o700, 0o1777])
def test_a_directory_of_another_user_is_not_used(cli: Cli, tmp_path: Path, mode: int) -> None:
    other = at(cli, tmp_path / "other")
    other.settings(f'[notify]\non = "end"\nhook = "touch {tmp_path}/hook"\n[dashboard]')
    other.home.chmod(mode)
    os.chown(other.home, STRANGER, STRANGER)
    refused(other, f"{other.home}: it belongs to user {STRANGER}", "Set TUI_QUEUE_HOME")
    with pytest.raises(StoreError, match="it belongs to user"), Queue(other.home):
        pass
    assert not (tmp_path / "hook").exists()


@by_root
@pytest.mark.parametrize("name", ["", "config.toml", "queue.db", "runs"])
def test_a_link_of_another_user_is_not_followed(cli: Cli, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    if name in ("", "runs", "wake"):
        victim.mkdir(mode=0o700)
    else:
        victim.write_text("")
        victim.chmod(0o600)
    place = tmp_path / "place"
    if name:
        place.mkdir(mode=0o700)
    link = place / name
    link.symlink_to(victim)
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    refused(at(cli, place), f"{link}: it is a link that user {STRANGER} made")
    assert victim.is_dir() or not victim.stat().st_size


@by_root
@pytest.mark.parametrize("name", ["config.toml", "queue.db", "lease"])
def test_a_file_of_another_user_in_our_directory_is_not_used(cli: Cli, name: str) -> None:
    cli("add", "--hold", "true")
    (cli.home / "lease").touch(mode=0o600)
    os.chown(cli.home / name, STRANGER, STRANGER)
    refused(cli, f"{cli.home / name}: it belongs to user {STRANGER}")


@pytest.mark.parametrize("name", ["", "config.toml", "queue.db"])
def test_what_every_user_can_write_is_not_used(cli: Cli, name: str) -> None:
    cli("add", "--hold", "true")
    path = cli.home / name
    path.chmod(0o777)
    refused(cli, f"{path}: other users can write it (mode 777)", f"chmod go-w {path}")
    path.chmod(0o700)
    assert cli.jobs()


@by_root
def test_a_group_may_write_only_where_nobody_else_is_in_it(cli: Cli) -> None:
    cli.home.chmod(0o775)
    cli("add", "--hold", "true")
    os.chown(cli.home, -1, 65_534)
    refused(cli, "other users can write it (mode 775)")


@by_root
def test_in_a_directory_for_all_users_only_what_is_ours_is_used(cli: Cli, tmp_path: Path) -> None:
    shared, ours = tmp_path / "shared", tmp_path / "shared" / "ours"
    ours.mkdir(parents=True, mode=0o700)
    shared.chmod(0o1777)
    at(cli, ours / "queue")("add", "--hold", "true")
    shared.chmod(0o777)
    os.chown(shared, STRANGER, STRANGER)
    assert f"{shared}: every user can replace what lies in it" in at(cli, ours / "queue").error("list", code=4)
    shared.chmod(0o1777)
    os.chown(ours, STRANGER, STRANGER)
    assert f"{ours}: it belongs to user {STRANGER}" in at(cli, ours / "queue").error("list", code=4)


def test_links_of_the_user_work(cli: Cli, tmp_path: Path) -> None:
    for name in ("dotfiles", "disk", "logs"):
        (tmp_path / name).mkdir(mode=0o700)
    (cli.home / "config.toml").rename(tmp_path / "dotfiles" / "settings")
    (cli.home / "config.toml").symlink_to("../dotfiles/settings")
    (cli.home / "runs").symlink_to(tmp_path / "logs")
    (tmp_path / "link").symlink_to("home")
    queue = at(cli, tmp_path / "link")
    queue("add", "echo", "hello")
    queue.drain()
    assert queue("log", "1") == "hello\n"
    assert (tmp_path / "logs" / "1" / "1" / "log").read_text() == "hello\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("queue.db", "a named pipe"),
        ("config.toml", "a named pipe"),
        ("lease", "a named pipe"),
        ("tui-queue.log", "a named pipe"),
        ("wake", "a named pipe"),
        ("config.toml", "a device"),
        ("queue.db", "a socket"),
    ],
)
def test_what_is_no_file_keeps_nobody_waiting(cli: Cli, name: str, kind: str) -> None:
    path = cli.home / name
    path.unlink(missing_ok=True)
    make: dict[str, Callable[[Path], object]] = {
        "a named pipe": lambda path: os.mkfifo(path, 0o600),
        "a socket": bind,
        "a device": lambda path: path.symlink_to("/dev/zero"),
    }
    make[kind](path)
    said = f"it is {kind}, not a {'directory' if name == 'wake' else 'file'}"
    assert said in cli.error("add", "true", code=4)
    assert said in cli("doctor", code=1)


def bind(path: Path) -> None:
    directory = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{directory}/{path.name}")  # the path itself may be too long
    os.close(directory)


def test_settings_that_became_a_pipe_under_an_open_queue_keep_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.toml", 0o600)
    with pytest.raises(BadInputError, match="it is a named pipe"):
        load_settings(str(tmp_path / "config.toml"))


def test_all_that_is_made_is_for_the_user_alone_whatever_the_umask(cli: Cli, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        queue = at(cli, tmp_path / "a" / "b")
        queue("add", "--hold", "true")
    finally:
        os.umask(before)
    made = [tmp_path / "a", *(tmp_path / "a").rglob("*")]
    assert len(made) > 5
    assert {path.stat().st_mode & 0o077 for path in made} == {0}
