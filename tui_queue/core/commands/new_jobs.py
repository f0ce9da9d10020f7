"""What a job takes from the moment in which it is added: its script and its environment."""

from collections.abc import Mapping, Sequence
from functools import cache, partial

from msgspec.structs import replace

from tui_queue.core.commands.context import CommandContext
from tui_queue.core.errors import StoreError
from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.interpreter import choose_interpreter
from tui_queue.core.execution.script_snapshot import describe
from tui_queue.core.model.card import VISIBLE
from tui_queue.core.model.job import Job, JobDraft
from tui_queue.core.model.options import Interpreter, JobOptions, Script
from tui_queue.core.policy.cards import GPU, MEMORY
from tui_queue.core.system.environment import capture, check_size, minimal
from tui_queue.core.system.worker_thread import in_thread

_Choice = tuple[bool, frozenset[str]]  # of an environment: a clean one or not, and the names that it has in any case


async def prepared(
    context: CommandContext,
    drafts: Sequence[JobDraft],
    *,
    like: JobDraft | None = None,
    capture_env: bool = False,
    script: bool = True,
) -> list[JobDraft]:
    """Return the drafts with their scripts and environments; what they need is on disk when this returns.

    A script is described by hash, size and commit, and copied where the user wants a copy; without ``script`` only for
    such a copy. An input is copied. The environment is that of this process; for jobs ``like`` another one it is that
    of the other one, with the variables that only the drafts take from this process; with ``capture_env`` they have of
    the other one only the values that the user gave. Raises BadInputError for a resource that does not exist, a script
    that can't be read, and a variable that is not set here.
    """
    if context.store.database.refusal:
        raise StoreError(context.store.database.refusal)
    for draft in drafts:
        await context.check_resources(draft)
    return await in_thread(partial(_prepared, context, drafts, like, capture_env=capture_env, script=script))


def recaptured(context: CommandContext, jobs: Sequence[Job]) -> Mapping[int, JobOptions]:
    """Return the options of these jobs with the environment of this process, by number; blocks."""
    drafts = _prepared(context, [job.draft for job in jobs], None, capture_env=True, script=False)
    return {job.id: draft.options for job, draft in zip(jobs, drafts, strict=True)}


def with_values_kept(files: EnvironmentFiles, drafts: Sequence[JobDraft]) -> list[JobDraft]:
    """Return drafts whose values of variables are safe on disk, and not in them; blocks."""
    given = [_given(files, draft, None) for draft in drafts]
    return [_without(draft, name) for draft, name in zip(drafts, _kept(files, given), strict=True)]


def chosen_python(context: CommandContext, draft: JobDraft, like: JobDraft | None) -> Interpreter | None:
    """Return what would run the .py file of a draft; None where it is none, or the user names it. Blocks."""
    if not draft.path.endswith(".py") or draft.python is not None:
        return None
    if like is not None and like.options.environment:
        variables = context.environments.get(like.options.environment).variables
    else:
        clean, names = _choice(draft.options, {})
        variables = capture(clean=clean, keep=names, leave_out=context.leave_out()).variables
    return choose_interpreter(draft.path, variables, context.python())


def _prepared(
    context: CommandContext, drafts: Sequence[JobDraft], like: JobDraft | None, *, capture_env: bool, script: bool
) -> list[JobDraft]:
    from tui_queue.core.execution.kept_files import is_kept, keep_file  # noqa: PLC0415 - most commands add nothing

    scripts: dict[tuple[str, bool], Script] = {}
    environments = _Environments(context, None if like is None or capture_env else like.options)
    given = [_given(context.environments, draft, like) for draft in drafts]
    names = _kept(context.environments, given)
    inputs: dict[str, str] = {}
    done = []
    for draft, values, name in zip(drafts, given, names, strict=True):
        options = _without(draft, name).options
        described = options.script
        copied = options.copy or is_kept(draft.path, context.scripts)
        if script or copied:
            key = draft.path, copied
            if key not in scripts:
                scripts[key] = describe(draft.path, draft.cwd, copy_to=context.scripts if copied else None)
            described = scripts[key]
        if options.stdin and options.stdin not in inputs:
            inputs[options.stdin] = keep_file(options.stdin, context.scripts)
        options = replace(options, stdin=inputs.get(options.stdin, ""))
        environment = environments.of(options, values)
        changed = replace(options, script=described, environment=environment, interpreter=None, cards=None)
        if any(name == GPU for name, _ in options.resources) or any(name == MEMORY for name, _ in options.gates):
            changed = replace(changed, cards=_visible(values) or environments.cards(environment))
        if draft.path.endswith(".py") and draft.python is None:
            changed = replace(changed, interpreter=environments.interpreter(draft.path, environment))
        done.append(replace(draft, options=changed))
    return done


class _Environments:
    """The names of the environments that jobs with certain options get, each kept on disk once."""

    def __init__(self, context: CommandContext, like: JobOptions | None) -> None:
        self._files = context.environments
        self._leave_out = context.leave_out
        self._like = like
        self._known: dict[_Choice, str] = {}
        self._setting = context.python()
        self.interpreter = cache(self._interpreter)
        self.cards = cache(self._cards)

    def of(self, options: JobOptions, given: Mapping[str, str]) -> str:
        """Return the name of the environment for these options, of whose variables the user gave these values."""
        choice = _choice(options, given)
        if choice not in self._known:
            self._known[choice] = self._kept(*choice)
        return self._known[choice]

    def _interpreter(self, path: str, environment: str) -> Interpreter:
        """Return what runs a .py file in this environment."""
        return choose_interpreter(path, self._files.get(environment).variables, self._setting)

    def _cards(self, environment: str) -> tuple[str, str] | None:
        """Return the variable in this environment that says which GPUs a job may see, with its value."""
        return _visible(self._files.get(environment).variables)

    def _kept(self, clean: bool, names: frozenset[str]) -> str:
        if self._like is None or not self._like.environment:
            return self._files.keep(capture(clean=clean, keep=names, leave_out=self._leave_out()))
        if clean == self._like.clean_env and not names:
            return self._like.environment
        was_clean, had = _choice(self._like, self._files.values(self._like.values))
        if (clean, names) == (was_clean, had):
            return self._like.environment
        if was_clean and not clean:
            return self._files.keep(capture(keep=names, leave_out=self._leave_out()))
        kept = self._files.get(self._like.environment)
        variables = minimal(keep=names, environ=kept.variables) if clean else dict(kept.variables)
        taken = capture(keep=names - had).variables
        return self._files.keep(replace(kept, variables=variables | {name: taken[name] for name in names - had}))


def _choice(options: JobOptions, given: Mapping[str, str]) -> _Choice:
    return options.clean_env, frozenset(name for name, value in options.env if value is None and name not in given)


def _given(files: EnvironmentFiles, draft: JobDraft, like: JobDraft | None) -> dict[str, str]:
    """Return the values that the user gives to variables, or gave before to those which a draft names alone."""
    env = dict(draft.options.env)
    given = {name: value for name, value in env.items() if value is not None}
    before = draft.options.values or (like.options.values if like is not None else "")
    if before and len(given) < len(env):
        given = {name: value for name, value in files.values(before).items() if name in env} | given
    check_size(given)
    return given


def _kept(files: EnvironmentFiles, given: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the names under which such values are kept on disk; empty where there are none."""
    names = iter(files.keep_values([values for values in given if values]) if any(given) else ())
    return [next(names) if values else "" for values in given]


def _without(draft: JobDraft, values: str) -> JobDraft:
    """Return a draft whose values of variables stand in a file of that name."""
    env = tuple((variable, None) for variable, _ in draft.options.env)
    return replace(draft, options=replace(draft.options, env=env, values=values))


def _visible(variables: Mapping[str, str]) -> tuple[str, str] | None:
    return next(((name, variables[name]) for name in VISIBLE if name in variables), None)
