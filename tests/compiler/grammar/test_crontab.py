"""Crontab expressions mean what crontab(5) says."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.crontab import looks_like_crontab, read_cronsim, read_crontab
from reconciler.timing import fires

_START = datetime(2026, 1, 1, tzinfo=UTC)


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.integers(1, high).map(lambda n: f"*/{n}")
    item = st.one_of(number.map(str), span)
    return st.one_of(st.just("*"), step, st.lists(item, min_size=1, max_size=3).map(",".join))


@settings(deadline=None, max_examples=200)
@given(minute=_field(0, 59), hour=_field(0, 23), day=_field(1, 28), month=_field(1, 12), weekday=_field(0, 7))
def test_five_fields_fire_when_an_independent_cron_fires(
    minute: str, hour: str, day: str, month: str, weekday: str
) -> None:
    expression = f"{minute} {hour} {day} {month} {weekday}"
    ours = list(islice(fires(read_crontab(expression, timezone="UTC").timing, _START), 30))
    assert ours == list(islice(CronSim(expression, _START), 30))


@pytest.mark.parametrize(
    ("expression", "wall"),
    [
        ("0 9 * * 0", "2026-01-04 09:00"),
        ("0 9 * * 7", "2026-01-04 09:00"),
        ("0 9 * * FRI-MON", "2026-01-02 09:00"),
        ("0 0 L * *", "2026-01-31 00:00"),
        ("0 9 * * 5L", "2026-01-30 09:00"),
        ("0 9 * * 1#2", "2026-01-12 09:00"),
        ("@yearly", "2027-01-01 00:00"),
        ("@hourly", "2026-01-01 01:00"),
    ],
)
def test_the_first_due_time_after_new_year_2026(expression: str, wall: str) -> None:
    first = next(fires(read_crontab(expression, timezone="UTC").timing, _START))
    assert f"{first:%Y-%m-%d %H:%M}" == wall


@pytest.mark.parametrize(
    "expression", ["61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *"]
)
def test_a_value_out_of_range_is_refused_by_field(expression: str) -> None:
    with pytest.raises(Refused):
        read_crontab(expression, timezone="UTC")


@pytest.mark.parametrize("phrase", ["every day at 9am", "at 9 on mon 5", "@", "daily"])
def test_words_are_not_taken_for_a_crontab(phrase: str) -> None:
    assert not looks_like_crontab(phrase) or phrase == "@"


@pytest.mark.parametrize("line", ["30 0 9 * * *", "*/10 * * * * *", "0 9 * * 1-5", "5/15 * * * *", "0 0 9 13 * 5"])
def test_a_file_that_says_it_is_in_cronsims_syntax_is_read_as_cronsim_reads_it(line: str) -> None:
    ours = list(islice(fires(read_cronsim(line, timezone="UTC"), _START), 30))
    assert ours == list(islice(CronSim(line, _START), 30))


def test_nothing_else_is_in_cronsims_syntax() -> None:
    with pytest.raises(Refused, match="no crontab expression"):
        read_cronsim("every day", timezone="UTC")
