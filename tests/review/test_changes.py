"""What a change of the lockfile means, judged from two locks alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem
from reconciler.model import (
    Conventions,
    Declaration,
    Evidence,
    InvalidSchedule,
    LockEntry,
    Origin,
    Policy,
    Retries,
    RunSpec,
    Schedule,
)
from reconciler.review.changes import Kind, compare
from reconciler.review.concerns import Level
from reconciler.review.diff_markdown import diff_markdown
from reconciler.review.diff_text import diff_text
from reconciler.review.diff_words import effect, per_day, runs, verdict
from reconciler.review.text import Paint
from tests.builders import entry, timing
from tests.review.changing import NOW, codes, only, report, version

EVERY_15 = timing("UTC", hour="*", minute="*/15")
EVERY_5 = timing("UTC", hour="*", minute="*/5")
NIGHTLY = timing(hour="2", minute="30")


def others(count: int = 9) -> list[LockEntry]:
    return [entry(f"other-{at}") for at in range(count)]


def test_locks_that_are_alike_have_nothing_to_report() -> None:
    found = report(others(), others())
    assert found.empty
    assert (found.unchanged, found.runs_before, found.runs_after) == (9, 45, 45)
    assert verdict(found) == "nothing changed in the lock · runs/week 45"


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ([], [entry("a")], Kind.ADDED),
        ([entry("a")], [], Kind.REMOVED),
        ([entry("a")], [entry("a", timing=NIGHTLY)], Kind.CHANGED),
        ([entry("a")], [entry("b", moved="a")], Kind.MOVED),
    ],
)
def test_each_change_has_its_kind(before: list[LockEntry], after: list[LockEntry], kind: Kind) -> None:
    change = only(report([*others(), *before], [*others(), *after]))
    assert change.kind is kind
    assert (change.before is None) == (kind is Kind.ADDED)
    assert (change.after is None) == (kind is Kind.REMOVED)
    assert change.previous_id == ("a" if kind is Kind.MOVED else None)


STATES = st.sampled_from([None, entry("x"), entry("x", timing=NIGHTLY), entry("x", paused=True), entry("x", owner="o")])


@given(st.lists(st.tuples(STATES, STATES), max_size=12))
def test_every_schedule_is_counted_once_and_the_loads_add_up(
    pairs: list[tuple[LockEntry | None, LockEntry | None]],
) -> None:
    before = [replace(old, id=f"s{at}") for at, (old, _) in enumerate(pairs) if old is not None]
    after = [replace(new, id=f"s{at}") for at, (_, new) in enumerate(pairs) if new is not None]
    found = report(before, after)
    assert found.count(Kind.ADDED) == sum(old is None and new is not None for old, new in pairs)
    assert found.count(Kind.REMOVED) == sum(old is not None and new is None for old, new in pairs)
    assert found.unchanged == sum(old == new and old is not None for old, new in pairs)
    assert len(found.changes) == sum(old != new for old, new in pairs)
    assert found.runs_after - found.runs_before == sum(one.more_runs for one in found.changes)


def test_the_next_fires_are_told_before_and_after() -> None:
    change = only(report([entry("a")], [entry("a", timing=timing(day_of_week="mon-fri", hour="8", minute="30"))]))
    assert change.before is not None
    assert change.after is not None
    assert change.before.next[0] == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert change.after.next[0] == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    assert len(change.after.next) == 3
    assert not change.fires_alike


def test_the_load_of_the_coming_week_is_told_before_and_after() -> None:
    found = report([entry("a", timing=EVERY_15), *others()], [entry("a", timing=EVERY_5), *others()])
    assert runs(only(found)) == "96 → 288 runs/day (+192)"
    assert only(found).more_runs == 1344
    assert verdict(found) == "nothing needs a look · runs/week 717 → 2,061 (+1,344)"


def test_a_phrase_edit_that_changes_no_fire_time_says_exactly_that() -> None:
    before = entry("a", when=("every weekday at 9am",))
    after = entry("a", when=("weekdays at 09:00",), timing=timing(day_of_week="mon,tue,wed,thu,fri", hour="9"))
    change = only(report([before], [after]))
    assert change.fires_alike
    assert effect(change) == "the phrase changed; no fire time changes"


@given(st.sampled_from(["0", "1", "30", "45"]), st.sampled_from(["0", "1", "30", "45"]))
def test_fires_alike_is_said_of_timings_that_are_equal_and_of_no_others(one: str, other: str) -> None:
    before, after = (entry("a", when=(at,), timing=timing(day="31", hour="4", minute=at)) for at in (one, other))
    found = report([before], [after])
    assert found.changes == () if one == other else not only(found).fires_alike


def test_a_far_difference_is_found_though_the_next_fires_are_the_same() -> None:
    after = entry("a", timing=timing(year="2024-2030", day_of_week="mon-fri", hour="9"))
    assert not only(report([entry("a")], [after])).fires_alike


def test_what_runs_is_told_field_by_field() -> None:
    slower = RunSpec(command=("true",), timeout=timedelta(minutes=5), retries=Retries(3, timedelta(seconds=2)))
    change = only(report([entry("a")], [entry("a", run=slower, owner="ops")]))
    told = {one.name: (one.before, one.after) for one in change.fields}
    assert told == {
        "timeout": (None, "5m"),
        "retries": (None, '{"attempts":3,"backoff":"2s"}'),
        "owner": (None, "ops"),
    }
    assert effect(change) == "no fire time changes; owner, timeout and retries change"
    assert codes(change) == []


def test_a_pause_in_git_stops_the_runs_and_is_told() -> None:
    found = report([*others(), entry("a")], [*others(), entry("a", paused=True)])
    assert effect(only(found)) == "paused: it stops firing"
    assert (found.runs_before, found.runs_after) == (50, 45)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (entry("a", evidence=Evidence.MODEL, timing=EVERY_5), ["model-only"]),
        (entry("a", timing=NIGHTLY), ["dst", "dst"]),
        (entry("a", timing=timing("UTC", day="31", hour="9")), ["short-month"]),
        (entry("a", timing=timing("UTC", year="2025", hour="9")), ["never-fires"]),
        (entry("a", conventions=(("anchor", "2024-01-02"),)), ["conventions"]),
        (entry("a", timing=EVERY_5), []),
    ],
    ids=["model", "dst", "short month", "never", "conventions", "nothing"],
)
def test_each_reason_to_look_has_its_code(after: LockEntry, expected: list[str]) -> None:
    assert codes(only(report([entry("a"), *others()], [after, *others()]))) == expected


@pytest.mark.parametrize("field", ["owner", "description"])
def test_what_did_not_change_is_not_complained_about(field: str) -> None:
    before = entry("a", timing=NIGHTLY, evidence=Evidence.MODEL)
    assert codes(only(report([before], [replace(before, **{field: "new"})]))) == []


def test_a_breach_of_the_base_policy_is_an_error_and_comes_first() -> None:
    before = version("main", entry("a"), policy=Policy(timedelta(minutes=10), 100))
    after = version("feature", entry("a", timing=EVERY_5), entry("0", timing=NIGHTLY))
    found = compare(before, after, now=NOW, lock_name="l")
    assert [one.id for one in found.changes] == ["a", "0"]
    assert codes(found.changes[0]) == ["policy", "policy"]
    assert {one.level.value for one in found.changes[0].concerns} == {"error"}


def test_a_change_that_lifts_the_policy_is_held_to_the_old_one_and_told() -> None:
    before = version("main", entry("a"), policy=Policy(None, 100))
    after = version("feature", entry("a", timing=EVERY_5), declaration=declared(entry("a", timing=EVERY_5)))
    found = compare(before, after, now=NOW, lock_name="l")
    assert codes(only(found)) == ["policy"]
    assert "policy-changed" in [note.code for note in found.notes]


def test_stopping_too_much_is_said_by_the_guard_of_the_plan() -> None:
    found = report(others(), others(4))
    (note,) = found.notes
    assert (note.code, note.message) == ("guard", "this would stop 5 of 9 jobs (56%), more than the limit of 2")


def test_a_minute_in_which_many_start_is_a_hot_spot_with_its_minute() -> None:
    crowd = [entry(f"night-{at}", timing=timing("UTC", hour="3")) for at in range(9)]
    found = report(crowd, [*crowd, entry("a", timing=timing("UTC", hour="3"))])
    (concern,) = only(found).concerns
    assert concern.code == "hot-spot"
    assert concern.message == "10 schedules start at Tue 24 Nov 2026 03:00 UTC; 9 before"
    assert [(one.before, one.after) for one in found.hot_spots] == [(9, 10)]


def test_a_minute_that_was_hot_before_is_not_told_again() -> None:
    crowd = [entry(f"night-{at}", timing=timing("UTC", hour="3")) for at in range(12)]
    assert report(crowd, [*crowd, entry("a")]).hot_spots == ()


def test_runs_longer_than_their_interval_by_history_are_told() -> None:
    usual = {"a": timedelta(minutes=7)}
    change = only(report([entry("a", timing=EVERY_15)], [entry("a", timing=EVERY_5)], usual=usual))
    (concern,) = change.concerns
    assert concern.code == "longer-than-interval"
    assert concern.message == "its runs usually take 7m, longer than the 5m between two of them"
    assert codes(only(report([entry("a", timing=EVERY_5)], [entry("a", timing=EVERY_15)], usual=usual))) == []


def declared(*entries: LockEntry) -> Declaration:
    return Declaration(
        tuple(
            Schedule(
                one.id, one.when, one.timing.timezone, one.run, Origin(one.source, 3, 3), (Origin(one.source, 4, 11),)
            )
            for one in sorted(entries, key=lambda one: one.id)
        ),
        Conventions(),
    )


def test_a_change_is_told_at_its_line_in_the_repository() -> None:
    after = entry("a", timing=NIGHTLY)
    head = version("feature", after, declaration=declared(after))
    found = compare(version("main", entry("a")), head, now=NOW, lock_name="l", prefix="services/")
    assert str(only(found).origin) == "services/schedules/databases.yaml:4:11"


def test_a_stale_lock_is_said_first_with_how_many_phrases() -> None:
    held = [entry("a"), entry("b"), entry("c")]
    wanted = [entry("a", when=("every day at 2am",)), entry("b", owner="ops"), entry("d")]
    head = version("feature", *held, declaration=declared(*wanted))
    found = compare(version("main", *held), head, now=NOW, lock_name="l")
    told = "the lock is stale: 2 phrases changed but not compiled, 1 other change not compiled"
    assert found.notes[0].message == told
    assert verdict(found).startswith(told)
    assert [note.code for note in found.notes[1:]] == ["not-compiled"] * 3


@pytest.mark.parametrize(("week", "day"), [(0, "0"), (7, "1"), (5, "0.7"), (10010, "1,430"), (3, "0.4"), (1234, "176")])
def test_runs_a_day_are_told_as_people_say_them(week: int, day: str) -> None:
    assert per_day(week) == day


def test_another_command_needs_a_look_though_it_fires_alike() -> None:
    found = report([entry("a")], [entry("a", run=RunSpec(command=("rm", "-rf", "a b")))])
    change = only(found)
    assert [(one.level, one.code, one.message) for one in change.concerns] == [
        (Level.NOTICE, "command", "it runs something else: true → rm -rf 'a b'")
    ]
    assert found.need_a_look == 1
    assert "no fire time changes; command changes |" in diff_markdown(found)


def test_what_a_new_or_a_removed_schedule_runs_is_told() -> None:
    new = entry("a", run=RunSpec(command=("curl", "x"), timeout=timedelta(minutes=5)))
    for found in (report([], [new]), report([new], [])):
        text = diff_text(found, paint=Paint())
        assert '    command: ["curl","x"]\n    timeout: 5m\n' in text
        assert '- `command`: `["curl","x"]`\n- `timeout`: `5m`\n' in diff_markdown(found)


def test_another_command_is_not_hidden_behind_other_times() -> None:
    after = entry("a", timing=timing("UTC", hour="7"), run=RunSpec(command=("rm",)))
    assert "`; command changes too |" in diff_markdown(report([entry("a")], [after]))


def test_the_verdict_of_a_mass_removal_begins_with_it() -> None:
    found = report(others(10), others(2))
    assert verdict(found).startswith("this would stop 8 of 10 jobs (80%) · nothing else needs")


def test_the_verdict_says_that_the_yaml_cannot_be_read_and_that_the_policy_changes() -> None:
    broken = compare(
        version("main", entry("a")),
        version("feature", entry("a"), problems=(Problem("not YAML"), Problem("not YAML"))),
        now=NOW,
        lock_name="schedules/schedules.lock",
    )
    assert verdict(broken) == "the YAML cannot be read · nothing changed in the lock · runs/week 5"
    looser = compare(
        version("main", policy=Policy(min_interval=timedelta(hours=1))),
        version("feature", declaration=Declaration((), Conventions(), Policy())),
        now=NOW,
        lock_name="schedules/schedules.lock",
    )
    assert verdict(looser) == "the policy changes · nothing changed in the lock · runs/week 0"


def test_the_verdict_says_that_there_are_invalid_schedules_whose_entries_are_not_stale() -> None:
    kept, bad = entry("a"), entry("bad")
    whole = replace(declared(kept), invalid=(InvalidSchedule("bad"),))
    head = version("feature", kept, bad, declaration=whole, problems=(Problem("no", Origin("s.yaml", 9, 5)),))
    found = compare(version("main", kept, bad), head, now=NOW, lock_name="l", prefix="p/")
    assert verdict(found).startswith("there are invalid schedules · nothing changed in the lock")
    assert [(note.code, note.message, str(note.origin)) for note in found.notes] == [
        ("invalid", "feature: no", "p/s.yaml:9:5")
    ]


def test_a_schedule_that_only_moved_to_another_file_says_so() -> None:
    change = only(report([entry("a", source="schedules/a.yaml")], [entry("a", source="schedules/b.yaml")]))
    assert effect(change) == "no fire time changes; source changes"


def test_a_sentence_that_the_fields_do_not_bear_out_is_an_error() -> None:
    lie = entry("a", timing=EVERY_5, means="at 09:00, every day, UTC")
    (concern,) = [one for one in only(report([], [lie])).concerns if one.code == "means"]
    assert concern.level is Level.ERROR
    assert concern.message == 'the lockfile says "at 09:00, every day, UTC", but its fields mean "every 5 minutes, UTC"'
    assert "means" not in codes(only(report([lie], [entry("a", timing=EVERY_5, means=lie.means, owner="ops")])))


@pytest.mark.parametrize("text", ["##[error]x", "a ##[add-mask]b", "##[group]"])
def test_a_report_that_is_printed_into_a_log_holds_no_command(text: str) -> None:
    found = report([], [entry("a", means=text, when=(text,), owner=text, source=text)])
    assert "##[" not in diff_markdown(found)


def test_what_is_left_over_in_the_lock_is_named_in_one_order() -> None:
    after = version("feature", *others(), declaration=Declaration((), Conventions(), Policy()))
    found = compare(after, after, now=NOW, lock_name="schedules/schedules.lock")
    named = [note.message.split(":")[0] for note in found.notes if note.code == "not-compiled"]
    assert named == [f"other-{at}" for at in range(9)]


def test_losing_protection_and_removing_what_is_protected_are_worth_a_look() -> None:
    kept = entry("a", protected=True)
    assert codes(only(report([kept], [replace(kept, protected=False)]))) == ["protected"]
    assert codes(only(report([kept], [replace(kept, owner="ops")]))) == []
    (concern,) = only(report([kept, entry("b")], [entry("b")])).concerns
    assert (concern.level, concern.code) == (Level.WARNING, "protected")
    assert "--allow-deletes" in concern.message
    assert codes(only(report([entry("a"), entry("b")], [entry("b")]))) == []


def test_the_words_for_a_pause_say_what_it_changes() -> None:
    free, held = entry("a"), entry("a", paused=True)
    over, long, longer = (replace(held, paused_until=datetime(year, 1, 1)) for year in (2026, 2027, 2028))

    def said(before: LockEntry, after: LockEntry) -> str | None:
        return effect(only(report([before], [after])))

    assert said(free, held) == "paused: it stops firing"
    assert said(free, long) == "paused in git until 2027-01-01 00:00: it stops firing"
    assert said(free, over) == "paused in git until 2026-01-01 00:00: the next fires stay as they are"
    assert said(over, free) == "no longer paused: the next fires stay as they are"
    assert said(long, free) == said(held, free) == "no longer paused: it fires again"
    assert said(longer, long) == "paused in git until 2027-01-01 00:00; before: paused in git until 2028-01-01 00:00"
    assert said(held, long) == "paused in git until 2027-01-01 00:00; before: paused in git"
