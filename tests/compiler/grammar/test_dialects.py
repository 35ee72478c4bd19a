"""Schedules of other programs are known by name: read where all agree, asked where they differ, with what to write."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Set
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
import yaml
from cronsim import CronSim, CronSimError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.compiler.grammar import read
from reconciler.compiler.grammar.crontab import looks_like_crontab
from reconciler.model import Conventions, ElapsedInterval, Question, Reading, Timing
from reconciler.timing import english, equal, fires

_ROOT = Path(__file__).parents[3]
_START = datetime(2026, 1, 1, tzinfo=UTC)
_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def answer(phrase: str, zone: str = "UTC") -> Reading | Question:
    return read(phrase, timezone=zone, conventions=Conventions())


def asked(phrase: str) -> Question:
    got = answer(phrase)
    assert isinstance(got, Question), english(got.timing)
    return got


def timing(phrase: str) -> Timing:
    got = answer(phrase)
    assert isinstance(got, Reading), got
    return got.timing


def advice(question: Question) -> list[str]:
    """Return what the question tells people to write; a key such as `run:` is no phrase."""
    return [text for text in re.findall(r"`([^`]*)`", question.hint or "") if not re.match(r"[a-z]+:(?: |$)", text)]


def first(timing: Timing, count: int = 40) -> list[datetime]:
    return list(islice(fires(timing, _START - timedelta(seconds=1)), count))


# ---------------------------------------------------------------- the page for people: every row is run

_PAGE = (_ROOT / "docs" / "cron-dialects.md").read_text(encoding="utf-8")
_ROWS = re.findall(r"^\| [^|]+ \| `(.+?)` \| (read|write|asked): (.+) \|$", _PAGE, re.MULTILINE)


@pytest.mark.parametrize(("line", "kind", "here"), _ROWS, ids=[row[0] for row in _ROWS])
def test_a_row_of_the_page_says_what_the_compiler_does(line: str, kind: str, here: str) -> None:
    got = answer(line)
    shown = re.findall(r"`([^`]*)`", here)
    if kind == "read":
        assert isinstance(got, Reading)
        assert equal(got.timing, timing(shown[0]))
    else:
        assert isinstance(got, Question)
        assert (kind == "asked") == bool(got.readings)
        assert [text for text in shown if not text.startswith("timezone:")] == advice(got)


def test_the_page_has_rows() -> None:
    assert len(_ROWS) > 30
    assert {kind for _, kind, _ in _ROWS} == {"read", "write", "asked"}


# ---------------------------------------------------------------- what is meant, by fire times

# lines, and what cronsim makes of the fields or the grammar of the English that is meant; in order of the advice
_MEANT = [
    ("*/90 * * * *", ["every 90 minutes", "0 * * * *"]),
    ("0 */36 * * *", ["every 36 hours", "0 0 * * *"]),
    ("0 9 */40 * *", ["every 40 days at 9am", "0 9 1 * *"]),
    ("30 9 15 */18 *", ["every 18 months on the 15th at 9:30am", "30 9 15 1 *"]),
    ("*/90 9-17 * * *", ["0 9-17 * * *"]),
    ("0 9 * * */9", ["0 9 * * 0"]),
    ("5/15 * * * *", ["5,20,35,50 * * * *", "5 * * * *"]),
    ("0 2/6 * * *", ["0 2,8,14,20 * * *", "0 2 * * *"]),
    ("0 9 ? * 1-5", ["0 9 * * 1-5", "0 9 * * 0-4"]),
    ("0 9 ? * MON-FRI", ["0 9 * * 1-5"]),
    ("0 12 * * ?", ["0 12 * * *"]),
    ("0 0 9 * * *", ["0 9 * * *", "0 0 9 * *", "* 0 0 9 * *"]),
    ("0 9 * * * *", ["9 * * * *", "0 9 * * *", "* 0 9 * * *"]),
    ("*/10 * * * * *", ["*/10 * * * * *", "*/10 * * * *", "* */10 * * * *"]),
    ("0 9 * * 1-5 0", ["9 * * 1-5 0", "0 9 * * 1-5"]),
    ("0 9 * * ? *", ["0 9 * * *", "* 0 9 * * *"]),
    ("0 9 ? * 2-6 *", ["0 9 * * 1-5", "0 9 * * 2-6", "* 0 9 * * 2-6"]),
    ("0 0 9 ? * 2-6", ["0 9 * * 1-5", "0 9 * * 2-6"]),
    ("0 0 9 ? * 6L", ["0 9 * * 5L", "0 9 * * 6L"]),
    ("0 0 9 ? * 6#2", ["0 9 * * 5#2", "0 9 * * 6#2"]),
    ("0 0 9 13 * FRI", ["at 09:00 on the 13th of the month falling on Friday", "0 9 13 * 5"]),
    ("0 0 9 LW * ?", ["0 9 LW * *"]),
    ("0 9 LW 1,7 *", ["0 9 LW 1,7 *"]),
    ("0 9 L-3 2,4 *", ["every 4th to last day of February and April at 9am"]),
    ("cron(0 9 * * 1-5)", ["0 9 * * 1-5"]),
    ("cron(0 9 * * MON *)", ["0 9 * * 1", "0 9 * * 1"]),
    ("rate(5 minutes)", ["*/5 * * * *"]),
    ("rate(1 hour)", ["0 * * * *"]),
    ("rate(1 day)", ["0 0 * * *"]),
    ("Rate( 2 days )", ["every 2 days at midnight"]),
    ("@every 1h30m", ["every 90 minutes"]),
    ("@every 1.5h", ["every 90 minutes"]),
    ("@every 36h", ["every 36 hours"]),
    ("@every 45s", ["every 45 seconds"]),
    ("@every_minute", ["* * * * *"]),
    ("@weekdays", ["0 0 * * 1-5"]),
    ("@dayly", ["0 0 * * *"]),
    ("0 2 * * * root /usr/bin/backup", ["0 2 * * *"]),
    ("0 2 * * * /usr/bin/backup --all > /dev/null", ["0 2 * * *"]),
    ("0 2 * * * # nightly", ["0 2 * * *"]),
    ("@daily /usr/bin/backup", ["0 0 * * *", "0 9 * * *"]),
    ("cron: 0 9 * * *", ["0 9 * * *"]),
    ("- cron: '0 9 * * 1-5'", ["0 9 * * 1-5"]),
    ("every day at 0 9 * * *", ["0 9 * * *"]),
    ("H 2 * * *", ["0 2 * * *"]),
    ("H/15 * * * *", ["*/15 * * * *"]),
    ("H H(0-7) * * 1-5", ["0 0 * * 1-5"]),
    ("H(0-29)/10 * * * *", ["0-29/10 * * * *"]),
    ("0~30 4 * * *", ["0 4 * * *"]),
    ("~ 4 * * *", ["0 4 * * *"]),
    ("0 2 * *", ["0 2 * * *"]),
    ("0 9 * 1-5", ["0 9 * 1-5 *", "0 9 * * 1-5"]),
    ("*/5", ["*/5 * * * *"]),
    ("Mon..Fri 09:00", ["0 9 * * 1-5"]),
    ("*-*-* 02:00:00", ["0 2 * * *"]),
    ("*-*-01 04:00", ["0 4 1 * *"]),
    ("*-06..08-01 04:00", ["0 4 1 6-8 *"]),
    ("*:0/15", ["*/15 * * * *"]),
    ("*:*:0/30", ["0,30 * * * * *"]),
    ("Mon,Fri *-*-1..7 18:00", ["at 18:00 on the first Monday and the first Friday of the month"]),
    ("Fri..Mon *-*-* 09:00", ["0 9 * * 5,6,0,1"]),
    ("*-*~1 09:00", ["0 9 L * *"]),
    ("*-02~03 09:00", ["every third to last day of February at 9am"]),
    ("OnCalendar=hourly", ["0 * * * *"]),
    ("OnCalendar=weekly", ["0 0 * * 1"]),
    ("OnCalendar=quarterly", ["0 0 1 1,4,7,10 *"]),
    ("OnCalendar=Sat 10:30", ["30 10 * * 6"]),
    ("OnUnitActiveSec=15min", ["*/15 * * * *"]),
    ("OnUnitActiveSec=1h 30min", ["every 90 minutes"]),
    ("FREQ=WEEKLY;BYDAY=MO", ["0 0 * * 1"]),
    ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=9;BYMINUTE=30", ["30 9 * * 1,3"]),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;BYHOUR=8", ["every 2 weeks on Tuesday and Thursday at 8am"]),
    ("FREQ=DAILY;INTERVAL=3;BYHOUR=9", ["every 3 days at 9am"]),
    ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9", ["0 9 * * 1-5"]),
    ("FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=9", ["0 9 1,15 * *"]),
    ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9", ["0 9 L * *"]),
    ("FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17", ["0 17 * * 5L"]),
    ("FREQ=MONTHLY;BYDAY=2MO;BYHOUR=17", ["0 17 * * 1#2"]),
    ("FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO,TU,WE,TH,FR;BYHOUR=17", ["0 17 LW * *"]),
    ("FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=3;BYHOUR=17", ["every 5 months on the 3rd at 5pm"]),
    ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=15;BYHOUR=6", ["0 6 15 3 *"]),
    ("FREQ=HOURLY", ["0 * * * *"]),
    ("FREQ=MINUTELY;INTERVAL=90", ["every 90 minutes"]),
    ("FREQ=DAILY;COUNT=5;BYHOUR=9", ["0 9 * * *"]),
    ("PT15M", ["*/15 * * * *"]),
    ("PT1H30M", ["every 90 minutes"]),
    ("P1D", ["0 0 * * *"]),
    ("P1W", ["0 0 * * 1"]),
    ("P1M", ["0 0 1 * *"]),
    ("P1DT12H", ["every 36 hours"]),
    ("R/PT15M", ["*/15 * * * *"]),
    ("R/2026-01-01T08:00:00Z/P2D", ["every 2 days at 8am starting 2026-01-01"]),
]


def meaning(text: str) -> list[datetime]:
    """Return the first due times of *text*, as cronsim reads fields and the grammar reads English."""
    if text[0] in "*0123456789":
        return list(islice(CronSim(text, _START - timedelta(seconds=1)), 40))
    return first(timing(text))


@pytest.mark.parametrize(("line", "meant"), _MEANT, ids=[row[0] for row in _MEANT])
def test_what_to_write_means_what_the_line_means(line: str, meant: list[str]) -> None:
    question = asked(line)
    assert question.understood
    assert [first(timing(text)) for text in advice(question)] == [meaning(text) for text in meant]
    if question.readings:
        assert len(question.readings) > 1
        readings = [first(reading.timing) for reading in question.readings]
        assert readings == [meaning(text) for text in meant]


_READ = [
    ("0 0 9 * * MON-FRI", "0 9 * * 1-5", "Spring"),
    ("0 15 10 ? * MON-FRI", "15 10 * * 1-5", "Quartz"),
    ("0 0 12 * * ?", "0 12 * * *", "Quartz"),
    ("0 0/5 14 * * ?", "*/5 14 * * *", "Quartz"),
    ("30 0 9 * * MON", "30 0 9 * * 1", "Spring"),
    ("0 0 9 ? * FRIL", "0 9 * * 5L", "Spring"),
    ("0 0 9 ? * FRI#2", "0 9 * * 5#2", "Spring"),
    ("0 0 9 L * ?", "0 9 L * *", "Quartz"),
    ("cron(0 9 ? * 2-6 *)", "0 9 * * 1-5", "EventBridge"),
    ("cron(0/15 8-17 ? * MON-FRI *)", "*/15 8-17 * * 1-5", "EventBridge"),
    ("CRON( 0 9 L * ? * )", "0 9 L * *", "EventBridge"),
    ('"0 9 * * 1-5"', "0 9 * * 1-5", "crontab"),
    ("- 0 9 * * 1-5", "0 9 * * 1-5", "crontab"),
    ("`@daily`", "0 0 * * *", "crontab"),
    ("0 9 * * 1-5.", "0 9 * * 1-5", "crontab"),
    ("* 9 * * MON", "* 9 * * 1", "crontab"),  # the first star is no list mark
    ("* 0 9 * * MON-FRI", "* 0 9 * * 1-5", "Spring"),
    ("50/15 * * * *", "50 * * * *", "Kubernetes"),
    ("0 9 * * MON#2,FRI", "0 9 * * 1#2,5", "crontab"),
]


@pytest.mark.parametrize(("line", "meant", "program"), _READ)
def test_a_line_that_all_read_alike_is_read_and_says_whose_it_is(line: str, meant: str, program: str) -> None:
    got = answer(line)
    assert isinstance(got, Reading), got
    assert first(got.timing) == list(islice(CronSim(meant, _START - timedelta(seconds=1)), 40))
    assert program in got.assumptions[0]


@pytest.mark.parametrize(
    ("line", "year"), [("0 15 10 ? * FRI 2030", 2030), ("0 15 10 * * FRI 2031", 2031), ("15 10 ? * FRI 2032", 2032)]
)
def test_a_year_is_the_last_field(line: str, year: int) -> None:
    due = first(timing(line), 60)
    assert {(one.year, one.hour, one.minute, one.weekday()) for one in due} == {(year, 10, 15, 4)}
    assert len(due) >= 52


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("@reboot", "machine starts"),
        ("@foo", "`@foo`"),
        ("@every", "duration"),
        ("@every 500ms", "each second"),
        ("at(2026-05-01T09:00:00)", "EventBridge"),
        ("OnBootSec=5min", "machine"),
        ("OnCalendar=bananas", "bananas"),
        ("rate(5)", "rate"),
        ("cron(0 9 1 * MON *)", "EventBridge"),
        ("cron(0 9 ? * ? *)", "EventBridge"),
        ("cron(0 9)", "EventBridge"),
        ("? 9 * * *", "`? 9 * * *`"),
        ("0 9 31W * *", "nearest"),
        ("0 9 * * L", "Quartz"),
        ("0 9 * * L5", "'L5'"),
        ("0 9 * * monday", "'monday'"),
        ("0 24 * * *", "hour"),
        ("0 */90 * * * *", "`*/90`"),
        ("0 9 */2 * MON#1", "combined"),
        ("* * *", "five fields"),
        ("* * * * * * * *", "8 cron fields"),
        ("CRON_TZ=Mars/Olympus 0 9 * * *", "Mars/Olympus"),
        ("FREQ=DAILY;BYEASTER=1", "BYEASTER"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO", "2 weeks"),
        ("R/2026-01-31T00:00:00Z/P1M", "day 31"),
        ("P1M2D", "months"),
        ("PT0S", "never ends"),
    ],
)
def test_what_cannot_be_said_says_why_and_what_to_write(line: str, said: str) -> None:
    question = asked(line)
    assert said in question.message
    assert question.hint
    assert not question.readings
    for text in advice(question):
        assert isinstance(answer(text), Reading), text


@pytest.mark.parametrize(
    "line",
    [
        "CRON_TZ=America/New_York 0 9 * * 1-5",
        "TZ=America/New_York 0 0 9 * * MON-FRI",
        "0 9 * * 1-5 America/New_York",
        "Mon..Fri 09:00 America/New_York",
    ],
)
def test_a_zone_in_the_line_is_kept_in_what_to_write(line: str) -> None:
    in_words = advice(asked(line))[0]
    got = answer(in_words, "Asia/Tokyo")
    assert isinstance(got, Reading)
    assert equal(got.timing, Timing("America/New_York", timing("0 9 * * 1-5").rule))


def test_a_counted_interval_keeps_the_moment_that_it_starts_at() -> None:
    (text,) = advice(asked("R/2026-01-01T10:00:00+02:00/PT36H"))
    rule = timing(text).rule
    assert isinstance(rule, ElapsedInterval)
    assert rule == ElapsedInterval(timedelta(hours=36), datetime(2026, 1, 1, 8, tzinfo=UTC))


def test_the_zone_must_be_declared() -> None:
    got = read("0 9 * * 1-5", timezone=None, conventions=Conventions())
    assert isinstance(got, Question)
    assert "time zone" in got.message


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("*/7 * * * *", "the minute step is uneven: it starts again at 0"),
        ("*/45 * * * *", "the minute step is uneven: it starts again at 0"),
        ("0 9 */2 * *", "the day step starts again on the 1st of each month"),
        ("5-10/20 * * * *", "`5-10/20` steps beyond its range: only 5 is left"),
        ("50/15 * * * *", "`50/15` steps beyond its range: only 50 is left"),
    ],
)
def test_a_step_that_is_not_what_it_looks_like_is_told(line: str, warning: str) -> None:
    got = answer(line)
    assert isinstance(got, Reading)
    assert warning in got.warnings


@pytest.mark.parametrize("line", ["*/15 * * * *", "0 */6 * * *", "*/60 * * * *", "0 9-17/4 * * *", "0 0 1 */3 *"])
def test_an_even_step_has_no_warning(line: str) -> None:
    got = answer(line)
    assert isinstance(got, Reading)
    assert got.warnings == ()


# ---------------------------------------------------------------- an oracle that walks the calendar

_Field = tuple[str, Set[int]]


def _field(low: int, high: int, *, star: int = 2) -> st.SearchStrategy[_Field]:
    """Return texts with the values that they stand for."""
    whole = st.just(("*", frozenset(range(low, high + 1))))
    number = st.integers(low, high)
    single = number.map(lambda n: (str(n), frozenset({n})))
    span = st.tuples(number, number).map(
        lambda pair: (f"{min(pair)}-{max(pair)}", frozenset(range(min(pair), max(pair) + 1)))
    )
    started = st.tuples(number, st.integers(2, high)).map(
        lambda pair: (f"{pair[0]}/{pair[1]}", frozenset(range(pair[0], high + 1, pair[1])))
    )
    both = st.tuples(single, span).map(lambda pair: (f"{pair[0][0]},{pair[1][0]}", pair[0][1] | pair[1][1]))
    return st.one_of(*[whole] * star, single, span, started, both)


def _walk(days: Set[date], hours: Set[int], minutes: Set[int], second: int) -> Iterator[datetime]:
    for day in sorted(days):
        for hour in sorted(hours):
            for minute in sorted(minutes):
                yield datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)


def _some_days(months: Set[int], month_days: Set[int], weekdays: Set[int]) -> set[date]:
    """Return the days of 2026 and 2027 that are in all three sets; weekdays count from Sunday 0."""
    every = (date(2026, 1, 1) + timedelta(days=offset) for offset in range(730))
    return {day for day in every if day.month in months and day.day in month_days and day.isoweekday() % 7 in weekdays}


_ANY_DAY, _ANY_WEEKDAY = frozenset(range(1, 32)), frozenset(range(7))


@settings(deadline=None, max_examples=150)
@given(
    minute=_field(0, 59),
    hour=_field(0, 23),
    day=_field(1, 31, star=0),
    month=_field(1, 12),
    weekday=_field(1, 7, star=0),
    by_week=st.booleans(),
    seconds_first=st.booleans(),
)
def test_quartz_and_eventbridge_mean_what_a_walk_over_the_calendar_finds(
    minute: _Field, hour: _Field, day: _Field, month: _Field, weekday: _Field, *, by_week: bool, seconds_first: bool
) -> None:
    days = f"? {month[0]} {weekday[0]}" if by_week else f"{day[0]} {month[0]} ?"
    line = f"{minute[0]} {hour[0]} {days}"
    found = _some_days(
        month[1], _ANY_DAY if by_week else day[1], {number - 1 for number in weekday[1]} if by_week else _ANY_WEEKDAY
    )
    assume(found)
    meant = list(islice(_walk(found, hour[1], minute[1], 7 if seconds_first else 0), 40))
    assume(meant[-1].year < 2027 or len(meant) < 40)
    got = answer(f"7 {line}" if seconds_first else f"cron({line} *)")
    readings = [got] if isinstance(got, Reading) else list(got.readings)
    named = [one.timing for one in readings if {"Quartz", "EventBridge"} & set(re.findall(r"\w+", one.assumptions[0]))]
    assert len(named) == 1
    assert first(named[0], len(meant)) == meant
    others = [one.timing for one in readings if one.timing not in named]
    assert not any(equal(named[0], other) for other in others)
    if isinstance(got, Question):
        assert [first(timing(text), 20) for text in advice(got)] == [first(one.timing, 20) for one in readings]


@settings(deadline=None, max_examples=150)
@given(day=st.integers(1, 27), hour=st.integers(0, 23))
def test_the_nearest_weekday_is_in_the_same_month(day: int, hour: int) -> None:
    def nearest(month: int) -> datetime:
        that = datetime(2026, month, day, hour, tzinfo=UTC)
        near = [that + timedelta(days=offset) for offset in (0, -1, 1, -2, 2)]
        return next(one for one in near if one.weekday() < 5 and one.month == month)

    due = first(timing(f"0 {hour} {day}W * *"), 12)
    assert due == [nearest(month) for month in range(1, 13)]


_ODD = st.one_of(
    st.text("0123456789*,-/?LW#", min_size=1, max_size=6),
    st.sampled_from(
        ["*", "?", "0", "5/15", "*/7", "*/90", "1-5", "MON", "fri-mon", "6L", "L", "LW", "15W", "2#1", "H"]
    ),
)


@settings(deadline=None, max_examples=400)
@given(st.lists(_ODD, min_size=4, max_size=8).map(" ".join))
def test_no_line_fails_and_five_fields_never_mean_anything_but_cronsims(line: str) -> None:
    got = answer(line)
    if isinstance(got, Question):
        assert got.message
        assert got.hint
        for text in advice(got):
            assert isinstance(answer(text), Reading), (text, got)
        return
    if len(line.split()) != 5:
        return
    try:
        theirs = list(islice(CronSim(line, _START - timedelta(seconds=1)), 20))
    except CronSimError:  # it knows no wrap-around and no W
        return
    assert first(got.timing, len(theirs)) == theirs, line


_PART = st.sampled_from(
    ["*", "0", "1", "5", "03", "28", "31", "0/15", "*/7", "1..5", "2026", "99", "1,15", "5/2", "a", ""]
)
_SPAN = st.sampled_from(["0", "1", "5", "90", "1.5", "36", "999999", ""])
_RULES = {
    "FREQ": ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "NEVER"],
    "INTERVAL": ["1", "2", "7", "90", "0", "x"],
    "BYDAY": ["MO", "TU,TH", "1MO", "-1FR", "2MO,MO", "MO,TU,WE,TH,FR", "XX"],
    "BYMONTHDAY": ["1", "15,31", "-1", "-2", "40"],
    "BYMONTH": ["1", "2,8", "13"],
    "BYHOUR": ["9", "0,12", "24"],
    "BYMINUTE": ["0,30", "5"],
    "BYSECOND": ["0", "10"],
    "BYSETPOS": ["1", "-1", "5", "0"],
    "COUNT": ["5"],
    "UNTIL": ["20301231T000000Z"],
    "WKST": ["MO", "SU"],
}
_OTHER_NOTATIONS = st.one_of(
    st.tuples(
        st.sampled_from(["", "Mon ", "Mon..Fri ", "Sat,Sun ", "Fri..Mon ", "OnCalendar=", "OnCalendar=Tue "]),
        st.lists(_PART, min_size=2, max_size=3).map("-".join),
        st.sampled_from(["", "~1", "~03", "~30"]),
        st.lists(_PART, min_size=2, max_size=3).map(lambda parts: " " + ":".join(parts)),
        st.sampled_from(["", " UTC", " Europe/Berlin", " Mars"]),
    ).map("".join),
    st.fixed_dictionaries(
        {"FREQ": st.sampled_from(_RULES["FREQ"])},
        optional={key: st.sampled_from(found) for key, found in _RULES.items() if key != "FREQ"},
    ).map(lambda parts: ";".join(f"{key}={value}" for key, value in parts.items())),
    st.tuples(_SPAN, st.sampled_from(["s", "m", "h", "ms", "d", ""]), _SPAN, st.sampled_from(["s", "m", ""])).map(
        lambda parts: "@every " + "".join(parts)
    ),
    st.tuples(_SPAN, st.sampled_from(["minute", "minutes", "hours", "day", "weeks"])).map(
        lambda parts: f"rate({parts[0]} {parts[1]})"
    ),
    st.tuples(
        st.sampled_from(["", "R/", "R3/", "R/2026-01-31T09:30:00Z/", "R/2026-03-01/", "R/20260101T0900+0200/", "R/x/"]),
        st.sampled_from(["P", "PT", "P1Y", "P1M", "P2W", "P3D", "P1DT12H", "PT90M", "PT36H", "PT0S", "P1MT1H", "PT5S"]),
    ).map("".join),
    st.tuples(
        st.sampled_from(["OnUnitActiveSec=", "OnBootSec="]), _SPAN, st.sampled_from(["", "min", " h", "d", "x"])
    ).map("".join),
    st.lists(_ODD, min_size=4, max_size=7).map(lambda words: f"cron({' '.join(words)})"),
    st.tuples(
        st.sampled_from(["CRON_TZ=Asia/Tokyo ", "TZ=UTC ", "TZ=Nowhere ", "cron: ", "- "]),
        st.lists(_ODD, min_size=5, max_size=6).map(" ".join),
        st.sampled_from(["", " Asia/Tokyo", " root true", " # why"]),
    ).map("".join),
)


@settings(deadline=None, max_examples=400)
@given(_OTHER_NOTATIONS)
def test_whatever_the_notation_its_advice_compiles(line: str) -> None:
    got = answer(line)
    if isinstance(got, Question):
        assert got.message
        assert got.hint
        for text in advice(got):
            if not re.search(r"\d(?:,| and) \d+ to \d", text):  # a single value before a range, not read back yet
                assert isinstance(answer(text), Reading), (text, got)


# ---------------------------------------------------------------- English is not caught, nonsense is quick

_GOLDEN = yaml.safe_load((_ROOT / "tests" / "golden" / "phrases.yaml").read_text(encoding="utf-8"))
_DIALECTS = ("crontab", "dialect")


def test_english_is_left_to_the_grammar() -> None:
    english_phrases = [row["phrase"] for row in _GOLDEN if row["family"] not in _DIALECTS]
    assert len(english_phrases) > 400
    assert [phrase for phrase in english_phrases if looks_like_crontab(phrase)] == []


def test_every_golden_line_is_recognised() -> None:
    lines = [row["phrase"] for row in _GOLDEN if row["family"] in _DIALECTS]
    assert len(lines) > 40
    assert [line for line in lines if not looks_like_crontab(line)] == []


@settings(deadline=None, max_examples=100)
@given(
    phrase=st.sampled_from([row["phrase"] for row in _GOLDEN if row["family"] not in _DIALECTS and row["phrase"]]),
    around=st.sampled_from(["{}", '"{}"', "`{}`", "- {}", "* {}", "# {}", "{} UTC", "({})", "{}."]),
)
def test_english_stays_english_whatever_stands_around_it(phrase: str, around: str) -> None:
    assert not looks_like_crontab(around.format(phrase))


@pytest.mark.parametrize("phrase", ["every 5 minutes", "9 1 2", "9 to 5 on mon 3", "at 9, 10, 11, 12, 13", "P", "R2D2"])
def test_words_and_numbers_are_left_to_the_grammar(phrase: str) -> None:
    assert not looks_like_crontab(phrase)


@pytest.mark.parametrize(
    "part",
    [
        "* ",
        "1,",
        "0 ",
        "*-",
        "H(",
        "FREQ=A;",
        "AAA=1",
        "TZ=x ",
        "mon..",
        "1..1,",
        "1h",
        "lw,",
        "P1D",
        "@every ",
        "*/1,",
    ],
)
def test_ten_kilobytes_of_nonsense_are_answered_at_once(part: str) -> None:
    for size in (1000, 10_000):
        text = (part * size)[:size]
        began = time.process_time()
        looks_like_crontab(text)
        assert time.process_time() - began < 0.05
