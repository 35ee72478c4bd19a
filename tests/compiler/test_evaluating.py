"""Phrases whose meaning is known: what a file of them may say, and how readers are scored on it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.compiler.answer import Answer, Declined, Malformed, Proposed, Unavailable
from reconciler.compiler.cases import load_cases
from reconciler.compiler.evaluating import evaluate, failed, score
from reconciler.compiler.judging import Heard
from reconciler.errors import InvalidInput
from reconciler.model import (
    CalendarInterval,
    Compiled,
    ElapsedInterval,
    Evidence,
    Origin,
    Question,
    Reading,
    Timing,
)
from reconciler.review.evaluation import evaluation_json, evaluation_text
from reconciler.review.text import Paint
from reconciler.scoring import Case, Verdict
from reconciler.timing import cron_fields, equal

RIGHT, REFUSED, WRONG = Verdict.RIGHT, Verdict.REFUSED, Verdict.WRONG


def cases(text: str, timezone: str = "UTC") -> tuple[Case, ...]:
    return load_cases(text, "set.yaml", timezone=timezone)


def only(row: str, timezone: str = "UTC") -> Case:
    (case,) = cases(f"- {{phrase: x, {row}}}\n", timezone)
    return case


def daily(hour: int, timezone: str = "UTC") -> Reading:
    return Reading(Timing(timezone, (cron_fields({"hour": str(hour), "minute": "0"}),)))


NINE, TEN, NOTHING = daily(9), daily(10), Question("no")

# ---------------------------------------------------------------- what a file may say


def cron(*sets: dict[str, str], timezone: str = "UTC", **limits: Any) -> Timing:
    return Timing(timezone, tuple(map(cron_fields, sets)), **limits)


AT_NINE = {"hour": "9", "minute": "0"}
NEW_YEAR, CHRISTMAS = date(2026, 1, 1), date(2026, 12, 25)


@pytest.mark.parametrize(
    ("row", "meaning"),
    [
        ("expect: [{hour: 9, minute: 0}]", cron(AT_NINE)),
        ("expect: [{hour: '9', minute: '0'}, {minute: '*/5'}]", cron(AT_NINE, {"minute": "*/5"})),
        ("cron: 0 9 * * 0", cron({"day_of_week": "sun", **AT_NINE})),
        ("cron: [0 9 * * 1-5, 0 9 * * 6]", cron({"day_of_week": "mon-sat", **AT_NINE})),
        ("cron: 0 9 1 * 5", cron({"day": "1", **AT_NINE}, {"day_of_week": "fri", **AT_NINE})),
        ("cron: '@hourly'", cron({"minute": "0"})),
        ("cron: 0 9 * * *, timezone: Asia/Tokyo", cron(AT_NINE, timezone="Asia/Tokyo")),
        ("cron: 0 9 * * *, start: 2026-01-01", cron(AT_NINE, start=NEW_YEAR)),
        ("cron: 0 9 * * *, end: 2026-12-25", cron(AT_NINE, end=CHRISTMAS)),
        ("cron: 0 9 * * *, exclude: [2026-12-25, 2026-01-01]", cron(AT_NINE, exclude=(NEW_YEAR, CHRISTMAS))),
        (
            "interval: {elapsed: 36h, anchor: '2026-01-05T08:00'}",
            Timing("UTC", ElapsedInterval(timedelta(hours=36), datetime(2026, 1, 5, 8, tzinfo=UTC))),
        ),
        (
            "interval: {unit: weeks, every: 2, anchor: 2024-01-01, times: ['10:00'], weekdays: [tue]}",
            Timing("UTC", CalendarInterval("weeks", 2, date(2024, 1, 1), (time(10),), (1,))),
        ),
    ],
)
def test_each_way_to_say_a_meaning_is_understood(row: str, meaning: Timing) -> None:
    (timing,) = only(row).meanings
    assert equal(timing, meaning)
    assert not only(row).refusable


def test_weekdays_of_an_interval_are_names_or_numbers_from_monday() -> None:
    frame = "interval: {{unit: weeks, every: 2, anchor: 2024-01-01, times: ['10:00'], weekdays: [{}]}}"
    assert only(frame.format("mon, sun")) == only(frame.format("0, 6"))


def test_an_elapsed_interval_is_counted_from_midnight_in_the_zone_of_the_phrase() -> None:
    (timing,) = only("interval: {elapsed: 36h}, timezone: Asia/Tokyo", "Europe/Berlin").meanings
    assert isinstance(timing.rule, ElapsedInterval)
    assert timing.rule.anchor == datetime(2023, 12, 31, 15, tzinfo=UTC)
    assert timing.rule.every == timedelta(hours=36)


def test_an_interval_that_starts_at_a_date_is_not_due_before() -> None:
    row = "interval: {unit: days, every: 2, anchor: 2026-01-05, times: ['10:00'], start: 2026-01-05}"
    assert only(row).meanings[0].start == date(2026, 1, 5)


def test_what_is_accepted_too_has_the_zone_and_the_limits_of_the_phrase_unless_it_names_its_own() -> None:
    case = only(
        "cron: 0 9 * * *, timezone: Asia/Tokyo, end: 2026-05-01,"
        " accept: [{cron: 0 10 * * *}, {cron: 0 11 * * *, end: 2026-06-01}, {refuse: true}]"
    )
    assert [(one.timezone, one.end) for one in case.meanings] == [
        ("Asia/Tokyo", date(2026, 5, 1)),
        ("Asia/Tokyo", date(2026, 5, 1)),
        ("Asia/Tokyo", date(2026, 6, 1)),
    ]
    assert case.refusable


def test_a_row_may_have_accept_alone() -> None:
    assert len(only("accept: [{cron: 0 9 * * *}, {cron: 0 10 * * *}]").meanings) == 2


def test_a_family_is_optional_and_a_phrase_may_be_empty() -> None:
    first, second = cases("- {phrase: '', refuse: true}\n- {phrase: on, family: odd, ambiguous: true}\n")
    assert (first.phrase, first.family, first.ambiguous) == ("", "other", False)
    assert (second.phrase, second.family, second.ambiguous, second.refusable) == ("on", "odd", True, True)
    assert second.origin == Origin("set.yaml", 2, 3)


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("", "set.yaml:1:1: the file is empty", "begin with a line such as"),
        ("phrase: x\n", "set.yaml:1:1: the file must be a list, not a mapping", "- {phrase: every weekday"),
        ("[]", "set.yaml:1:1: the file is empty", "a list of lines such as"),
        ("- x\n", "set.yaml:1:3: entry 1 must be a mapping", None),
        ("- {refuse: true}\n", "set.yaml:1:3: entry 1 lacks `phrase:`", "phrase: every weekday at 9am"),
        ("- {phrase: x, refuze: true}\n", "set.yaml:1:15: unknown key `refuze:`", "did you mean `refuse:`?"),
        ("- {phrase: x, refuse: maybe}\n", "set.yaml:1:23: entry 1.refuse must be true or false", None),
        ("- {phrase: x}\n", "set.yaml:1:3: the meaning is missing", "add `cron:`"),
        ("- {phrase: x, refuse: false}\n", "set.yaml:1:3: the meaning is missing", "add `cron:`"),
        ("- {phrase: x, refuse: true, cron: 0 9 * * *}\n", "set.yaml:1:23: both `cron:` and `refuse:`", "`accept:`"),
        ("- {phrase: x, accept: [{end: 2026-01-01}]}\n", "set.yaml:1:24: the meaning is missing", "add `cron:`"),
        ("- {phrase: x, expect: [{hour: 25}]}\n", "set.yaml:1:23: hour: 25", None),
        ("- {phrase: x, expect: [{hours: 5}]}\n", "set.yaml:1:25: unknown key `hours:`", "did you mean `hour:`?"),
        ("- {phrase: x, cron: 9 9}\n", "set.yaml:1:21: `9 9` is no crontab expression", "five fields"),
        ("- {phrase: x, cron: 61 * * * *}\n", "set.yaml:1:21: '61' in the minute field", "0 to 59"),
        ("- {phrase: x, cron: 0 9 * * *, timezone: Nowhere}\n", "set.yaml:1:42: unknown timezone 'Nowhere'", None),
        ("- {phrase: x, cron: 0 9 * * *, end: 2026-02-30}\n", "set.yaml:1:37: there is no such date", "exists"),
        ("- {phrase: x, cron: 0 9 * * *, end: 1026-02-03}\n", "set.yaml:1:37: entry 1.end cannot be", "2026-03-31"),
        ("- {phrase: x, cron: 0 9 * * *, end: 2023-02-03}\n", "set.yaml:1:3: what is meant is never due", "2024"),
        ("- {phrase: x, expect: [{month: feb, day: 30}]}\n", "set.yaml:1:23: day: this never fires", None),
        ("- {phrase: x, interval: {elapsed: 999999999d}}\n", "set.yaml:1:3: what is meant is never due", "2024"),
        ("- {phrase: x, interval: {unit: days}}\n", "set.yaml:1:25: the interval lacks `every:`", "or `elapsed:`"),
        ("- {phrase: x, interval: {elapsed: 0h}}\n", "set.yaml:1:35: entry 1.interval.elapsed cannot be", "36h"),
        ("- {phrase: x, interval: {elapsed: 9h, every: 2}}\n", "set.yaml:1:46: `elapsed:` and `every:`", "keep one"),
        (
            "- {phrase: x, interval: {unit: days, every: 2, anchor: 2024-01-01, times: ['10:00'], weekdays: [1]}}\n",
            "set.yaml:1:96: `weekdays:` without `unit: weeks`",
            "count weeks",
        ),
        ("- &a {phrase: x, refuse: true}\n", "set.yaml:1:3: an anchor (&a)", None),
    ],
)
def test_what_a_file_may_not_say_is_named_with_its_place_and_what_to_write(
    text: str, problem: str, hint: str | None
) -> None:
    with pytest.raises(InvalidInput) as caught:
        cases(text)
    (found,) = caught.value.problems
    assert str(found).startswith(problem)
    assert (hint or "") in (found.hint or "")


def test_all_problems_of_a_file_are_named_at_once_in_order() -> None:
    with pytest.raises(InvalidInput) as caught:
        cases("- {phrase: a, cron: 9}\n- {phrase: b, cron: 0 9 * * *}\n- {phrase: c}\n")
    assert [one.origin.line for one in caught.value.problems if one.origin] == [1, 3]


# ---------------------------------------------------------------- how a reader is scored


@pytest.mark.parametrize(
    ("row", "got", "verdict"),
    [
        ("cron: 0 9 * * *", NINE, RIGHT),
        ("cron: 0 9 * * *", TEN, WRONG),
        ("cron: 0 9 * * *", NOTHING, REFUSED),
        ("cron: 0 9 * * *", daily(9, "Asia/Tokyo"), WRONG),
        ("refuse: true", NOTHING, RIGHT),
        ("refuse: true", NINE, WRONG),
        ("ambiguous: true", NOTHING, REFUSED),
        ("ambiguous: true", Question("which", None, (NINE, TEN)), RIGHT),
        ("ambiguous: true", NINE, WRONG),
        ("accept: [{cron: 0 9 * * *}, {cron: 0 10 * * *}]", TEN, RIGHT),
        ("accept: [{cron: 0 9 * * *}, {cron: 0 10 * * *}]", NOTHING, REFUSED),
        ("accept: [{cron: 0 9 * * *}, {cron: 0 10 * * *}]", daily(11), WRONG),
        ("cron: 0 9 * * *, accept: [{refuse: true}]", NOTHING, RIGHT),
        ("cron: 0 9 * * *, accept: [{refuse: true}]", NINE, RIGHT),
        ("cron: 0 9 * * *, accept: [{refuse: true}]", TEN, WRONG),
    ],
)
def test_a_case_is_right_refused_or_wrong(row: str, got: Reading | Question, verdict: Verdict) -> None:
    assert score(only(row), got).verdict is verdict


_hours = st.lists(st.integers(0, 23), min_size=1, max_size=4, unique=True)


@given(meant=_hours, read=_hours)
def test_a_reading_is_right_exactly_if_it_is_due_when_it_is_meant_however_it_is_written(
    meant: list[int], read: list[int]
) -> None:
    lines = ", ".join(f"0 {hour} * * *" for hour in meant)
    got = Timing("UTC", (cron_fields({"hour": ",".join(map(str, read)), "minute": "0"}),))
    scored = score(only(f"cron: [{lines}]"), Reading(got))
    assert (scored.verdict is RIGHT) == (set(meant) == set(read))
    assert (scored.verdict is RIGHT) == equal(scored.case.meanings[0], got)


def heard(grammar: Reading | Question, model: Answer | None, judged: Reading | Question) -> Heard:
    return Heard(
        grammar, model, judged if isinstance(judged, Question) else Compiled(judged, Evidence.GRAMMAR, "grammar")
    )


def verdicts(row: str, one: Heard) -> dict[str, Verdict]:
    return {name: scored[0].verdict for name, scored in evaluate([only(row)], [one]).items()}


@pytest.mark.parametrize(
    ("answer", "where_meant", "where_refused"),
    [
        (Proposed(NINE, ()), RIGHT, WRONG),
        (Proposed(TEN, ()), WRONG, WRONG),
        (Declined("vague"), REFUSED, RIGHT),
        (Malformed("not JSON"), REFUSED, RIGHT),
        (Unavailable("down", retryable=True), REFUSED, REFUSED),
    ],
)
def test_the_model_alone_is_scored_by_its_first_answer(
    answer: Answer, where_meant: Verdict, where_refused: Verdict
) -> None:
    one = heard(NINE, answer, NINE)
    assert verdicts("cron: 0 9 * * *", one) == {"grammar": RIGHT, "model": where_meant, "both": RIGHT}
    assert verdicts("refuse: true", one)["model"] is where_refused


def test_without_a_model_the_grammar_alone_is_scored() -> None:
    assert verdicts("cron: 0 9 * * *", heard(NINE, None, NINE)) == {"grammar": RIGHT}


def test_a_model_that_is_wrong_fails_nothing_unless_it_is_believed() -> None:
    case = only("cron: 0 9 * * *")
    wrong = Proposed(TEN, ())
    assert not failed(evaluate([case], [heard(NINE, wrong, NOTHING)]))
    assert failed(evaluate([case], [heard(NOTHING, wrong, TEN)]))
    assert failed(evaluate([case], [heard(TEN, wrong, NOTHING)]))


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    rows = cases("- {phrase: a, refuse: true}\n- {phrase: b, refuse: true}\n")
    evaluate(rows, [heard(NOTHING, None, NOTHING)] * 2, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


# ---------------------------------------------------------------- what is shown

SET = """\
- {phrase: at nine, family: a, cron: 0 9 * * *}
- {phrase: about nine, family: b, cron: 0 9 * * *, accept: [{cron: 0 11 * * *}]}
- {phrase: often, family: a, refuse: true}
- {phrase: at ten, family: a, cron: 0 10 * * *}
"""


DAY = re.compile(r"\w{3} \d{2} \w{3} \d{4} ")  # which day it is that parts two timings is `difference`'s to say


def shown(*, refused: bool = False) -> str:
    scores = evaluate(cases(SET), [heard(got, None, got) for got in (NINE, TEN, NINE, NOTHING)])
    return DAY.sub("", evaluation_text(scores, refused=refused, paint=Paint()))


def test_the_text_counts_by_family_and_names_what_was_wrong_with_the_first_time_that_parts() -> None:
    assert shown() == (
        "FAMILY  PHRASES  GRAMMAR RIGHT     %  REFUSED  WRONG\n"
        "a             3              1  33.3        1      1\n"
        "b             1              0   0.0        0      1\n"
        "\n"
        "grammar: 4 phrases, 1 right (25.0 %), 1 refused (25.0 %), 2 wrong (50.0 %)\n"
        "\n"
        "wrong, grammar:\n"
        'set.yaml:2:3: "about nine"\n'
        "    expected  at 09:00, every day, UTC\n"
        "    expected  at 11:00, every day, UTC\n"
        "    got       at 10:00, every day, UTC\n"
        "    part      09:00 UTC, due only in what was expected\n"
        "    part      10:00 UTC, due only in what was got\n"
        'set.yaml:3:3: "often"\n'
        "    expected  a question\n"
        "    got       at 09:00, every day, UTC\n"
        "\n"
        "`--refused` lists what was refused.\n"
    )


def test_the_text_lists_what_was_refused_where_that_is_asked_for() -> None:
    assert shown(refused=True).endswith(
        'refused, grammar:\nset.yaml:4:3: "at ten"\n    expected  at 10:00, every day, UTC\n    got       no\n'
    )


def test_a_share_is_rounded_down_so_that_all_means_all() -> None:
    rows = cases("- {phrase: a, refuse: true}\n" * 3000)
    nearly = [heard(NOTHING, None, NOTHING)] * 2999 + [heard(NINE, None, NINE)]
    assert "2,999 right (99.9 %)" in evaluation_text(evaluate(rows, nearly), refused=False, paint=Paint())


def test_the_document_has_the_counts_of_each_reader_and_every_failure() -> None:
    got = [heard(one, Proposed(TEN, ()), one) for one in (NINE, TEN, NINE, NOTHING)]
    document = evaluation_json(evaluate(cases(SET), got), timezone="UTC")
    readers = document["readers"]
    assert isinstance(readers, dict)
    assert list(readers) == ["grammar", "model", "both"]
    assert {name: (one["right"], one["refused"], one["wrong"]) for name, one in readers.items()} == {
        "grammar": (1, 1, 2),
        "model": (1, 0, 3),
        "both": (1, 1, 2),
    }
    assert readers["grammar"]["families"]["a"] == {"phrases": 3, "right": 1, "refused": 1, "wrong": 1}
    assert [(one["verdict"], one["line"]) for one in readers["grammar"]["failures"]] == [
        ("wrong", 2),
        ("wrong", 3),
        ("refused", 4),
    ]
    assert readers["grammar"]["failures"][0]["got"] == "at 10:00, every day, UTC"
    assert readers["grammar"]["failures"][2]["message"] == "no"
