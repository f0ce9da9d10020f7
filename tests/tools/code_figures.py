"""Prints how large the code is, and which private names it uses: ``python -m tests.tools.code_figures [--names]``."""

import argparse
import ast
import importlib
import inspect
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

PACKAGE = ROOT / "tui_queue"
LIMIT = 40  # lines of a function
DOCUMENTED = {"_exit", "_replace", "_asdict", "_fields", "_make"}  # of os and of named tuples: not private
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Use(NamedTuple):
    """A place where a private name stands."""

    place: str
    name: str


class Module(NamedTuple):
    """A file of the package."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """The name under which it is imported."""
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")

    @property
    def lines(self) -> int:
        """The number of lines."""
        return len(self.path.read_text().splitlines())

    def use(self, node: ast.AST, name: str) -> Use:
        """Return a use at a node of this file."""
        return Use(f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", name)


def modules() -> list[Module]:
    return [Module(path, ast.parse(path.read_text())) for path in sorted(PACKAGE.rglob("*.py"))]


def functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def classes(module: Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def length(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def parameters(function: Function) -> int:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return sum(each.arg not in ("self", "cls") for each in named) + len(
        [each for each in (arguments.vararg, arguments.kwarg) if each]
    )


def methods(owner: ast.ClassDef) -> list[Function]:
    return [node for node in owner.body if isinstance(node, Function)]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name.strip("_") != "" and name not in DOCUMENTED


def private_names(tree: ast.AST) -> set[str]:
    """Return the private names that are defined below a node: functions, classes, variables, attributes of ``self``."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                found.add(name)
    return {name for name in found if is_private(name)}


def is_own(value: ast.expr) -> bool:
    """Whether a name behind this expression is one of the object itself: ``self._x``, ``super()._x``."""
    match value:
        case ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super")):
            return True
    return False


def inherited(module: Module, owner: ast.ClassDef) -> set[str]:
    """Return the private names that a class has from classes of libraries."""
    kind = getattr(importlib.import_module(module.name), owner.name, None)
    found: set[str] = set()
    for base in inspect.getmro(kind) if inspect.isclass(kind) else ():
        if not base.__module__.startswith("tui_queue") and base.__module__.partition(".")[0] in ("textual", "rich"):
            found |= _of_class(base)
    return found


@cache  # to find the source of a class takes a while, and many of ours have the same bases
def _of_class(base: type) -> set[str]:
    named = set(re.findall(r"self\.(_[a-z]\w*)", inspect.getsource(base)))
    return named | {name for name in vars(base) if is_private(name)}


def uses_of_libraries(module: Module, ours: set[str]) -> Iterator[Use]:
    """Yield where a module imports, reads, sets or overrides a private name of a library."""
    for node in ast.walk(module.tree):
        match node:
            case ast.ImportFrom(module=str(origin), names=names) if not origin.startswith("tui_queue"):
                hidden = any(is_private(part) for part in origin.split("."))
                yield from (
                    module.use(node, f"{origin}.{each.name}") for each in names if hidden or is_private(each.name)
                )
            case ast.Attribute(value=value, attr=name) if is_private(name) and not is_own(value) and name not in ours:
                yield module.use(node, name)
    yield from uses_by_text(module)
    for owner in classes(module):
        theirs = inherited(module, owner)
        for node in ast.walk(owner):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in theirs:
                    yield module.use(node, name)
                case ast.Attribute(value=value, attr=name) if is_own(value) and name in theirs:
                    yield module.use(node, name)


def uses_by_text(module: Module) -> Iterator[Use]:
    """Yield where a module asks for a private name by its text."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id="getattr" | "setattr" | "hasattr"), args=[_, ast.Constant(value=text), *_]):
                if is_private(str(text)):
                    yield module.use(node, str(text))
            case ast.Call(func=ast.Name(id="PrivateName"), keywords=keywords):
                yield from (module.use(node, ast.literal_eval(each.value)) for each in keywords if each.arg == "name")


def uses_of_ours(module: Module, ours: set[str]) -> Iterator[Use]:
    """Yield where a module reads a private name of another module or class of this package."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tui_queue"):
            yield from (module.use(node, each.name) for each in node.names if is_private(each.name))
    for part in module.tree.body:
        defined = private_names(part)
        for node in ast.walk(part):
            match node:
                case ast.Attribute(value=value, attr=name) if (
                    name in ours and not is_own(value) and name not in defined
                ):
                    yield module.use(node, name)


def show(what: str, figure: float, remark: str = "") -> None:
    print(f"{what:24} {figure:6.0f}   {remark}".rstrip())


def show_files(found: list[Module]) -> None:
    files = sorted((module.lines, str(module.path.relative_to(ROOT))) for module in found if len(module.tree.body) > 1)
    show("files", len(files), "without those that hold a docstring only")
    show("  median lines", statistics.median(lines for lines, _ in files))
    show("  largest", *files[-1])


def show_functions(found: list[Module]) -> None:
    every = [(each, f"{module.name}.{each.name}") for module in found for each in functions(module)]
    sized = sorted((length(each), name) for each, name in every)
    long = sum(lines > LIMIT for lines, _ in sized)
    show("functions", len(sized))
    show("  median lines", statistics.median(lines for lines, _ in sized))
    show("  longest", *sized[-1])
    show(f"  over {LIMIT} lines", long, f"{long / len(sized):.1%}")
    show("  most parameters", *max((parameters(each), name) for each, name in every))


def show_classes(found: list[Module]) -> None:
    owners = [(len(methods(each)), f"{module.name}.{each.name}") for module in found for each in classes(module)]
    show("classes", len(owners))
    show("  most methods", *max(owners))


def show_private_names(found: list[Module], *, each: bool) -> None:
    ours = set().union(*(private_names(module.tree) for module in found))
    libraries = [use for module in found for use in uses_of_libraries(module, ours)]
    crossed = [use for module in found for use in uses_of_ours(module, ours)]
    files = {use.place.partition(":")[0] for use in libraries}
    names = {use.name for use in libraries}
    show("uses of private names", len(libraries), f"of libraries: {len(names)} names in {len(files)} files")
    show("", len(crossed), "of ours, by another class or module")
    if each:
        print(*(f"{use.place}  {use.name}" for use in (*libraries, *crossed)), sep="\n")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--names", action="store_true", help="also list every use of a private name")
    with_names = arguments.parse_args().names
    found = modules()
    show_files(found)
    show_functions(found)
    show_classes(found)
    show_private_names(found, each=with_names)


if __name__ == "__main__":
    main()
