"""The grammar understands every word or asks, whatever is done to a good phrase."""

from __future__ import annotations

import time as clock
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.compiler.grammar import read
from reconciler.model import Conventions, Question, Reading
from reconciler.timing import difference, english

_ZONE = "Europe/Berlin"
_ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "golden" / "phrases.yaml").read_text(encoding="utf-8")
)
_FRONTS = ("description", "front")
_GOOD = [row["phrase"] for row in _ROWS if ("expect" in row or "interval" in row) and row["family"] not in _FRONTS]
_WORDED = [phrase for phrase in _GOOD if " " in phrase and "*" not in phrase]


def _read(phrase: str, **conventions: Any) -> Reading | Question:
    return read(phrase, timezone=_ZONE, conventions=Conventions(**conventions))


def _compiled(phrase: str) -> Reading:
    got = _read(phrase)
    assert isinstance(got, Reading), got
    return got


# ---------------------------------------------------------------- every word counts


@settings(deadline=None, max_examples=300)
@given(
    phrase=st.sampled_from(_WORDED),
    place=st.integers(1, 12),
    word=st.sampled_from(["banana", "xyzzy", "mostly", "ünder", "§", "frobs"]),
)
def test_an_unknown_word_anywhere_is_refused_by_name(phrase: str, place: int, word: str) -> None:
    words = phrase.split(" ")
    words.insert(min(place, len(words)), word)
    got = _read(" ".join(words))
    assert isinstance(got, Question), english(got.timing)
    assert got.hint


@settings(deadline=None, max_examples=300)
@given(
    phrase=st.sampled_from(_WORDED),
    place=st.integers(0, 12),
    word=st.sampled_from(["not", "never", "don't", "unless", "or"]),
)
def test_a_negation_anywhere_is_refused(phrase: str, place: int, word: str) -> None:
    words = phrase.split(" ")
    words.insert(min(place, len(words)), word)
    if "but not" in " ".join(words).lower():
        return
    assert isinstance(_read(" ".join(words)), Question)


@settings(deadline=None, max_examples=300)
@given(phrase=st.sampled_from(_WORDED), cut=st.integers(1, 60))
def test_a_phrase_cut_short_never_crashes(phrase: str, cut: int) -> None:
    assert isinstance(_read(phrase[:cut]), Reading | Question)


@settings(deadline=None, max_examples=500)
@given(st.text(max_size=80))
def test_any_text_is_answered(text: str) -> None:
    assert isinstance(_read(text), Reading | Question)


_PIECES = st.sampled_from(
    "every 5 15 minutes hours days weeks monday to friday and , ; at on in of the 9am 17:00 noon except until from "
    "starting between 2026-01-05 first last day month quarter year january 25 december second weekday weekends "
    "counted falling past after before business hours utc 2026 1st 15th morning other half".split()
)


@settings(deadline=None, max_examples=1500)
@given(st.lists(_PIECES, min_size=1, max_size=9).map(" ".join))
def test_any_string_of_schedule_words_is_answered_and_its_english_reads_the_same(phrase: str) -> None:
    got = _read(phrase)
    if isinstance(got, Reading):
        sentence = english(got.timing)
        again = read(sentence, timezone=None, conventions=Conventions())
        assert isinstance(again, Reading), (sentence, again)
        assert difference(got.timing, again.timing) is None, sentence


# ---------------------------------------------------------------- what a reading says about itself


@pytest.mark.parametrize(
    ("phrase", "assumption"),
    [
        ("every day", "no time of day was given: 00:00"),
        ("every hour during business hours", "business hours are 09:00 to 17:00"),
        ("every 3 days at 05:00", "every 3 days is counted from 2024-01-01"),
        ("every 36 hours", "every 36 hours is counted from 2024-01-01 00:00"),
        ("every week at noon", "the week begins on Monday"),
        ("every 15 minutes from 9am to 5pm", "17:00 is the last start"),
        ("every day at 9:30", "09:30 is read on the 24-hour clock"),
        ("daily at 9am CET", "CET is read as Europe/Paris, with its summer time"),
        ("9am", "no day was given: every day"),
        ("Fridays at midnight", "midnight is 00:00, when the day begins"),
        ("5 May at noon", "it is meant every year"),
        ("mid-month at noon", "the middle of the month is the 15th"),
        ("Backup the orders nightly at 2am", '"Backup the orders" is read as what is run'),
        ("every day at 9am, Fridays at 10am", "the parts add up: on days of both it runs at the times of both"),
        ("0 9 * * 1-5", "read as a crontab expression: Sunday is 0, day or weekday"),
    ],
)
def test_what_is_taken_for_granted_is_said(phrase: str, assumption: str) -> None:
    assert assumption in _compiled(phrase).assumptions


def test_nothing_is_assumed_where_all_is_said() -> None:
    assert _compiled("every weekday at 9am").assumptions == ()


def test_the_conventions_used_are_listed_and_no_others() -> None:
    assert _compiled("every 2 days at noon").conventions == (("anchor", "2024-01-01"),)
    assert _compiled("every 15 minutes during business hours").conventions == (("business_hours", "09:00-17:00"),)
    assert _compiled("every 2 days at noon starting 2026-01-05").conventions == ()
    assert _compiled("every day at noon").conventions == ()


def test_a_project_s_conventions_decide() -> None:
    from datetime import date, time

    got = _read("every morning", morning=time(8, 15))
    assert isinstance(got, Reading)
    assert english(got.timing) == "at 08:15, every day, Europe/Berlin"
    other = _read("every 2 days at noon", anchor=date(2025, 6, 1))
    assert isinstance(other, Reading)
    assert "counted from 2025-06-01" in english(other.timing)


def test_the_zone_in_the_phrase_wins_and_is_marked() -> None:
    got = _compiled("every day at 9am in Tokyo")
    assert (got.timing.timezone, got.zone_in_phrase) == ("Asia/Tokyo", True)
    assert not _compiled("every day at 9am").zone_in_phrase


def test_no_zone_anywhere_is_a_question() -> None:
    got = read("every day at 9am", timezone=None, conventions=Conventions())
    assert isinstance(got, Question)
    assert "zone" in got.message


def test_uneven_cron_steps_are_warned_about() -> None:
    assert _compiled("*/7 * * * *").warnings
    assert _compiled("every month on the 31st at noon").warnings


@pytest.mark.parametrize("phrase", _WORDED)
def test_a_reading_accounts_for_every_character(phrase: str) -> None:
    used = Counter("".join(use.words for use in _compiled(phrase).uses))
    assert not Counter(phrase.strip(" .!").replace(" ", "")) - used


# ---------------------------------------------------------------- questions


def test_an_ambiguous_hour_shows_both_readings() -> None:
    got = _read("every day at 7")
    assert isinstance(got, Question)
    assert [english(one.timing) for one in got.readings] == [
        "at 07:00, every day, Europe/Berlin",
        "at 19:00, every day, Europe/Berlin",
    ]


@pytest.mark.parametrize(
    ("phrase", "hint"),
    [("every 5 mintues", "minutes"), ("evry day at 9am", "every"), ("every Wendesday at 9am", "wednesday")],
)
def test_a_typo_gets_a_suggestion_and_no_guess(phrase: str, hint: str) -> None:
    got = _read(phrase)
    assert isinstance(got, Question)
    assert got.hint is not None
    assert got.hint.startswith(f"did you mean `{hint}`? write `")


@pytest.mark.parametrize("row", [row for row in _ROWS if row.get("refuse")], ids=lambda row: row["phrase"])
def test_every_refusal_says_why(row: dict[str, Any]) -> None:
    got = _read(row["phrase"])
    assert isinstance(got, Question)
    assert got.message


# ---------------------------------------------------------------- cost


@pytest.mark.parametrize(
    "text",
    ["every " * 1700, "a" * 10_000, "1," * 249, "a/" * 249, "monday " * 70, "half past " * 50, "in " * 160, "x" * 499],
    ids=lambda text: text[:10],
)
def test_hostile_text_is_answered_at_once(text: str) -> None:
    _read("every day")
    spent = []
    for _ in range(3):
        started = clock.process_time()  # the machine may be busy with other things
        _read(text)
        spent.append(clock.process_time() - started)
    assert min(spent) < 0.05


def test_a_phrase_of_ten_thousand_characters_is_refused_by_its_length() -> None:
    got = _read("every day and " * 800)
    assert isinstance(got, Question)
    assert "4000 is the most" in got.message
