"""The program of this machine that sends mail."""

import os
import shutil
from collections.abc import Sequence

_PLACES = ("/usr/sbin", "/usr/lib", "/usr/local/sbin")  # where sendmail is, which is often not on the PATH of users
_NAMES = ("sendmail", "mail", "mailx")


def mailer() -> str | None:
    """Return the path of sendmail, or of mail; None where there is neither."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_PLACES])
    return next(filter(None, (shutil.which(name, path=path) for name in _NAMES)), None)


def mail_words(program: str, heading: str, addresses: Sequence[str]) -> tuple[list[str], bool]:
    """Return the words that send a mail, and whether its headings stand before its text on stdin."""
    if os.path.basename(program) == "sendmail":
        return [program, "-i", "--", *addresses], True
    return [program, "-s", heading, *addresses], False
