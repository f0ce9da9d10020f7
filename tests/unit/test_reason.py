"""Reasons: each kind has one text, and texts of older versions are told apart by it."""

import copy
import pickle

import pytest

from tui_queue.core.model.reason import NO_REASON, Reason, ReasonKind

DETAILS = {
    "dependencies": "after #3, after #4 ended",
    "dependency": "after #3",
    "state": "failed",
    "pid": 7,
    "processes": "2 processes of job 12",
    "what": "no room left on the disk",
    "times": 9,
    "time": "2030-05-01 06:00",
    "queue": "night",
    "limit": 4,
    "shortage": "mem: 1G of 2G free",
    "code": 3,
    "signal": "9 (SIGKILL)",
    "span": "5s",
    "error": "no such file",
    "detail": "outcome unknown",
    "text": "AnyError: 3",
}
STORED_BY_OLDER_VERSIONS = {
    "": ReasonKind.NONE,
    "after #3: failed": ReasonKind.UNMET,
    "after #3 ended: removed": ReasonKind.UNMET,
    "interrupted: release runs it again, cancel leaves it": ReasonKind.ASKS,
    "interrupted (outcome unknown)": ReasonKind.LOST,
    "interrupted (imported while it ran)": ReasonKind.LOST,
    "exit 0": ReasonKind.EXIT,
    "signal 9 (SIGKILL, out of memory)": ReasonKind.SIGNAL,
    "timeout; could not be ended: 12, 13": ReasonKind.TIMEOUT,
    "silent for 5m00s": ReasonKind.SILENT,
    "its log is full": ReasonKind.LOG_FULL,
    "could not start: exit 3: no such file": ReasonKind.NOT_STARTED,
    "cancelled by user": ReasonKind.CANCELLED,
    "replaced by its schedule": ReasonKind.REPLACED,
    "failed (imported; nobody knows how)": ReasonKind.UNKNOWN,
    "failed (imported; how is unknown)": ReasonKind.UNKNOWN,
    "Errored: exit 3": ReasonKind.UNKNOWN,
}


@pytest.mark.parametrize("kind", ReasonKind)
def test_every_kind_has_one_text(kind: ReasonKind) -> None:
    reason = Reason.of(kind, **DETAILS)
    assert reason.kind is kind
    assert bool(reason) is (kind is not ReasonKind.NONE)
    assert "{" not in reason


@pytest.mark.parametrize(("text", "kind"), STORED_BY_OLDER_VERSIONS.items())
def test_a_text_that_an_older_version_has_stored_is_told_apart(text: str, kind: ReasonKind) -> None:
    reason = Reason.parse(text)
    assert (reason, reason.kind) == (text, kind)


def test_a_copy_of_a_reason_keeps_its_kind() -> None:
    reason = Reason.of(ReasonKind.EXIT, code=3)
    for other in (copy.deepcopy(reason), pickle.loads(pickle.dumps(reason))):
        assert (other, other.kind) == ("exit 3", ReasonKind.EXIT)


def test_a_remark_stands_behind_a_reason_and_keeps_its_kind() -> None:
    slots, silent = Reason.of(ReasonKind.SLOTS), Reason.of(ReasonKind.SILENT, span="5s")
    changed = Reason("script changed since it was added")
    both = slots.with_remark(changed)
    assert (both, both.kind) == ("slots; script changed since it was added", ReasonKind.SLOTS)
    alone = NO_REASON.with_remark(silent)
    assert (alone, alone.kind) == ("silent for 5s", ReasonKind.SILENT)


def test_a_text_that_an_older_version_wrote_beside_another_kind_counts() -> None:
    assert Reason.stored("exit 3", "unmet").kind is ReasonKind.EXIT
    assert Reason.stored("after #1: failed", "").kind is ReasonKind.UNMET
    assert Reason.stored("after #1: failed", "unmet").kind is ReasonKind.UNMET
    assert Reason.stored("", "unmet").kind is ReasonKind.NONE
