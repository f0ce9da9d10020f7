"""An application of Textual in whose themes all texts can be read, those of Rich too."""

from rich.theme import Theme as RichTheme
from textual.app import App
from textual.theme import Theme

from tui_queue.ui.tokens import readable, rich_styles


class ReadableApp(App[None]):
    """Has the colours of ``tokens``; texts of Rich name what they mean, as ``run`` or ``muted``."""

    _readable: dict[str, Theme] | None = None  # themes, by their names; Textual asks before any ``__init__`` has ended
    _has_styles = False  # Rich has those of a theme
    _parsed_with: dict[str, str] | None = None  # the variables of the style sheet

    def get_theme(self, theme_name: str) -> Theme | None:
        """Return a theme in which all texts can be read."""
        if self._readable is None:
            self._readable = {}
        if theme_name not in self._readable and (theme := super().get_theme(theme_name)) is not None:
            self._readable[theme_name] = readable(theme)
        return self._readable.get(theme_name)

    def get_css_variables(self) -> dict[str, str]:
        """Return the colours of the theme, and give them to Rich too."""
        variables = super().get_css_variables()
        if self._has_styles:
            self.console.pop_theme()
        self.console.push_theme(RichTheme(rich_styles(self.current_theme, variables)))
        self._has_styles = True
        return variables

    def begin_with(self, theme: str) -> None:
        """Have the style sheet parsed with the colours of a theme from the start; ``apply_theme`` does the rest."""
        self.set_reactive(App.theme, theme)
        self._parsed_with = self.get_css_variables()
        self.stylesheet.set_variables(self._parsed_with)

    def apply_theme(self) -> None:
        """Apply what Textual does for a theme that is chosen later: classes, and the filter of colours."""
        self.mutate_reactive(App.theme)

    def refresh_css(self, animate: bool = True) -> None:
        """Apply the style sheet again; it is parsed again only where its variables differ, as in another theme."""
        if self._parsed_with != (variables := self.get_css_variables()):
            self._parsed_with = variables
            super().refresh_css(animate)
        else:
            self.stylesheet.update(self, animate=animate)
