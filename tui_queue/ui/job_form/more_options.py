"""The part of the job form that is folded out: a field or a switch for each option of a job."""

from collections.abc import Iterable, Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Checkbox, Label

from tui_queue.core.commands.commands import Commands
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing.job_draft import fields_of
from tui_queue.core.parsing.option import JobOption, Offer
from tui_queue.ui.dialogs.switch import Switch
from tui_queue.ui.job_form.fields import GROUPS, MORE, SWEEPS, SWITCHES
from tui_queue.ui.job_form.input import Field
from tui_queue.ui.job_form.word_suggester import WordSuggester, among


class MoreOptions(Vertical):
    """Fields and switches, folded in unless the draft to begin with sets any of them."""

    def __init__(self, draft: JobDraft | None, *, single: bool, commands: Commands | None) -> None:
        """With ``single`` no sweep is offered; ``commands`` know the queues and batches that complete words."""
        super().__init__(id="more")
        self._commands = commands
        self._offered = SWITCHES if single else SWITCHES | SWEEPS
        fields = fields_of(draft) if draft else {}
        self._lines = _lines_of(fields)
        self._switches = {name: bool(fields.get(name)) for name in SWITCHES}
        self.display = bool(self._lines) or any(self._switches.values())

    def compose(self) -> ComposeResult:
        """Stack the groups of fields, and the switches."""
        for heading, options in GROUPS.items():
            yield Label(heading, classes="heading")
            for option in options:
                with Horizontal(classes="field"):
                    yield Label(option.caption)
                    yield Field(
                        self._lines.get(option.name, ""),
                        placeholder=option.hint,
                        suggester=self._names_for(option),
                        id=option.name,
                        compact=True,
                    )
        for switch, words in self._offered.items():
            yield Switch(words, self._switches.get(switch, False), id=switch, compact=True)

    def entries(self) -> dict[str, str]:
        """Return the text of each field."""
        return {field: self.query_one(f"#{field}", Field).value for field in MORE}

    def switched_on(self) -> dict[str, bool]:
        """Return whether each switch is on."""
        return {switch: self.query_one(f"#{switch}", Checkbox).value for switch in self._offered}

    def fill(self, fields: Mapping[str, Any]) -> None:
        """Fill in the fields of a draft that are here; unfold if any of them is filled in."""
        for switch in fields.keys() & self._offered.keys():
            self.query_one(f"#{switch}", Checkbox).value = bool(fields[switch])
        lines = _lines_of(fields)
        for name, line in lines.items():
            self.query_one(f"#{name}", Field).value = line
        if lines:
            self.display = True

    def put_back(self, entries: Mapping[str, str], switches: Mapping[str, bool]) -> None:
        """Fill in all that is here as it was, and unfold if that is anything."""
        for name in MORE:
            self.query_one(f"#{name}", Field).value = entries.get(name, "")
        for switch in self._offered:
            self.query_one(f"#{switch}", Checkbox).value = switches.get(switch, False)
        self.display = any(entries.get(name) for name in MORE) or any(switches.values())

    def _names_for(self, option: JobOption) -> WordSuggester | None:
        if option.choices:
            return among(option.choices)
        if self._commands is None or option.offers not in (Offer.QUEUES, Offer.BATCHES):
            return None
        known = self._commands.queues.all if option.offers is Offer.QUEUES else self._commands.batches.all

        async def names() -> Iterable[str]:
            return [each.name for each in await known()]

        return WordSuggester(names)


def _lines_of(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: option.line_of(fields[name]) for name, option in MORE.items() if name in fields}
