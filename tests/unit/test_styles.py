"""The styles of our own widgets."""

import importlib
import inspect
import pkgutil

import pytest
from textual.dom import DOMNode

from tui_queue import ui


def styled_classes() -> list[type[DOMNode]]:
    """Return all classes of the dashboard that have styles of their own."""
    modules = [importlib.import_module(each.name) for each in pkgutil.walk_packages(ui.__path__, "tui_queue.ui.")]
    return [
        each
        for module in modules
        for _, each in inspect.getmembers(module, inspect.isclass)
        if each.__module__ == module.__name__ and issubclass(each, DOMNode) and "DEFAULT_CSS" in vars(each)
    ]


@pytest.mark.parametrize("styled", styled_classes(), ids=lambda styled: styled.__name__)
def test_the_styles_of_a_widget_name_its_class(styled: type[DOMNode]) -> None:
    assert styled.DEFAULT_CSS.split()[0] == styled.__name__
