"""A line of help below a field."""

from rich.text import Text
from textual.widget import Widget

from tui_queue.core.units.widths import cells


class Note(Widget):
    """One line under a field; of a long text the end is kept, which says what to do."""

    DEFAULT_CSS = """
    Note {
        height: 1; color: $text-muted;
        &.-wrong { color: $text-error; }
    }
    """

    def __init__(self, *, id: str, indent: int = 0) -> None:  # noqa: A002
        super().__init__(id=id)
        self._indent = indent
        self.text = ""
        self._place = ""

    def show(self, text: str, place: str = "", *, wrong: bool = False) -> None:
        """Show ``text``; with a ``place`` after it, that is kept whole and the end of ``text`` is cut off."""
        if (text, place) != (self.text, self._place):
            self.text, self._place = text, place
            self.refresh()
        self.set_class(wrong, "-wrong")

    def render(self) -> Text:
        """Return as much as there is room for."""
        room = self.content_size.width
        place = _end_of(self._place, room // 2)
        if not place:
            indent = max(0, min(self._indent, room - cells(self.text)))
            return Text(" " * indent + _end_of(self.text, room), no_wrap=True)
        text = Text(self.text, no_wrap=True)
        text.truncate(room - cells(place), overflow="ellipsis")
        return text.append(place)


def _end_of(text: str, room: int) -> str:
    if cells(text) <= room:
        return text
    end = text[max(0, len(text) - room + 1) :]
    while end and cells(end) >= room:
        end = end[1:]
    return f"…{end}"
