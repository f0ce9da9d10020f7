#!/usr/bin/env python3
"""Print a few lines in the colours and styles of a terminal."""

import sys

NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
STYLES = {"bold": "1", "italic": "3", "underlined": "4", "reversed": "7"}


def paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def main(words: list[str]) -> int:
    if words:
        print("Usage: colours.py  (no arguments)", file=sys.stderr)
        return 2
    print(*(paint(name, f"3{number}") for number, name in enumerate(NAMES)))
    print(*(paint(name, f"9{number}") for number, name in enumerate(NAMES)))
    print(*(paint(name, code) for name, code in STYLES.items()))
    print("".join(paint(" ", f"48;5;{number}") for number in range(232, 256)))
    print("".join(paint(" ", f"48;2;{255 - step};{step};128") for step in range(0, 256, 8)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
