"""Captures the environment of this process for the jobs that it adds."""

import os
import resource
from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.card import GIVEN, GIVEN_MARK
from tui_queue.core.model.environment import Environment
from tui_queue.core.system.umask import current_umask

# Variables of the terminal, the login session or the build that adds a job. They would mislead a job that runs
# elsewhere and later. A name that ends with * stands for all names that begin so.
LEFT_OUT = (
    "TERM", "COLUMNS", "LINES", "SHLVL", "_", "PWD", "OLDPWD", "TMUX*", "STY", "WINDOWID", "TERM_PROGRAM*", "VSCODE_*",
    "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY",
    "BUILD_ID", "JENKINS_NODE_COOKIE", "INVOCATION_ID", "JOURNAL_STREAM", "NOTIFY_SOCKET", "LISTEN_*",
    "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKE_TERMOUT", "MAKE_TERMERR", "SLURM_*", "TUI_QUEUE_*",
)  # fmt: skip
# What is left of an environment without the user's own variables.
MINIMAL = (
    "HOME", "LOGNAME", "USER", "SHELL", "PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR",
    "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
    "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
# What our own Python may need besides.
OWN = ("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "XDG_*", "TUI_QUEUE_HOME")
LARGEST = 1 << 20  # bytes of all variables together
_NAMED = 3  # variables that the error names

# The numbers of resource limits by name; of two names for one limit the first.
LIMITS: Mapping[str, int] = {
    name: number
    for number, name in {
        getattr(resource, name): name for name in sorted(dir(resource), reverse=True) if name.startswith("RLIMIT_")
    }.items()
}


def capture(
    *,
    keep: Collection[str] = (),
    leave_out: Iterable[str] = (),
    clean: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Environment:
    """Return the environment of this process, as the jobs that it adds get it.

    Variables named in ``keep`` are taken in any case; of the others, ``clean`` takes only those in ``MINIMAL``, and
    otherwise those in ``LEFT_OUT`` and ``leave_out`` are left out. Raises BadInputError for a variable in ``keep`` that
    is not set, and for variables that are too large.
    """
    if missing := sorted(set(keep) - environ.keys()):
        raise BadInputError("env", f"Variable {missing[0]}: not set here; write {missing[0]}=VALUE, or set it first.")
    variables = minimal(environ=environ) if clean else chosen(environ, leave_out=leave_out)
    if GIVEN_MARK in environ:  # a job adds another one, which gets cards of its own
        variables = {name: value for name, value in variables.items() if name not in GIVEN}
    variables |= {name: environ[name] for name in keep}
    check_size(variables)
    return replace(own_environment(), variables=variables)


def chosen(environ: Mapping[str, str], *, leave_out: Iterable[str] = ()) -> dict[str, str]:
    """Return the variables without those in ``LEFT_OUT`` and ``leave_out``."""
    names = _Names([*LEFT_OUT, *leave_out])
    return {name: value for name, value in environ.items() if name not in names}


def minimal(*, keep: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that processes of ours get that are not jobs; ``keep`` names further ones."""
    names = _Names([*MINIMAL, *keep])
    return {name: value for name, value in environ.items() if name in names}


def own_environment() -> Environment:
    """Return the whole environment of this process."""
    return Environment(
        variables=dict(os.environ), umask=current_umask(), nice=_own_nice(), cpus=_own_cpus(), limits=_own_limits()
    )


def effective(wanted: Environment, own: Environment) -> Environment:
    """Return the environment that a child of this process gets that should run in another one.

    Its nice level is the higher one, its processors are those that both may use, and its soft limits are at most the
    hard limits of this process, for a process without privileges can't have more.
    """
    hard = {name: resource.getrlimit(number)[1] for name, number in LIMITS.items()}
    cpus = tuple(sorted(set(wanted.cpus) & set(own.cpus)))
    return replace(
        wanted,
        nice=max(wanted.nice, own.nice),
        cpus=cpus or own.cpus,
        limits={name: _at_most(soft, hard[name]) for name, soft in wanted.limits.items() if name in hard},
    )


def _at_most(soft: int, hard: int) -> int:
    unlimited = resource.RLIM_INFINITY
    if hard == unlimited:
        return soft
    return hard if soft == unlimited else min(soft, hard)


def _own_nice() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def _own_cpus() -> tuple[int, ...]:
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def _own_limits() -> dict[str, int]:
    return {name: resource.getrlimit(number)[0] for name, number in LIMITS.items()}


class _Names:
    """Names of variables; one that ends with * stands for all that begin so."""

    def __init__(self, patterns: Iterable[str]) -> None:
        patterns = list(patterns)
        self._names = {pattern for pattern in patterns if not pattern.endswith("*")}
        self._beginnings = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))

    def __contains__(self, name: str) -> bool:
        return name in self._names or name.startswith(self._beginnings)


def check_size(variables: Mapping[str, str]) -> None:
    """Raise BadInputError for variables that are too large together."""
    sizes = {name: len(os.fsencode(name)) + len(os.fsencode(value)) + 2 for name, value in variables.items()}
    total = sum(sizes.values())
    if total > LARGEST:
        largest = sorted(sizes, key=lambda name: -sizes[name])[:_NAMED]
        named = ", ".join(f"{name} ({sizes[name]:,} bytes)" for name in largest)
        raise BadInputError(
            "env", f"The environment has {total:,} bytes, {LARGEST:,} are the most; the largest are {named}. Unset one."
        )
