"""The one line above a pane: its name and what is shown there, on a rule that is heavy where the keys go."""

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Static

LIT, REST = "━", "─"
_ENDS = 2  # cells of rule at the two ends of the line
_LEAST = 5  # cells that the words at the left keep, however many there are at the right


class TitleRule(Static):
    """Parts a pane from what is above it: a pane has no sides. When its words change, this line alone is drawn."""

    DEFAULT_CSS = """
    TitleRule { height: 1; width: 100%; background: $background; }
    """

    def __init__(self, name: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._pane = name
        self._words = Text()
        self._right = ""
        self._lit = False
        self._drawn: Text | None = None

    def follow(self, *panes: Widget) -> None:
        """Be lit while one of these has the focus."""
        for pane in panes:
            self.watch(pane, "has_focus", lambda: self.light(any(each.has_focus for each in panes)))

    def light(self, on: bool) -> None:
        """Draw the rule heavy, or light."""
        self._lit = on
        self._draw()

    def say(self, words: Text | str | None = None, right: str | None = None) -> None:
        """Show other words behind the name, or at the right end."""
        if words is not None:
            self._words = Text(words) if isinstance(words, str) else words
        if right is not None:
            self._right = right
        self._draw()

    def on_mount(self) -> None:
        """Draw in the colours of the theme."""
        self.app.theme_changed_signal.subscribe(self, self._redraw)

    def on_unmount(self) -> None:
        """Let the signal go, which would keep this line for as long as the app."""
        self.app.theme_changed_signal.unsubscribe(self)

    def _redraw(self, _: object) -> None:
        self._drawn = None
        self._draw()

    def on_resize(self) -> None:
        """Fit the line into the new width."""
        self._draw()

    def _draw(self) -> None:
        if not (width := self.size.width):
            return
        line = ruled(self._pane, self._words, self._right, width, lit=self._lit)
        if self._drawn is None or (line, line.spans) != (self._drawn, self._drawn.spans):
            self._drawn = line
            self.update(line, layout=False)


def ruled(name: str, words: Text, right: str, width: int, *, lit: bool) -> Text:
    """Return the line for a width in cells: ``━ Log  41 train ━━━━━━ following ━``."""
    rule, style = (LIT, "key") if lit else (REST, "rule")
    begin = Text.assemble(" ", (name, "lit" if lit else ""), words, " ", no_wrap=True)
    end = Text(f" {right} " if right else "", style="muted", no_wrap=True)
    room = max(0, width - _ENDS)
    end.truncate(max(0, room - min(_LEAST, begin.cell_len)), overflow="ellipsis")
    begin.truncate(max(0, room - end.cell_len), overflow="ellipsis")
    between = max(0, room - begin.cell_len - end.cell_len)
    return Text.assemble((rule, style), begin, (rule * between, style), end, (rule, style), no_wrap=True)
