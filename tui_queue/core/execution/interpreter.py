"""Chooses the Python that runs a .py file."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping

from tui_queue.core.model.options import Chosen, Interpreter

BASE_ENVIRONMENTS = ("base", "root")  # what conda calls the one that is always active
_FIRST_LINE = 256  # bytes; the kernel reads no more of a #! line


def choose_interpreter(path: str, variables: Mapping[str, str], setting: str) -> Interpreter:
    """Return the interpreter for the .py file at ``path`` and why it was chosen; blocks.

    ``variables`` are the job's environment, ``setting`` is the user's setting ``python``. The first that exists is
    taken: the script's #! line where the script is executable, the active virtual or conda environment, a ``.venv``
    beside the script or above it up to the top of its git repository, the setting, ``python3`` on the job's PATH, and
    at last the Python that runs tui-queue.
    """
    if _runs_itself(path):
        return Interpreter(why=Chosen.LINE)
    for choice in _CHOICES:
        for python, why in choice(path, variables, setting):
            if os.access(python, os.X_OK) and os.path.isfile(python):
                return Interpreter(path=python, why=why)
    return Interpreter(path=sys.executable, why=Chosen.OWN)


def wants_uv(path: str) -> bool:
    """Whether a script declares its dependencies (PEP 723), and no #! line has a program install them; blocks."""
    try:
        with open(path, "rb") as file:
            head = file.read(1 << 16)
    except OSError:
        return False
    declares = any(line.rstrip() == b"# /// script" for line in head.splitlines())
    return declares and not (_runs_itself(path) and b"uv" in head[:_FIRST_LINE].split(b"\n")[0])


def _runs_itself(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!" and os.access(path, os.X_OK)
    except OSError:
        return False


_Candidates = Iterator[tuple[str, Chosen]]


def _active(_path: str, variables: Mapping[str, str], _setting: str) -> _Candidates:
    if directory := variables.get("VIRTUAL_ENV"):
        yield os.path.join(directory, "bin", "python"), Chosen.VENV
    directory = variables.get("CONDA_PREFIX")
    if directory and variables.get("CONDA_DEFAULT_ENV") not in BASE_ENVIRONMENTS:
        yield os.path.join(directory, "bin", "python"), Chosen.CONDA


def _beside(path: str, _variables: Mapping[str, str], _setting: str) -> _Candidates:
    beside = os.path.dirname(path)
    places = [beside]
    while not os.path.lexists(os.path.join(places[-1], ".git")):
        above = os.path.dirname(places[-1])
        if above == places[-1]:
            places = [beside]  # in no repository
            break
        places.append(above)
    for place in places:
        why = Chosen.BESIDE if place == beside else Chosen.ABOVE
        yield os.path.join(place, ".venv", "bin", "python"), why


def _of_setting(_path: str, _variables: Mapping[str, str], setting: str) -> _Candidates:
    if setting:
        yield setting, Chosen.SETTING


def _on_path(_path: str, variables: Mapping[str, str], _setting: str) -> _Candidates:
    if found := shutil.which("python3", path=variables.get("PATH", os.defpath)):
        yield found, Chosen.PATH


_CHOICES: tuple[Callable[[str, Mapping[str, str], str], _Candidates], ...] = (_active, _beside, _of_setting, _on_path)
