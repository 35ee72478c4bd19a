"""The author's own tests of a compiled timing: `expect: {fires: …, never: …}`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from reconciler.model import Expect, Timing
from reconciler.timing import fires, next_fire, on_wall
from reconciler.timing.fields import WEEKDAYS

_START = datetime(2024, 1, 1, tzinfo=UTC)
_MOST_FIRES = 20_000
_WINDOW = timedelta(days=4 * 366)


def broken(expect: Expect, timing: Timing) -> Iterator[str]:
    """Yield a sentence for each expectation that *timing* does not meet.

    Weekdays in `never` are checked on the fire times of four years, or the first 20,000 of them.
    """
    for wall in expect.fires:
        instant = _instant(wall, timing)
        if next_fire(timing, instant - timedelta(seconds=1)) != instant:
            yield f"expected to fire at {wall:%Y-%m-%d %H:%M}, but {_nearest(timing, instant)}"
    for item in expect.never:
        found = _fire_on(timing, item)
        if found is not None:
            wall = on_wall(found, timing.timezone)
            yield f"expected never to fire on {item}, but it fires at {wall:%a %Y-%m-%d %H:%M}"


def _instant(wall: datetime, timing: Timing) -> datetime:
    return wall.replace(tzinfo=ZoneInfo(timing.timezone)).astimezone(UTC)


def _nearest(timing: Timing, instant: datetime) -> str:
    due = next_fire(timing, instant)
    if due is None:
        return "nothing is due from then on"
    return f"the next due time is {on_wall(due, timing.timezone):%a %Y-%m-%d %H:%M}"


def _fire_on(timing: Timing, item: str) -> datetime | None:
    if item.lower() in WEEKDAYS:
        weekday = WEEKDAYS.index(item.lower())
        run = islice(fires(timing, _START, _START + _WINDOW), _MOST_FIRES)
        return next((due for due in run if on_wall(due, timing.timezone).weekday() == weekday), None)
    if len(item) > len("2026-12-24"):
        instant = _instant(datetime.fromisoformat(item), timing)
        return instant if next_fire(timing, instant - timedelta(seconds=1)) == instant else None
    day = date.fromisoformat(item)
    midnight = _instant(datetime(day.year, day.month, day.day), timing)  # noqa: DTZ001  a wall time of the zone
    due = next_fire(timing, midnight - timedelta(seconds=1))
    return due if due is not None and on_wall(due, timing.timezone).date() == day else None
