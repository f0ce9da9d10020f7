"""The part of the job form that is folded out: a field or a switch for each option of a job."""

from collections.abc import Iterable, Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Checkbox, Label

from tui_queue.core.commands.commands import Commands
from tui_queue.core.model.job import JobDraft
from tui_queue.core.parsing import fields as wishes
from tui_queue.core.parsing.draft_fields import SWITCHES, typed, words_of
from tui_queue.ui.job_form.fields import CHOICES, GROUPS, HINTS, MORE, OFFERED, SWEEPS
from tui_queue.ui.job_form.input import Field
from tui_queue.ui.job_form.word_suggester import WordSuggester, among


class MoreOptions(Vertical):
    """Fields and switches, folded in unless the draft to begin with sets any of them."""

    def __init__(self, draft: JobDraft | None, *, single: bool, commands: Commands | None) -> None:
        """With ``single`` no sweep is offered; ``commands`` know the queues and batches that complete words."""
        super().__init__(id="more")
        self._commands = commands
        self._offered = {name: words for name, words in OFFERED.items() if not (single and name in SWEEPS)}
        words = words_of(draft) if draft else {}
        self._lines = typed({name: word for name, word in words.items() if name in MORE})
        self._switches = {name: bool(words.get(name)) for name in SWITCHES}
        self.display = bool(self._lines) or any(self._switches.values())

    def compose(self) -> ComposeResult:
        """Stack the groups of fields, and the switches."""
        for heading, fields in GROUPS.items():
            yield Label(heading, classes="heading")
            for field in fields:
                with Horizontal(classes="field"):
                    yield Label(wishes.label(field))
                    yield Field(
                        self._lines.get(field, ""),
                        placeholder=HINTS[field],
                        suggester=self._names_for(field),
                        id=field,
                        compact=True,
                    )
        for switch, words in self._offered.items():
            yield Checkbox(words, self._switches.get(switch, False), id=switch, compact=True)

    def entries(self) -> dict[str, str]:
        """Return the text of each field."""
        return {field: self.query_one(f"#{field}", Field).value for field in MORE}

    def switched_on(self) -> dict[str, bool]:
        """Return whether each switch is on."""
        return {switch: self.query_one(f"#{switch}", Checkbox).value for switch in self._offered}

    def fill(self, words: Mapping[str, Any]) -> None:
        """Fill in what the words of a draft say of these fields; unfold if any of them is filled in."""
        for switch in words.keys() & self._offered.keys():
            self.query_one(f"#{switch}", Checkbox).value = bool(words[switch])
        lines = typed({name: word for name, word in words.items() if name in MORE})
        for name, line in lines.items():
            self.query_one(f"#{name}", Field).value = str(line)
        if lines:
            self.display = True

    def _names_for(self, field: str) -> WordSuggester | None:
        if field in CHOICES:
            return among(CHOICES[field])
        if self._commands is None or field not in ("queue", "batch"):
            return None
        known = self._commands.queues.all if field == "queue" else self._commands.batches.all

        async def names() -> Iterable[str]:
            return [each.name for each in await known()]

        return WordSuggester(names)
