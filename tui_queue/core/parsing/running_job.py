"""Changes of a running job: what can be changed while it runs, and what it then is."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.command_line import default_name
from tui_queue.core.model.job import Job, JobDraft
from tui_queue.core.parsing.job_draft import refuse_unmet_needs, with_attributes
from tui_queue.core.parsing.job_options import BY_NAME
from tui_queue.core.parsing.option import Context, attribute, default_of

CHANGEABLE = ("timeout", "notify", "retries", "retry_delay", "priority", "name")
_WORDS = {"args": "parameters", "capture_env": "environment"}

Changes = dict[str, Any]  # by the attributes of a draft, or of its options


def change_running(job: Job, fields: Mapping[str, Any], draft: JobDraft | None = None) -> JobDraft:
    """Return the draft of a running job, or that ``draft`` of it, with these fields changed, as for ``edited``.

    What the job was started with is not checked again. Raises BadInputError, also for a field that can't be changed.
    """
    refuse_others(job, fields.keys())
    draft = draft or job.draft
    context = Context(cwd=draft.cwd, now=datetime.now(UTC))
    changes: Changes = {}
    for name, given in fields.items():
        option = BY_NAME[name]
        changes |= option.values(given, context) or {each: default_of(each) for each in option.attributes}
    if not changes.get("name", draft.name):
        changes["name"] = default_name(draft.path, draft.args)
    return merged(draft, changes)


def changes_between(job: Job, before: JobDraft, after: JobDraft) -> Changes:
    """Return in what the draft of a running job differs from before. Raises BadInputError for what can't be changed."""
    changes: dict[str, Changes] = {
        name: {each: attribute(after, each) for each in option.attributes} for name, option in BY_NAME.items()
    }
    changes |= {name: {name: getattr(after, name)} for name in ("path", "args")}
    differing = {
        name: values
        for name, values in changes.items()
        if any(value != attribute(before, each) for each, value in values.items())
    }
    refuse_others(job, differing.keys())
    return {each: value for values in differing.values() for each, value in values.items()}


def merged(draft: JobDraft, changes: Changes) -> JobDraft:
    """Return a draft with these changes. Raises BadInputError."""
    new = with_attributes(draft, changes)
    refuse_unmet_needs(new)
    return new


def refuse_others(job: Job, names: Collection[str]) -> None:
    """Raise BadInputError for fields that can't be changed while a job runs."""
    if refused := [name for name in names if name not in CHANGEABLE]:
        *most, last = map(_word, CHANGEABLE)
        raise BadInputError(
            refused[0],
            f"Job {job.id} is {job.state_word}; of a running job {', '.join(most)} and {last} can be changed, not"
            f" {', '.join(map(_word, refused))}.",
        )


def _word(name: str) -> str:
    return _WORDS.get(name) or (BY_NAME[name].caption.lower() if name in BY_NAME else name)
