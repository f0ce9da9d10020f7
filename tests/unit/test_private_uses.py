"""Private names of libraries: used through ``ui/terminal/private.py`` and in one line of the store only."""

import ast
from collections import defaultdict

from tests.tools.code_figures import PACKAGE, Module, modules, private_names, uses_of_libraries
from tui_queue.ui.terminal.private import NAMES

HOPED_FOR = 25
TABLE = "tui_queue/ui/terminal/private.py"
STORE = "tui_queue/core/store/open_database.py"
# Two on one line, which _check_aiosqlite guards; the third is set where a connection must not be closed.
OF_AIOSQLITE = {"_execute", "_conn", "_connection"}


def uses(found: list[Module]) -> dict[str, set[str]]:
    """Return the private names of libraries that each file uses."""
    names = defaultdict(set)
    for module in found:
        for use in uses_of_libraries(module, private_names(module.tree)):
            names[use.place.partition(":")[0]].add(use.name)
    return dict(names)


def test_no_private_name_of_a_library_is_used_elsewhere() -> None:
    found = uses(modules())
    del found[TABLE]
    assert found == {STORE: OF_AIOSQLITE}


def test_they_are_few_and_each_has_its_reason() -> None:
    assert len(NAMES) + len(OF_AIOSQLITE) <= HOPED_FOR
    assert all(name.reason and name.without for name in NAMES)


def test_a_new_use_is_found() -> None:
    source = """
from textual._segment_tools import make_blank
class Field:
    def begin(self):
        return self._suggestion, self.app._driver, getattr(self, "_bindings")
    def _watch_value(self, value):
        pass
"""
    path = PACKAGE / "ui" / "job_form" / "input.py"
    found = uses([Module(path, ast.parse(source))])
    assert found == {
        "tui_queue/ui/job_form/input.py": {
            "textual._segment_tools.make_blank",
            "_suggestion",
            "_driver",
            "_bindings",
            "_watch_value",
        }
    }
