"""A queue that stands still, for the pictures: the same jobs, forecasts and figures, whenever they are taken."""

import getpass
import os
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from textual.pilot import Pilot

from tests.support.pilot import driven
from tui_queue.bootstrap import OpenQueue, open_queue
from tui_queue.cli.dashboard import open_app
from tui_queue.core.model.forecast import Forecast
from tui_queue.core.model.job import Job, Pause, State
from tui_queue.core.model.options import JobOptions
from tui_queue.core.model.overview import Holder, Overview, Surroundings
from tui_queue.core.model.queue import Queue, QueueOptions
from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind
from tui_queue.core.model.statistics import Figures

USER, HOST = "ana", "atlas"
MINUTE, HOUR = 60, 3600
QUEUES = (
    Queue(name="default"),
    Queue(name="gpu", slots=2),
    Queue(name="night", slots=8, options=QueueOptions(hours="mon-fri 22:00-06:00", zone="Europe/Berlin")),
)
COUNTS = {State.RUNNING: 4, State.PENDING: 4, State.FAILED: 2, State.COMPLETED: 41, State.CANCELLED: 1}
LOG = """\
13:57:01 INFO  epoch 53/90  loss 0.861  acc 0.757  lr 0.0100
13:57:03 \x1b[33mWARN\x1b[0m  gradient norm 14.2 clipped to 5.0
\x1b[31mTraceback (most recent call last):\x1b[0m
  File "train.py", line 212, in save_checkpoint
    upload(path, bucket=BUCKET)
\x1b[31mS3Error\x1b[0m: 503 Slow Down (request 7F2A)
13:57:09 \x1b[33mWARN\x1b[0m  upload failed, trying again in 5 s
13:57:15 INFO  checkpoint epoch-53.pt  97.8 MiB  0.9 s
13:59:41 INFO  epoch 54/90  loss 0.846  acc 0.759  lr 0.0100
14:02:20 INFO  epoch 55/90  loss 0.841  acc 0.761  lr 0.0100
Epoch 56:  62%|██████▏   | 775/1250 [02:41<01:38, 4.81it/s]
"""


class Frozen(Struct, frozen=True):
    """A job as it is shown: how long it has run or when it begins, and what is known of the rest, in seconds."""

    number: int
    name: str
    words: str
    state: State
    queue: str = "default"
    began: float = 0.0
    took: float = 0.0
    begins: float = 0.0
    reason: Reason = NO_REASON
    held: bool = False
    fraction: float | None = None
    left: float | None = None


def _reason(kind: ReasonKind, **details: object) -> Reason:
    return Reason.of(kind, **details)


_SLOTS, _HELD = _reason(ReasonKind.SLOTS), _reason(ReasonKind.HELD)
_AFTER = _reason(ReasonKind.DEPENDENCY, dependencies="after #41")
_GPU = _reason(ReasonKind.RESOURCE, shortage="gpu: 0 of 2 free")
_RETRY = _reason(ReasonKind.UNKNOWN, text="retry 2/3: HTTP 503")
_MEMORY = _reason(ReasonKind.SIGNAL, signal="9 (SIGKILL, out of memory)")
_EXIT, _USER = _reason(ReasonKind.EXIT, code=3), _reason(ReasonKind.CANCELLED)
_DAY = 24 * HOUR
JOBS = (
    Frozen(41, "train resnet50", "--epochs 90 --lr 0.1", State.RUNNING, "gpu", 62 * MINUTE, fraction=0.62, left=2280),
    Frozen(42, "train vit-base", "--epochs 300 --amp", State.RUNNING, "gpu", 51 * MINUTE, fraction=0.17, left=15_000),
    Frozen(44, "embed corpus", "--corpus wiki --batch 512", State.RUNNING, began=1320, fraction=0.88, left=190),
    Frozen(47, "sync backup", "/data s3://atlas-backup", State.RUNNING, began=840, left=370),
    Frozen(46, "train unet", "--size 512 --fold 3", State.PENDING, "gpu", reason=_GPU),
    Frozen(43, "evaluate resnet50", "--split test", State.PENDING, "gpu", reason=_AFTER),
    Frozen(36, "fetch prices", "--since yesterday", State.PENDING, begins=250, reason=_RETRY),
    Frozen(49, "clean cache", "--older 30d", State.PENDING, reason=_HELD, held=True),
    Frozen(38, "tokenize shards", "--vocab 64k --workers 24", State.FAILED, began=9000, took=840, reason=_MEMORY),
    Frozen(40, "train baseline", "--epochs 20", State.COMPLETED, "gpu", began=4 * HOUR, took=2880),
    Frozen(37, "dump database", "orders", State.COMPLETED, began=5.5 * HOUR, took=1860),
    Frozen(35, "import orders", "november.csv", State.FAILED, began=5.9 * HOUR, took=2, reason=_EXIT),
    Frozen(34, "train unet", "--size 1024", State.CANCELLED, "gpu", began=5.95 * HOUR, took=540, reason=_USER),
)
FIGURES = tuple(
    Figures(
        name=name,
        jobs=jobs,
        completed=jobs - failed,
        failed=failed,
        cancelled=0,
        took_median_s=median,
        took_p90_s=p90,
        took_longest_s=p90 * 1.2,
        waited_median_s=40.0,
        cpu_s=jobs * median,
    )
    for name, jobs, failed, median, p90 in (
        ("nightly report", 14, 0, 780.0, 850.0),
        ("fetch prices", 12, 3, 4.0, 9.0),
        ("train resnet50", 9, 2, 5900.0, 6200.0),
        ("tokenize shards", 6, 3, 2280.0, 2400.0),
        ("dump database", 5, 0, 1830.0, 1900.0),
    )
)
_ALL = replace(FIGURES[0], name="", jobs=46, completed=38, failed=8, took_median_s=790.0, took_p90_s=5900.0)


def _job(frozen: Frozen, now: datetime) -> Job:
    started = now - timedelta(seconds=frozen.began) if frozen.began else None
    ended = None if started is None or not frozen.state.ended else started + timedelta(seconds=frozen.took)
    return Job(
        id=frozen.number,
        uuid=f"{frozen.number:08x}-0000-4000-8000-000000000000",
        name=frozen.name,
        path="train.py",
        args=tuple(frozen.words.split()),
        cwd="/home/ana/vision",
        python=None,
        queue=frozen.queue,
        priority=0,
        batch="",
        timeout_s=None,
        state=frozen.state,
        reason=frozen.reason,
        held=frozen.held,
        paused=Pause.NO,
        after=(),
        options=JobOptions(),
        devices={},
        exit_code=3 if frozen.reason.kind is ReasonKind.EXIT else None,
        signal=9 if frozen.reason.kind is ReasonKind.SIGNAL else None,
        attempt=1 if started else 0,
        first_attempt=1,
        cancel_requested=False,
        created_at=now - timedelta(days=1),
        not_before=now + timedelta(seconds=frozen.begins) if frozen.begins else None,
        started_at=started,
        finished_at=ended,
    )


def freeze(queue: OpenQueue, *, empty: bool) -> None:
    """Have the commands of a queue report what stands still."""
    now = datetime.now(UTC)
    jobs = () if empty else tuple(_job(each, now) for each in JOBS)
    log = Path.home() / "frozen-log"
    log.write_text(LOG)
    reports = queue.commands.reports
    overview = Overview(
        jobs=jobs,
        counts={} if empty else COUNTS,
        queues=QUEUES[:1] if empty else QUEUES,
        slots=3 if empty else 6,
        default_slots=3,
        limit=None if empty else 6,
        holder=Holder(epoch=1, pid=os.getpid(), host=HOST, tty="", since=now),
    )

    async def seen(**_: object) -> Overview:
        return overview

    async def forecasts(_: Iterable[Job], **__: object) -> Mapping[int, Forecast]:
        return {each.number: Forecast(each.fraction, each.left) for each in JOBS if each.state is State.RUNNING}

    async def starts(_: Job) -> Mapping[int, float]:
        return {}

    async def surroundings() -> Surroundings:
        return Surroundings(load=7.1, mem=24 * 2**30, disk=410 * 2**30, ended=(0, 1, 0, 2, 3, 1, 4, 2, 5, 3, 2, 1))

    async def statistics(*_: object) -> tuple[Figures, tuple[Figures, ...]]:
        return _ALL, FIGURES

    frozen = {
        "overview": seen,
        "forecasts": forecasts,
        "starts": starts,
        "surroundings": surroundings,
        "statistics": statistics,
    }
    for name, report in frozen.items():
        setattr(reports, name, report)
    queue.commands.opened_at = now.astimezone().replace(hour=9, minute=30).astimezone(UTC)
    queue.commands.jobs.log_path = lambda job: str(log) if job.attempt else None  # type: ignore[method-assign]


@asynccontextmanager
async def standing_still(size: tuple[int, int], theme: str, *, empty: bool) -> AsyncIterator[Pilot[None]]:
    """Open the dashboard of such a queue, at a size, in the colours of a theme."""
    getpass.getuser = lambda: USER
    socket.gethostname = lambda: HOST
    async with open_queue() as queue:
        freeze(queue, empty=empty)
        app = open_app(queue)
        async with driven(app, size=size) as pilot:
            app.put_on(theme)
            yield pilot
