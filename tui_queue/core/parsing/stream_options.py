"""The options of a job that say where its input comes from, and where its output goes besides the log."""

import os
import re
import stat

from tui_queue.core.errors import BadInputError
from tui_queue.core.parsing.job_command import PATH_LIMIT
from tui_queue.core.parsing.option import Context, Group, JobOption, Offer, Section
from tui_queue.core.units.printable import printable
from tui_queue.core.units.sizes import size_text

INPUT_LIMIT = 256 * 2**20  # bytes of an input that is kept with the job
STANDARD_INPUT = "-"


def _input(option: JobOption, text: str, context: Context) -> str:
    """Return the path of a file that can be kept as the input of a job."""
    if text.strip() == STANDARD_INPUT:
        raise BadInputError(
            option.name,
            "--stdin -: only `add`, `edit`, `clone` and `schedule` read their standard input for it; name a file.",
        )
    path = os.path.join(context.cwd, os.path.expanduser(text))
    shown = printable(path)
    try:
        found = os.stat(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInputError(option.name, f"{shown}: the input can't be read: {reason}; check the spelling.") from None
    if not stat.S_ISREG(found.st_mode):
        raise BadInputError(
            option.name, f"{shown}: not a regular file; name a file, or have the job open it: --shell 'CMD < FILE'."
        )
    if not os.access(path, os.R_OK):
        raise BadInputError(option.name, f"{shown}: the input can't be read; allow it with chmod u+r.")
    refuse_size(found.st_size, shown)
    return os.path.abspath(path)


def _pattern(option: JobOption, text: str, context: Context) -> str:
    """Return the pattern of a file for output."""
    text = text.strip()
    if strange := [found for found in re.findall("%.?", text, re.DOTALL) if found not in ("%j", "%n", "%a", "%%")]:
        raise BadInputError(
            option.name,
            f"{printable(text)}: {printable(strange[0])} stands for nothing; there are %j (number), %n (name), %a"
            " (attempt) and %%.",
        )
    path = os.path.join(context.cwd, os.path.expanduser(text))
    if "\0" in path or len(os.fsencode(path)) > PATH_LIMIT:
        raise BadInputError(option.name, f"{option.caption}: the path is too long; choose a shorter one.")
    if text.endswith(os.sep) or os.path.isdir(path):
        raise BadInputError(option.name, f"{printable(text)}: a directory; name a file in it, such as %j.out.")
    return os.path.expanduser(text)


def refuse_size(size: int, shown: str) -> None:
    """Raise BadInputError for an input that is too large to be kept."""
    if size > INPUT_LIMIT:
        raise BadInputError(
            "stdin",
            f"{shown}: the input has more than {size_text(INPUT_LIMIT)}, which are kept with a job at most; have the"
            " job open the file itself: --shell 'CMD < FILE'.",
        )


STREAM_OPTIONS = (
    JobOption(
        name="stdin",
        parse=_input,
        metavar="FILE|-",
        help="File that is the standard input of the job. A copy is kept with the job. Default: empty input.",
        section=Section.JOB,
        label="Standard input",
        group=Group.ENVIRONMENT,
        hint="a file, of which a copy is kept; none",
        offers=Offer.FILES,
        lasting=False,
    ),
    JobOption(
        name="output",
        parse=_pattern,
        metavar="FILE",
        help="Also write the output to this file: %j is the number, %n the name, %a the attempt. Default: none.",
        section=Section.OUTPUT,
        label="Output file",
        group=Group.LIMITS,
        hint="a file for its output too: run-%j.out",
        offers=Offer.FILES,
    ),
    JobOption(
        name="error",
        parse=_pattern,
        metavar="FILE",
        help="Write standard error to this file, not to --output. The log marks its lines. Default: none.",
        section=Section.OUTPUT,
        label="Error file",
        group=Group.LIMITS,
        hint="a file for its standard error alone: run-%j.err",
        offers=Offer.FILES,
    ),
)
