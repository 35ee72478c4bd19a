"""What a model sends is a schedule only if every part of it holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.compiler.answer import FIELDS, Declined, Malformed, Proposed, understand
from tests.compiler.test_llm import answer

GOOD = answer(hour="9", minute="0")


def read(text: str, phrase: str = "daily at 9am", timezone: str | None = "UTC") -> Proposed | Declined | Malformed:
    return understand(text, phrase=phrase, timezone=timezone, now=datetime(2026, 1, 1, tzinfo=UTC))


BAD = {
    "two objects": (GOOD + GOOD, "more than one"),
    "an array": ("[1]", "no JSON object"),
    "an array of one": (f"[{GOOD}]", "no JSON object"),
    "null": ("null", "no JSON object"),
    "nothing": ("", "no JSON object"),
    "empty": ("{}", "required"),
    "cut short": (GOOD[:-5], "elimiter|Expecting"),
    "a repeated key": (GOOD[:-1] + ', "error": null}', "repeats a key"),
    "not a number": (GOOD.replace('"9"', "NaN"), "NaN"),
    "a number": (GOOD.replace('"9"', "9"), "not of type"),
    "a wrong key": (GOOD.replace('"hour"', '"hours"'), "hours|hour"),
    "huge": (GOOD + " " * 20_000, "too long"),
    "deep": ('{"a":' * 3_000, ""),
    "all null": (answer(), "hour"),
    "no minute": (answer(hour="9"), "minute"),
    "no hour": (answer(minute="0"), "hour"),
    "an uneven step": (answer(hour="*", minute="*/45"), "evenly"),
    "a numbered weekday": (answer(day_of_week="1", hour="9", minute="0"), "names"),
    "every other ISO week": (answer(week="*/2", day_of_week="tue", hour="9", minute="0"), "uneven"),
    "hour 25": (answer(hour="25", minute="0"), "between 0 and 23"),
    "Arabic digits": (answer(hour="\u0669", minute="0"), "hour"),
    "30 February": (answer(month="feb", day="30", hour="9", minute="0"), "never fires"),
    "a zone that is none": (answer(timezone="Mars/Base", hour="9", minute="0"), "timezone"),
    "a zone that the phrase does not name": (answer(timezone="Asia/Tokyo", hour="9", minute="0"), "does not name"),
}


@pytest.mark.parametrize(("text", "why"), BAD.values(), ids=BAD)
def test_what_is_no_schedule_is_malformed_and_says_why(text: str, why: str) -> None:
    import re

    got = read(text)
    assert isinstance(got, Malformed)
    assert re.search(why, got.reason)


def test_an_error_wins_over_fields_and_is_made_printable() -> None:
    assert read(answer("un\x1b[31mclear\n", hour="9", minute="0")) == Declined("un [31mclear")


def test_a_zone_counts_where_the_phrase_names_it() -> None:
    text = answer(timezone="America/New_York", hour="9", minute="0")
    got = read(text, "daily at 9am New York time", None)
    assert isinstance(got, Proposed)
    assert got.reading.zone_in_phrase
    assert got.reading.timing.timezone == "America/New_York"


@pytest.mark.parametrize("zone", ["Etc/GMT+5", "EST"])
def test_a_zone_whose_name_misleads_is_refused(zone: str) -> None:
    text = answer(timezone=zone, hour="9", minute="0")
    assert isinstance(read(text, f"daily at 9am {zone.removeprefix('Etc/')}", None), Malformed)


def test_no_zone_anywhere_is_malformed() -> None:
    assert isinstance(read(GOOD, timezone=None), Malformed)


@given(st.text(max_size=200))
def test_any_text_has_a_typed_outcome(text: str) -> None:
    assert isinstance(read(text), Declined | Malformed)


@given(st.fixed_dictionaries(dict.fromkeys(FIELDS, st.none() | st.text("0123456789*/,-monlast ", max_size=6))))
def test_any_fields_are_a_schedule_or_malformed(fields: dict[str, str | None]) -> None:
    text = json.dumps({"schedules": [fields], "timezone": None, "assumptions": [], "error": None})
    assert isinstance(read(text), Proposed | Malformed)
