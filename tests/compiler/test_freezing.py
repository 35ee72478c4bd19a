"""The English of spans: which minutes are frozen, and what is asked back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.compiler.freezing import read_freeze
from reconciler.model import Conventions, DeclaredFreeze, Freeze, Origin
from reconciler.timing import frozen_until

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def declared(*phrases: str) -> DeclaredFreeze:
    return DeclaredFreeze(phrases, "UTC", tuple(Origin("a.yaml", 1, 1) for _ in phrases), "why")


def read(*phrases: str) -> Freeze:
    found = read_freeze(declared(*phrases), Conventions())
    assert isinstance(found, Freeze), [question and question.message for question in found]
    return found


def week(freeze: Freeze) -> list[str]:
    """Return the frozen spans of a week as `Fri 16:00-Sat 00:00`."""
    at, spans = MONDAY, []
    while at < MONDAY + timedelta(days=7):
        until = frozen_until(freeze.timing, at)
        if until is not None:
            spans.append(f"{at:%a %H:%M}-{until:%a %H:%M}")
        at = until or at + timedelta(minutes=1)
    return spans


@pytest.mark.parametrize(
    ("phrase", "spans"),
    [
        ("every Friday from 16:00 to midnight", ["Fri 16:00-Sat 00:00"]),
        ("Fridays after 4pm", ["Fri 16:00-Sat 00:00"]),
        ("from 4 p.m. to 24:00 on fridays", ["Fri 16:00-Sat 00:00"]),
        ("on weekends", ["Sat 00:00-Mon 00:00"]),
        ("all day on Tuesday and Thursday", ["Tue 00:00-Wed 00:00", "Thu 00:00-Fri 00:00"]),
        ("from Friday 16:00 to Monday 8:00", ["Mon 00:00-Mon 08:00", "Fri 16:00-Mon 08:00"]),
        ("thursday 22h30 until friday 6am", ["Thu 22:30-Fri 06:00"]),
        ("Fridays 22:00 - 6:15", ["Fri 22:00-Sat 06:15"]),
        ("Sundays from 11pm until 1am", ["Mon 00:00-Mon 01:00", "Sun 23:00-Mon 01:00"]),
        ("before 6:30am on Wednesdays", ["Wed 00:00-Wed 06:30"]),
        ("between noon and 13:20 on Mondays", ["Mon 12:00-Mon 13:20"]),
        ("from 24 November to 26 November", ["Tue 00:00-Fri 00:00"]),
        ("from 24 November 2026 to 25 November 2026", ["Tue 00:00-Thu 00:00"]),
        ("in December", []),
        ("on the second to last day of the month", ["Sun 00:00-Mon 00:00"]),
        ("on the second to last day of the month from 22:00 to midnight", ["Sun 22:00-Mon 00:00"]),
    ],
)
def test_a_phrase_freezes_just_its_minutes(phrase: str, spans: list[str]) -> None:
    assert week(read(phrase)) == spans


@pytest.mark.parametrize(
    "phrase",
    [
        "every Friday at 16:00",
        "every night",
        "Friday afternoon",
        "during business hours",
        "every 5 minutes",
        "every hour",
        "every other Friday",
        "weekly",
        "9 to 5 on weekdays",
        "tomorrow",
        "on public holidays in Bavaria",
        "from 9:00 to 9:00",
        "the last day of the month from 22:00 to 6:00",
        "Fridays from 16:00 to midnight New York time",
        "soonish",
        "from 10:00 to 25:00",
    ],
)
def test_what_is_not_a_span_is_asked_back(phrase: str) -> None:
    found = read_freeze(declared(phrase), Conventions())
    assert not isinstance(found, Freeze), found.means
    (question,) = found
    assert question is not None
    assert question.hint


def test_the_sentence_says_the_span_and_the_days() -> None:
    assert read("every Friday from 16:00 to midnight").means == "from 16:00 to midnight, every Friday, UTC"
    assert read("on weekends").means == "all day, Saturday and Sunday, UTC"


def test_several_phrases_are_meant_together() -> None:
    both = read("every Friday from 16:00 to midnight", "on weekends")
    assert week(both) == ["Fri 16:00-Mon 00:00"]
    assert both.means == "from 16:00 to midnight, every Friday; all day, Saturday and Sunday, UTC"


def test_each_unclear_phrase_has_its_own_question() -> None:
    found = read_freeze(declared("on weekends", "every night", "soonish"), Conventions())
    assert not isinstance(found, Freeze)
    assert [question is None for question in found] == [True, False, False]
