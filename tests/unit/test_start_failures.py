"""How long jobs wait whose starts did not happen, and how many are tried meanwhile."""

from datetime import UTC, datetime, timedelta

from tui_queue.core.model.job import Job, Pause, State
from tui_queue.core.model.options import JobOptions
from tui_queue.core.model.reason import NO_REASON
from tui_queue.core.policy.start_failures import StartFailures, Trials

NOW = datetime(2030, 5, 1, 6, tzinfo=UTC)
S = timedelta(seconds=1)
FULL = "no room left on the disk"


def job(number: int) -> Job:
    """Return a job that was claimed."""
    return Job(
        id=number,
        uuid="",
        name="",
        path="/bin/true",
        args=(),
        cwd="/",
        python=None,
        queue="default",
        priority=0,
        batch="",
        timeout_s=None,
        state=State.RUNNING,
        reason=NO_REASON,
        held=False,
        paused=Pause.NO,
        after=(),
        options=JobOptions(),
        devices={},
        exit_code=None,
        signal=None,
        attempt=1,
        first_attempt=1,
        cancel_requested=False,
        created_at=NOW,
        not_before=None,
        started_at=None,
        finished_at=None,
    )


def trials(failures: StartFailures, now: datetime) -> Trials:
    found = failures.trials(now)
    assert found is not None
    return found


def test_the_pauses_between_tries_grow_to_five_minutes_and_end_with_a_start() -> None:
    failures, now, pauses = StartFailures(), NOW, []
    for number in range(1, 13):
        failures.claimed([job(number)], now)
        failures.failed(job(number), FULL, everyones=True, now=now)
        until = trials(failures, now).until
        assert trials(failures, now).most == 0
        assert trials(failures, until).most == 1
        pauses.append((until - now).total_seconds())
        now = until
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert len(failures.to_tell()) == 1
    failures.claimed([job(20)], now)
    assert trials(failures, now).most == 0  # it is under way
    assert failures.started(job(20))
    assert failures.trials(now) is None


def test_starts_that_were_under_way_together_count_once() -> None:
    failures = StartFailures()
    for number in range(1, 9):
        failures.failed(job(number), FULL, everyones=True, now=NOW)
    assert trials(failures, NOW).until == NOW + S
    assert not failures.started(job(9))  # claimed before the shortage: it does not tell that this is over
    assert not failures.to_tell()


def test_a_try_that_hangs_or_a_clock_that_is_set_back_holds_up_the_others_for_a_while_only() -> None:
    failures = StartFailures()
    failures.failed(job(1), FULL, everyones=True, now=NOW)
    failures.claimed([job(2)], NOW + S)
    assert trials(failures, NOW + 2 * S).most == 0
    assert trials(failures, NOW + 20 * S).most == 1
    assert trials(failures, NOW - timedelta(days=1)).most == 1


def test_a_job_whose_own_start_fails_waits_alone() -> None:
    failures, now = StartFailures(), NOW
    for pause in (1, 2, 4):
        back = failures.failed(job(1), "program: text file busy", everyones=False, now=now)
        assert back.not_before == now + pause * S
        assert not back.shortage
        assert trials(failures, now).until == now + 0.25 * S
        now += pause * S
        failures.claimed([job(2)], now)
        assert failures.started(job(2))
