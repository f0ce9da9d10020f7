"""The log pane: the output of the job under the cursor, or of all selected ones; live, and never in the way of a key.

The parts: ``AttemptChoice`` (which log), ``LogStatus`` (the words above the pane), and those of ``LogParts``, which the
pane loads behind the first picture. The widget hands them keys and events.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, on
from textual.geometry import Region
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from tui_queue.core.model.job import Job
from tui_queue.ui.keymap import keys_of, with_keys
from tui_queue.ui.log.attempts import AttemptChoice, ShownLog
from tui_queue.ui.log.bindings import LOG_KEYS
from tui_queue.ui.log.status import LogStatus
from tui_queue.ui.title_rule import TitleRule

if TYPE_CHECKING:
    from tui_queue.ui.log.parts import LogParts

WHEEL = 3  # lines
_ROOMY = 80  # cells from which there is room to say how a text is copied
_OF_ONE = {"search", "next", "only", "error", "line"}  # actions that need a single log


class JobLog(Widget, can_focus=True):
    """Shows the output of jobs; of one job any attempt."""

    ALLOW_SELECT = True
    BINDINGS = LOG_KEYS

    wrap: reactive[bool] = reactive(False)
    numbers: reactive[bool] = reactive(False)
    times: reactive[bool] = reactive(False)

    def __init__(self, *, id: str, log_path: Callable[[Job], str | None]) -> None:  # noqa: A002
        """``log_path`` returns where the output of a job's attempt is."""
        super().__init__(id=id)
        self.rule = TitleRule("Log")  # what stands above the pane: the dashboard places it there
        self._attempts = AttemptChoice(log_path, lambda: self.app.size.width)
        self._status = LogStatus(self.rule, self._remarks)
        self._loaded: LogParts | None = None
        self._waiting: ShownLog | None = None  # what to show once they are loaded
        self._title: str | Text | None = None

    @property
    def _parts(self) -> "LogParts":
        """The parts that read and draw; the first use loads them."""
        if self._loaded is None:
            from tui_queue.ui.log.parts import LogParts  # noqa: PLC0415 - the first picture does without

            self._loaded = LogParts(self, self._status, lambda: (self.wrap, self.numbers, self.times))
            self._show_waiting()
        return self._loaded

    def _remarks(self) -> Sequence[str]:
        """Return what its lower border says; how a text is copied only where the mouse comes to us."""
        parts = self._loaded
        remarks = [] if parts is None else [*parts.search.remarks(), *parts.feed.remarks()]
        is_roomy = self.size.width >= _ROOMY
        if (
            is_roomy
            and self.has_focus
            and getattr(self.app, "has_mouse", False)
            and "job.copy" in (keys := keys_of(self.screen))
        ):
            remarks.append(with_keys("drag selects, {job.copy} copies", keys))
        return remarks

    def on_focus(self) -> None:
        """Say what only counts where the keys go, once that is here."""
        self.call_later(self._status.update)

    def on_blur(self) -> None:
        """Say it no more."""
        self.call_later(self._status.update)

    @property
    def following(self) -> bool:
        """Whether the end is followed."""
        return self._parts.feed.view.following

    def forget_colours(self) -> None:
        """Draw the title again when it is given next, also where its words are the same."""
        self._title = None

    def show_jobs(self, jobs: Sequence[Job], placeholder: str) -> None:
        """Show the output of one job, or the latest lines of several; the placeholder where there is none."""
        shown = self._attempts.choose(jobs, placeholder)
        if shown.title != self._title:
            self._title = shown.title
            self.rule.say(shown.title)
        if self._loaded is not None or shown.place is not None:
            self._show(shown)
        else:
            self._waiting = shown
            self.call_after_refresh(self._show_waiting)

    def _show_waiting(self) -> None:
        shown, self._waiting = self._waiting, None
        if shown is not None:
            self._show(shown)

    def _show(self, shown: ShownLog) -> None:
        self.show(shown.source, live=shown.live, placeholder=shown.placeholder)
        if shown.place is not None:
            self._parts.search.go_to(*shown.place)

    def show(self, source: str | Mapping[str, str] | None, *, live: bool, placeholder: str) -> None:
        """Show the log at a path, or the latest lines of several by their names, as ``LogFeed.show``."""
        self._parts.feed.show(source, live=live, placeholder=placeholder)

    def want(self, job_id: int, attempt: int, offset: int, words: str) -> None:
        """Go to a place in the log of an attempt, with the words that were found there, once its job is shown."""
        self._attempts.want(job_id, attempt, offset, words)

    def path_of(self, job: Job) -> str | None:
        """Return where the output of a job is: of the attempt that is shown of it, else of the latest; or None."""
        return self._attempts.path_of(job)

    def on_mount(self) -> None:
        """Have the rule above be heavy while the keys go here."""
        self.rule.follow(self)

    def on_unmount(self) -> None:
        """Close the log."""
        if self._loaded is not None:
            self._loaded.feed.close()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines."""
        if self._loaded is not None:
            self._loaded.canvas.begin()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        return Strip.blank(self.size.width, self.rich_style) if self._loaded is None else self._loaded.canvas.line(y)

    def selection_updated(self, selection: Selection | None) -> None:
        """Keep what the user has selected with the mouse."""
        if self._loaded is not None:
            self._loaded.selection.take(selection)
        super().selection_updated(selection)

    async def read_selection(self) -> None:
        """Read the selected text; until then ``get_selection`` returns what was read before."""
        if self._loaded is not None:
            await self._loaded.selection.read()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text."""
        return "" if self._loaded is None else self._loaded.selection.text, "\n"

    def on_resize(self) -> None:
        """Show as much as there is room for now."""
        self._fit()

    def _fit(self) -> None:
        if self._loaded is not None:
            self._loaded.feed.fit()

    def watch_wrap(self) -> None:
        """Draw long rows in one line or in several."""
        if self._loaded is not None:
            self._loaded.feed.left = 0
            self._loaded.feed.fit()

    def watch_numbers(self) -> None:
        """Draw the numbers of lines, or not."""
        if self._loaded is not None:
            self._loaded.feed.fit()
            self._loaded.numbers.count()

    def watch_times(self) -> None:
        """Draw when lines were written, or not."""
        if self._loaded is not None and self.times:
            self._loaded.feed.show_times()
        else:
            self._fit()

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def scroll_by_wheel(self, event: events.MouseScrollDown | events.MouseScrollUp) -> None:
        """Go up or down."""
        event.stop()
        self.action_move(WHEEL if isinstance(event, events.MouseScrollDown) else -WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Go to the part of the log that a click on the bar means."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.x == self.size.width - 1:
            self._parts.feed.go(self._parts.feed.view.size * offset.y // max(1, self.size.height))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what needs one log while there are several, and the attempts of a job that had only one."""
        if len(self._attempts.jobs) > 1 and (action in _OF_ONE or (action == "toggle" and parameters != ("wrap",))):
            return None
        if action == "attempt":
            return self._attempts.has_several or None
        return super().check_action(action, parameters)

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Return why the key of an action does nothing now."""
        jobs = self._attempts.jobs
        if len(jobs) > 1:
            return f"That is for one log; {len(jobs):,} jobs are selected."
        return f"Job {jobs[0].id} has had no other attempt." if jobs else "No job is chosen."

    def action_attempt(self, step: int) -> None:
        """Show the output of the attempt before, or of the next one."""
        self._attempts.step(step)
        self.show_jobs(self._attempts.jobs, self._attempts.placeholder)

    def action_move(self, lines: int) -> None:
        """Go up or down by lines."""
        self._parts.feed.act(lambda position: position.move(lines))

    def action_page(self, pages: int) -> None:
        """Go up or down by all but one of the lines in view."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_sideways(self, steps: int) -> None:
        """Go left or right, where rows are longer than the view is wide."""
        self._parts.canvas.sideways(steps)

    def action_start(self) -> None:
        """Go to the first line."""
        self._parts.feed.act(lambda position: position.to_start())

    def action_follow_end(self) -> None:
        """Go to the end and follow it."""
        self._parts.feed.act(lambda position: position.to_end())

    def action_toggle_follow(self) -> None:
        """Stop following, or go to the end and follow it."""
        self._parts.feed.act(lambda position: position.toggle_follow())

    def action_search(self) -> None:
        """Ask for words, and go to the next line that has them."""
        self._parts.search.search()

    def action_next(self, direction: int) -> None:
        """Go to the next match, or to the one before."""
        self._parts.search.step(direction)

    def action_error(self, direction: int) -> None:
        """Go to the next line that reports an error, or to the one before."""
        self._parts.search.step_to_error(direction)

    def action_only(self) -> None:
        """Ask for words, and show only the lines that have them."""
        self._parts.search.only()

    def action_line(self) -> None:
        """Ask for a line, and go there."""
        self._parts.search.to_line()

    def action_leave(self) -> None:
        """End a search step by step, or go back to the jobs."""
        self._parts.search.leave()
