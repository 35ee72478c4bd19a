"""What of a plan is done now, and what waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.model import Action, Breach, Change, Plan, Reason
from reconciler.steering import Healing, steer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WANTED = Change(Action.CREATE, "new", Reason.ADDED)
DRIFT = Change(Action.UPDATE, "edited", Reason.DRIFT)
LOST = Change(Action.CREATE, "lost", Reason.MISSING)
PLAN = Plan((WANTED,), (DRIFT, LOST), 0, (), "sha256:0")
AT_ONCE = Healing()
SLOWLY = Healing(timedelta(seconds=5))
NEVER = Healing(None)


def ids(changes: tuple[Change, ...]) -> list[str]:
    return [change.id for change in changes]


@pytest.mark.parametrize(
    ("healing", "seen_before", "done", "left", "heals_in"),
    [
        (AT_ONCE, None, ["new", "edited", "lost"], [], None),
        (SLOWLY, None, ["new"], ["edited", "lost"], 5),
        (SLOWLY, 3, ["new", "lost"], ["edited"], 2),
        (SLOWLY, 5, ["new", "edited", "lost"], [], None),
        (NEVER, 1000, ["new"], ["edited", "lost"], None),
    ],
)
def test_drift_is_undone_after_its_time_and_changes_at_once(
    healing: Healing, seen_before: int | None, done: list[str], left: list[str], heals_in: int | None
) -> None:
    drifted = {}
    if seen_before is not None:
        drifted = {"edited": NOW - timedelta(seconds=seen_before), "lost": NOW - timedelta(seconds=1000)}
    steered = steer(PLAN, now=NOW, frozen_until=None, healing=healing, drifted=drifted)
    assert (ids(steered.now), ids(steered.drift)) == (done, left)
    assert steered.heals_at == (None if heals_in is None else NOW + timedelta(seconds=heals_in))


def test_a_freeze_holds_changes_back_and_drift_is_undone_all_the_same() -> None:
    end = NOW + timedelta(hours=3)
    steered = steer(PLAN, now=NOW, frozen_until=end, healing=AT_ONCE, drifted={})
    assert (ids(steered.now), ids(steered.frozen), steered.frozen_until) == (["edited", "lost"], ["new"], end)


def test_a_freeze_without_a_change_holds_nothing_back() -> None:
    steered = steer(Plan((), (DRIFT,), 0, (), ""), now=NOW, frozen_until=NOW, healing=AT_ONCE, drifted={})
    assert (ids(steered.now), steered.frozen_until) == (["edited"], None)


def test_nothing_is_done_of_a_plan_that_breaks_a_limit() -> None:
    refused = Plan((WANTED,), (DRIFT,), 0, (Breach("too many", "allow them"),), "")
    steered = steer(refused, now=NOW, frozen_until=None, healing=AT_ONCE, drifted={})
    assert (steered.now, steered.refused) == ((), True)


def test_a_record_of_a_job_that_is_nowhere_is_forgotten_at_once() -> None:
    record = Change(Action.DELETE, "gone", Reason.MISSING)
    steered = steer(Plan((), (record,), 0, (), ""), now=NOW, frozen_until=None, healing=NEVER, drifted={})
    assert steered.now == (record,)
