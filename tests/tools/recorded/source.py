"""What is run to make one recording."""

from dataclasses import dataclass

PACKAGES = (
    "alive-progress", "click", "coloredlogs", "enlighten", "halo", "hatchling", "loguru", "mypy", "progressbar2",
    "prompt_toolkit", "pytest", "pytest-xdist", "rich", "ruff", "structlog", "tabulate", "textual", "tqdm", "yaspin",
)  # fmt: skip

Answers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One recording: what bash runs, in a terminal or behind a pipe.

    ``program`` is the text of ``demo.py`` beside it. ``answers`` are typed when their prompts have come.
    """

    command: str
    program: str = ""
    pty: bool = True
    needs: tuple[str, ...] = ()
    answers: Answers = ()


def shell(command: str, *needs: str, pty: bool = True, answers: Answers = ()) -> Source:
    """Return a recording of shell commands, which need these programs."""
    return Source(command, pty=pty, needs=needs, answers=answers)


def python(program: str, *, pty: bool = True, answers: Answers = ()) -> Source:
    """Return a recording of a Python program."""
    return Source("python demo.py", program=program, pty=pty, answers=answers)
