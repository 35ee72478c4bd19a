"""The small things all reports share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.review.history import output_text, took
from reconciler.review.text import Paint, ago, columns, command_line, moment, plural, safe

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@given(st.text())
def test_nothing_that_acts_on_a_terminal_survives(text: str) -> None:
    assert safe(text).isprintable()


@given(st.text().filter(str.isprintable))
def test_what_prints_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_a_moment_is_told_on_its_wall_and_in_utc() -> None:
    assert moment(NOW, "Europe/Berlin") == "Mon 23 Nov 2026 09:00 CET (08:00Z)"
    assert moment(NOW, "UTC") == "Mon 23 Nov 2026 08:00 UTC"


def test_a_moment_names_the_other_day_where_utc_has_one() -> None:
    assert moment(NOW - timedelta(hours=10), "Asia/Tokyo") == "Mon 23 Nov 2026 07:00 JST (Sun 22:00Z)"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "now"), (5, "in 5 s"), (-90, "1 min ago"), (7200, "in 2 h"), (-200_000, "2 d ago")]
)
def test_a_distance_in_time_has_one_unit(seconds: int, text: str) -> None:
    assert ago(NOW + timedelta(seconds=seconds), NOW) == text


def test_columns_line_up_whatever_their_colour() -> None:
    red = Paint(enabled=True)("ab", "red")
    assert [line.replace(red, "ab") for line in columns([[red, "x"], ["abcd", "y"]])] == ["ab    x", "abcd  y"]


def test_a_command_line_quotes_what_needs_it() -> None:
    assert command_line(["echo", "a b", "--x=1"]) == "echo 'a b' --x=1"


def test_counts_and_lengths_read_as_people_say_them() -> None:
    assert (plural(1, "job"), plural(1200, "job")) == ("1 job", "1,200 jobs")
    assert [took(NOW, NOW + timedelta(seconds=s)) for s in (0.02, 1.5, 200, 7300)] == [
        "20 ms",
        "1.5 s",
        "3 min 20 s",
        "2 h 1 min",
    ]


def test_output_names_what_was_not_kept() -> None:
    assert output_text(b"head", b"tail", 1234, escape=False) == "head\n[… 1,234 bytes left out …]\ntail"
    assert output_text(b"\x1b[2J\xff", b"", 0, escape=True) == "\\x1b[2J\ufffd"
