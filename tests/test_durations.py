"""Durations: what is written is what is meant, and what is refused says how to write it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.declaration.schema import load_schema
from reconciler.durations import format_duration, parse_duration

SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}
NUMBERS = st.integers(0, 99_999)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90), ("90m", 5400), ("1h30m", 5400), ("1d12h", 129_600), ("1m30s500ms", 90.5), ("500ms", 0.5),
        ("0s", 0), ("1d1ms", 86_400.001), ("60m60s", 3660),
    ],
)  # fmt: skip
def test_units_add_up(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@given(st.dictionaries(st.sampled_from(list(SECONDS)), NUMBERS, min_size=1))
def test_what_is_formatted_is_read_back_whatever_units_it_was_written_in(parts: dict[str, int]) -> None:
    text = "".join(f"{parts[unit]}{unit}" for unit in SECONDS if unit in parts)
    length = parse_duration(text)
    assert length == sum((timedelta(milliseconds=round(SECONDS[u] * 1000)) * n for u, n in parts.items()), timedelta(0))
    assert parse_duration(format_duration(length)) == length
    one_unit = re.fullmatch("[0-9]{1,9}(d|h|m|s|ms)", format_duration(length))
    assert one_unit or length > timedelta(milliseconds=999_999_999), "the lockfile has one unit if nine digits do"


@given(st.lists(st.tuples(NUMBERS, st.sampled_from(list(SECONDS))), min_size=2, max_size=5))
def test_units_out_of_order_or_twice_are_refused(parts: list[tuple[int, str]]) -> None:
    text = "".join(f"{number}{unit}" for number, unit in parts)
    places = [list(SECONDS).index(unit) for _, unit in parts]
    if places == sorted(set(places)):
        parse_duration(text)
        return
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("30m1h", "1h30m"), ("1h 30m", "1h30m"), ("30 min", "30m"), ("2 hours", "2h"), ("1 hour and 5 minutes", "1h5m"),
        ("1.5h", "90m"), ("5M", "5m"), (" 5m", "5m"), ("5m\n", "5m"), ("0.25s", "250ms"), ("1h, 5 secs", "1h5s"),
    ],
)  # fmt: skip
def test_another_spelling_is_refused_with_the_one_to_write(text: str, instead: str) -> None:
    with pytest.raises(ValueError, match=f"; write {instead}$"):
        parse_duration(text)
    parse_duration(instead)


@pytest.mark.parametrize(
    "text", ["", "1h1h", "h", "-5s", "5", "300", "1h30", "30 parsecs", "٣m", "1e3s", "9" * 10 + "s", "1.0001ms", "PT5M"]
)
def test_what_is_no_duration_says_what_one_is_and_that_is_one(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration") as caught:
        parse_duration(text)
    advice = str(caught.value).partition("; ")[2]
    written = re.findall(r"[0-9]+(?:d|h|ms|m|s)[0-9a-z]*", advice)
    assert written
    assert all(parse_duration(one) for one in written)


def test_longer_than_a_timedelta_can_be_is_as_long_as_it_can_be() -> None:
    assert parse_duration("999999999d999999999h") == parse_duration("999999999d")


@given(st.text(alphabet="0159dhms ", max_size=8))
def test_editors_accept_what_the_program_accepts(text: str) -> None:
    pattern = load_schema("schedules")["properties"]["defaults"]["properties"]["timeout"]["pattern"]
    try:
        parse_duration(text)
    except ValueError:
        accepted = False
    else:
        accepted = True
    assert (re.search(pattern, text) is not None) == accepted
