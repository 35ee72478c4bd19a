"""What poor models answer to phrases that the grammar does not read: none of it is believed, and what is right is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.compiler.answer import Proposed
from reconciler.compiler.lone_names import months_of, numbers_of, weekdays_of
from reconciler.compiler.referee import judge
from reconciler.model import Compiled, Question, Reading, Timing
from reconciler.timing import cron_fields, cron_union

Fields = dict[str, str]


def believed(phrase: str, *sets: Fields, told: tuple[tuple[str, str], ...] = ()) -> bool:
    """Return whether the referee takes *sets* (nine o'clock unless they say otherwise), said twice, for *phrase*."""
    rule = cron_union(cron_fields({"hour": "9", "minute": "0"} | one) for one in sets)
    answer = Proposed(Reading(Timing("UTC", rule), conventions=told), ())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    silent = Question("`blorp` is not understood")
    return isinstance(judge(phrase, silent, answer, lambda: answer, now=now, model_name="m"), Compiled)


RIGHT: list[tuple[str, tuple[Fields, ...]]] = [
    ("nine bells each workday morning", ({"day_of_week": "mon-fri"},)),
    ("half past four each blorp afternoon", ({"hour": "16", "minute": "30"},)),
    ("first Monday blorp at 9am", ({"day": "1st mon"},)),
    ("last blorp friday 9am", ({"day": "last fri"},)),
    ("blorp 9am and 5:30pm", ({}, {"hour": "17", "minute": "30"})),
    ("blorp every half hour", ({"hour": "*", "minute": "0,30"},)),
    ("five past every hour blorp", ({"hour": "*", "minute": "5"},)),
    ("quarter to six blorp evenings", ({"hour": "17", "minute": "45"},)),
    ("blorp weekdays each hour, 9am to 5pm", ({"day_of_week": "mon-fri", "hour": "9-17"},)),
    ("9am blorp mon-wed", ({"day_of_week": "mon-wed"},)),
    ("9am blorp weekdays and saturdays", ({"day_of_week": "mon-sat"},)),
    ("9am blorp in january and june", ({"month": "jan,jun"},)),
    ("9am blorp on the 31st", ({"day": "31"},)),
    ("9am blorp on day twenty one", ({"day": "21"},)),
    ("blorp at 18:30", ({"hour": "18", "minute": "30"},)),
    ("midnight blorp", ({"hour": "0"},)),
    ("blorp twice a week 9am mondays and thursdays", ({"day_of_week": "mon,thu"},)),
]


@pytest.mark.parametrize(("phrase", "sets"), RIGHT, ids=[phrase for phrase, _ in RIGHT])
def test_a_right_answer_is_believed(phrase: str, sets: tuple[Fields, ...]) -> None:
    assert believed(phrase, *sets)


WRONG: dict[str, list[Fields]] = {
    "crack of 12am chores on weekdays": [{"hour": "12", "day_of_week": "mon-fri"}],
    "nine bells each workday": [{"day_of_week": "mon-fri"}, {"hour": "21", "day_of_week": "mon-fri"}],
    "half past four each blorp afternoon": [
        {"hour": "4", "minute": "30"},
        {"hour": "16"},
        {"hour": "15", "minute": "30"},
    ],
    "first Monday blorp at 9am": [
        {"day": "1", "day_of_week": "mon"},
        {"day_of_week": "mon"},
        {"day": "1"},
        {"day": "2nd mon"},
        {"day": "1st tue"},
    ],
    "on the first blorp weekday of the month at 9am": [
        {"day": "1", "day_of_week": "mon-fri"},
        {"day_of_week": "mon-fri"},
        {"day": "1st mon"},
    ],
    "last blorp friday 9am": [{"day_of_week": "fri"}, {"day": "last", "day_of_week": "fri"}],
    "blorp 9am and 5:30pm": [{}, {"hour": "9,17", "minute": "0,30"}, {"hour": "9,17", "minute": "30"}],
    "blorp every half hour": [{"hour": "*", "minute": "30"}, {"hour": "*", "minute": "*"}],
    "five past every hour blorp": [{"hour": "*", "minute": "*/5"}, {"hour": "*"}],
    "quarter to six blorp evenings": [
        {"hour": "6", "minute": "15"},
        {"hour": "5", "minute": "45"},
        {"hour": "18", "minute": "45"},
        {"hour": "18", "minute": "15"},
    ],
    "quarter to six blorp daily": [{"hour": "5", "minute": "45"}, {"hour": "17", "minute": "45"}],
    "blorp weekdays each hour, 9am to 5pm": [
        {"hour": "9-17"},
        {"day_of_week": "mon-fri", "hour": "*"},
        {"day_of_week": "mon-fri", "hour": "0-5"},
        {"day_of_week": "mon-fri", "hour": "9"},
    ],
    "every 2 weeks blorp on tuesday at 9am": [{"day_of_week": "tue"}],
    "every two days blorp at 9am": [{"day": "*/2"}, {"day_of_week": "mon,wed,fri"}, {}],
    "blorp every 36 hours": [{"hour": "*/12"}, {"hour": "*"}, {}],
    "blorp every 7 minutes": [{"hour": "*", "minute": "7"}, {"hour": "*", "minute": "0,7,14,21,28,35,42,49,56"}],
    "blorp every 45 minutes": [{"hour": "*", "minute": "0,45"}, {"hour": "*", "minute": "45"}],
    "blorp every 90 minutes": [{"hour": "*", "minute": "30"}, {"hour": "*/2"}],
    "blorp quarterly at 9am": [{"month": "mar", "day": "1"}, {"month": "*/3"}],
    "blorp in Tokyo at 9am": [{}],
    "blorp 9am Berlin time": [{}],
    "blorp 9am EST": [{}],
    "blorp 9am Asia/Tokyo": [{}],
    "the ides of march blorp": [{"month": "mar", "day": "1"}, {"month": "mar", "day": "15"}],
    "blorp at 9": [{}, {"hour": "21"}],
    "blorp biweekly 9am mondays": [{"day_of_week": "mon"}],
    "blorp twice a week 9am": [{"day_of_week": "mon,thu"}, {"day_of_week": "mon"}],
    "blorp thrice daily": [{"hour": "8,14,20"}, {"hour": "*/8"}, {}],
    "blorp 9am 1 May to 31 August": [{}, {"month": "may,aug"}],
    "9am blorp in summer": [{"month": "jun-aug"}, {}],
    "9am blorp on bank holidays": [{}],
    "9am blorp on the 31st": [{"day": "last"}, {"day": "1"}, {"day": "30"}],
    "9am blorp on 30 feb": [{"month": "feb", "day": "28"}, {"month": "mar", "day": "1"}],
    "blorp at 25:00": [{"hour": "1"}, {"hour": "20"}],
    "blorp mon wed fri 9am": [{"day_of_week": "mon"}, {"day_of_week": "mon-fri"}],
    "9am blorp mon-wed": [{"day_of_week": "mon,wed"}, {}],
    "9am blorp weekdays and saturdays": [{"day_of_week": "mon-fri"}],
    "9am blorp in january and june": [{"month": "jan"}, {}],
    "9am blorp every month": [{}, {"day": "1"}, {"day": "15"}],
    "9am blorp every year": [{}, {"day": "1"}, {"month": "jan", "day": "1"}],
    "sunrise blorp": [{"hour": "6"}],
    "blorp at the shift change": [{"hour": "6"}, {}],
    "full moon blorp 9am": [{"day": "1"}],
    "nightly blorp at 2": [{"hour": "14"}],
    "blorp every morning": [{}, {"hour": "8"}],
}


@pytest.mark.parametrize(
    ("phrase", "fields"), [(phrase, one) for phrase, all_ in WRONG.items() for one in all_], ids=str
)
def test_a_wrong_answer_is_not_believed_though_it_is_said_twice(phrase: str, fields: Fields) -> None:
    assert not believed(phrase, fields)


def test_a_convention_that_was_told_explains_the_hour() -> None:
    assert believed("blorp every morning", {"hour": "8", "minute": "15"}, told=(("morning", "08:15"),))
    assert not believed("blorp every morning", {"hour": "9"}, told=(("morning", "08:15"),))


def test_numbers_are_found_in_figures_and_words_and_spans_name_what_lies_between() -> None:
    assert numbers_of("twenty-five past 1830 on the 3rd, at noon or eleven") == {20, 5, 25, 1830, 18, 30, 3, 11}
    assert weekdays_of("sat to mon, workdays") == {5, 6, 0, 1, 2, 3, 4}
    assert weekdays_of("monitor wednesdays") == {2}
    assert months_of("november through january, july") == {11, 12, 1, 7}
    assert months_of("market decisions") == set()
