"""The log pane on its own: it follows, stays, and never holds up a key."""

from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from tests.support.pilot import drawn, see, until
from tui_queue.core.logs.compression import pack
from tui_queue.ui.dialogs.prompt import Prompt
from tui_queue.ui.log.job_log import JobLog
from tui_queue.ui.readable_app import ReadableApp


class Host(ReadableApp):
    """Shows one log."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def compose(self) -> ComposeResult:
        log = JobLog(id="log", log_path=lambda _: None)
        log.styles.padding = (0, 1, 1, 1)
        log.styles.height = "1fr"
        yield log.rule
        yield log

    def on_mount(self) -> None:
        self.show()

    @property
    def log_view(self) -> JobLog:
        return self.query_one(JobLog)

    def show(self, *, live: bool = True) -> None:
        self.log_view.show(str(self.path), live=live, placeholder="[/oops] nothing yet")


@pytest.mark.quick
async def test_output_appears_while_it_is_written(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, "[/oops] nothing yet")
        with app.path.open("ab", buffering=0) as log:
            log.write(b"one\ntw")
            await see(pilot, "one")
            await see(pilot, "tw")
            log.write(b"o\n\x1b[31mthree\x1b[0m\x1b[2J\n")
            await see(pilot, "two")
            await see(pilot, "three")
        assert "nothing yet" not in drawn(app)


async def test_a_progress_bar_is_one_line_that_changes(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    async with app.run_test(size=(80, 24)) as pilot:
        with app.path.open("ab", buffering=0) as log:
            for percent in range(101):
                log.write(b"\r%3d%%|%s|" % (percent, b"#" * (percent // 10)))
                if percent == 50:
                    await see(pilot, "50%|#####|")
            await see(pilot, "100%|##########|")
        assert drawn(app).count("%") == 1


async def test_it_follows_the_end_until_somebody_scrolls_up(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    app.path.write_text("".join(f"line {number}\n" for number in range(100)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, "line 99 ")
        await pilot.press("up", "up", "up")
        await until(pilot, lambda: not app.log_view.following, "it to stop following")
        await until(pilot, lambda: "line 99 " not in drawn(app), "the end to leave the screen")
        with app.path.open("a") as log:
            log.write("".join(f"more {number}\n" for number in range(12)))
        await see(pilot, "▼ 12 new")
        assert "line 78 " in drawn(app)
        assert "line 77 " in drawn(app)
        await pilot.press("G")
        await see(pilot, "more 11")
        assert app.log_view.following
        assert "▼" not in drawn(app)


async def test_going_down_to_the_end_follows_again(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    app.path.write_text("".join(f"line {number}\n" for number in range(100)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, "line 99 ")
        await pilot.press("pageup")
        await until(pilot, lambda: not app.log_view.following, "it to stop following")
        await pilot.press("pagedown")
        await until(pilot, lambda: app.log_view.following, "it to follow again")


async def test_the_same_log_again_changes_neither_place_nor_content(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    app.path.write_text("".join(f"line {number}\n" for number in range(100)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, "line 99 ")
        await pilot.press("g")
        await see(pilot, "line 0 ")
        app.show(live=False)
        await pilot.pause()
        assert "line 0 " in drawn(app)


async def test_the_end_of_a_run_is_read_when_it_is_no_longer_live(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    async with app.run_test(size=(80, 24)) as pilot:
        app.path.write_text("the last words\n")
        app.show(live=False)
        await see(pilot, "the last words")


@pytest.mark.long
async def test_all_of_a_large_log_is_there(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    async with app.run_test(size=(80, 24)) as pilot:
        with app.path.open("wb") as log:
            for block in range(100):
                log.write(b"".join(b"line %d\n" % (block * 10_000 + number) for number in range(10_000)))
        await see(pilot, "line 999999 ")
        app.log_view.focus()
        await pilot.press("g")
        await see(pilot, "line 0 ")
        await pilot.press("pagedown")
        await see(pilot, "line 40 ")
        await go_to(pilot, "L", "500000")
        await see(pilot, "line 499999 ")
        await go_to(pilot, "L", "25%")
        await until(pilot, lambda: "line 25" in drawn(app), "a quarter of it")
        await pilot.press("G")
        await see(pilot, "line 999999 ")


async def test_a_line_without_an_end_is_shown_in_parts(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    async with app.run_test(size=(80, 24)) as pilot:
        with app.path.open("wb") as log:
            log.write(b"x" * 30_000_000 + b"the end")
        app.log_view.focus()
        await see(pilot, "xxxxxxxx")
        await pilot.press("w")
        await until(pilot, lambda: "the end" in unwrapped(app), "its end")


async def go_to(pilot: Pilot[Any], key: str, words: str) -> None:
    """Press a key that asks, and answer."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, Prompt), "the question")
    pilot.app.screen.query_one(Input).value = words
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, Prompt), "the answer to be taken")


def numbered(path: Path, count: int = 5000) -> None:
    path.write_text("".join(f"line {n} {'Error: bad' if n % 1000 == 500 else 'fine'}\n" for n in range(count)))


@pytest.mark.quick
async def test_words_are_found_counted_and_marked(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    numbered(app.path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.log_view.focus()
        await see(pilot, "line 4999 ")
        await go_to(pilot, "/", "bad")
        await see(pilot, "line 4500 Error")
        await see(pilot, "bad: 5 of 5")
        assert marked(app) == {"bad"}
        await pilot.press("N")
        await see(pilot, "line 3500 Error")
        await see(pilot, "bad: 4 of 5")
        await pilot.press("n")
        await see(pilot, "bad: 5 of 5")
        await pilot.press("n")
        await see(pilot, "No match below.")
        with app.path.open("a") as log:
            log.write("one more that is bad\n")
        await see(pilot, "bad: 5 of 6")
        await pilot.press("n")
        await see(pilot, "one more that is bad")
        await see(pilot, "bad: 6 of 6")
        await pilot.press("escape")
        await until(pilot, lambda: not marked(app), "the marks to go")
        await go_to(pilot, "/", "/line (7|8)77 /")
        await see(pilot, "/line (7|8)77 /: 2 of 2")
        assert "line 877 " in drawn(app)


async def test_what_can_not_be_searched_for_is_said(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    numbered(app.path, 50)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.log_view.focus()
        await pilot.press("/")
        await until(pilot, lambda: isinstance(app.screen, Prompt), "the question")
        app.screen.query_one(Input).value = "/(/"
        await pilot.press("enter")
        await see(pilot, "not a regular expression")
        app.screen.query_one(Input).value = "nowhere"
        await pilot.press("enter")
        await see(pilot, "nowhere: not found.")


@pytest.mark.long
async def test_only_the_lines_that_match_can_be_shown(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    numbered(app.path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, "line 4999 ")
        await pilot.press("#")
        await go_to(pilot, "&", "error")
        await see(pilot, "only error: 5")
        assert [n for n in range(5000) if f"line {n} " in drawn(app)] == [500, 1500, 2500, 3500, 4500]
        await see(pilot, "4501 line 4500")
        with app.path.open("a") as log:
            log.write("fine again\nanother error\n")
        await see(pilot, "another error")
        assert "fine" not in drawn(app)
        await pilot.press("escape")
        await see(pilot, "fine again")
        await pilot.press("escape")
        await until(pilot, lambda: not marked(app), "the marks to go")


async def test_errors_are_gone_to(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    numbered(app.path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, "line 4999 ")
        await pilot.press("{")
        await see(pilot, "line 4500 Error")
        await pilot.press("{")
        await see(pilot, "line 3500 Error")
        await pilot.press("}")
        await see(pilot, "line 4500 Error")


async def test_long_lines_are_wrapped_or_moved_sideways(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    app.path.write_text("".join(f"line {n} {'x' * 100} end{n}\n" for n in range(100)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, "line 99 ")
        assert "end99" not in drawn(app)
        await pilot.press(*["right"] * 6)
        await see(pilot, "end99")
        await pilot.press("w")
        await until(pilot, lambda: "line 99 " in drawn(app) and "end99" in drawn(app), "both ends of a line")
        await pilot.press("up")
        await until(pilot, lambda: "end99" not in drawn(app) and "line 99 " in drawn(app), "a part of a line less")
        await pilot.press("down")
        await until(pilot, lambda: "end99" in drawn(app) and app.log_view.following, "the end to be followed")


async def test_several_logs_are_shown_together(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    for name in ("seven", "twelve"):
        (tmp_path / name).mkdir()
    logs = {"7": str(tmp_path / "seven" / "log"), "12": str(tmp_path / "twelve" / "log")}
    async with app.run_test(size=(80, 24)) as pilot:
        app.log_view.show(logs, live=True, placeholder="")
        for name, path in logs.items():
            Path(path).write_text(f"from {name}\n")
        await see(pilot, " 7│ from 7")
        await see(pilot, "12│ from 12")
        append(logs["7"], "more\n10%\r20%")
        append(logs["12"], "another\n")
        await see(pilot, "12│ another")
        await see(pilot, " 7│ 20%")
        assert [line[1:8].strip() for line in drawn(app).splitlines() if "│" in line[3:6]][-1] == "7│ 20%"
        append(logs["7"], "\r30%\ndone\n")
        await see(pilot, " 7│ done")
        assert "30%" in drawn(app)
        assert "20%" not in drawn(app)


def unwrapped(app: Host) -> str:
    """Return what is drawn, without the borders of lines."""
    return "".join(line[1:78] for line in drawn(app).splitlines())


def append(path: str, text: str) -> None:
    with Path(path).open("a") as log:
        log.write(text)


def marked(app: Host) -> set[str]:
    """Return the texts that are marked as what was gone to."""
    strips = app.screen._compositor.render_strips()
    return {segment.text for strip in strips for segment in strip if segment.style and segment.style.underline}


async def test_a_compressed_log_is_shown_and_searched(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    numbered(app.path)
    assert pack(str(app.path))
    assert not app.path.exists()
    async with app.run_test(size=(80, 24)) as pilot:
        app.show(live=False)
        app.log_view.focus()
        await see(pilot, "line 4999 ")
        await go_to(pilot, "/", "bad")
        await see(pilot, "bad: 5 of 5")


async def test_a_log_that_is_cut_is_shown_anew(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    app.path.write_text("the first version\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, "the first version")
        app.path.write_text("second\n")
        await see(pilot, "second")
        assert "first" not in drawn(app)
        assert drawn(app).count("second") == 1


async def test_a_link_in_place_of_a_log_is_not_followed(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    app.path.symlink_to("/etc/passwd")
    async with app.run_test(size=(200, 24)) as pilot:
        await see(pilot, "is a link")
        assert "root:" not in drawn(app)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
async def test_output_in_utf_16_is_found_as_it_is_shown(tmp_path: Path, encoding: str) -> None:
    app = Host(tmp_path / "log")
    app.path.write_bytes("".join(f"line {number}\n" for number in range(200)).encode(encoding))
    async with app.run_test(size=(80, 24)) as pilot:
        app.log_view.focus()
        await see(pilot, "line 199")
        await go_to(pilot, "/", "line 42")
        await see(pilot, "line 42: 1 of 1 lines")
        assert "line 42" in drawn(app)


class CountingLog(JobLog):
    """Notes which lines are drawn."""

    def __init__(self) -> None:
        super().__init__(id="log", log_path=lambda _: None)
        self.drawn: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        return super().render_line(y)


class CountingHost(Host):
    """Shows one log, and notes which lines are drawn."""

    def compose(self) -> ComposeResult:
        yield CountingLog()


async def test_only_lines_that_change_are_drawn_again(tmp_path: Path) -> None:
    app = CountingHost(tmp_path / "log")
    app.path.write_text("".join(f"line {number}\n" for number in range(10)) + "bar 1")
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, "bar 1")
        view = app.query_one(CountingLog)
        while view.drawn:  # also what is laid out once more at the beginning
            view.drawn.clear()
            await pilot.pause(0.1)
        with app.path.open("ab", buffering=0) as log:
            log.write(b"\rbar 2")
            await see(pilot, "bar 2")
            assert set(view.drawn) == {10}
            for _ in range(5):  # each refresh of the dashboard shows the same log again
                app.show()
                await pilot.pause()
            log.write(b"\nend")
            await see(pilot, "end")
            assert set(view.drawn) <= {10, 11}
