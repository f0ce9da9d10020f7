"""Says what environment a job runs in, and how it differs from that of another job."""

from collections.abc import Sequence

from tui_queue.core.errors import TuiQueueError
from tui_queue.core.execution.environment_files import EnvironmentFiles
from tui_queue.core.execution.executor import Executor
from tui_queue.core.model.job import Job
from tui_queue.core.units.printable import printable

NAMED = 12  # variables that one line names


def about_environment(files: EnvironmentFiles, job: Job, executor: Executor) -> str:
    """Return one line about what was captured for a job, and what its latest run had instead; blocks.

    It is empty for a job that an older version added.
    """
    if not job.options.environment:
        return ""
    try:
        environment = files.get(job.options.environment)
    except TuiQueueError as error:
        return str(error)
    count = len(environment.variables)
    parts = [
        f"{count} variable{'s' if count != 1 else ''}",
        f"umask {environment.umask:03o}",
        f"nice {environment.nice}",
    ]
    if environment.cpus:
        parts.append(f"processors {_ranges(environment.cpus)}")
    return ", ".join(parts) + _instead(job, executor)


def _instead(job: Job, executor: Executor) -> str:
    """Say what a run had because its scheduler could not give what was captured."""
    try:
        given = executor.given(job) if job.attempt else {}
    except OSError:
        return ""
    parts = [f"nice {given['nice']}"] if "nice" in given else []
    if "cpus" in given:
        parts.append(f"processors {_ranges(given['cpus'])}")
    limits = given.get("limits", {})
    parts += [f"limit {name.removeprefix('RLIMIT_').lower()} {soft}" for name, soft in limits.items()]
    return f"; the scheduler could give only {', '.join(parts)}" if parts else ""


def differences(files: EnvironmentFiles, job: Job, good: Job | None) -> str:
    """Return one line with the variables in which a job differs from a ``good`` one, if it does. Blocks."""
    if good is None or _source(job) == _source(good):
        return ""
    try:
        names = _differing(_of(files, job), _of(files, good))
    except TuiQueueError:
        return ""
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(map(printable, names[:NAMED]))}{more} from job {good.id}, which completed"


def _of(files: EnvironmentFiles, job: Job) -> dict[str, str | None]:
    name = job.options.environment
    captured = files.get(name).variables if name else {}
    given = {name: value for name, value in job.options.env if value is not None}
    return {**captured, **given, **files.values(job.options.values)}


def _source(job: Job) -> tuple[object, ...]:
    """Return what decides which variables a job has."""
    return job.options.environment, job.options.values, job.options.env


def _differing(one: dict[str, str | None], other: dict[str, str | None]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers as ``0-3,8``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)
