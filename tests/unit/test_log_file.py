"""Reading a log file that grows, is cut, replaced, or no plain file at all."""

import os
from pathlib import Path

import pytest

from tui_queue.core.errors import StoreError
from tui_queue.core.logs.file import BATCH, WINDOW, LogTail


def read_all(tail: LogTail) -> bytes:
    return b"".join(iter(lambda: tail.read().data, b""))


def test_what_is_appended_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = LogTail(str(path))
    assert tail.read().data == b""
    with path.open("ab", buffering=0) as log:
        log.write(b"one\ntw")
        assert read_all(tail) == b"one\ntw"
        log.write(b"o\n")
        assert read_all(tail) == b"o\n"
    assert tail.read().data == b""
    tail.close()


def test_from_the_start_every_byte_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    content = os.urandom(BATCH) * 9
    path.write_bytes(content)
    tail = LogTail(str(path), from_start=True)
    assert read_all(tail) == content
    tail.close()


def test_of_a_large_file_the_latest_whole_lines_are_read_and_the_rest_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "log"
    content = b"".join(b"line %d\n" % number for number in range(1_000_000))
    path.write_bytes(content)
    tail = LogTail(str(path))
    first = tail.read()
    data = first.data + read_all(tail)
    assert first.skipped + len(data) == len(content)
    assert len(data) <= WINDOW
    assert data.startswith(b"line ")
    assert data.endswith(b"line 999999\n")
    tail.close()


def test_a_file_that_was_cut_or_replaced_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a long first version\n")
    tail = LogTail(str(path))
    read_all(tail)
    path.write_bytes(b"cut\n")
    chunk = tail.read()
    assert (chunk.data, chunk.restarted) == (b"cut\n", True)
    other = tmp_path / "other"
    other.write_bytes(b"quite another file\n")
    other.rename(path)
    chunk = tail.read()
    assert (chunk.data, chunk.restarted) == (b"quite another file\n", True)
    path.unlink()
    assert tail.read().data == b""
    tail.close()


def test_a_link_a_pipe_and_a_directory_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    for name, says in (("link", "is a link"), ("pipe", "not a plain file"), (".", "not a plain file")):
        with pytest.raises(StoreError, match=says):
            LogTail(str(tmp_path / name)).read()
