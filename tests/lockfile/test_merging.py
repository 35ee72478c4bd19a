"""What three versions of a lockfile become: laws that hold for any three."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.lockfile import checksum, loads, merge, merged_text, salvage
from reconciler.lockfile.freezes import EVERY_MINUTE, NAME
from reconciler.model import Freeze, Lock, LockEntry, RunSpec, Timing
from reconciler.timing import cron_fields, month_days
from tests.builders import entry, timing

# few ids and few states of each, so that three versions meet in every way there is
STATES = {
    id: [
        entry(id),
        entry(id, timing=timing(hour="10")),
        entry(id, timing=Timing("UTC", (month_days({"business_days": "-1", "hour": "17"}),))),
        entry(id, description="what it is for"),
        entry(id, run=RunSpec(command=("false",))),
    ]
    for id in ("alpha", "beta", "gamma", "delta.1")
}


FREEZES = [
    Freeze(("on weekends",), "all day", Timing("UTC", (cron_fields({"hour": hour, "minute": "*"}),), EVERY_MINUTE), "a")
    for hour in ("*", "3")
]


def _lock(entries: dict[str, LockEntry | None], freeze: Freeze | None) -> Lock:
    return Lock({id: one for id, one in entries.items() if one is not None}, freeze)


LOCKS = st.builds(
    _lock,
    st.fixed_dictionaries({id: st.none() | st.sampled_from(states) for id, states in STATES.items()}),
    st.none() | st.sampled_from(FREEZES),
)


def sides(lock: Lock) -> dict[str, LockEntry | None]:
    return {id: lock.entries.get(id) for id in STATES}


@given(LOCKS, LOCKS)
def test_what_one_side_alone_did_is_taken_whole(base: Lock, changed: Lock) -> None:
    for merged in (merge(base, changed, base), merge(base, base, changed), merge(base, changed, changed)):
        assert merged.lock == changed
        assert merged.open == []


@given(LOCKS, LOCKS, LOCKS)
def test_the_sides_are_equals(base: Lock, ours: Lock, theirs: Lock) -> None:
    one, other = merge(base, ours, theirs), merge(base, theirs, ours)
    assert one.lock == other.lock
    assert one.conflicts == {id: (mine, their) for id, (their, mine) in other.conflicts.items()}


@given(LOCKS, LOCKS, LOCKS)
def test_each_entry_is_what_the_table_of_merging_says(base: Lock, ours: Lock, theirs: Lock) -> None:
    merged = merge(base, ours, theirs)
    was, mine, other, result = sides(base), sides(ours), sides(theirs), sides(merged.lock)
    for id in STATES:
        changed = [side for side in (mine[id], other[id]) if side != was[id]]
        if len(changed) == 2 and changed[0] != changed[1]:
            assert merged.conflicts[id] == (mine[id], other[id])
            assert result[id] is None
        else:
            assert id not in merged.conflicts
            assert result[id] == (changed[0] if changed else was[id])
    changed_freezes = [side.freeze for side in (ours, theirs) if side.freeze != base.freeze]
    if len(changed_freezes) == 2 and changed_freezes[0] != changed_freezes[1]:
        assert merged.freezes == (ours.freeze, theirs.freeze)
    else:
        assert merged.freezes is None
        assert merged.lock.freeze == (changed_freezes[0] if changed_freezes else base.freeze)


@given(LOCKS, LOCKS, LOCKS)
def test_a_merge_without_conflicts_loads_and_its_checksums_hold(base: Lock, ours: Lock, theirs: Lock) -> None:
    merged = merge(base, ours, theirs)
    kept = salvage(merged_text(merged))
    assert merged.lock.entries.items() <= kept.entries.items()
    assert kept.freeze == (None if merged.freezes and None not in merged.freezes else kept.freeze)
    if not merged.open:
        assert loads(merged_text(merged), file="merged") == merged.lock
    reviewed = {checksum(one) for lock in (ours, theirs) for one in lock.entries.values()}
    assert {checksum(one) for one in merged.lock.entries.values()} <= reviewed


@given(LOCKS, LOCKS, LOCKS)
def test_a_conflict_stands_around_its_entry_alone_in_the_order_of_ids(base: Lock, ours: Lock, theirs: Lock) -> None:
    merged = merge(base, ours, theirs)
    text = merged_text(merged)
    assert text.count("<<<<<<< ours\n") == text.count("=======\n") == text.count(">>>>>>> theirs\n")
    assert text.count("<<<<<<< ours\n") == len(merged.open)
    ids = [line[:-1] for line in text.split("\n") if line.endswith(":") and not line.startswith(" ")]
    freezes = [id for id in ids if id == NAME]
    assert ids[: len(freezes)] == freezes
    assert ids[len(freezes) :] == sorted(ids[len(freezes) :])


@given(LOCKS, LOCKS)
def test_without_a_common_version_all_that_differs_is_in_conflict(ours: Lock, theirs: Lock) -> None:
    merged = merge(None, ours, theirs)
    mine, other = sides(ours), sides(theirs)
    assert merged.conflicts.keys() == {id for id in STATES if mine[id] != other[id]}


def test_two_sides_that_give_one_answer_to_one_question_leave_it_to_be_kept() -> None:
    """The owner on one side and the command on the other: the model need not be asked the phrase again."""
    base, ours = Lock({"a": entry("a")}), Lock({"a": entry("a", owner="ops")})
    theirs = Lock({"a": entry("a", run=RunSpec(command=("false",)))})
    merged = merge(base, ours, theirs)
    assert merged.conflicts.keys() == {"a"}
    assert salvage(merged_text(merged)).entries["a"].timing == entry("a").timing


def test_two_answers_to_one_question_are_both_given_up() -> None:
    base, ours = Lock({"a": entry("a")}), Lock({"a": entry("a", timing=timing(hour="11"))})
    theirs = Lock({"a": entry("a", timing=timing(hour="12"))})
    assert salvage(merged_text(merge(base, ours, theirs))).entries == {}
