"""What comes of the form of a running job: only what was changed in it is checked, and most of it is refused."""

from collections.abc import Mapping
from typing import Any

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.job import Job, JobDraft
from tui_queue.core.parsing.running_job import change_running
from tui_queue.ui.job_form.fields import Checked, path_of

_Entries = Mapping[str, Any]
_ARGS = "parameters"  # the name of their field


def check_running(job: Job, draft: JobDraft, first: _Entries, now: _Entries) -> Checked:
    """Return what comes of the fields and switches as they stand ``now``, by what the user has changed in them."""
    changed = {name: value for name, value in now.items() if value != first[name]}
    errors: dict[str, str] = {}
    for name, value in changed.items():
        try:
            draft = change_running(job, {"args" if name == _ARGS else name: value}, draft)
        except BadInputError as error:
            errors[name] = str(error)
    return Checked(path=path_of(draft), draft=None if errors else draft, errors=errors)
