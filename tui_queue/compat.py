"""The three functions of the script version of this queue, on the store that the dashboard and the command line have.

Each call opens the queue that TUI_QUEUE_HOME names, or the user's own, and closes it again.
"""

import os

from tui_queue.api import Queue


def add_job_to_queue(job_path: str | os.PathLike[str], parameter: str | None = None) -> str:
    """Add a job with one parameter, or none; return its UUID. Raises TuiQueueError.

    The parameter reaches the script as one word, also with blanks in it.
    """
    args = () if parameter is None or parameter == "" else (str(parameter),)
    with Queue() as queue:
        return queue.add(job_path, *args).uuid


def get_all_jobs() -> list[dict[str, str]]:
    """Return every job in the order of being added: ``uuid``, ``path``, ``parameter``, ``status``.

    A status is PENDING, RUNNING, COMPLETED, FAILED or CANCELLED; several parameters stand with blanks between them.
    """
    with Queue() as queue:
        return [
            {"uuid": job.uuid, "path": job.path, "parameter": " ".join(job.args), "status": job.state.name}
            for job in sorted(queue.list(), key=lambda job: job.id)
        ]


def remove_job_from_queue(job_id: str) -> None:
    """Take the job with this UUID out of the queue; one that is pending or runs is cancelled first, and waited for.

    Raises NoSuchJobError.
    """
    with Queue() as queue:
        job = queue.get(job_id)
        if not job.state.ended:
            queue.cancel(job.id)
            queue.wait(job.id)
        queue.remove(job.id)
