"""The keys of the log pane."""

from textual.binding import Binding, BindingType

_MOVE: list[BindingType] = [
    Binding("up,k", "move(-1)", "Up", show=False, id="log.up"),
    Binding("down,j", "move(1)", "Down", show=False, id="log.down"),
    Binding("left", "sideways(-1)", "Left", show=False, id="log.left"),
    Binding("right", "sideways(1)", "Right", show=False, id="log.right"),
    Binding("pageup", "page(-1)", "Page up", show=False, id="log.page_up"),
    Binding("pagedown,space", "page(1)", "Page down", show=False, id="log.page_down"),
    Binding("g,home", "start", "Start", show=False, id="log.start", tooltip="Go to the first line"),
    Binding("G,end", "follow_end", "End", show=False, id="log.end", tooltip="Go to the end and follow it"),
    Binding("w", "toggle('wrap')", "Wrap", show=False, id="log.wrap", tooltip="Wrap long lines, or not"),
    Binding(
        "number_sign",
        "toggle('numbers')",
        "Line numbers",
        key_display="#",
        show=False,
        id="log.numbers",
        tooltip="Number the lines, or not",
    ),
    Binding(
        "t", "toggle('times')", "Times", show=False, id="log.times", tooltip="Show when lines were written, or not"
    ),
]

_SEARCH: list[BindingType] = [
    Binding(
        "slash",
        "search",
        "Search",
        key_display="/",
        show=False,
        id="log.search",
        tooltip="Look for words or a /regex/",
    ),
    Binding("n", "next(1)", "Next match", show=False, id="log.next", tooltip="Go to the next match"),
    Binding("N", "next(-1)", "Match before", show=False, id="log.previous", tooltip="Go to the match before"),
    Binding(
        "ampersand",
        "only",
        "Matching lines",
        key_display="&",
        show=False,
        id="log.only",
        tooltip="Show only the lines that match",
    ),
    Binding(
        "right_curly_bracket",
        "error(1)",
        "Next error",
        key_display="}",
        show=False,
        id="log.next_error",
        tooltip="Go to the next line that tells of an error",
    ),
    Binding(
        "left_curly_bracket",
        "error(-1)",
        "Error before",
        key_display="{",
        show=False,
        id="log.error_before",
        tooltip="Go to the error before",
    ),
    Binding("L", "line", "Go to a line", show=False, id="log.line", tooltip="Go to a line, or to a part in percent"),
    Binding("escape", "leave", "Back", show=False, id="log.leave"),
]

_ATTEMPTS: list[BindingType] = [
    Binding(
        "left_square_bracket",
        "attempt(-1)",
        "Attempt before",
        key_display="[",
        show=False,
        id="log.before",
        tooltip="Show the output of the attempt before",
    ),
    Binding(
        "right_square_bracket",
        "attempt(1)",
        "Next attempt",
        key_display="]",
        show=False,
        id="log.after",
        tooltip="Show the output of the next attempt",
    ),
]

LOG_KEYS: list[BindingType] = [*_MOVE, *_SEARCH, *_ATTEMPTS]
