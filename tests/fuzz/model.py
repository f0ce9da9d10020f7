"""Random sequences of every verb, on a real store and on a simple model of it, step by step.

``python -m tests.fuzz.model [--steps 10000]`` is the long form; tests/unit/test_model.py a short one.
"""

import argparse
import asyncio
import dataclasses
import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from tui_queue.core.errors import BadInputError, TuiQueueError, WrongStateError
from tui_queue.core.model.filter import Filter
from tui_queue.core.model.job import After, Job, JobDraft, Outcome, RunEnd, State
from tui_queue.core.model.options import JobOptions, Lost, Unmet
from tui_queue.core.model.queue import Move, Queue, QueueOptions
from tui_queue.core.model.schedule import Schedule
from tui_queue.core.model.selection import Selection, Verb, singly
from tui_queue.core.policy.capacity import Capacity
from tui_queue.core.policy.run_result import next_attempt, result_of
from tui_queue.core.store import retry_waits
from tui_queue.core.store.store import Store
from tui_queue.core.timing.recurrence import Overlap

T = TypeVar("T")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TOTALS = {"gpu": 3, "licence": 2}
SLOTS = 2  # of a queue that says nothing itself
NAMES = ("default", "gpu", "night")
COUNTED: Counter[str] = Counter()
BY_VERB: Counter[str] = Counter()


@dataclass
class Known:
    """What the model knows of a job."""

    queue: str
    key: tuple[int, int]
    held: bool = False
    hold_reason: str = ""
    not_before: datetime | None = None
    after: tuple[After, ...] = ()
    options: JobOptions = field(default_factory=JobOptions)
    state: State = State.PENDING
    attempt: int = 0
    first_attempt: int = 1
    cancelled: bool = False
    devices: tuple[int, ...] = ()
    schedule: str = ""


drafts: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    queue=st.sampled_from(NAMES),
    priority=st.integers(-1, 2),
    held=st.sampled_from([False, False, False, True]),
    delay=st.sampled_from([0, 0, 0, 5, 60]),
    after=st.one_of(
        st.just([]), st.just([]), st.lists(st.tuples(st.integers(1, 12), st.sampled_from(list(Outcome))), max_size=2)
    ),
    unmet=st.sampled_from(list(Unmet)),
    gpus=st.sampled_from([0, 0, 0, 1, 2, 3]),
    licences=st.sampled_from([0, 0, 0, 1, 2]),
    retries=st.sampled_from([0, 0, 1, 2]),
    retry_delay_s=st.sampled_from([0, 10]),
    retry_on=st.sampled_from([(), (3,)]),
    success_codes=st.sampled_from([(), (7,)]),
    lost=st.sampled_from([None, Lost.REQUEUE, Lost.ASK]),
    gate=st.sampled_from([0, 0, 0, 5]),
    pid=st.sampled_from([0, 0, 0, 1, 2]),
)


PLAIN: dict[str, Any] = {"after": [], "gpus": 0, "licences": 0, "gate": 0, "pid": 0}

SIMPLE: dict[str, Any] = {
    **PLAIN,
    "held": False,
    "delay": 0,
    "unmet": Unmet.HOLD,
    "retries": 0,
    "retry_delay_s": 0,
    "retry_on": (),
    "success_codes": (),
    "lost": None,
}


class QueueMachine(RuleBasedStateMachine):
    """Does what it is told to both, and compares."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.mkdtemp(prefix="model-")
        self.store = Store(f"{self.directory}/queue.db")
        self.run(self.store.__aenter__())
        self.queues, self.schedules = self.store.queues, self.store.schedules
        self.now = BEGIN
        # A retry waits by the time since the boot: time passes there as the model says.
        setattr(retry_waits, "since_boot_us", lambda: round((self.now - BEGIN).total_seconds() * 1e6))  # noqa: B010
        self.jobs: dict[int, Known] = {}
        self.queue_states = {"default": Queue(name="default")}
        self.limit: int | None = None
        self.timetable: dict[str, Schedule] = {}
        self.free = 10.0  # what the gate finds
        self.living = {1: False, 2: True}
        self.newest = 0
        self.epoch = 0
        self.boot = 1
        self.plain = False  # whether jobs want nothing but a slot, so that many are reserved
        self.capacity = Capacity(
            slots=lambda: SLOTS,
            resources=TOTALS,
            free=lambda _: self.free,
            lives=lambda process: self.living[process[0]],
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.store.__aexit__())
        self.loop.close()
        shutil.rmtree(self.directory)

    @initialize(plain=st.booleans())
    def begin(self, plain: bool) -> None:
        self.plain = plain
        for name in NAMES[1:]:
            self.queue_states[name] = self.run(self.queues.add(Queue(name=name)))
        self.take_lease()

    # What users do

    @rule(wishes=st.lists(drafts, min_size=1, max_size=4))
    def add_some(self, wishes: list[dict[str, Any]]) -> None:
        for wish in wishes:
            self.add(wish)

    @precondition(lambda self: self.plain)
    @rule(priority=st.integers(-1, 1), queue=st.sampled_from(NAMES))
    def add_many(self, priority: int, queue: str) -> None:
        self.set_queue(queue, None, paused=False)
        for _ in range(5):
            self.add({**SIMPLE, "priority": priority, "queue": queue})
        self.look()

    def add(self, wish: dict[str, Any]) -> None:
        BY_VERB["add"] += 1
        draft = self.draft(wish)
        if any(after.job_id not in self.jobs for after in draft.after):
            self.refused(self.store.jobs.add([draft], now=self.now), BadInputError)
        else:
            (job,) = self.run(self.store.jobs.add([draft], now=self.now))
            self.learn(job)

    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        if not self.jobs:
            return
        BY_VERB["edit"] += 1
        number = data.draw(st.sampled_from(sorted(self.jobs)))
        draft = self.draft(data.draw(drafts))
        known = self.jobs[number]
        if known.state is State.RUNNING:
            self.refused(self.store.jobs.edit(number, draft, now=self.now), WrongStateError)
        elif any(after.job_id not in self.jobs for after in draft.after) or self.leads_to(draft.after, number):
            self.refused(self.store.jobs.edit(number, draft, now=self.now), BadInputError)
        else:
            job = self.run(self.store.jobs.edit(number, draft, now=self.now))
            assert (job.queue, job.held, job.after, job.options) == (
                draft.queue,
                draft.held,
                draft.after,
                draft.options,
            )
            known.queue, known.held, known.not_before = draft.queue, draft.held, draft.not_before
            known.after, known.options = draft.after, draft.options
            known.key = (draft.priority, known.key[1])

    @rule(data=st.data(), verb=st.sampled_from(["cancel", "retry", "remove", "hold", "release", "pause", "resume"]))
    def act(self, data: st.DataObject, verb: str) -> None:
        if not self.jobs:
            return
        BY_VERB[verb] += 1
        ids = data.draw(st.lists(st.sampled_from(sorted(self.jobs)), min_size=1, max_size=3, unique=True))
        call = self.store.jobs.act(Verb(verb), singly(ids), now=self.now)
        if all(self.applies(verb, self.jobs[number], ids) for number in ids):
            self.run(call)
            for number in ids:
                self.done(verb, number)
        else:
            self.refused(call, TuiQueueError)

    @precondition(lambda self: len(self.jobs) > 25)
    @rule()
    def cancel_all(self) -> None:
        BY_VERB["cancel all"] += 1
        self.run(self.store.jobs.act(Verb.CANCEL, Selection(everything=True), now=self.now))
        for number, known in self.jobs.items():
            if not known.state.ended:
                self.done("cancel", number)

    @rule(data=st.data(), where=st.sampled_from(list(Move)))
    def move(self, data: st.DataObject, where: Move) -> None:
        pending = self.pending()
        if not pending:
            return
        BY_VERB["move"] += 1
        number = data.draw(st.sampled_from(pending))
        line = [each for each in pending if self.jobs[each].queue == self.jobs[number].queue]
        place = line.index(number)
        before = None
        rest = [each for each in line if each != number]
        match where:
            case Move.TOP:
                wanted = [number, *rest]
            case Move.BOTTOM:
                wanted = [*rest, number]
            case Move.UP:
                wanted = [*rest[: max(0, place - 1)], number, *rest[max(0, place - 1) :]]
            case Move.DOWN:
                wanted = [*rest[: place + 1], number, *rest[place + 1 :]]
            case Move.BEFORE:
                before = data.draw(st.sampled_from(line))
                there = rest.index(before) if before != number else place
                wanted = [*rest[:there], number, *rest[there:]]
        self.run(self.store.jobs.move(singly([number]), where, before, now=self.now))
        for job in self.run(self.seen()).jobs:
            if job.state is State.PENDING:
                self.jobs[job.id].key = self.key_of(job)
        assert [each for each in self.pending() if each in line] == wanted

    @rule(
        name=st.sampled_from(NAMES),
        slots=st.sampled_from([None, None, 0, 1, 3]),
        paused=st.sampled_from([False, False, False, True]),
    )
    def change_queue(self, name: str, slots: int | None, paused: bool) -> None:
        self.set_queue(name, slots, paused=paused)

    def set_queue(self, name: str, slots: int | None, *, paused: bool) -> None:
        BY_VERB["set queue"] += 1
        lost = Lost.REQUEUE if paused else Lost.LEAVE
        queue = Queue(name=name, slots=slots, paused=paused, options=QueueOptions(lost=lost))
        self.queue_states[name] = self.run(self.queues.put(queue))

    @rule(limit=st.sampled_from([None, None, 2, 4]))
    def set_limit(self, limit: int | None) -> None:
        BY_VERB["set limit"] += 1
        self.limit = limit = None if self.plain else limit
        self.run(self.queues.set_limit(limit))

    @rule(name=st.sampled_from("xyz"), every=st.sampled_from([7, 30]), overlap=st.sampled_from(list(Overlap)))
    def add_schedule(self, name: str, every: int, overlap: Overlap) -> None:
        BY_VERB["add schedule"] += 1
        draft = JobDraft(path="/bin/true", cwd="/", name=name)
        next_at = self.now + timedelta(seconds=every)
        schedule = Schedule(
            name=name,
            rule=f"every {every}s",
            zone="UTC",
            overlap=overlap,
            draft=draft,
            created_at=self.now,
            next_at=next_at,
        )
        if name in self.timetable:
            self.refused(self.schedules.add(schedule), BadInputError)
        else:
            self.timetable[name] = self.run(self.schedules.add(schedule))

    @precondition(lambda self: self.timetable)
    @rule(data=st.data(), verb=st.sampled_from(["pause", "run", "remove"]))
    def act_on_schedule(self, data: st.DataObject, verb: str) -> None:
        BY_VERB[f"{verb} schedule"] += 1
        name = data.draw(st.sampled_from(sorted(self.timetable)))
        match verb:
            case "pause":
                schedule = replace(self.timetable[name], paused=not self.timetable[name].paused)
                self.timetable[name] = self.run(self.schedules.put(schedule))
            case "run":
                self.learn(self.run(self.schedules.run(name, now=self.now)), schedule=name)
            case "remove":
                self.run(self.schedules.remove(name))
                del self.timetable[name]
                for known in self.jobs.values():
                    known.schedule = "" if known.schedule == name else known.schedule

    # What the world does

    @rule(seconds=st.sampled_from([0, 1, 7, 60]))
    def wait(self, seconds: int) -> None:
        BY_VERB["time passes"] += 1
        self.now += timedelta(seconds=seconds)
        self.look()

    @rule(free=st.sampled_from([0.0, 10.0, 10.0]), pid=st.sampled_from([1, 2]))
    def change_machine(self, free: float, pid: int) -> None:
        BY_VERB["machine changes"] += 1
        self.free = free
        self.living[pid] = not self.living[pid]

    @rule(data=st.data(), code=st.sampled_from([0, 0, 3, 7]))
    def end_another_run(self, data: st.DataObject, code: int) -> None:
        self.end(data, code, free_at_once=True)

    @rule(data=st.data(), code=st.sampled_from([0, 0, 3, 7, None, "lost"]), free_at_once=st.booleans())
    def end_a_run(self, data: st.DataObject, code: int | str | None, free_at_once: bool) -> None:
        self.end(data, code, free_at_once=free_at_once)

    def end(self, data: st.DataObject, code: int | str | None, *, free_at_once: bool) -> None:
        self.look()
        running = [number for number, known in self.jobs.items() if known.state is State.RUNNING]
        if not running:
            return
        BY_VERB["a run ends"] += 1
        number = data.draw(st.sampled_from(running))
        job, known = self.run(self.store.queries.job(str(number))), self.jobs[number]
        if code == "lost":
            end = RunEnd(finished_at=self.now, error="", cancelled=known.cancelled)
        elif code is None:
            end = RunEnd(finished_at=self.now, signal=9, started_at=self.now)
        else:
            end = RunEnd(finished_at=self.now, exit_code=int(code), started_at=self.now)
        state, reason = result_of(end, job.options)
        again = next_attempt(job, state, end, self.queue_states[job.queue].options, self.now)
        finish = partial(self.store.runs.finish, job, epoch=self.epoch, state=state, reason=reason, end=end)
        done = self.run(finish(again=lambda _: again))
        assert done is not None
        self.ends(number, code)
        assert done.state is known.state, (done, known)
        if free_at_once:
            self.start_reserved()
            self.look()

    @rule(really=st.sampled_from([False, False, True]))
    def another_scheduler_comes(self, really: bool) -> None:
        if really:
            self.take_lease()
        self.look()

    @rule(really=st.sampled_from([False, False, True]))
    def the_power_is_cut(self, really: bool) -> None:
        """Start the machine again with a store that has all transactions: only those that wait were left reserved."""
        if not really:
            return
        BY_VERB["power cut"] += 1
        reserved = [row[0] for row in self.run(self.store.database.read(_reserved))]
        self.boot += 1
        self.take_lease()
        for number in reserved:
            if number in self.jobs and self.jobs[number].state is State.PENDING:
                COUNTED["reserved jobs cut short"] += 1
                known = self.jobs[number]
                known.state, known.attempt, known.not_before = State.RUNNING, known.attempt + 1, None
        assert not self.run(self.store.database.read(_reserved))

    def take_lease(self) -> None:
        BY_VERB["another scheduler"] += 1
        before, boot = self.epoch, f"b{self.boot}"
        self.epoch = self.run(self.store.runs.take_lease(pid=1, host="here", tty="", boot=boot, now=self.now)).epoch
        if before:
            stale = self.run(self.store.runs.claim(epoch=before, capacity=self.capacity, boot=boot, now=self.now))
            assert stale is None
            assert not self.started_reserved(before)

    @rule()
    def claim(self) -> None:
        self.look()

    def look(self) -> None:
        """Start what may start."""
        BY_VERB["claim"] += 1
        self.settle()
        before = set(self.jobs)
        claimed = self.run(
            self.store.runs.claim(
                epoch=self.epoch, capacity=self.capacity, short=NAMES, boot=f"b{self.boot}", now=self.now
            )
        )
        assert claimed is not None
        self.fire(before)
        self.settle()
        wanted, _ = self.decide()
        assert [job.id for job in claimed.jobs] == wanted
        COUNTED["jobs reserved"] += claimed.reserved
        self.have_started(claimed.jobs)
        taken = [number for known in self.jobs.values() if known.state is State.RUNNING for number in known.devices]
        assert len(taken) == len(set(taken))
        self.due_is_not_too_late(claimed.due)

    @rule()
    def start_reserved(self) -> None:
        """Start what was reserved: a pass would start the same jobs of these queues, or more."""
        BY_VERB["start reserved"] += 1
        jobs = self.started_reserved(self.epoch)
        if jobs:
            self.settle()
            wanted, _ = self.decide()
            for name in {job.queue for job in jobs}:
                of_queue = [job.id for job in jobs if job.queue == name]
                assert of_queue == [each for each in wanted if self.jobs[each].queue == name][: len(of_queue)]
        COUNTED["reserved jobs started"] += len(jobs)
        self.have_started(jobs)

    def started_reserved(self, epoch: int) -> tuple[Job, ...]:
        started = self.run(
            self.store.runs.start_reserved(
                epoch=epoch, capacity=self.capacity, over=(), boot=f"b{self.boot}", now=self.now
            )
        )
        return () if started is None else started.jobs

    def have_started(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            known = self.jobs[job.id]
            known.state, known.attempt, known.not_before = State.RUNNING, known.attempt + 1, None
            COUNTED["starts"] += 1
            assert (job.attempt, job.first_attempt) == (known.attempt, known.first_attempt)
            assert job.devices.get("gpu", ()) == () or len(job.devices["gpu"]) == dict(job.options.resources)["gpu"]
            known.devices = job.devices.get("gpu", ())

    def due_is_not_too_late(self, due: datetime | None) -> None:
        """Nobody may start by time alone before the scheduler looks again."""
        later = [
            known.not_before
            for known in self.jobs.values()
            if known.state is State.PENDING and not known.held and known.not_before and self.now < known.not_before
        ]
        for moment in sorted(later):
            if due is not None and due <= moment:
                return
            could, _ = self.decide(now=moment)
            assert not could, (due, moment, could)

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        seen = self.run(self.seen())
        assert {job.id for job in seen.jobs} == set(self.jobs)
        _, reasons = self.decide()
        for job in seen.jobs:
            known = self.jobs[job.id]
            if known.state is State.RUNNING:  # the model confirms no start, and a claimed run is shown as none
                assert job.is_claimed, (job, known)
                continue
            assert job.state is known.state, (job, known)
            if job.state is State.PENDING:
                reason = seen.reasons[job.id]
                assert reason == reasons[job.id], (reason, reasons[job.id], known)
                COUNTED[
                    "reason: " + "".join("N" if char.isdigit() else char for char in reason.split("begins 2")[0])
                ] += 1
        COUNTED["steps"] += 1

    # The model

    def decide(self, now: datetime | None = None) -> tuple[list[int], dict[int, str]]:
        """Return who starts now, in order, and the reason of every pending job; one after the other, as it is told."""
        now = now or self.now
        running = [known for known in self.jobs.values() if known.state is State.RUNNING]
        left = {
            name: (SLOTS if queue_state.slots is None else queue_state.slots)
            for name, queue_state in self.queue_states.items()
        }
        used: Counter[str] = Counter()
        promised = 0.0
        for known in running:
            left[known.queue] -= 1
            used.update(dict(known.options.resources))
            promised += dict(known.options.gates).get("mem", 0)  # no run is told to have started: none has settled
        count = len(running)
        reserved: dict[str, int] = {}
        starts: list[int] = []
        reasons: dict[int, str] = {}
        for number in self.pending():
            known = self.jobs[number]
            reason = self.own_reason(known, now) or self.lane_reason(known.queue, left, count)
            if not reason:
                reason = self.resource_reason(number, known, used, reserved)
                mem = dict(known.options.gates).get("mem", 0)
                if not reason and mem and self.free - promised < mem:
                    reason = f"mem: {max(0, int(self.free - promised))} of {mem:.0f} free"
                if not reason:
                    reason = "starting"
                    starts.append(number)
                    left[known.queue] -= 1
                    count += 1
                    used.update(dict(known.options.resources))
                    promised += mem
            reasons[number] = reason
        return starts, reasons

    def own_reason(self, known: Known, now: datetime) -> str:
        if known.held:
            return known.hold_reason or "held"
        waits = []
        for after in known.after:
            state = self.jobs[after.job_id].state if after.job_id in self.jobs else None
            words = f"after #{after.job_id}" + ("" if after.outcome is Outcome.COMPLETED else f" {after.outcome}")
            if self.impossible(after):
                return f"{words}: {state or 'removed'}"
            if not self.met(after):
                waits.append(words)
        if waits:
            return ", ".join(waits)
        for pid, _ in known.options.after_pids:
            if self.living[pid]:
                return f"after process {pid}"
        if known.not_before is not None and known.not_before > now:
            local = known.not_before.astimezone()
            shown = f"{local:%Y-%m-%d %H:%M}" if not local.second else f"{local:%Y-%m-%d %H:%M:%S}"
            return f"{'retry' if known.attempt >= known.first_attempt else 'begins'} {shown}"
        return ""

    def lane_reason(self, queue: str, left: dict[str, int], count: int) -> str:
        queue_state = self.queue_states[queue]
        if queue_state.paused:
            return "queue paused"
        if (SLOTS if queue_state.slots is None else queue_state.slots) == 0:
            return "no slots"
        if left[queue] <= 0:
            return "slots"
        if self.limit is not None and count >= self.limit:
            return f"limit of {self.limit} for all queues"
        return ""

    def resource_reason(self, number: int, known: Known, used: Counter[str], reserved: dict[str, int]) -> str:
        short = []
        for name, wanted in known.options.resources:
            if name in reserved:
                short.append(f"{name} (behind #{reserved[name]})")
            elif wanted > TOTALS[name] - used[name]:
                short.append(f"{name}: {max(0, TOTALS[name] - used[name])} of {wanted} free")
        if not short:
            return ""
        for name, _ in known.options.resources:
            reserved.setdefault(name, number)
        return short[0]

    def met(self, after: After) -> bool:
        state = self.jobs[after.job_id].state if after.job_id in self.jobs else None
        if after.outcome is Outcome.ENDED:
            return state is None or state.ended
        return state == str(after.outcome)

    def impossible(self, after: After) -> bool:
        state = self.jobs[after.job_id].state if after.job_id in self.jobs else None
        return not self.met(after) and (state is None or state.ended)

    def settle(self) -> None:
        """Cancel or hold what waits in vain, let go what waits in vain no more."""
        changed = True
        while changed:
            changed = False
            for number in sorted(self.jobs):
                known = self.jobs[number]
                if known.state is not State.PENDING or not known.after:
                    continue
                vain = [after for after in known.after if self.impossible(after)]
                if vain and known.options.unmet is Unmet.CANCEL:
                    known.state = State.CANCELLED
                    changed = True
                elif vain and not known.held:
                    known.held = True
                    known.hold_reason = self.own_reason(dataclasses.replace(known, held=False), self.now)
                elif not vain and known.held and known.hold_reason.startswith("after #"):
                    known.held, known.hold_reason = False, ""

    def fire(self, before: set[int]) -> None:
        """Make the jobs of the schedules whose time has come: one each, however many times have passed."""
        made = {job.id: job for job in self.run(self.seen()).jobs if job.id not in before}
        numbers = itertools.count(self.newest + 1)
        due = [
            rule for rule in self.timetable.values() if not rule.paused and rule.next_at and rule.next_at <= self.now
        ]
        for schedule in sorted(due, key=lambda each: (each.next_at, each.id)):
            every = timedelta(seconds=int(schedule.rule.removeprefix("every ").removesuffix("s")))
            passed = (self.now - schedule.created_at) // every
            self.timetable[schedule.name] = replace(schedule, next_at=schedule.created_at + (passed + 1) * every)
            active = [n for n, known in self.jobs.items() if known.schedule == schedule.name and not known.state.ended]
            if active and schedule.overlap is Overlap.SKIP:
                continue
            if len(active) > 1 and schedule.overlap is Overlap.QUEUE:
                continue
            if active and schedule.overlap is Overlap.REPLACE:
                for number in active:
                    self.done("cancel", number)
            number = next(numbers)
            self.learn(replace(made.pop(number), state=State.PENDING, attempt=0, devices={}), schedule=schedule.name)
            if active and schedule.overlap is Overlap.QUEUE:
                assert self.jobs[number].after == (After(job_id=max(active), outcome=Outcome.ENDED),)
            COUNTED["jobs made by schedules"] += 1
        assert not made

    def applies(self, verb: str, known: Known, ids: list[int]) -> bool:
        match verb:
            case "cancel":
                return not known.state.ended
            case "retry":
                return known.state.ended or self.waits_again(known)
            case "remove":
                waited_for = {
                    after.job_id for each in self.jobs.values() if each.state is State.PENDING for after in each.after
                }
                return known.state.ended and not waited_for & set(ids)
            case "hold" | "release":
                return known.state is State.PENDING
            case _:
                return known.state is State.RUNNING

    def waits_again(self, known: Known) -> bool:
        return known.state is State.PENDING and not known.held and known.attempt >= known.first_attempt

    def done(self, verb: str, number: int) -> None:
        known = self.jobs[number]
        match verb:
            case "cancel":
                known.cancelled = True
                if known.state is State.PENDING:
                    known.state = State.CANCELLED
            case "retry" if self.waits_again(known):
                known.not_before = None
            case "retry":
                known.state, known.cancelled, known.held, known.hold_reason = State.PENDING, False, False, ""
                known.not_before, known.devices, known.first_attempt = None, (), known.attempt + 1
            case "remove":
                del self.jobs[number]
            case "hold":
                known.held, known.hold_reason = True, ""
            case "release":
                if known.hold_reason.startswith("after #"):
                    known.after = ()
                known.held, known.hold_reason = False, ""

    def ends(self, number: int, code: int | str | None) -> None:
        known = self.jobs[number]
        known.devices = ()
        options = known.options
        if code == 0 or (code == 7 and 7 in options.success_codes):
            known.state = State.COMPLETED
            return
        if code == "lost":
            known.state = State.CANCELLED if known.cancelled else State.FAILED
            wish = options.lost or self.queue_states[known.queue].options.lost
            if not known.cancelled and wish is not Lost.LEAVE:
                known.state = State.PENDING
                known.held = wish is Lost.ASK
                known.hold_reason = "interrupted: release runs it again, cancel leaves it" if known.held else ""
            return
        known.state = State.FAILED
        tries = known.attempt - known.first_attempt
        if tries < options.retries and (not options.retry_on or code in options.retry_on) and not known.cancelled:
            known.state = State.PENDING
            delay = options.retry_delay_s * 2**tries
            known.not_before = self.now + timedelta(seconds=delay) if delay else None

    # Small things

    def draft(self, wish: dict[str, Any]) -> JobDraft:
        if self.plain:
            wish = {**wish, **PLAIN}
        resources = tuple((name, n) for name, n in (("gpu", wish["gpus"]), ("licence", wish["licences"])) if n)
        options = JobOptions(
            unmet=wish["unmet"],
            retries=wish["retries"],
            retry_delay_s=wish["retry_delay_s"],
            retry_growth=2.0,
            retry_on=wish["retry_on"],
            success_codes=wish["success_codes"],
            lost=wish["lost"],
            resources=resources,
            gates=(("mem", float(wish["gate"])),) if wish["gate"] else (),
            after_pids=((wish["pid"], 1),) if wish["pid"] else (),
        )
        after = {job_id: After(job_id=job_id, outcome=outcome) for job_id, outcome in wish["after"]}
        return JobDraft(
            path="/bin/true",
            cwd="/",
            name="true",
            queue=wish["queue"],
            priority=wish["priority"],
            held=wish["held"],
            not_before=self.now + timedelta(seconds=wish["delay"]) if wish["delay"] else None,
            after=tuple(after.values()),
            options=options,
        )

    def learn(self, job: Job, schedule: str = "") -> None:
        assert job.id == self.newest + 1
        self.newest = job.id
        self.jobs[job.id] = Known(
            queue=job.queue,
            key=self.key_of(job),
            held=job.held,
            not_before=job.not_before,
            after=job.after,
            options=job.options,
            schedule=schedule,
        )

    def key_of(self, job: Job) -> tuple[int, int]:
        return (job.priority, self.run(self.store.database.read(_place, job.id)))

    def pending(self) -> list[int]:
        waiting = [number for number, known in self.jobs.items() if known.state is State.PENDING]
        return sorted(waiting, key=lambda number: (-self.jobs[number].key[0], self.jobs[number].key[1]))

    def leads_to(self, after: tuple[After, ...], number: int) -> bool:
        seen, waiting = set(), [each.job_id for each in after]
        while waiting:
            each = waiting.pop()
            if each not in seen and each in self.jobs:
                seen.add(each)
                waiting += [further.job_id for further in self.jobs[each].after]
        return number in seen

    def seen(self) -> Coroutine[Any, Any, Any]:
        return self.store.queries.snapshot(
            active=-1, ended=-1, only=Filter(), capacity=self.capacity, scheduled=True, now=self.now
        )

    def refused(self, call: Coroutine[Any, Any, object], kind: type[TuiQueueError]) -> None:
        before = self.run(self.store.database.read(_everything))
        COUNTED["refusals"] += 1
        try:
            self.run(call)
        except kind:
            assert self.run(self.store.database.read(_everything)) == before
        else:
            raise AssertionError("it should have been refused")


def _place(db: Any, job_id: int) -> int:
    number: int = db.execute("SELECT place FROM jobs WHERE id = ?", (job_id,)).fetchone()[0]
    return number


def _reserved(db: Any) -> list[Any]:
    return db.execute("SELECT job_id FROM reserved ORDER BY job_id").fetchall()  # type: ignore[no-any-return]


def _everything(db: Any) -> list[Any]:
    tables = ("jobs", "runs", "queues", "schedules", "settings")
    return [tuple(row) for table in tables for row in db.execute(f"SELECT * FROM {table}")]


def explore(examples: int, steps: int) -> None:
    """Try ``examples`` random sequences of ``steps`` verbs each. Raises AssertionError."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        database=None,
    )
    run_state_machine_as_test(QueueMachine, settings=chosen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    options = parser.parse_args()
    while COUNTED["steps"] < options.steps:
        explore(40, 60)
    counted = ("steps", "starts", "refusals", "jobs made by schedules", "jobs reserved", "reserved jobs started")
    totals = [f"{COUNTED[what]:,} {what}" for what in (*counted, "reserved jobs cut short")]
    print(f"{', '.join(totals)}; broken invariants: 0")
    print("verbs: " + ", ".join(f"{verb} {count:,}" for verb, count in BY_VERB.most_common()))
    reasons = [
        (name.removeprefix("reason: "), count) for name, count in COUNTED.most_common() if name.startswith("reason")
    ]
    print("reasons: " + ", ".join(f"{name} {count:,}" for name, count in reasons))


if __name__ == "__main__":
    main()
