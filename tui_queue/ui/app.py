"""The Textual application: one dashboard, its looks, and the palette."""

import asyncio
import os
import signal
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Protocol, runtime_checkable

from textual.actions import ActionParseResult, SkipAction, parse
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.filter import LineFilter, Monochrome
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Input

from tui_queue.core.commands.commands import Commands
from tui_queue.core.errors import TuiQueueError
from tui_queue.core.model.notification import Channels
from tui_queue.ui import toasts
from tui_queue.ui.dashboard.job_table import JobTable
from tui_queue.ui.dashboard.screen import Dashboard
from tui_queue.ui.dashboard_settings import DashboardSettings
from tui_queue.ui.key_order import KeyOrder, keys_of_packet
from tui_queue.ui.keymap import NO_KEY, bindings_in, shown, shown_keys, with_keys
from tui_queue.ui.log.job_log import JobLog
from tui_queue.ui.messages import SCREEN_WORKERS, QueueChanged
from tui_queue.ui.palette import Offered, QueuePalette
from tui_queue.ui.readable_app import ReadableApp
from tui_queue.ui.terminal import plain
from tui_queue.ui.terminal.driver import REDRAW, TerminalDriver
from tui_queue.ui.terminal.no_color import Colourless
from tui_queue.ui.terminal.osc import announcement, copying
from tui_queue.ui.terminal.plain import Plain
from tui_queue.ui.terminal.private import XTERM_PARSER
from tui_queue.ui.theme import OLD_ANSI, OWN_THEMES, theme_named

_BEGINNINGS = 3  # turns of the loop that a worker of Textual's needs until its first line is run
_PATIENCE_S = 0.3  # for which other keys wait for what a key does
_FAREWELL_S = 3.0  # for which it is waited for what to say
# Ids of bindings stand for their keys.
QUITS = "{app.leave} quits; the jobs go on."
QUITS_LATER = "Esc goes back to the jobs; {app.leave} quits there, and the jobs go on."
_TEXTUALS = {"Theme", "Screenshot"}  # what its palette has that ours has not


@runtime_checkable
class Explains(Protocol):
    """A screen or pane that says why a key of its does nothing now."""

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Return why; empty for nothing to say."""


class TuiQueueApp(ReadableApp):
    """The dashboard of a queue; ``farewell`` is what to say once it has been left."""

    TITLE = "tui-queue"
    CSS_PATH = "app.tcss"
    COMMANDS = {QueuePalette}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (46, "-broad"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (11, "-low"), (21, "-high"), (24, "-tall")]
    BINDINGS = [
        Binding("q", "leave", "Quit", id="app.leave", tooltip="Leave; running jobs go on"),
        Binding("ctrl+p", "command_palette", "Palette", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False),
        Binding("colon", "command_palette", "Palette", id="app.palette", show=False),
    ]

    def __init__(
        self,
        commands: Commands,
        *,
        settings: str,
        background: bool,
        channels: Channels,
        dashboard_settings: DashboardSettings,
        keymap: Mapping[str, str],
        mouse: bool = True,
    ) -> None:
        """``settings`` is the path of their file; ``mouse`` whether the terminal tells of it."""
        with _read_by_textual():
            super().__init__(driver_class=None if XTERM_PARSER.find() is None else TerminalDriver)
        self.terminal: TerminalDriver | None = None  # ours tells itself; none for Textual's own, and in tests
        self.keymap = keymap
        self.has_mouse = mouse
        self.farewell = ""
        self.let_others_schedule: Callable[[], Awaitable[None]] | None = None  # before a stop
        self.schedule_again: Callable[[], None] | None = None  # after it
        self._commands = commands
        self._dashboard_settings = dashboard_settings
        self._dashboard = Dashboard(
            self,
            commands,
            settings=settings,
            background=background,
            channels=channels,
            dashboard_settings=dashboard_settings,
            keys=shown_keys((TuiQueueApp, Dashboard, JobTable, JobLog), keymap),
        )
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self.begin_with(self._theme_named(dashboard_settings.theme))
        self.animation_level = "none"
        self._colourless = Colourless()
        self._plain = Plain(dashboard_settings.signs, os.environ)
        self._toasts = toasts.Toasts()
        self._keys = KeyOrder(self, super().on_event)
        self.set_keymap(keymap)

    def get_default_screen(self) -> Screen[None]:
        """Return the one screen that everything else opens above."""
        return self._dashboard

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what takes colours out of the picture, grey too, and signs that the locale has not."""
        filters = [self._colourless if isinstance(each, Monochrome) else each for each in super().get_line_filters()]
        return [*filters, self._plain] if self._plain.enabled else filters

    def on_mount(self) -> None:
        """Put the looks on."""
        self.put_on(self._dashboard_settings.theme)
        self.apply_theme()
        self.app_resume_signal.subscribe(self, self._come_back)

    def put_on(self, theme: str) -> None:
        """Take the colours of a theme, by the name that the settings give it."""
        self.theme = self._theme_named(theme)
        if OLD_ANSI in self.available_themes:
            self.ansi_color = self.theme == OLD_ANSI

    def _theme_named(self, name: str) -> str:
        return theme_named(name, self.console.color_system, colours=not self.no_color)

    def draw_signs(self, signs: str) -> None:
        """Draw signs and borders in ASCII or not, by the name that the settings give it."""
        self._plain.enabled = plain.is_wanted(signs, os.environ)
        for screen in self.screen_stack:
            for widget in (screen, *screen.query()):
                widget.refresh()

    async def on_event(self, event: Event) -> None:
        """Take keys in the order in which they come, each once the one before is done with."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        for each in keys_of_packet(event, is_typing=isinstance(self.focused, Input)):
            await self._keys.take(each)

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do it, and let a question that it asks open: keys that have come with its key are for that.

        What takes long, because a disk does not answer, goes on while other keys are obeyed.
        """
        doing = asyncio.ensure_future(super().run_action(action, default_namespace, namespaces))
        done, _ = await asyncio.wait({doing}, timeout=_PATIENCE_S)
        if not done:
            doing.add_done_callback(self._done_late)
            return True
        for _ in range(_BEGINNINGS):
            await asyncio.sleep(0)
        if not doing.result():
            self._explain(action, default_namespace)
        return doing.result()

    def _explain(self, action: "str | ActionParseResult", node: DOMNode | None) -> None:
        """Tell the user why the key of an action does nothing."""
        whose, name, parameters = parse(action) if isinstance(action, str) else action
        target = {"app": self, "screen": self.screen}.get(whose, node)
        if target is None or target.check_action(name, parameters) is not None or not isinstance(target, Explains):
            return
        if words := target.why_not(name, parameters):
            self.notify(words, markup=False, timeout=5)

    def _done_late(self, doing: "asyncio.Future[bool]") -> None:
        if not doing.cancelled() and (error := doing.exception()) is not None:
            self.call_later(_fail_with, error)

    def pop_screen(self) -> AwaitComplete:
        """Close the screen on top, and look no more for what it would show."""
        self.workers.cancel_group(self.screen, SCREEN_WORKERS)
        return super().pop_screen()

    def on_resize(self) -> None:
        """Have all drawn again: terminals differ in what they make of what they show."""
        if self.terminal is not None:
            self.terminal.cell_diff.forget()

    def on_command_palette_opened(self) -> None:
        """Keep its cursor steady, as those of our own lines are."""
        for line in self.screen.query(Input):
            line.cursor_blink = False

    def queue_changed(self) -> None:
        """Refresh soon; called whenever the queue has changed."""
        if self.is_running:
            self._dashboard.post_message(QueueChanged())

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a message in the place of those before, where it does not hide the row with the cursor."""
        lasts_s = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        if self._toasts.replaces(is_error=severity == "error", now=time.monotonic(), lasts_s=lasts_s):
            self.clear_notifications()
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)
        if self.screen_stack:
            toasts.place(self.screen, expected=True)

    def announce(self, title: str, text: str, way: str) -> None:
        """Have the terminal notify a user who looks elsewhere; ``way`` is as the settings name it."""
        sequence = announcement(title, text, way, os.environ)
        if sequence and self.terminal is not None:
            self.terminal.write(sequence)
        elif sequence:
            self.bell()

    def give_title(self, text: str) -> None:
        """Give the terminal a title."""
        if self.terminal is not None:
            self.terminal.set_title(text)

    def copy_to_clipboard(self, text: str) -> None:
        """Have the terminal put a text into its clipboard."""
        if self.terminal is not None:
            self.terminal.write(copying(text, os.environ))
        else:
            super().copy_to_clipboard(text)

    def offered(self, screen: Screen[object]) -> Iterable[Offered]:
        """Put every verb that applies now into the palette, with its keys; of the dashboard those of both panes."""
        found: dict[str, tuple[DOMNode, Binding]] = {}
        keys: dict[str, list[str]] = defaultdict(list)
        for node, binding in (*_that_apply(screen), *self._of_panes(screen)):
            if binding.id and binding.tooltip:
                found.setdefault(binding.id, (node, binding))
                keys[binding.id].append(self.get_key_display(binding))
        for name, (node, binding) in found.items():
            yield Offered(
                name=binding.description,
                about=f"{binding.tooltip}  ({keys[name][0]})",
                keys=keys[name],
                do=partial(self.run_action, binding.action, node),
            )
        if self.terminal is not None:
            what = f"For a terminal that shows something else  ({shown(REDRAW)})"
            yield Offered(name="Draw all again", about=what, keys=[shown(REDRAW)], do=self.terminal.draw_all)
        for title, about, do, _ in self.get_system_commands(screen):
            if title in _TEXTUALS:
                yield Offered(name=title, about=about, keys=(), do=do)

    def get_key_display(self, binding: Binding) -> str:
        """Return the key of a binding as it is shown."""
        return shown(NO_KEY) if binding.key == NO_KEY else super().get_key_display(binding)

    def _of_panes(self, screen: Screen[object]) -> Iterable[tuple[DOMNode, Binding]]:
        """Yield what the keys of the panes do that apply now, also those of the pane without the focus."""
        for pane in screen.panes if isinstance(screen, Dashboard) else ():
            for binding in bindings_in(pane, self.keymap):
                if self._applies(binding.action, pane):
                    yield pane, binding

    def _applies(self, action: str, node: DOMNode) -> bool:
        """Whether an action of a node applies now; it may be one of its screen's or of the app's."""
        whose, name, parameters = parse(action)
        target = {"app": self, "screen": self.screen}.get(whose, node)
        return bool(target.check_action(name, parameters))

    def leave_with(self, code: int) -> None:
        """Leave with an exit code; while the dashboard is being put together Textual can't, then soon after that."""
        if self._dashboard.is_mounted:
            self.exit(return_code=code)
        else:
            self._dashboard.call_later(self.exit, return_code=code)

    async def action_suspend_process(self) -> None:  # type: ignore[override]
        """Stop until ``fg``, as the shell knows it; until then another process schedules."""
        if isinstance(self.focused, Input):
            raise SkipAction
        if self.terminal is None or not self.terminal.has_shell:
            self.notify("No shell could bring it back with fg: it was not started from one.", timeout=5)
            return
        if self.let_others_schedule is not None:
            await self.let_others_schedule()
        with suppress(TuiQueueError):  # the user knows that nothing starts while all is stopped
            await self._commands.hand_over()
        os.kill(os.getpid(), signal.SIGTSTP)

    def _come_back(self, _: object) -> None:
        if self.schedule_again is not None:
            self.schedule_again()

    async def action_quit(self) -> None:
        """Say which key leaves."""
        self.action_help_quit()

    def action_help_quit(self) -> None:
        """Say which key leaves: Ctrl+C and Ctrl+Q are pressed by habit, in a form too."""
        keys = shown_keys((TuiQueueApp,), self.keymap)
        self.notify(with_keys(QUITS if self.screen is self._dashboard else QUITS_LATER, keys), markup=False, timeout=5)

    async def action_leave(self) -> None:
        """Leave; what goes on without us is said on the way out."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                self.farewell = await self._dashboard.farewell()
        self.exit()


@contextmanager
def _read_by_textual() -> Iterator[None]:
    """Hide from Textual, which reads the environment at its start, what it takes otherwise than we do.

    COLUMNS and LINES would fix the size for ever; an empty NO_COLOR is none.
    """
    names = ["COLUMNS", "LINES", *(["NO_COLOR"] if os.environ.get("NO_COLOR") == "" else [])]
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ |= hidden


def _fail_with(error: BaseException) -> None:
    """Let Textual end the program as it does for an error anywhere else."""
    raise error


def _that_apply(screen: Screen[object]) -> Iterable[tuple[DOMNode, Binding]]:
    return ((active.node, active.binding) for active in screen.active_bindings.values() if active.enabled)
