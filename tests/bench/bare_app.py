"""The least Textual app with a DataTable, for the time to its first picture: ``python -m tests.bench.bare_app``."""

from textual.app import App, ComposeResult
from textual.widgets import DataTable


class BareApp(App[None]):
    """A table of one row."""

    BINDINGS = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        """Show the table only."""
        yield DataTable()

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        table.add_columns("ID", "State", "Reason")
        table.add_row("1", "pending", "held")


if __name__ == "__main__":
    BareApp().run()
