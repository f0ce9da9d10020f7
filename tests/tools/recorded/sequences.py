"""Programs that log, test and report in colour, and small ones that use a terminal as known tools do."""

from tests.tools.recorded.source import Source, python, shell

FAILING = """
import pytest
def test_sums():
    assert sum([1, 2]) == 3
@pytest.mark.parametrize("name", ["é", "日本", "plain"])
def test_names(name):
    assert name.isascii(), f"{name} is not"
@pytest.mark.skip(reason="not today")
def test_later(): ...
@pytest.mark.xfail
def test_hope():
    assert {"a": 1, "b": [1, 2, 3]} == {"a": 1, "b": [1, 2, 4]}
"""

SEQUENCES: dict[str, Source] = {
    "pytest": Source("pytest -vv --color=yes -p no:cacheprovider --rootdir=. demo.py", FAILING, pty=False),
    "pytest-terminal": Source("stty cols 110; pytest -p no:cacheprovider --durations=2 demo.py", FAILING),
    "pytest-xdist": Source("stty cols 110; pytest -p no:cacheprovider -n 2 demo.py", FAILING),
    "ruff": Source(
        "ruff check --isolated --no-cache demo.py; ruff format --isolated --no-cache --diff demo.py",
        "import os, sys\nx = 1;y=2\nif x == None : print('é 日本' % 3)\ndef f(:\n",
    ),
    "mypy": Source(
        "mypy --pretty --color-output --no-incremental demo.py", "def f(x: int) -> str:\n    return x\nf('日本')\n"
    ),
    "traceback": python(
        """
def divide(a, b):
    try:
        return a / b
    except ZeroDivisionError as error:
        raise ExceptionGroup("both", [ValueError("日本"), error]) from error
divide(1, 0) + len("more")
""",
        pty=False,
    ),
    "rich-traceback": python("""
from rich.traceback import install
install(show_locals=True, width=100)
def load(path, depth=2):
    names = ["a", "日本", "👍"]
    return load(path, depth - 1) if depth else open(path)
load("missing.json")
"""),
    "rich-log": python(
        """
import logging
from rich.logging import RichHandler
from rich.console import Console
handler = RichHandler(console=Console(force_terminal=True, width=110), rich_tracebacks=True)
logging.basicConfig(level="DEBUG", format="%(message)s", handlers=[handler])
log = logging.getLogger("demo")
log.info("listening on http://127.0.0.1:8000/path?x=1 for %s", {"a": [1, None, "é"]})
log.warning("a long message " * 12)
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it failed")
""",
        pty=False,
    ),
    "rich-shapes": python("""
from rich.console import Console, Group
from rich.columns import Columns
from rich.markdown import Markdown
from rich.panel import Panel
from rich.syntax import Syntax
from rich.tree import Tree
console = Console(width=100)
console.print(Panel(Markdown("# Title\\n\\n* one\\n* two\\n\\n| a | b |\\n|---|---|\\n| 中文 | é |\\n\\n> quoted [link](http://x)")))
console.print(Syntax("def f(x):\\n\\treturn x  # 注釈\\n", "python", line_numbers=True, theme="ansi_dark"))
tree = Tree("🌲 root")
tree.add("[red]leaf").add("日本語")
console.print(Columns([tree, Panel("[link=http://x.example]a link[/]", expand=False)]))
console.rule("[bold]the end")
"""),
    "textual-inline": python(
        """
from textual.app import App
from textual.widgets import Label, ProgressBar
class Demo(App):
    CSS = "Screen { height: 6; border: round green; } "
    def compose(self):
        yield Label("inline 日本")
        yield ProgressBar(total=10)
    def on_mount(self):
        self.set_interval(0.1, self.step)
    def step(self):
        bar = self.query_one(ProgressBar)
        bar.advance(1)
        if bar.percentage == 1:
            self.exit(message="finished")
Demo().run(inline=True)
""",
        answers=((b"\x1b[6n", b"\x1b[1;1R"),),
    ),
    "textual-log": python(
        """
import asyncio
from textual.app import App
from textual.widgets import RichLog
class Demo(App):
    def compose(self):
        yield RichLog(markup=True)
    def on_mount(self):
        self.query_one(RichLog).write("[green]started[/]")
        self.log("hidden")
        self.exit()
app = Demo()
asyncio.run(app.run_async(headless=True))
print(f"headless: {app.return_code}")
""",
        pty=False,
    ),
    "coloredlogs": python(
        """
import logging, coloredlogs
log = logging.getLogger("demo.parts")
coloredlogs.install(level="DEBUG", logger=log, isatty=True, fmt="%(asctime)s %(name)s %(levelname)s %(message)s")
for level in ("debug", "info", "warning", "error", "critical"):
    getattr(log, level)("this is %s, said 日本", level)
""",
        pty=False,
    ),
    "loguru": python("""
from loguru import logger
import sys
logger.remove()
logger.add(sys.stderr, colorize=True, backtrace=True, diagnose=True)
logger.success("loaded {} rows", 10)
def ratio(a, b):
    return a / b
try:
    ratio(3, 0)
except ZeroDivisionError:
    logger.exception("no ratio")
"""),
    "structlog": python("""
import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
structlog.configure(processors=[ConsoleRenderer(exception_formatter=plain_traceback)])
log = structlog.get_logger().bind(job=3)
log.info("started", path="/tmp/demo", names=["é", "日本"])
log.warning("slow", seconds=3.5)
try:
    {}["key"]
except KeyError:
    log.exception("lost")
"""),
    "tabulate": python(
        """
from tabulate import tabulate
rows = [["naïve", 1.5, None], ["日本語", 22, "👍"], ["e\\u0301a\\u0308", -3, "\\x1b[31mred\\x1b[0m"]]
for style in ("fancy_grid", "rounded_outline", "github", "presto"):
    print(tabulate(rows, headers=["name", "value", "note"], tablefmt=style), end="\\n\\n")
""",
        pty=False,
    ),
    "scripts-of-the-world": python(
        """
words = ["Grüße", "Ελλάδα", "Привет", "日本語テスト", "한국어", "中文（全角）", "ﾊﾝｶｸ",
         "e\\u0301\\u0323 a\\u030a o\\u0308\\u0304", "שָׁלוֹם", "┌─┬─┐│█▓▒░", "𝔘𝔫𝔦", "½ ① ™ €"]
for word in words:
    print(f"{word}|\\r", end="")
    print(f"{word}\\t|{word}\\b\\b<")
""",
        pty=False,
    ),
    "thai": python(
        """
for word in ["ไทย", "ที่นี่", "น้ำ", "ผู้ใหญ่"]:
    print(f"{word}|\\r", end="")
    print(f"{word}\\t|{word}\\b\\b<")
""",
        pty=False,
    ),
    "emoji": python("""
import time
for sign in "🌑🌒🌓🌔🌕🌖🌗🌘":
    print(f"\\r{sign} turning {sign}", end="", flush=True)
    time.sleep(0.02)
print("\\n🚀 start ✅ ok ❌ no ⚠ careful ⏳ wait 👍 🇩🇪 👍🏽 |")
print("overwritten: 🚀🚀🚀\\b\\b\\bx\\r..")
"""),
    "emoji-joined": python(
        """
print("family 👨\\u200d👩\\u200d👧 heart ❤\\ufe0f keycap 1\\ufe0f\\u20e3 |")
print("flag 🏳\\ufe0f\\u200d🌈 |")
""",
        pty=False,
    ),
    "links": shell(
        "printf 'see \\e]8;;https://example.org/a\\e\\\\the page\\e]8;;\\e\\\\ or ';"
        "printf '\\e]8;id=2;mailto:a@b.c\\awrite\\e]8;;\\a.\\n';"
        "printf '\\e]8;;file:///tmp/demo\\e\\\\two\\nlines\\e]8;;\\e\\\\ end\\n'",
        pty=False,
    ),
    "titles": shell(
        "for n in 1 2 3; do printf '\\e]0;job %s\\a\\e]2;step\\e\\\\\\ek%s\\e\\\\step %s\\n' $n $n $n; done;"
        " printf '\\e]9;4;1;50\\a\\e]52;c;YQ==\\a\\e]133;A\\a\\e]1337;SetMark\\aafter\\n'",
        pty=False,
    ),
    "queries": shell(
        "printf 'a\\e[c\\e[>c\\e[6n\\e[?6n\\e[5n\\e[>q\\e[18t\\e]11;?';"
        " printf '\\a\\eP+q544e\\e\\\\\\e[?2026$pb\\n\\e[999C\\e[6n\\rc\\n'"
    ),
    "modes": shell(
        "printf '\\e[?25l\\e[?2004h\\e[?7l\\e[?1000;1006h\\e[?2026hhidden cursor\\e[?2026l\\e[?1h\\e=\\e>\\e(B\\e)0\\n"
        "shifted \\x0eas\\x0f text\\e[?25h\\e[!p\\e[0 q\\e[2 q\\e[?2004l\\n'",
        pty=False,
    ),
    "crlf": shell("for n in 1 2 3; do printf 'windows line %s\\r\\n' $n; done; printf 'x\\r\\r\\ny\\r\\n'", pty=False),
    "tabs": shell(
        "printf 'a\\tb\\tc\\nlonger text\\tx\\n\\t\\tdeep\\n1234567\\t8\\n12345678\\t9\\n';"
        "printf 'abcdefgh\\rx\\ty\\n日本\\t|\\n';"
        "printf 'id\\tname\\n7\\t日本\\n' | column -t",
        pty=False,
    ),
    "vertical-tabs": shell("printf 'one\\vtwo\\fthree\\nfour\\r\\v\\ffive\\n'", pty=False),
    "backspace-spinner": python("""
import sys, time
sys.stdout.write("working  ")
for turn in range(24):
    sys.stdout.write("\\b" + "|/-\\\\"[turn % 4])
    sys.stdout.flush()
    time.sleep(0.01)
sys.stdout.write("\\b\\b\\b: done\\n")
sys.stdout.write("password: ****" + "\\b \\b" * 4 + "\\n")
"""),
    "erase-line": python(
        """
for step in ("a long first message", "shorter", "the last"):
    print(f"\\r{step}\\x1b[K", end="")
print()
print("left part|right part\\x1b[10D\\x1b[1K\\x1b[5Cx")
print("gone entirely\\x1b[2K\\rnew")
print("\\x1b[44mblue to the end\\x1b[K\\x1b[0m")
print("12345678\\x1b[4D\\x1b[0K|")
""",
        pty=False,
    ),
    "columns": python(
        """
for name, size in (("alpha", 10), ("beta", 2000), ("日本", 5)):
    print(f"{name}\\x1b[20G{size:>8}\\x1b[35Gok", end="\\x1b[0m\\n")
print("abc\\x1b[10Cfar\\x1b[5Dnear\\x1b[40`col\\x1b[1Gx\\x1b[3aY")
print("[ .... ] service\\r\\x1b[2C\\x1b[32mdone\\x1b[0m")
print("\\x1b[30Gright first\\rleft then\\x1b[8X|")
""",
        pty=False,
    ),
    "insert-delete": python(
        """
print("abcdef\\x1b[4D\\x1b[2@--")
print("abcdef\\x1b[4D\\x1b[2P")
print("日本語text\\x1b[8D\\x1b[Px")
print("one\\ntwo\\nthree\\x1b[2A\\x1b[Lnew\\x1b[3B\\n")
print("1\\n2\\n3\\n4\\x1b[3A\\x1b[2M\\x1b[4Gx")
print("abcdef\\x1b[3D\\x1b[2X|")
""",
        pty=False,
    ),
    "insert-mode": shell("printf 'mode: \\e[4hab\\rcd\\e[4l\\rx\\n'", pty=False),
    "up-and-down": python(
        """
print("first\\nsecond\\nthird")
print("\\x1b[3A\\x1b[2KFIRST\\x1b[2B\\rTHIRD\\x1b[1E", end="")
print("\\x1b7saved\\x1b8S\\x1b[s\\x1b[1F\\x1b[10Cabove\\x1b[u", end="\\n")
print("next\\x1bDindex\\x1bMback\\x1bEnew line")
print("\\x1b[2A\\x1b[Jerased below")
""",
        pty=False,
    ),
    "clears": python(
        """
for page in range(3):
    print("\\x1b[H\\x1b[2J" + f"page {page}")
    for row in range(4):
        print(f"row {row} of page {page}")
print("\\x1b[H\\x1b[2J\\x1b[3;7Hat 3, 7\\x1b[1;1Htop\\x1b[5d below")
""",
        pty=False,
    ),
    "docker-pull": python("""
import time
layers = ["a3ed95caeb02", "1f3e46996e29", "5c9ae2c3d4b1", "77e1b6c0de11"]
print("latest: Pulling from library/demo")
for layer in layers:
    print(f"{layer}: Pulling fs layer ")
def say(place, text):
    up = len(layers) - place
    print(f"\\x1b[{up}A\\x1b[2K\\r{layers[place]}: {text} \\r\\x1b[{up}B", end="", flush=True)
for done in range(0, 11):
    for place in range(len(layers)):
        if done * (place + 1) <= 10:
            bar = "=" * (done * (place + 1)) + ">"
            say(place, f"Downloading [{bar:<50}]  {done * 1.27:.2f}MB/12.7MB")
        else:
            say(place, "Pull complete" if done > 8 else "Verifying Checksum")
    time.sleep(0.02)
for place in range(len(layers)):
    say(place, "Pull complete")
print("Digest: sha256:4a1c4b21597c1b4415bdbecb28a3296c6b5e23ca4f9feeb599860a1dac6a0108")
"""),
    "compose": python("""
import time
services = ["network demo_default", "container demo-db-1", "container demo-web-1"]
for done in range(len(services) * 4 + 1):
    ready = done // 4
    lines = [f"\\x1b[{33 + (ready == 3)}m[+] Running {ready}/3\\x1b[0m"]
    for place, name in enumerate(services):
        sign = "\\x1b[32m✔\\x1b[0m" if place < ready else "⠋⠙⠹⠸"[done % 4]
        state = "Started" if place < ready else "Starting" if place == ready else "Waiting"
        lines.append(f" {sign} {name:<24} {state:<10} {done / 10:>5.1f}s")
    print(("\\x1b[4A" if done else "") + "".join(f"\\x1b[2K\\x1b[0G{line}\\n" for line in lines), end="", flush=True)
    time.sleep(0.02)
"""),
    "buildkit": python("""
import time
steps = [f"[{n}/4] RUN step {n}" for n in range(1, 5)]
shown = 0
for tick in range(1, 17):
    lines = [f"[+] Building {tick / 10:.1f}s ({tick // 4}/4)"]
    lines += [f" => {'' if n * 4 < tick else '[' + str(n) + '] '}{step:<60}{tick / 10 - n * 0.4:>6.1f}s"
              for n, step in enumerate(steps) if n * 4 < tick + 4]
    if tick % 4:
        lines += [f" => => # output {tick}.{n}" for n in range(tick % 4)]
    print(f"\\x1b[?25l\\x1b[{shown}A\\x1b[0G" if shown else "\\x1b[?25l", end="")
    print("".join(f"\\x1b[0G\\x1b[34m{line}\\x1b[0m\\x1b[K\\n" for line in lines), end="\\x1b[J\\x1b[?25h", flush=True)
    shown = len(lines)
    time.sleep(0.02)
"""),
    "ffmpeg": python(
        """
import sys, time
sys.stderr.write("Input #0, mov,mp4, from 'in.mp4':\\n  Duration: 00:01:00.00, start: 0.000000, bitrate: 912 kb/s\\n")
sys.stderr.write("Press [q] to stop, [?] for help\\n")
for second in range(0, 61, 3):
    sys.stderr.write(f"frame={second * 25:5d} fps= 98 q=28.0 size={second * 110:8d}kB time=00:00:{second % 60:02d}.00 "
                     f"bitrate= 901.1kbits/s speed={3 + second / 60:.2f}x    \\r")
    sys.stderr.flush()
    time.sleep(0.01)
sys.stderr.write("\\n\\x1b[1;36m[libx264 @ 0x5581]\\x1b[0m \\x1b[0mframe I:12 Avg QP:20.1\\n\\x1b[0m")
""",
        pty=False,
    ),
    "systemd": python("""
import sys, time
for unit in ("Local File Systems", "Network Time", "Database", "Web – ümläute"):
    print(f"         Starting \\x1b[0;1;39m{unit}\\x1b[0m...")
    for stars in ("*     ", "**    ", " ***  ", "   ***", "     *"):
        print(f"\\r\\x1b[K[\\x1b[0;31m{stars}\\x1b[0m] A start job is running for {unit} (1s / no limit)", end="")
        sys.stdout.flush()
        time.sleep(0.02)
    ok = unit != "Database"
    state = "\\x1b[0;32m  OK  " if ok else "\\x1b[0;1;31mFAILED"
    print(f"\\r\\x1b[K[{state}\\x1b[0m] {'Started' if ok else 'Failed to start'} {unit}.")
"""),
    "training": python(
        """
for epoch in range(3):
    print(f"Epoch {epoch + 1}/3")
    for step in range(1, 31):
        bar = "=" * (step - 1) + (">" if step < 30 else "=") + "." * (30 - step)
        text = f"{step}/30 [{bar}] - {'ETA: 0s' if step < 30 else '1s 21ms/step'} - loss: {1 / (step + epoch * 30):.4f}"
        print("\\b" * 90 + "\\r" + text, end=" " * 8 if step < 30 else "        \\n")
print("\\x1b[1A\\x1b[2Kbest: epoch 3")
""",
        pty=False,
    ),
    "colours": python(
        """
for code in (*range(30, 38), *range(90, 98), *range(40, 48)):
    print(f"\\x1b[{code}m{code:>4}\\x1b[0m", end="")
print()
for code in range(0, 256, 17):
    print(f"\\x1b[38;5;{code}m{code:>4}\\x1b[48:5:{255 - code}m \\x1b[m", end="")
print()
for level in range(0, 256, 15):
    print(f"\\x1b[48;2;{level};0;{255 - level}m \\x1b[38:2::{level}:9:9mx\\x1b[39;49m", end="")
print("\\n\\x1b[1;3;4;9mall\\x1b[22;23;24;29m none \\x1b[4:3mcurly\\x1b[4:0m\\x1b[58;5;1m\\x1b[7mreverse\\x1b[27m")
""",
        pty=False,
    ),
    "alternate-screen": python("""
print("before", end="", flush=True)
print("\\x1b[?1049h\\x1b[2J\\x1b[H\\x1b[5;10Hinside\\x1b[7;1H~\\n~\\x1b[?1049l", end="")
print(" and after")
"""),
    "broken": shell(
        "printf 'latin \\xe9\\xfc and \\xff\\xfe, cut \\xe4\\xb8\\n';"
        "printf 'control \\x01\\x02\\x7f\\x00 ends\\n\\e[31mopen \\e[9999999999mx\\n\\e[;H'",
        pty=False,
    ),
}
