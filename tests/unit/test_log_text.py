"""Any part of a log of any size as rows: the same from wherever one comes."""

import math
import os
import random
from pathlib import Path

import pytest

from tui_queue.core.errors import StoreError
from tui_queue.core.logs.search import Pattern, Search, find_after, find_before
from tui_queue.core.logs.terminal.cells import text_of
from tui_queue.core.logs.terminal.escapes import rows
from tui_queue.core.logs.text import START, LogRow, LogText

CHUNK = 512


def opened(path: Path, *, chunk: int = CHUNK) -> LogText:
    text = LogText(str(path), chunk=chunk, under_s=math.inf)  # a loaded machine reads all of it too
    text.poll()
    return text


def down(text: LogText, step: int = 7) -> list[LogRow]:
    """Return all rows, read from the start a few at a time."""
    found, place = [], START
    while place < text.end:
        part = text.rows_from(place, step)
        if not part:
            place = place._replace(chunk=place.chunk + 1, row=0)
            continue
        found += part
        place = part[-1].place._replace(row=part[-1].place.row + 1)
    return found


def up(text: LogText, step: int = 7) -> list[LogRow]:
    """Return all rows, read from the end a few at a time."""
    found: list[LogRow] = []
    place = text.end
    while place > START:
        part = text.rows_before(place, step)
        found = part + found
        place = part[0].place if part else place._replace(chunk=place.chunk - 1, row=1 << 30)
    return found


def shown(found: list[LogRow]) -> list[str]:
    texts = [text_of(row.row) for row in found]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def bars(count: int, updates: int) -> bytes:
    """Return what nested progress bars write: each update goes down to its line and up again."""
    dice = random.Random(count)
    output = []
    for number in range(updates):
        line = dice.randrange(count)
        output.append("\n" * line + f"\rbar {line}: {number:5d} {'#' * (number % 40):<40}" + "\x1b[A" * line)
    return "".join(output).encode() + b"\n" * count + b"the end\n"


OUTPUTS = {
    "nothing": b"",
    "one line without an end": b"hello",
    "lines": b"".join(b"line %d\n" % number for number in range(500)),
    "empty lines": b"\n" * 3000,
    "short and long lines": b"".join(b"x" * (number * 37 % 400) + b"\n" for number in range(100)),
    "a progress bar": b"begin\n" + b"".join(b"\r%3d%% of it" % number for number in range(101)) * 3 + b"\nend\n",
    "two bars": bars(2, 300),
    "five bars": bars(5, 300),
    "wide": "日本語テキスト\n".encode() * 200,
    "rich": b"first\n" + b"".join(b"\r\x1b[2K\x1b[1A\x1b[2Kone %d\ntwo %d" % (n, n) for n in range(200)) + b"\n",
}


@pytest.mark.parametrize("kind", OUTPUTS)
def test_rows_are_the_same_from_above_from_below_and_as_a_whole(tmp_path: Path, kind: str) -> None:
    (tmp_path / "log").write_bytes(OUTPUTS[kind])
    text = opened(tmp_path / "log")
    whole = rows(OUTPUTS[kind])
    while whole and not whole[-1]:
        whole.pop()
    assert shown(down(text)) == whole
    assert down(text) == up(text)
    assert shown(down(opened(tmp_path / "log"), 1000)) == whole


@pytest.mark.parametrize("kind", OUTPUTS)
def test_a_log_that_grows_shows_what_it_shows_when_it_is_whole(tmp_path: Path, kind: str) -> None:
    dice = random.Random(7)
    path = tmp_path / "log"
    path.touch()
    text = opened(path)
    output = OUTPUTS[kind]
    place = 0
    while place < len(output):
        size = dice.randrange(1, 300)
        with path.open("ab") as log:
            log.write(output[place : place + size])
        place += size
        assert text.poll()
        text.rows_before(text.end, 20)
    assert not text.poll()
    assert shown(down(text)) == shown(down(opened(path)))


def test_a_line_longer_than_a_chunk_is_shown_in_parts_with_all_its_characters(tmp_path: Path) -> None:
    line = "abcdé日" * 1000
    (tmp_path / "log").write_text(f"before\n{line}\nafter\n")
    texts = shown(down(opened(tmp_path / "log")))
    assert (texts[0], texts[-1]) == ("before", "after")
    assert "".join(texts[1:-1]) == line
    assert max(map(len, texts)) <= 2 * CHUNK


def test_lines_and_offsets_are_found_and_counted(tmp_path: Path) -> None:
    lines = [b"line %d of many" % number for number in range(1, 300_001)]
    (tmp_path / "log").write_bytes(b"\n".join(lines) + b"\n")
    text = opened(tmp_path / "log", chunk=1 << 16)
    last = text.rows_before(text.end, 1)[0]
    assert text.line_of(last) is None
    while text.count_lines() < 1:
        pass
    assert text.line_of(last) == len(lines)
    for number in (1, 2, 77_777, 300_000):
        offset = text.offset_of_line(number)
        assert offset is not None
        row = text.rows_from(text.place_of(offset + 3), 1)[0]
        assert text_of(row.row) == f"line {number} of many"
        assert (text.offset_of(row), text.line_of(row)) == (offset, number)
    assert text.offset_of_line(10**9) is not None


def test_a_log_that_is_cut_or_replaced_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"old\n" * 1000)
    text = opened(path)
    assert shown(text.rows_before(text.end, 1)) == ["old"]
    path.write_bytes(b"cut\n")
    assert text.poll()
    assert (text.restarts, shown(down(text))) == (1, ["cut"])
    (tmp_path / "new").write_bytes(b"another\n" * 500)
    (tmp_path / "new").rename(path)
    assert text.poll()
    assert (text.restarts, shown(text.rows_from(START, 1))) == (2, ["another"])
    path.unlink()
    assert not text.poll()
    assert shown(text.rows_from(START, 1)) == ["another"]
    os.mkfifo(path)
    with pytest.raises(StoreError, match="not a plain file"):
        text.poll()
    path.unlink()
    path.symlink_to("/etc/passwd")
    text.close()
    with pytest.raises(StoreError, match="is a link"):
        text.poll()


def test_what_was_taken_out_of_the_middle_is_passed_over_and_said(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as log:
        log.write(b"".join(b"head %4d\n" % number for number in range(2000)))
        log.seek(30 * 2**30 // 4096 * 4096)
        log.write(b"t of a line\n" + b"".join(b"tail %4d\n" % number for number in range(2000)))
    if path.stat().st_blocks * 512 > 2**20:
        pytest.skip("this file system makes no holes")
    text = opened(path, chunk=1 << 15)
    from_below = shown(text.rows_before(text.end, 5000))
    assert from_below == shown(text.rows_from(START, 5000))
    (place,) = (number for number, row in enumerate(from_below) if row.endswith("bytes left out ..."))
    assert from_below[0] == "head    0"
    assert from_below[-1] == "tail 1999"
    assert [row for row in from_below[:place] if row][-1].startswith("head")
    assert from_below[place + 1 :][-2001] == "t of a line"
    while text.count_lines() < 1:
        pass
    search = Search(Pattern("/1999$/"))
    while search.step(text.file):
        pass
    assert len(search.hits) == 2
    assert text_of(text.rows_from(text.place_of(search.hits[1]), 1)[0].row) == "tail 1999"
    assert (
        next(place for found, place in find_before(text.file, search.pattern, search.hits[1]) if found)
        == search.hits[0]
    )
    assert next(place for found, place in find_after(text.file, search.pattern, 20_000) if found) == search.hits[1]
