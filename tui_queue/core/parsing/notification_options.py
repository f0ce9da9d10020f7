"""The options of a job that say who is told of it, and how; each is declared as those in ``job_options``."""

import os
import re
import shlex
import shutil
from collections.abc import Sequence

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.options import Notify
from tui_queue.core.parsing.fields import choice
from tui_queue.core.parsing.job_command import sign_for_shell
from tui_queue.core.parsing.option import Context, Group, JobOption, Kind, Section
from tui_queue.core.system.mailer import mailer
from tui_queue.core.units.printable import printable

_ADDRESS = r"[^\s,<>\"';|&()-][^\s,<>\"';|&()]*"  # a local user too


def _notify(option: JobOption, text: str, _: Context) -> Notify | None:
    return choice(option.name, text, Notify, label=option.caption)


def _addresses(option: JobOption, texts: Sequence[str], _: Context) -> tuple[str, ...]:
    found = tuple(filter(None, re.split(r"[,\s]+", ",".join(texts))))
    for address in found:
        if not re.fullmatch(_ADDRESS, address) or not address.isprintable():
            raise BadInputError(option.name, f"{option.caption} {printable(address)}: not an address; write me@host.")
    if found and mailer() is None:
        raise BadInputError(
            option.name,
            f"{option.caption} {found[0]}: neither sendmail nor mail is on PATH; install one, or use --on-end.",
        )
    return found


def _command(option: JobOption, text: str, context: Context) -> tuple[str, ...]:
    """Return the words of a command that is there; a path counts from the directory of the job."""
    shown = f"{option.caption} {printable(text)}"
    if sign := sign_for_shell(text, context.cwd):
        raise BadInputError(
            option.name, f"{shown}: only a shell acts on {sign}; write {shlex.join(['sh', '-c', text])}, or quote it."
        )
    try:
        first, *others = shlex.split(text)
    except ValueError:
        raise BadInputError(option.name, f"{shown}: a quote is not closed.") from None
    if os.sep in first:
        first = os.path.join(context.cwd, os.path.expanduser(first))
    if shutil.which(first) is None:
        raise BadInputError(option.name, f"{shown}: {printable(first)} is no program on PATH; write its path.")
    return first, *others


NOTIFICATION_OPTIONS = (
    JobOption(
        name="notify",
        parse=_notify,
        help="Send a notification at each end, at a failure only, or never. Default: as the settings say.",
        section=Section.NOTIFICATIONS,
        group=Group.NOTIFICATIONS,
        hint="end, failure or never",
        choices=tuple(Notify),
    ),
    JobOption(
        name="mail_to",
        kind=Kind.LIST,
        parse=_addresses,
        format=tuple,
        metavar="ADDRESS",
        help="Mail this address at each end of the job, or as --notify says. Default: send no mail.",
        section=Section.NOTIFICATIONS,
        group=Group.NOTIFICATIONS,
        hint="me@example.org",
    ),
    JobOption(
        name="on_end",
        parse=_command,
        format=shlex.join,
        quoted=True,
        metavar="COMMAND",
        help="Run this command when the job has ended. Its environment describes the job. Default: run none.",
        section=Section.NOTIFICATIONS,
        group=Group.NOTIFICATIONS,
        hint="a command with its words, no shell",
    ),
    JobOption(
        name="on_failure",
        parse=_command,
        format=shlex.join,
        quoted=True,
        metavar="COMMAND",
        help="Run this command when the job has failed. Its environment describes the job. Default: run none.",
        section=Section.NOTIFICATIONS,
        group=Group.NOTIFICATIONS,
        hint="the same, when it has failed",
    ),
)
