"""A declaration and the lock of before make the lock of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from reconciler.compiler.compile import Ask, Outcome, compile_declaration
from reconciler.model import (
    CalendarInterval,
    Compiled,
    Conventions,
    Declaration,
    Evidence,
    Expect,
    Lock,
    Origin,
    Question,
    Reading,
    RunSpec,
    Schedule,
    Timing,
)
from reconciler.timing import cron_fields
from tests.builders import timing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT = Origin("schedules/a.yaml", 3, 3)


class Answers:
    """A judge with fixed answers that counts what it is asked."""

    def __init__(self, **answers: Reading | Question) -> None:
        self.answers = {phrase.replace("_", " "): answer for phrase, answer in answers.items()}
        self.asked: list[Ask] = []

    def __call__(self, asks: Sequence[Ask], conventions: Conventions) -> list[Compiled | Question]:
        self.asked += asks
        found = [self.answers[ask.phrase] for ask in asks]
        return [one if isinstance(one, Question) else Compiled(one, Evidence.GRAMMAR, "grammar") for one in found]


def schedule(id: str, *phrases: str, **changes: Any) -> Schedule:
    made = Schedule(id, phrases, "Europe/Berlin", RunSpec(command=("true",)), AT, (AT,) * len(phrases))
    return replace(made, **changes)


def declared(*schedules: Schedule, conventions: Conventions = Conventions()) -> Declaration:  # noqa: B008
    return Declaration(tuple(schedules), conventions)


NINE, TEN = Reading(timing(hour="9")), Reading(timing(hour="10"))
EMPTY = Lock({})


def test_what_is_unchanged_is_copied_and_nobody_is_asked() -> None:
    first = compile_declaration(declared(schedule("a", "nine")), EMPTY, Answers(nine=NINE), now=NOW)
    silent = Answers()
    again = compile_declaration(declared(schedule("a", "nine")), first.lock, silent, now=NOW)
    assert silent.asked == []
    assert again.lock == first.lock
    assert again.outcomes == {"a": Outcome.UNCHANGED}


def test_a_phrase_that_many_schedules_share_is_asked_once() -> None:
    judge = Answers(nine=NINE)
    compile_declaration(declared(schedule("a", "nine"), schedule("b", "nine")), EMPTY, judge, now=NOW)
    assert judge.asked == [Ask("nine", "Europe/Berlin")]


def test_a_new_command_keeps_the_answer() -> None:
    lock = compile_declaration(declared(schedule("a", "nine")), EMPTY, Answers(nine=NINE), now=NOW).lock
    changed = schedule("a", "nine", run=RunSpec(command=("false",)))
    silent = Answers()
    result = compile_declaration(declared(changed), lock, silent, now=NOW)
    assert silent.asked == []
    assert result.outcomes == {"a": Outcome.RENEWED}
    assert result.lock.entries["a"].run.command == ("false",)


def test_a_new_default_zone_recompiles_all_but_what_names_its_own() -> None:
    tokyo = Reading(timing("Asia/Tokyo", hour="9"), zone_in_phrase=True)
    judge = Answers(nine=NINE, tokyo=tokyo)
    both = (schedule("a", "nine"), schedule("b", "tokyo"))
    lock = compile_declaration(declared(*both), EMPTY, judge, now=NOW).lock
    judge.asked.clear()
    moved = [replace(one, timezone="Europe/Paris") for one in both]
    compile_declaration(declared(*moved), lock, judge, now=NOW)
    assert judge.asked == [Ask("nine", "Europe/Paris")]


def test_only_a_convention_that_was_used_makes_an_entry_stale() -> None:
    anchored = Reading(timing(hour="9"), conventions=(("anchor", "2024-01-01"),))
    judge = Answers(nine=NINE, anchored=anchored)
    both = (schedule("a", "nine"), schedule("b", "anchored"))
    lock = compile_declaration(declared(*both), EMPTY, judge, now=NOW).lock
    judge.asked.clear()
    other = Conventions(anchor=date(2025, 1, 1))
    compile_declaration(declared(*both, conventions=other), lock, judge, now=NOW)
    assert [ask.phrase for ask in judge.asked] == ["anchored"]


def test_a_question_keeps_the_old_entry_and_lets_the_others_through() -> None:
    lock = compile_declaration(declared(schedule("a", "nine")), EMPTY, Answers(nine=NINE), now=NOW).lock
    judge = Answers(what=Question("unclear"), ten=TEN)
    result = compile_declaration(declared(schedule("a", "what"), schedule("b", "ten")), lock, judge, now=NOW)
    assert result.lock.entries["a"] == lock.entries["a"]
    assert "b" in result.lock.entries
    assert [(one.schedule, one.origin, one.question.message) for one in result.questions] == [("a", AT, "unclear")]


def test_a_removed_schedule_leaves_the_lock() -> None:
    lock = compile_declaration(declared(schedule("a", "nine")), EMPTY, Answers(nine=NINE), now=NOW).lock
    result = compile_declaration(declared(), lock, Answers(), now=NOW)
    assert result.lock.entries == {}
    assert result.outcomes == {"a": Outcome.REMOVED}


def test_several_phrases_are_one_union_however_they_are_ordered() -> None:
    judge = Answers(nine=NINE, ten=TEN)
    one = compile_declaration(declared(schedule("a", "nine", "ten")), EMPTY, judge, now=NOW).lock.entries["a"]
    other = compile_declaration(declared(schedule("a", "ten", "nine")), EMPTY, judge, now=NOW).lock.entries["a"]
    assert one.timing == other.timing
    assert one.timing.rule == (cron_fields({"hour": "9,10"}),)


def test_phrases_that_cannot_be_one_union_are_a_question() -> None:
    interval = Reading(Timing("Europe/Berlin", CalendarInterval("days", 3, date(2024, 1, 1), ())))
    tokyo = Reading(timing("Asia/Tokyo", hour="9"), zone_in_phrase=True)
    judge = Answers(nine=NINE, interval=interval, tokyo=tokyo)
    for phrases in (("nine", "interval"), ("nine", "tokyo")):
        result = compile_declaration(declared(schedule("a", *phrases)), EMPTY, judge, now=NOW)
        assert result.questions[0].question.hint == "make two schedules of it"


def test_a_timing_that_never_fires_is_a_question() -> None:
    never = Reading(timing(year="2020", hour="9"))
    result = compile_declaration(declared(schedule("a", "never")), EMPTY, Answers(never=never), now=NOW)
    assert "never fires" in result.questions[0].question.message


def test_expectations_are_held_against_kept_answers_too() -> None:
    lock = compile_declaration(declared(schedule("a", "nine")), EMPTY, Answers(nine=NINE), now=NOW).lock
    stricter = schedule("a", "nine", expect=Expect(never=("sat",)))
    result = compile_declaration(declared(stricter), lock, Answers(), now=NOW)
    assert "expected never to fire on sat" in result.questions[0].question.message
    met = schedule("a", "nine", expect=Expect(fires=(datetime(2026, 3, 2, 9),), never=("2026-03-02 10:00",)))
    assert compile_declaration(declared(met), lock, Answers(), now=NOW).questions == ()


def test_refresh_asks_again_for_the_named_ones_only() -> None:
    judge = Answers(nine=NINE, ten=TEN)
    both = (schedule("a", "nine"), schedule("b", "ten"))
    lock = compile_declaration(declared(*both), EMPTY, judge, now=NOW).lock
    judge.asked.clear()
    compile_declaration(declared(*both), lock, judge, now=NOW, refresh=frozenset({"b"}))
    assert [ask.phrase for ask in judge.asked] == ["ten"]


def test_what_a_model_agreed_to_stays_agreed_when_it_is_refreshed_without_it() -> None:
    agreed = Compiled(NINE, Evidence.AGREED, "grammar, a-model")
    alone = Compiled(NINE, Evidence.GRAMMAR, "grammar")
    one = declared(schedule("a", "nine"))
    lock = compile_declaration(one, EMPTY, lambda asks, _: [agreed for _ in asks], now=NOW).lock
    again = compile_declaration(one, lock, lambda asks, _: [alone for _ in asks], now=NOW, refresh=frozenset({"a"}))
    assert again.lock == lock
    other = declared(schedule("a", "nine o'clock"))
    changed = compile_declaration(other, lock, lambda asks, _: [alone for _ in asks], now=NOW).lock
    assert changed.entries["a"].evidence is Evidence.GRAMMAR
