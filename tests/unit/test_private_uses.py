"""Private names of libraries: used through ``ui/terminal/private.py`` and in the one line of the store only."""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path

from tests.conftest import ROOT
from tui_queue.ui.terminal.private import NAMES

PACKAGE = ROOT / "tui_queue"
HOPED_FOR = 25
IN_ONE_LINE = {"tui_queue/core/store/database.py": {"_execute", "_conn"}}  # of aiosqlite; _check_aiosqlite guards them
DOCUMENTED = {"_", "_exit", "_replace"}  # the latter of os and of named tuples
BY_NAME = {"getattr", "hasattr", "setattr", "delattr"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name not in DOCUMENTED


def names_of(body: ast.Module | ast.ClassDef) -> set[str]:
    """Return the private names that a module or a class gives to its own functions, attributes and variables."""
    found = set()
    for node in ast.walk(body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    owners = [body, *(node for node in ast.walk(body) if isinstance(node, ast.ClassDef))]
    for statement in chain(*(owner.body for owner in owners)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return set(filter(is_private, found))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        parts = [name.split(".") for name in names]
        yield from filter(is_private, chain(*(each for each in parts if each[0] not in sys.stdlib_module_names)))


def asked_by_name(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BY_NAME:
            for each in node.args[1:2]:
                if isinstance(each, ast.Constant) and is_private(str(each.value)):
                    yield str(each.value)


def not_ours(tree: ast.Module) -> Iterator[str]:
    """Yield the private attributes that neither this module defines nor, where they are of ``self``, any of ours."""
    here, anywhere = names_of(tree), names_anywhere()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr not in here:
            of_self = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not of_self or node.attr not in anywhere:
                yield node.attr


@cache
def names_anywhere() -> frozenset[str]:
    return frozenset(name for file in PACKAGE.rglob("*.py") for name in names_of(ast.parse(file.read_text())))


@cache
def names_in_library(kind: type) -> frozenset[str]:
    found = {name for name in vars(kind) if is_private(name)}
    try:
        source = inspect.getsource(kind)
    except (OSError, TypeError):  # it is written in C
        return frozenset(found)
    return frozenset(found | names_of(ast.parse(inspect.cleandoc(source) if source[0].isspace() else source)))


def classes(tree: ast.AST, owner: object) -> Iterator[tuple[ast.ClassDef, type]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            kind = getattr(owner, node.name)
            yield node, kind
            yield from classes(node, kind)


def shared_with_a_library(tree: ast.AST, module: object) -> Iterator[str]:
    """Yield the private names of our classes that a class of a library, from which they are derived, has too."""
    for node, kind in classes(tree, module):
        libraries = [
            each for each in kind.__mro__ if each.__module__.partition(".")[0] not in ("tui_queue", "builtins")
        ]
        theirs = {name for each in libraries for name in names_in_library(each)}
        used = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        yield from theirs & (used | names_of(node))


def uses() -> dict[str, set[str]]:
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text())
        path = str(file.relative_to(ROOT))
        private = {*imported(tree), *asked_by_name(tree), *not_ours(tree)}
        if (module := importable(file)) is not None:
            private |= {*shared_with_a_library(tree, import_module(module))}
        if private:
            found[path] = private
    return found


def importable(file: Path) -> str | None:
    """Return the name of a module; None for one that does its work when it is imported."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return None if parts[-1] in ("__main__", "__init__") else ".".join(parts)


def test_no_private_name_of_a_library_is_used_elsewhere() -> None:
    assert uses() == IN_ONE_LINE


def test_they_are_few_and_each_has_its_reason() -> None:
    assert len(NAMES) + sum(map(len, IN_ONE_LINE.values())) <= HOPED_FOR
    assert all(name.reason and name.without for name in NAMES)


def test_a_new_use_is_found(tmp_path: Path) -> None:
    sys.path.insert(0, str(tmp_path))
    source = (
        "from textual._segment_tools import make_blank\nfrom textual.widgets import Input\n"
        "class Line(Input):\n    def f(self):\n        return self._suggestion, self.app._driver\n"
        "    def _watch_value(self): getattr(self, '_bindings')\n"
    )
    (tmp_path / "uses_private_names.py").write_text(source)
    try:
        module = import_module("uses_private_names")
    finally:
        sys.path.remove(str(tmp_path))
    tree = ast.parse(source)
    assert {*imported(tree)} == {"_segment_tools"}
    assert {*asked_by_name(tree)} == {"_bindings"}
    assert {*not_ours(tree)} == {"_suggestion", "_driver"}
    assert {*shared_with_a_library(tree, module)} >= {"_suggestion", "_watch_value"}
