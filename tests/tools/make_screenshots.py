"""Makes the pictures in ``screenshots/`` from the running app: ``python -m tests.tools.make_screenshots``.

What they show stands still, and a picture is replaced only where it differs visibly, so that the repository does not
grow with each run. Needs ``rsvg-convert``.
"""

import asyncio
import html
import os
import re
import subprocess
import tempfile
from pathlib import Path

from msgspec import Struct

from tests.support.pilot import see
from tests.tools.frozen_queue import standing_still
from tests.tools.pixels import differ_visibly

ROOT = Path(__file__).parent.parent.parent
OUT = ROOT / "screenshots"
DEMO = Path("/tmp/vision")  # its path is in the pictures
MOST, MOST_BYTES = 15, 3_000_000
DARK, LIGHT = "dark", "light"
SMALL, MIDDLE, LARGE = (80, 24), (120, 34), (200, 50)
ZOOM = {SMALL: 0.75, MIDDLE: 0.65, LARGE: 0.5}


class Picture(Struct, frozen=True):
    """A picture: its name, the size and the theme, the keys that lead there, and what is seen then."""

    name: str
    size: tuple[int, int]
    seen: str
    keys: str = ""
    theme: str = DARK
    empty: bool = False

    @property
    def file(self) -> Path:
        """Where it lies."""
        light = "-light" if self.theme == LIGHT else ""
        return OUT / f"{self.name}-{self.size[0]}x{self.size[1]}{light}.png"


RUNS = "38m left"
PICTURES = (
    *(Picture("dashboard", size, RUNS, "g", theme) for size in (SMALL, MIDDLE, LARGE) for theme in (DARK, LIGHT)),
    Picture("empty", SMALL, "Add your first job", empty=True),
    Picture("add", SMALL, "Esc cancels", "a"),
    Picture("add-more", MIDDLE, "tomorrow 6:00", "a ctrl+t"),
    Picture("cancel", SMALL, "Let it be", "g c"),
    Picture("help", SMALL, "Hold, release", "?"),
    Picture("queues", SMALL, "mon-fri 22:00", "2"),
    Picture("statistics", MIDDLE, "tokenize shards", "5"),
    Picture("log", SMALL, "S3Error", "g l"),
)


async def take(picture: Picture) -> str:
    """Return a picture as SVG."""
    async with standing_still(picture.size, picture.theme, empty=picture.empty) as pilot:
        await see(pilot, "Add your first job" if picture.empty else RUNS)
        if not picture.empty:
            await see(pilot, "load 7.1") if picture.size != SMALL else await see(pilot, "scheduler here")
        for key in picture.keys.split():
            await pilot.press("question_mark" if key == "?" else key)
        await see(pilot, picture.seen)
        await pilot.pause(0.3)
        return apart(pilot.app.export_screenshot(title="tui-queue"))


def apart(svg: str) -> str:
    """Place each word by itself: what draws the SVG gives some signs another width than a terminal does."""

    def placed(found: re.Match[str]) -> str:
        before, left, middle, length, after, words = found.groups()
        words = html.unescape(words).replace("\xa0", " ")
        cell = float(length) / max(1, len(words))
        return "".join(
            f'<text{before} x="{float(left) + cell * word.start():.1f}"{middle} '
            f'textLength="{cell * len(word[0]):.1f}"{after}>{html.escape(word[0])}</text>'
            for word in re.finditer(r"\S+", words)
        )

    return re.sub(r'<text([^>]*) x="([\d.]+)"([^>]*) textLength="([\d.]+)"([^>]*)>([^<]*)</text>', placed, svg)


def keep(svg: str, picture: Picture) -> bool:
    """Replace a picture if it differs visibly; return whether it does."""
    with tempfile.TemporaryDirectory() as directory:
        drawn, made = Path(directory, "drawn.svg"), Path(directory, "made.png")
        drawn.write_text(svg)
        zoom = str(ZOOM[picture.size])
        subprocess.run(["rsvg-convert", "--zoom", zoom, "-o", str(made), str(drawn)], check=True)
        if picture.file.exists() and not differ_visibly(picture.file.read_bytes(), made.read_bytes()):
            return False
        picture.file.write_bytes(made.read_bytes())
        return True


async def main() -> None:
    """Take all pictures; those that are no longer among them go."""
    assert len(PICTURES) <= MOST
    OUT.mkdir(exist_ok=True)
    DEMO.mkdir(exist_ok=True)
    for picture in PICTURES:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            os.environ |= {"TUI_QUEUE_HOME": os.path.join(home, "queue"), "HOME": home, "COLORTERM": "truecolor"}
            os.environ["TERM"] = "xterm-256color"
            os.environ.pop("NO_COLOR", None)
            os.chdir(DEMO)
            svg = await take(picture)
        print("replaced" if keep(svg, picture) else "as before", picture.file.name)
    for other in {*OUT.iterdir()} - {picture.file for picture in PICTURES}:
        other.unlink()
    size = sum(picture.file.stat().st_size for picture in PICTURES)
    assert size <= MOST_BYTES, f"{size:,} bytes are more than {MOST_BYTES:,}"


if __name__ == "__main__":
    asyncio.run(main())
