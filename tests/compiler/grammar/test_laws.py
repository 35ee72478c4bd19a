"""What may be done to a phrase without a change of its meaning, and what must change it in a known way."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.compiler.grammar import read
from reconciler.model import Conventions, Question, Reading
from reconciler.timing import cron_union, english, equal

_GOLDEN = Path(__file__).parents[2] / "golden" / "phrases.yaml"
_ROWS: list[dict[str, Any]] = yaml.safe_load(_GOLDEN.read_text(encoding="utf-8"))
_PHRASES = [
    row["phrase"]
    for row in _ROWS
    if row.keys() & {"expect", "interval", "timing"} and " " in row["phrase"] and not set("*?@=") & set(row["phrase"])
]


def _read(phrase: str) -> Reading | Question:
    return read(phrase, timezone="Europe/Berlin", conventions=Conventions())


def _reading(phrase: str) -> Reading:
    got = _read(phrase)
    assert isinstance(got, Reading), (phrase, got)
    return got


def _alike(one: Reading, other: Reading) -> bool:
    return equal(one.timing, other.timing) and one.timing.calendars == other.timing.calendars


# ---------------------------------------------------------------- order

_DAYS = ["every Monday", "on weekdays", "on the 1st and 15th", "on the first Friday of the month", "every day"]
_TIMES = ["at 9am", "at 06:00 and 18:00", "every 15 minutes", "every 2 hours between 8am and 6pm"]
_SCOPES = ["in January", "from June to August", "in UTC", "except on 2027-12-24", "until 2030-06-30"]


@pytest.mark.parametrize("day", _DAYS)
@pytest.mark.parametrize("clock", _TIMES)
def test_clauses_mean_the_same_in_any_order_that_is_read(day: str, clock: str) -> None:
    orders = [" ".join(order) for order in permutations([day, clock])]
    readings = [_reading(phrase) for phrase in orders]
    assert all(_alike(readings[0], other) for other in readings), orders


@pytest.mark.parametrize("scope", _SCOPES)
@pytest.mark.parametrize("day", _DAYS)
def test_a_third_clause_in_any_order_that_is_read_changes_no_other(day: str, scope: str) -> None:
    orders = {joint.join(order) for order in permutations([day, "at 9am", scope]) for joint in (" ", ", ")}
    readings = {phrase: got for phrase in orders if isinstance(got := _read(phrase), Reading)}
    first = _reading(f"{day} at 9am {scope}")
    assert [phrase for phrase, got in readings.items() if not _alike(first, got)] == []
    assert len(readings) >= len(orders) // 2


# ---------------------------------------------------------------- lists

_CLOCKS = ["6am", "11:30", "noon", "18:45"]
_NAMES = ["Monday", "Tuesday", "Friday", "Sunday"]
_MONTHDAYS = ["1st", "5th", "15th", "28th"]
_MONTHS = ["January", "April", "November"]
_LISTED = [
    *(("every day at {}", pair) for pair in combinations(_CLOCKS, 2)),
    *(("every {} at 9am", pair) for pair in combinations(_NAMES, 2)),
    *(("on the {} at 9am", pair) for pair in combinations(_MONTHDAYS, 2)),
    *(("every day in {} at 9am", pair) for pair in combinations(_MONTHS, 2)),
    *(("on the {} Friday of the month at 9am", pair) for pair in combinations(["first", "second", "last"], 2)),
]


@pytest.mark.parametrize(("frame", "pair"), _LISTED)
@pytest.mark.parametrize("joint", [" and ", ", ", ", and ", " & "])
def test_a_list_is_the_union_of_its_parts(frame: str, pair: tuple[str, str], joint: str) -> None:
    whole = _reading(frame.format(joint.join(pair)))
    parts = [_reading(frame.format(one)).timing for one in pair]
    members = [member for part in parts for member in part.rule if isinstance(part.rule, tuple)]  # type: ignore[union-attr]
    assert equal(whole.timing, replace(parts[0], rule=cron_union(members))), english(whole.timing)


# ---------------------------------------------------------------- spelling


@pytest.mark.parametrize(
    "spelt",
    [
        str.upper,
        str.title,
        lambda phrase: phrase.replace(" ", "  "),
        lambda phrase: phrase.replace(" ", "\u00a0"),
        lambda phrase: f"\ufeff{phrase}\n",
        lambda phrase: f'"{phrase}"',
        lambda phrase: f"- `{phrase}`",
        lambda phrase: f"# {phrase}.",
    ],
    ids=["upper", "title", "spaces", "nbsp", "bom", "quoted", "list mark", "comment"],
)
def test_spelling_changes_nothing(spelt: Any) -> None:
    changed, read_again = [], 0
    for phrase in _PHRASES:
        got = _read(spelt(phrase))
        if isinstance(got, Reading):
            read_again += 1
            if not _alike(got, _reading(phrase)):
                changed.append(spelt(phrase))
    assert changed == []
    assert read_again > 0.9 * len(_PHRASES)


_WORDS = dict(zip(range(2, 13), "two three four five six seven eight nine ten eleven twelve".split(), strict=True))


def test_a_number_and_its_word_mean_the_same() -> None:
    pairs = [
        (phrase, re.sub(r"(?<![\d:.-])\b(\d+)\b(?=\s+[a-z])(?!\s*[ap]\.?m)", _worded, phrase)) for phrase in _PHRASES
    ]
    pairs = [(phrase, worded) for phrase, worded in pairs if phrase != worded]
    got = [(phrase, worded, _read(worded)) for phrase, worded in pairs]
    wrong = [worded for phrase, worded, one in got if isinstance(one, Reading) and not _alike(one, _reading(phrase))]
    assert wrong == []
    assert sum(isinstance(one, Reading) for _, _, one in got) > 0.8 * len(pairs) > 10


def _worded(match: re.Match[str]) -> str:
    return _WORDS.get(int(match[1]), match[1])


# ---------------------------------------------------------------- zones


@pytest.mark.parametrize("said", [", UTC", " UTC", " (UTC)", " in UTC", " Etc/UTC"])
def test_a_zone_behind_a_phrase_changes_the_zone_and_nothing_else(said: str) -> None:
    wrong, zoned = [], 0
    for phrase in _PHRASES:
        before, after = _reading(phrase), _read(phrase + said)
        if before.zone_in_phrase:  # then there are two zones
            continue
        if isinstance(after, Reading):
            zoned += 1
            expected = read(phrase, timezone="Etc/UTC", conventions=Conventions())
            if not (isinstance(expected, Reading) and _alike(after, expected)):
                wrong.append(phrase)
    assert wrong == []
    assert zoned > 0.8 * len(_PHRASES)


def test_two_zones_are_never_read() -> None:
    for phrase in _PHRASES:
        if _reading(phrase).zone_in_phrase:
            assert isinstance(_read(f"{phrase} Asia/Kathmandu"), Question), phrase


# ---------------------------------------------------------------- parts of the day


@pytest.mark.parametrize("part", ["morning", "afternoon", "evening"])
@pytest.mark.parametrize("hour", range(24))
def test_a_part_of_the_day_says_again_what_its_clock_says_or_is_refused(part: str, hour: int) -> None:
    clock = f"{hour % 12 or 12}:30{'am' if hour < 12 else 'pm'}"
    got = _read(f"every day at {clock} in the {part}")
    if isinstance(got, Reading):
        assert equal(got.timing, _reading(f"every day at {clock}").timing)
    if (hour < 12) != (part == "morning"):
        assert isinstance(got, Question)
