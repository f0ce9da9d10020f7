"""No module imports itself in a circle, not even for its annotations."""

from collections.abc import Mapping, Set

import grimp


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = grimp.build_graph("tui_queue")
    imports: dict[str, Set[str]] = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert len(imports) > 200
    assert in_circles(imports) == set()


def test_a_circle_is_found() -> None:
    assert in_circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"a", "b", "c"}


def in_circles(imports: Mapping[str, Set[str]]) -> set[str]:
    """Return what is left once all modules are taken away whose imports are taken away, again and again."""
    left = set(imports)
    while leaves := {name for name in left if not imports[name] & left}:
        left -= leaves
    return left
