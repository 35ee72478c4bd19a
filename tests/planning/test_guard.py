"""The guard against stopping more than was meant."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Action, Lock
from reconciler.planning import plan
from tests.builders import entry, job, observed


def stopping(total: int, stopped: int, *, allow: int | None = None) -> list[str]:
    held = observed(*(job(entry(f"job-{n}")) for n in range(total)))
    left = Lock({f"job-{n}": entry(f"job-{n}") for n in range(stopped, total)})
    return [breach.message for breach in plan(left, held, allow_deletes=allow).breaches]


@pytest.mark.parametrize(
    ("total", "stopped", "refused"),
    [(2, 1, False), (3, 1, False), (3, 2, True), (9, 2, False), (9, 3, True), (10, 3, False), (10, 4, True)],
)
def test_a_third_may_stop_at_once_and_always_one(total: int, stopped: int, refused: bool) -> None:
    assert bool(stopping(total, stopped)) == refused


def test_an_empty_lock_is_refused_even_for_one_job() -> None:
    assert "stop every job" in stopping(1, 1)[0]


@given(total=st.integers(1, 30), data=st.data())
def test_naming_the_number_allows_that_many_and_no_more(total: int, data: st.DataObject) -> None:
    stopped = data.draw(st.integers(1, total))
    assert stopping(total, stopped, allow=stopped) == []
    assert stopping(total, stopped, allow=stopped - 1) != []


def test_pausing_in_git_counts_as_stopping() -> None:
    held = observed(*(job(entry(id)) for id in "abcde"))
    paused = Lock({id: entry(id, paused=id in "abc") for id in "abcde"})
    result = plan(paused, held)
    assert {change.action for change in result.changes} == {Action.PAUSE}
    assert result.breaches[0].ids == ("a", "b", "c")


def test_jobs_that_git_had_paused_may_go_freely() -> None:
    held = observed(*(job(entry(id, paused=True)) for id in "abc"), job(entry("d")))
    assert plan(Lock({"d": entry("d")}), held).breaches == ()


def test_the_refusal_lists_what_would_stop_and_says_how_to_allow_it() -> None:
    held = observed(*(job(entry(id)) for id in "abcde"))
    (breach,) = plan(Lock({"e": entry("e")}), held).breaches
    assert "4 of 5 jobs (80%)" in breach.message
    assert breach.hint.endswith("--allow-deletes 4")
    assert breach.ids == ("a", "b", "c", "d")


def protecting(*ids: str, left: str, allow: frozenset[str] = frozenset(), number: int | None = None) -> list[str]:
    held = observed(*(job(entry(id, protected=id in ids)) for id in "abcde"))
    wanted = Lock({id: entry(id) for id in left})
    return [breach.message for breach in plan(wanted, held, allow_deletes=number, allow_stops=allow).breaches]


def test_what_is_protected_is_stopped_only_by_name() -> None:
    assert protecting("e", left="abcd") == ["this would stop what is protected: e"]
    assert protecting("e", left="abcd", number=1) == ["this would stop what is protected: e"]
    assert protecting("e", left="abcd", allow=frozenset("e")) == []


def test_what_is_named_does_not_count_towards_the_number() -> None:
    assert protecting("e", left="ab", allow=frozenset("e")) == [
        "this would stop 2 of 5 jobs (40%), more than the limit of 1"
    ]
    assert protecting("e", left="ab", allow=frozenset("e"), number=2) == []
    assert protecting(left="ab", allow=frozenset("cde")) == []


def test_protection_ends_with_the_change_after_the_one_that_takes_it_away() -> None:
    held = observed(*(job(entry(id, protected=True)) for id in "abcde"))
    unprotected = Lock({id: entry(id) for id in "abcde"})
    assert plan(unprotected, held).breaches == ()
    held = observed(*(job(entry(id)) for id in "abcde"))
    assert plan(Lock({id: entry(id) for id in "abcd"}), held).breaches == ()


def test_pausing_what_is_protected_in_git_is_stopping_it_and_renaming_it_is_not() -> None:
    held = observed(*(job(entry(id, protected=True)) for id in "abcde"))
    paused = {id: entry(id, protected=True, paused=id == "a") for id in "abcde"}
    assert plan(Lock(paused), held).breaches[0].ids == ("a",)
    renamed = {id: entry(id, protected=True) for id in "abcd"} | {"f": entry("f", protected=True, moved="e")}
    assert plan(Lock(renamed), held).breaches == ()


@pytest.mark.parametrize("id", ["a", "z"])
def test_a_pause_among_other_changes_is_a_stop_too(id: str) -> None:
    held = observed(*(job(entry(one, protected=True)) for one in "abcde"))
    kept = {one: entry(one, protected=True) for one in "bcde"}
    pausing = entry(id, paused=True, protected=False, owner="somebody", moved=None if id == "a" else "a")
    assert [breach.ids for breach in plan(Lock(kept | {id: pausing}), held).breaches] == [("a",)]
    assert plan(Lock(kept | {id: pausing}), held, allow_stops=frozenset("a")).breaches == ()


def test_a_change_of_what_is_paused_already_stops_nothing() -> None:
    held = observed(*(job(entry(one, protected=True, paused=True)) for one in "ab"), job(entry("c")))
    wanted = {one: entry(one, protected=True, paused=True, owner="somebody") for one in "ab"} | {"c": entry("c")}
    assert plan(Lock(wanted), held).breaches == ()


def test_a_pause_that_ends_by_itself_still_counts_as_running() -> None:
    until = datetime(2026, 12, 24)
    held = observed(*(job(entry(id, paused=True, paused_until=until)) for id in "abc"), job(entry("d")))
    assert plan(Lock({"d": entry("d")}), held).breaches[0].ids == ("a", "b", "c")
