"""Prints what of each theme is measured: ``python -m tests.tools.theme_figures``.

The least contrast of a text and of a greyed key on any ground, and how far the nearest two states look apart.
"""

from tests.support.colours import SIGHTS, THEMES, contrasts, least_apart


def main() -> None:
    """Print a line for each theme."""
    print(f"{'theme':<22}{'text':>6}{'greyed':>8}", *(f"{sight:>14}" for sight in SIGHTS))
    for theme in THEMES:
        found = list(contrasts(theme))
        text = min(contrast for name, _, contrast in found if name != "text-disabled")
        greyed = min(contrast for name, _, contrast in found if name == "text-disabled")
        apart = (least_apart(theme, sight)[0] for sight in SIGHTS)
        print(f"{theme.name:<22}{text:>6.1f}{greyed:>8.1f}", *(f"{each:>14.1f}" for each in apart))


if __name__ == "__main__":
    main()
