"""The colours of texts, in all themes that are offered: they can be read, and the states told from each other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.errors import StyleSyntaxError
from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

from tests.conftest import ROOT
from tests.support.colours import SIGHTS, THEMES, ciede2000, least_apart, too_faint
from tui_queue.ui.theme import OWN_THEMES, theme_named
from tui_queue.ui.tokens import readable

APART = 14.0  # by CIEDE2000: the least between two states for users who see all colours
APART_COLOUR_BLIND = 11.0
LONGEST_STYLE = 40  # characters


def test_the_measure_of_differences_gives_the_published_figures() -> None:
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)
    assert ciede2000((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387)) == pytest.approx(1.2644, abs=1e-4)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_texts_have_contrast_on_all_grounds(theme: Theme) -> None:
    assert list(too_faint(theme)) == []


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_states_can_be_told_from_each_other(theme: Theme, sight: str) -> None:
    apart, one, other = least_apart(theme, sight)
    assert apart >= (APART if sight == "all colours" else APART_COLOUR_BLIND), (one, other)


@pytest.mark.parametrize("theme", ["auto", "dark", "light", "tui-queue", "nord", "ansi"])
def test_few_colours_are_those_of_the_terminal(theme: str) -> None:
    own = theme_named("ansi", "truecolor", colours=True)
    assert theme_named(theme, "standard", colours=True) == own
    assert theme_named(theme, None, colours=True) == own
    assert theme_named(theme, "256", colours=False) == own
    assert (theme_named(theme, "256", colours=True) == own) == (theme == "ansi")


@pytest.mark.parametrize("theme", [*OWN_THEMES, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name)
def test_each_theme_has_all_the_colours_that_our_screens_name(theme: Theme) -> None:
    files = [path for path in (ROOT / "tui_queue/ui").rglob("*") if path.suffix in {".py", ".tcss"}]
    named = {name for path in files for name in re.findall(r" \$([a-z][a-z-]+[0-9]?)\b", path.read_text())}
    shown = readable(theme)
    assert {"key", "cursor", "text-muted"} <= named
    assert named - {*shown.to_color_system().generate(), *shown.variables} == set()


def colours_in(path: Path) -> Iterator[str]:
    """Yield texts of a module that are styles of Rich with a colour of their own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < LONGEST_STYLE:
            try:
                colour = Style.parse(node.value).color
            except StyleSyntaxError:
                continue
            if colour is not None and not colour.is_default:
                yield f"{path.name}: {node.value}"


def test_no_screen_names_a_colour_itself() -> None:
    ui = ROOT / "tui_queue/ui"
    modules = {*ui.rglob("*.py")} - {ui / "tokens.py", ui / "theme.py"}
    assert [found for path in sorted(modules) for found in colours_in(path)] == []
