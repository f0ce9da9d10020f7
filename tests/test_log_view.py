"""The log pane on its own: it follows, stays, and never holds up a key."""

from pathlib import Path

from textual.app import App, ComposeResult

from tests.pilot import drawn, see, until
from tui_queue.ui.widgets.log_view import LINES_KEPT, LogView


class Host(App[None]):
    """Shows one log."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def compose(self) -> ComposeResult:
        log = LogView(id="log")
        log.styles.border = ("round", "white")
        yield log

    def on_mount(self) -> None:
        self.show()

    @property
    def log_view(self) -> LogView:
        return self.query_one(LogView)

    def show(self, *, live: bool = True) -> None:
        self.log_view.show(str(self.path), live=live, placeholder="[/oops] nothing yet", source_hint="tui-queue log 1")


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
        top = app.log_view.scroll_offset.y
        with app.path.open("a") as log:
            log.write("".join(f"more {number}\n" for number in range(12)))
        await see(pilot, "▼ 12 new lines")
        assert app.log_view.scroll_offset.y == top
        await pilot.press("G")
        await see(pilot, "more 11")
        assert app.log_view.following
        assert "new lines" not in drawn(app)


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


async def test_a_flood_leaves_bounded_memory_and_says_where_the_rest_is(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    async with app.run_test(size=(80, 24)) as pilot:
        with app.path.open("wb") as log:
            for block in range(100):
                log.write(b"".join(b"line %d\n" % (block * 10_000 + number) for number in range(10_000)))
        await see(pilot, "line 999999 ")
        await see(pilot, "all of it: tui-queue log 1")
        assert app.log_view.virtual_size.height <= LINES_KEPT
        await pilot.press("g")
        await until(pilot, lambda: "line 999999 " not in drawn(app), "the start")


async def test_what_a_flood_leaves_out_is_said_in_its_place(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    app.path.write_bytes(b"before\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, "before")
        with app.path.open("ab") as log:
            log.write(b"x" * 9_999_999 + b"\nafter\n")
        await see(pilot, "after")
        await see(pilot, "bytes left out ...")


async def test_a_line_without_an_end_is_kept_in_part(tmp_path: Path) -> None:
    app = Host(tmp_path / "log")
    async with app.run_test(size=(80, 24)) as pilot:
        with app.path.open("wb") as log:
            log.write(b"x" * 30_000_000 + b"the end")
        await until(pilot, lambda: app.log_view.virtual_size.height == 1, "the line")
        app.log_view.focus()
        await until(pilot, lambda: app.log_view.max_scroll_x > 0, "its width")

        def at_the_right() -> bool:  # which moves as long as more of the line is read
            app.log_view.scroll_to(x=app.log_view.max_scroll_x, animate=False)
            return "the end" in drawn(app)

        await until(pilot, at_the_right, "the end")


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
