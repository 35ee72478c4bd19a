"""One row of the plan's matrix a case: desired, last applied, observed -> change and reason."""

from __future__ import annotations

import pytest

from reconciler.lockfile import checksum
from reconciler.model import Action, Lock, LockEntry, Observed, Reason
from reconciler.planning import plan
from tests.builders import entry, job, observed, timing

NINE = entry()
TEN = entry(timing=timing(hour="10"))
ELEVEN = entry(timing=timing(hour="11"))


def lock(*entries: LockEntry) -> Lock:
    return Lock({one.id: one for one in entries})


@pytest.mark.parametrize(
    ("desired", "held", "expected"),
    [
        pytest.param(lock(NINE), observed(), [(Action.CREATE, Reason.ADDED)], id="new in git"),
        pytest.param(lock(NINE), observed(job(NINE)), [], id="nothing to do"),
        pytest.param(
            lock(NINE), observed(job(TEN, applied=NINE)), [(Action.UPDATE, Reason.DRIFT)], id="edited behind our back"
        ),
        pytest.param(lock(TEN), observed(job(NINE)), [(Action.UPDATE, Reason.CHANGED)], id="changed in git"),
        pytest.param(
            lock(TEN),
            observed(job(ELEVEN, applied=NINE)),
            [(Action.UPDATE, Reason.CHANGED)],
            id="changed in git and behind our back",
        ),
        pytest.param(
            lock(TEN),
            observed(job(TEN, applied=NINE)),
            [(Action.UPDATE, Reason.CHANGED)],
            id="already as git says, record behind",
        ),
        pytest.param(
            lock(NINE),
            observed(applied={NINE.id: checksum(NINE)}),
            [(Action.CREATE, Reason.MISSING)],
            id="lost by the engine",
        ),
        pytest.param(
            lock(NINE, entry("a"), entry("b")),
            observed(*(job(entry(id)) for id in ("a", "b", "c", NINE.id))),
            [(Action.DELETE, Reason.REMOVED)],
            id="removed in git",
        ),
        pytest.param(
            lock(), observed(applied={"gone": "sha256:0"}), [(Action.DELETE, Reason.MISSING)], id="record of nothing"
        ),
        pytest.param(lock(), observed(foreign=("theirs",)), [], id="foreign and not ours to judge"),
        pytest.param(
            lock(entry(paused=True), entry("b")),
            observed(job(entry()), job(entry("b"))),
            [(Action.PAUSE, Reason.CHANGED)],
            id="paused in git",
        ),
        pytest.param(
            lock(entry()), observed(job(entry(paused=True))), [(Action.RESUME, Reason.CHANGED)], id="resumed in git"
        ),
        pytest.param(
            lock(entry("new-name", moved="db-backup")),
            observed(job(NINE)),
            [(Action.UPDATE, Reason.MOVED)],
            id="renamed in git",
        ),
    ],
)
def test_the_matrix(desired: Lock, held: Observed, expected: list[tuple[Action, Reason]]) -> None:
    result = plan(desired, held)
    assert [(change.action, change.reason) for change in result.pending] == expected
    assert not result.breaches


def test_drift_is_listed_apart_from_what_git_changed() -> None:
    result = plan(lock(NINE, entry("b", timing=timing(hour="7"))), observed(job(TEN, applied=NINE), job(entry("b"))))
    assert [change.id for change in result.changes] == ["b"]
    assert [change.id for change in result.drift] == ["db-backup"]


def test_what_stops_comes_after_what_starts() -> None:
    held = observed(*(job(entry(id)) for id in ("a", "b", "c", "d")))
    result = plan(lock(entry("b"), entry("c"), entry("d", timing=timing(hour="4")), entry("z")), held)
    assert [(change.action, change.id) for change in result.changes] == [
        (Action.CREATE, "z"),
        (Action.UPDATE, "d"),
        (Action.DELETE, "a"),
    ]


def test_a_rename_carries_the_old_id_and_stops_nothing() -> None:
    (change,) = plan(lock(entry("new", moved="old")), observed(job(entry("old")))).changes
    assert change.previous_id == "old"
    assert change.before is not None
    assert change.before.id == "old"


def test_a_foreign_job_is_refused_by_name_until_it_is_adopted() -> None:
    held = observed(foreign=("db-backup",))
    refused = plan(lock(NINE), held)
    assert refused.pending == ()
    assert "--adopt db-backup" in refused.breaches[0].hint
    adopted = plan(lock(NINE), held, adopt=frozenset({"db-backup"}))
    assert [(change.action, change.reason) for change in adopted.changes] == [(Action.CREATE, Reason.ADOPTED)]
    assert adopted.breaches == ()


def test_the_digest_names_the_changes_and_the_state_they_start_from() -> None:
    create = plan(lock(NINE), observed())
    assert create.digest == plan(lock(NINE), observed()).digest
    assert create.digest != plan(lock(TEN), observed()).digest
    assert plan(lock(TEN), observed(job(NINE))).digest != plan(lock(TEN), observed(job(ELEVEN))).digest


def test_unchanged_jobs_are_counted() -> None:
    result = plan(lock(NINE, entry("b"), entry("c")), observed(job(NINE), job(entry("b"))))
    assert result.unchanged == 2
