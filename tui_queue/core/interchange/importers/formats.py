"""The table of importers: which formats a file can have."""

from tui_queue.core.errors import BadInputError
from tui_queue.core.interchange.importers.crontab import CRONTAB
from tui_queue.core.interchange.importers.importer import Importer
from tui_queue.core.interchange.importers.job_queue_txt import JOB_QUEUE
from tui_queue.core.interchange.importers.jsonl_csv import CSV, JSONL
from tui_queue.core.interchange.importers.parallel_joblog import JOBLOG
from tui_queue.core.interchange.importers.pueue import PUEUE
from tui_queue.core.interchange.importers.task_spooler import TASK_SPOOLER

# The first that recognises a file reads it. A crontab comes last: five words begin many other files too.
IMPORTERS = {each.name: each for each in (JSONL, CSV, JOB_QUEUE, TASK_SPOOLER, PUEUE, JOBLOG, CRONTAB)}


def importer_of(text: str) -> Importer:
    """Return the importer for a text. Raises BadInputError for a text of no known format."""
    for importer in IMPORTERS.values():
        if importer.recognises(text):
            return importer
    raise BadInputError("format", f"This is no file that can be recognized; say --format: {', '.join(IMPORTERS)}.")
