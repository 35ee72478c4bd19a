"""The end of a freeze, against a walk minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.lockfile.freezes import EVERY_MINUTE
from reconciler.model import CronFields, Timing
from reconciler.timing import cron_fields, cron_union, frozen_until
from reconciler.timing.fields import values
from reconciler.timing.freezing import LONGEST

MINUTE = timedelta(minutes=1)
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]


def freeze(zone: str, *members: dict[str, str], **limits: object) -> Timing:
    rule = cron_union(cron_fields({"minute": "*", **member}) for member in members)
    return Timing(zone, rule, dst=EVERY_MINUTE, **limits)  # type: ignore[arg-type]


def frozen(wall: datetime, members: tuple[CronFields, ...]) -> bool:
    """Say of one showing of the clock whether it is frozen, by looking at the fields alone."""
    return any(
        wall.hour in allowed.hours
        and wall.minute in allowed.minutes
        and (member.day_of_week == "*" or "mon tue wed thu fri sat sun".split()[wall.weekday()] in named(member))
        for member in members
        for allowed in [values(member)]
    )


def named(member: CronFields) -> set[str]:
    names = "mon tue wed thu fri sat sun".split()
    found: set[str] = set()
    for part in member.day_of_week.split(","):
        first, _, last = part.partition("-")
        found |= set(names[names.index(first) : names.index(last or first) + 1])
    return found


@given(
    zone=st.sampled_from(ZONES),
    days=st.sampled_from(["*", "fri", "sat,sun", "mon-thu", "sun"]),
    hours=st.sampled_from(["*", "0-3", "1,2", "16-23", "2"]),
    minutes=st.sampled_from(["*", "30-59", "0-29"]),
    season=st.sampled_from(
        [datetime(2026, 3, 27), datetime(2026, 10, 23), datetime(2026, 4, 3), datetime(2026, 10, 30)]
    ),
    after=st.integers(0, 4 * 24 * 60),
)
def test_it_ends_where_a_walk_minute_by_minute_ends(
    zone: str, days: str, hours: str, minutes: str, season: datetime, after: int
) -> None:
    timing = freeze(zone, {"day_of_week": days, "hour": hours, "minute": minutes})
    assert isinstance(timing.rule, tuple)
    wall_of = ZoneInfo(zone)
    now = season.replace(tzinfo=UTC) + after * MINUTE
    at = now
    while frozen(at.astimezone(wall_of), timing.rule) and at < now + timedelta(days=9):
        at += MINUTE
    expected = None if at == now else at if at < now + timedelta(days=9) else now + LONGEST
    assert frozen_until(timing, now) == expected
    assert frozen_until(timing, now + timedelta(seconds=59)) == expected


def test_a_freeze_of_weeks_ends_at_its_end_and_not_on_the_dates_excepted() -> None:
    winter = freeze(
        "Europe/Berlin", {"month": "dec", "day": "20-31", "hour": "*"}, {"month": "jan", "day": "1-3", "hour": "*"}
    )
    assert frozen_until(winter, datetime(2026, 12, 22, 12, tzinfo=UTC)) == datetime(2027, 1, 3, 23, tzinfo=UTC)
    assert frozen_until(winter, datetime(2026, 12, 19, 22, 59, 59, tzinfo=UTC)) is None
    but = freeze("Europe/Berlin", {"month": "dec", "hour": "*"}, exclude=(date(2026, 12, 24),))
    assert frozen_until(but, datetime(2026, 12, 22, 12, tzinfo=UTC)) == datetime(2026, 12, 23, 23, tzinfo=UTC)
    assert frozen_until(but, datetime(2026, 12, 24, 12, tzinfo=UTC)) is None


@pytest.mark.parametrize(("day", "until"), [(19, None), (20, 22), (21, 22), (22, None)])
def test_outside_its_dates_nothing_is_frozen(day: int, until: int | None) -> None:
    timing = freeze("UTC", {"hour": "*"}, start=date(2026, 12, 20), end=date(2026, 12, 21))
    expected = None if until is None else datetime(2026, 12, until, tzinfo=UTC)
    assert frozen_until(timing, datetime(2026, 12, day, 12, tzinfo=UTC)) == expected
