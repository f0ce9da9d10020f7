"""Progress bars, spinners and live displays of libraries, and of pip."""

from tests.tools.recorded.source import Source, python, shell

PROGRESS: dict[str, Source] = {
    "tqdm-pipe": python(
        """
import time
from tqdm import tqdm
for _ in tqdm(range(200), desc="train", ncols=80, mininterval=0.05):
    time.sleep(0.01)
print("loss 0.031")
""",
        pty=False,
    ),
    "tqdm-ascii": python(
        """
import time
from tqdm import tqdm
bar = tqdm(total=5_000_000, unit="B", unit_scale=True, ascii=" .oO", ncols=70, colour="green")
for size in [400_000] * 12 + [200_000]:
    time.sleep(0.05)
    bar.update(size)
    bar.set_postfix(rest=bar.total - bar.n)
bar.close()
""",
        pty=False,
    ),
    "tqdm-nested": python("""
import time
from tqdm import tqdm, trange
for epoch in trange(3, desc="epoch", ncols=90):
    for batch in trange(15, desc=f"batches of {epoch}", leave=False, ncols=90):
        for step in trange(4, desc="steps", leave=batch % 7 == 6, ncols=90):
            time.sleep(0.005)
print("done")
"""),
    "tqdm-write": python("""
import time
from tqdm import tqdm
for number in tqdm(range(30), ncols=100):
    time.sleep(0.04)
    if number % 6 == 0:
        tqdm.write(f"checkpoint {number} written")
"""),
    "tqdm-threads": python("""
import threading, time
from tqdm import tqdm
def fetch(place):
    for _ in tqdm(range(20), desc=f"shard {place}", position=place, ncols=80):
        time.sleep(0.02 + place / 200)
threads = [threading.Thread(target=fetch, args=(place,)) for place in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("\\n" * 3 + "all shards are there")
"""),
    "rich-progress": Source(
        "stty cols 110; python demo.py",
        """
import time
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TimeRemainingColumn
with Progress(SpinnerColumn(), *Progress.get_default_columns(), MofNCompleteColumn()) as progress:
    tasks = [progress.add_task(f"[{colour}]{name}", total=total)
             for name, colour, total in (("download", "red", 40), ("unpack", "green", 60), ("install 🎁", "cyan", 80))]
    while not progress.finished:
        time.sleep(0.05)
        for task in tasks:
            progress.advance(task, 2)
        if progress.tasks[0].completed == 20:
            progress.console.log("half of the first")
""",
    ),
    "rich-progress-pipe": python(
        """
import time
from rich.console import Console
from rich.progress import track
for _ in track(range(30), "Working…", console=Console(force_terminal=True, width=100)):
    time.sleep(0.04)
""",
        pty=False,
    ),
    "rich-status": python("""
import time
from rich.console import Console
console = Console(width=100)
with console.status("[bold green]Asking the servers …") as status:
    for name in ("alpha", "beta", "gamma"):
        time.sleep(0.4)
        console.log(f"{name} answered")
        status.update(f"[bold blue]{name} is done", spinner="moon")
"""),
    "rich-live": python("""
import time
from rich.live import Live
from rich.table import Table
def table(count):
    shown = Table(title="Runs", caption=f"{count} of 6")
    for column in ("Run", "Loss", "State"):
        shown.add_column(column)
    for run in range(count):
        shown.add_row(str(run), f"{1 / (run + 1):.3f}", "[green]✓[/]" if run % 2 else "[red]✗ 失敗[/]")
    return shown
with Live(table(0), refresh_per_second=10, transient=False) as live:
    for count in range(7):
        time.sleep(0.15)
        live.update(table(count))
print("after the table")
"""),
    "rich-live-transient": python("""
import time
from rich.live import Live
from rich.panel import Panel
with Live(Panel("…"), transient=True, refresh_per_second=10) as live:
    for step in range(6):
        time.sleep(0.15)
        live.update(Panel("\\n".join(f"line {line}" for line in range(step % 4 + 1)), width=60))
        print("printed beside it", step)
print("the panel is gone")
"""),
    "alive-progress": python("""
import time
from alive_progress import alive_bar
with alive_bar(60, title="import", force_tty=True, length=30) as bar:
    for number in range(60):
        time.sleep(0.02)
        if number % 20 == 10:
            print("chunk", number)
        bar.text(f"row {number}")
        bar()
"""),
    "alive-progress-styles": python("""
import time
from alive_progress import alive_bar
for style, spinner in (("fish", "fish2"), ("notes", "notes"), ("blocks", "vertical")):
    with alive_bar(25, bar=style, spinner=spinner, title=style, force_tty=True, length=25) as bar:
        for _ in range(25):
            time.sleep(0.02)
            bar()
"""),
    "halo": python("""
import time
from halo import Halo
for text, end in (("Loading", "succeed"), ("Sending 📨", "fail"), ("Checking", "warn")):
    with Halo(text=text, spinner="dots") as spinner:
        time.sleep(0.5)
        getattr(spinner, end)()
"""),
    "yaspin": python("""
import time
from yaspin import yaspin
from yaspin.spinners import Spinners
with yaspin(Spinners.earth, text="Around the world", color="cyan") as spinner:
    time.sleep(0.6)
    spinner.write("> a message beside it")
    time.sleep(0.4)
    spinner.ok("✔")
with yaspin(Spinners.bouncingBar, text="Back again", timer=True) as spinner:
    time.sleep(0.5)
    spinner.fail("💥")
"""),
    "progressbar2": python("""
import time
import progressbar
bar = progressbar.ProgressBar(max_value=50, term_width=100, redirect_stdout=True)
for number in range(50):
    time.sleep(0.03)
    if number % 15 == 3:
        print("row", number)
    bar.update(number + 1)
bar.finish()
"""),
    "progressbar2-multi": python("""
import time
import progressbar
with progressbar.MultiBar(fd=__import__("sys").stdout, term_width=90) as bars:
    shown = [bars[f"worker {number}"] for number in range(3)]
    for bar in shown:
        bar.start(max_value=20)
    for step in range(20):
        time.sleep(0.05)
        for bar in shown:
            bar.update(step + 1)
    for bar in shown:
        bar.finish()
"""),
    "enlighten": python(
        """
import time
import enlighten
manager = enlighten.get_manager(width=100, no_resize=True)
outer = manager.counter(total=3, desc="files", unit="files", color="cyan")
for number in range(3):
    inner = manager.counter(total=20, desc=f"file {number}", unit="lines", leave=False)
    for _ in range(20):
        time.sleep(0.02)
        inner.update()
    print(f"file {number} is read")
    inner.close()
    outer.update()
manager.stop()
""",
        answers=((b"\x1b[6n", b"\x1b[1;1R"),) * 1000,
    ),
    "click-progress": python("""
import time
import click
with click.progressbar(range(60), label="Resizing", width=40) as items:
    for _ in items:
        time.sleep(0.02)
click.secho("Ready.", fg="green", bold=True)
click.echo(click.style("Careful", fg="black", bg="yellow", blink=True, strikethrough=True) + " with that.")
"""),
    "prompt-toolkit-progress": Source(
        "stty cols 110; python demo.py",
        """
import time
from prompt_toolkit.shortcuts import ProgressBar
with ProgressBar(title="Two bars") as bars:
    for _ in bars(range(30), label="first"):
        time.sleep(0.02)
    for _ in bars(range(20), label="second"):
        time.sleep(0.02)
print("done")
""",
    ),
    "pip-download": shell(
        "mkdir -p big/big simple/big && touch big/big/__init__.py && head -c 3000000 /dev/urandom > big/big/weights\n"
        """printf '[build-system]\\nrequires = ["hatchling"]\\nbuild-backend = "hatchling.build"\\n"""
        """[project]\\nname = "big"\\nversion = "1.0"\\n' > big/pyproject.toml\n"""
        "pip wheel -q --no-build-isolation --no-deps -w simple/big ./big && serve simple\n"
        "pip download --index-url http://127.0.0.1:8765 --disable-pip-version-check --no-cache-dir"
        " --progress-bar on -d got big",
    ),
    "pip-error": shell("pip install --no-index --disable-pip-version-check there-is-no-such-package"),
}
