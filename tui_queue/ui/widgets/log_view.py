"""The output of one run, live: it follows the end until somebody scrolls up, and never holds up a key.

Lines are kept as bytes and read as text only when they come into view. Textual's own Log will not do here: it
starts a thread a line and passes control sequences through to the terminal.
"""

from collections import deque
from functools import lru_cache
from itertools import islice

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from tui_queue.core.errors import StoreError
from tui_queue.core.logs import LogTail
from tui_queue.ui.ansi import render

LINES_KEPT = 20_000
LINE_BYTES_KEPT = 16_384  # of each line, its end
READ_EVERY_S = 0.2
READS_A_TICK = 4

_text_of = lru_cache(maxsize=512)(render)


class LogView(ScrollView, can_focus=True):
    """Shows one log file; ``show`` is the only thing it needs to be told."""

    BINDINGS = [
        Binding("up,k", "scroll_up", "Up", show=False, id="log.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="log.down"),
        Binding("left", "scroll_left", "Left", show=False, id="log.left"),
        Binding("right", "scroll_right", "Right", show=False, id="log.right"),
        Binding("pageup", "page_up", "Page up", show=False, id="log.page_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="log.page_down"),
        Binding("g,home", "scroll_home", "Start", show=False, id="log.start"),
        Binding("G,end", "follow_end", "End", show=False, id="log.end"),
    ]

    following: reactive[bool] = reactive(True)

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._path: str | None = None
        self._tail: LogTail | None = None
        self._lines: deque[bytes] = deque(maxlen=LINES_KEPT)
        self._open_line = b""  # the last line as long as it has no end
        self._dropped = 0  # lines and parts of the file that are no longer here
        self._unseen = 0  # lines that came while the view stayed
        self._placeholder = ""
        self._hint = ""
        self._live = False
        self._width = 0
        self._timer: Timer | None = None

    def show(self, path: str | None, *, live: bool, placeholder: str, source_hint: str = "") -> None:
        """Show the file at ``path``; while ``live`` look for more of it.

        Where there is no output the placeholder stands in its place. ``source_hint`` says where the lines are that
        are too old to be kept here. The same path again changes neither place nor content.
        """
        self._placeholder, self._hint = placeholder, source_hint
        if path != self._path:
            self._path = path
            self._begin(None if path is None else LogTail(path))
        if live or self._live or self._tail is not None:
            self._live = live
            self._read()
        if self._timer is not None:
            (self._timer.resume if live else self._timer.pause)()
        if not self._count():
            self.refresh()

    def on_mount(self) -> None:
        """Start to look for more as often as the eye asks for it."""
        self._timer = self.set_interval(READ_EVERY_S, self._read, pause=not self._live)

    def on_unmount(self) -> None:
        """Let go of the file."""
        if self._tail is not None:
            self._tail.close()

    def render_line(self, y: int) -> Strip:
        """Return one line of the view; only these are ever read as text."""
        width, style = self.size.width, self.rich_style
        if not self._count():
            text = Text(self._placeholder if y == 0 else "", style="dim", no_wrap=True)
            return Strip(text.render(self.app.console), text.cell_len).crop_extend(0, width, style).apply_style(style)
        place = self.scroll_offset.y + y
        if place >= self._count():
            return Strip.blank(width, style)
        text = _text_of(self._line(place))
        strip = Strip(text.render(self.app.console), cell_len(text.plain))
        self._widen(strip.cell_length)
        left = self.scroll_offset.x
        return strip.crop_extend(left, left + width, style).apply_style(style)

    def action_toggle_follow(self) -> None:
        """Stay where we are, or go to the end and follow it."""
        if self.following:
            self.following = False
        else:
            self.action_follow_end()

    def action_follow_end(self) -> None:
        """Go to the end and follow it."""
        self.following = True
        self._unseen = 0
        self._scroll(self.max_scroll_y)
        self._say()

    def watch_following(self) -> None:
        """Say whether the view follows."""
        self._say()

    def on_resize(self) -> None:
        """Keep the end in view."""
        if self.following:
            self._scroll(self.max_scroll_y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following when somebody scrolls up, follow again at the end."""
        super().watch_scroll_y(old_value, new_value)
        at_end = new_value >= self.max_scroll_y
        if at_end:
            self._unseen = 0
        if new_value < old_value or at_end:
            self.following = at_end
            self._say()

    def _begin(self, tail: LogTail | None) -> None:
        """Forget what was shown."""
        if self._tail is not None and self._tail is not tail:
            self._tail.close()
        self._tail = tail
        self._lines.clear()
        self._open_line = b""
        self._dropped = self._unseen = self._width = 0
        self.following = True
        self.virtual_size = Size(0, 0)
        self._scroll(0)
        self._say()
        self.refresh()

    def _read(self) -> None:
        """Take in what was written meanwhile, so much at a time that keys stay quick."""
        if self._tail is None:
            return
        try:
            for _ in range(READS_A_TICK):
                chunk = self._tail.read()
                if chunk.restarted:
                    self._begin(self._tail)
                if not chunk.data:
                    break
                if chunk.skipped:
                    self._leave_out(chunk.skipped)
                self._take(chunk.data)
        except StoreError as error:
            self._begin(None)
            self._placeholder = str(error)
            self.refresh()

    def _leave_out(self, skipped: int) -> None:
        self._dropped += skipped
        if self._count():
            self._lines.append(b"\x1b[2m... %d bytes left out ...\x1b[0m" % (skipped + len(self._open_line)))
        self._open_line = b""

    def _take(self, data: bytes) -> None:
        lines = (self._open_line + data).split(b"\n")
        self._open_line = lines.pop()[-LINE_BYTES_KEPT:]
        before = self._count()
        lost = max(0, len(self._lines) + len(lines) - LINES_KEPT)
        self._lines.extend(line[-LINE_BYTES_KEPT:] for line in islice(lines, max(0, len(lines) - LINES_KEPT), None))
        self._dropped += lost
        self._settle(new=self._count() - before + lost, lost=lost)

    def _settle(self, *, new: int, lost: int) -> None:
        """Bring the view in line with the lines: at the end when following, else still on the same ones."""
        self.virtual_size = Size(self._width, self._count())
        if self.following:
            self._scroll(self.max_scroll_y)
        else:
            self._unseen += new
            if lost:
                self._scroll(max(0, self.scroll_offset.y - lost))
        self._say()
        self.refresh()

    def _scroll(self, y: float) -> None:
        # By force: before the first layout Textual believes that nothing here scrolls.
        self.scroll_to(y=y, animate=False, immediate=True, force=True)

    def _say(self) -> None:
        parts = []
        if self._dropped and self._hint:
            parts.append(f"all of it: {self._hint}")
        if not self.following:
            parts.append(f"▼ {self._unseen:,} new lines, G follows" if self._unseen else "not following, G follows")
        self.border_subtitle = Text(" · ".join(parts)) if parts else ""

    def _widen(self, cells: int) -> None:
        if cells > self._width:
            self._width = cells
            self.call_later(self._fit)

    def _fit(self) -> None:
        self.virtual_size = Size(self._width, self._count())

    def _count(self) -> int:
        return len(self._lines) + bool(self._open_line)

    def _line(self, place: int) -> bytes:
        return self._lines[place] if place < len(self._lines) else self._open_line
