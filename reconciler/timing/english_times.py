"""Which times of day cron fields allow, in English that the phrase grammar reads back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

from reconciler.model import CronFields
from reconciler.timing.compare import COMPARED
from reconciler.timing.english_words import and_, clock, nth, plural, ranges, runs, steps_of
from reconciler.timing.fields import Values, values
from reconciler.timing.zones import offset_changes

_FEW = 8  # times of day that are named one by one rather than as an interval
_MOST_LISTED = 12  # and those that are where no interval says it
_FEWEST_STEPS = 5  # times that are told as an interval with a first and a last
_MOST_SPANS = 3
_LONGEST_NIGHT = 16 * 3600  # what goes on longer over midnight reads better as the two ends of a day
_MOST_EXPANDED = 1440
_DAY = 86400
_ALL = tuple(range(60))
_Span = tuple[int, int]


def times_text(members: Sequence[CronFields], timezone: str, *, daily: bool) -> Iterable[str]:
    """Yield what *members*, alike in their days, say about the time of day; *daily* if they are due on every day.

    A span over midnight is told as one only then: else it would not be clear to which day its end belongs.
    """
    fixed = [allowed for member in members if not _counts_hours(allowed := values(member), timezone)]
    if sum(len(one.hours) * len(one.minutes) * len(one.seconds) for one in fixed) <= _MOST_EXPANDED:
        clocks = sorted(
            {h * 3600 + m * 60 + s for one in fixed for h in one.hours for m in one.minutes for s in one.seconds}
        )
        lone_hours = len(fixed) == 1 and _is_lone_hours(fixed[0], len(clocks))
        text = _clocks(clocks, daily=daily) if clocks and not lone_hours else None
        if text is not None:
            yield text
            fixed = []
    for one in fixed:
        yield _product(one, daily=daily)
    for member in members:
        if _counts_hours(values(member), timezone):
            yield _elapsed(member)


def step_text(step: timedelta) -> str:
    """Return *step* as `15 minutes`, `hour`; never in days, which keep the wall time where this does not."""
    seconds = step // timedelta(seconds=1)
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds % size == 0:
            return unit if seconds == size else f"{seconds // size} {unit}s"
    raise ValueError(f"{step!r} is finer than a second")


# ---------------------------------------------------------------- times of the wall clock


def _clocks(clocks: list[int], *, daily: bool) -> str | None:
    """Return a list of few times, or an interval within one span of the day or some; None for other sets."""
    spans = _spans(clocks, daily=daily)
    if spans is not None and len(spans) == 1 and len(clocks) >= _FEWEST_STEPS:
        return _in_spans(clocks, spans)
    if len(clocks) <= _FEW:
        return "at " + and_([clock(one) for one in clocks])
    if spans is not None and len(spans) <= _MOST_SPANS and _step(clocks) >= 60:
        return _in_spans(clocks, spans)
    return "at " + and_([clock(one) for one in clocks]) if len(clocks) <= _MOST_LISTED else None


def _is_lone_hours(allowed: Values, clocks: int) -> bool:
    """Return whether *allowed* is an interval in hours that stand alone, and in too many for a list of *clocks*."""
    cadence = _cadence("minute", allowed.minutes) is not None and allowed.seconds == (0,)
    alone = len(allowed.hours) > 1 and all(first == last for first, last in runs(allowed.hours))
    return cadence and alone and clocks > _FEW


def _step(clocks: list[int]) -> int:
    return min(after - before for before, after in pairwise(clocks))


def _spans(clocks: list[int], *, daily: bool) -> list[_Span] | None:
    """Return first and last of the runs of *clocks* that are one step apart; None if one of them stands alone."""
    if len(clocks) < 2:
        return None
    step = _step(clocks)
    spans: list[_Span] = []
    for one in clocks:
        if spans and one - spans[-1][1] == step:
            spans[-1] = (spans[-1][0], one)
        else:
            spans.append((one, one))
    spans = _over_midnight(spans, step) if daily else spans
    alone = any(first == last for first, last in spans)
    return None if alone or not all(_sayable(step, last) for _, last in spans) else spans


def _over_midnight(spans: list[_Span], step: int) -> list[_Span]:
    """Return *spans* with the last and the first as one if the step goes on over midnight, and not for too long."""
    (_, morning), (evening, last) = spans[0], spans[-1]
    length = morning + _DAY - evening
    if len(spans) == 1 or spans[0][0] + _DAY - last != step or length > _LONGEST_NIGHT:
        return spans
    return [*spans[1:-1], (evening, morning)]


def _sayable(step: int, last: int) -> bool:
    # an interval of seconds that ends at 09:59 reads as ending with that minute
    return step % 60 == 0 or last % 3600 != 59 * 60


def _in_spans(clocks: list[int], spans: Iterable[_Span]) -> str:
    named = [f"from {clock(first)} to {clock(last)}" for first, last in spans]
    return f"every {step_text(timedelta(seconds=_step(clocks)))} {and_(named)}"


def _product(allowed: Values, *, daily: bool) -> str:
    """Return what is due in some hours, the same in each of them."""
    within = _within_hour(allowed)
    spans = _hour_spans(allowed.hours, daily=daily)
    over_midnight = any(last < first for first, last in spans)
    if within.startswith("at ") and allowed.seconds == (0,) and _few_and_long(spans):
        return f"{within} of every hour {and_([_hours_from(*span) for span in spans])}"
    if over_midnight and len(spans) == 1 and allowed.minutes == _ALL and _cadence("second", allowed.seconds):
        return f"{within} {_hours_from(*spans[0])}"
    return f"{within}, in {plural('hour', allowed.hours)} {ranges(allowed.hours)}"


def _hour_spans(hours: Iterable[int], *, daily: bool) -> list[_Span]:
    spans = runs(hours)
    return _over_midnight_hours(spans) if daily else spans


def _over_midnight_hours(spans: list[_Span]) -> list[_Span]:
    by_clock = _over_midnight([(first * 3600, last * 3600) for first, last in spans], 3600)
    return [(first // 3600, last // 3600) for first, last in by_clock]


def _few_and_long(spans: Sequence[_Span]) -> bool:
    return len(spans) <= _MOST_SPANS and all(first != last for first, last in spans)


def _hours_from(first: int, last: int) -> str:
    return f"from {first:02}:00 to {last:02}:59"


# ---------------------------------------------------------------- hours that follow elapsed time


def _counts_hours(allowed: Values, timezone: str) -> bool:
    """Return whether the hours of *allowed* have to be told as a step: `*` and `*/n`, which follow elapsed time.

    A step that does not divide the day is no interval; it is told by its times where the clocks of *timezone*
    never change at one of them, so that it makes no difference.
    """
    if not allowed.follows_elapsed:
        return False
    if len(allowed.hours) < 2 or 24 % (allowed.hours[1] - allowed.hours[0]) == 0:
        return True
    return bool(_changed_hours(timezone).intersection(allowed.hours))


@lru_cache(maxsize=1024)
def _changed_hours(timezone: str) -> frozenset[int]:
    """Return the hours of the day of which the clock skips or repeats a part, up to 2040."""
    found: set[int] = set()
    for instant, before, after in offset_changes(timezone, *COMPARED):
        low, high = sorted((instant + before, instant + after))
        found.update(second // 3600 % 24 for second in (*range(low, high, 900), high - 1))
    return frozenset(found)


def _elapsed(member: CronFields) -> str:
    """Return an hour field of `*` or `*/n`, which follows elapsed time over a change of the clocks."""
    allowed = values(member)
    within = _within_hour(allowed)
    n = 1 if member.hour == "*" else int(member.hour[2:])
    of_day = "" if 24 % n == 0 else " of the day"
    if allowed.seconds == (0,) and len(allowed.minutes) == 1 and (n > 1 or allowed.minutes == (0,)):
        hours = f"every {n} hours{of_day}" if n > 1 else "every hour"
        return hours if allowed.minutes == (0,) else f"{hours} at minute {allowed.minutes[0]}"
    if n == 1:
        to_the_end = _to_the_end(allowed)
        if to_the_end is not None:
            return to_the_end
        return within if within.startswith("every ") and " at minute" not in within else f"{within} of every hour"
    return f"{within} {'in' if within.startswith('every ') else 'of'} every {nth(n)} hour{of_day}"


def _to_the_end(allowed: Values) -> str | None:
    """Return `every 7 minutes from minute 3 of every hour` if that is what *allowed* is, and no short list."""
    step = steps_of(allowed.minutes)
    if step is None or len(allowed.minutes) < _FEWEST_STEPS or allowed.seconds != (0,):
        return None
    if allowed.minutes[-1] + step < 60 or _cadence("minute", allowed.minutes):
        return None
    return f"every {step_text(timedelta(minutes=step))} from minute {allowed.minutes[0]} of every hour"


# ---------------------------------------------------------------- within the hour


def _within_hour(allowed: Values) -> str:
    """Return the minutes and seconds: `every 15 minutes`, `at minutes 5 and 35`, `every minute at second 5`."""
    seconds, minutes = _cadence("second", allowed.seconds), _cadence("minute", allowed.minutes)
    at_minutes = f"at {plural('minute', allowed.minutes)} {ranges(allowed.minutes)}"
    if seconds is not None:
        if allowed.minutes == _ALL:
            return seconds
        return f"{seconds} of {minutes}" if minutes else f"{seconds} {at_minutes}"
    at_seconds = f"at {plural('second', allowed.seconds)} {ranges(allowed.seconds)}"
    if allowed.seconds == (0,):
        return minutes or at_minutes
    return f"{minutes} {at_seconds}" if minutes else f"{at_minutes} and {at_seconds}"


def _cadence(unit: str, allowed: Sequence[int]) -> str | None:
    """Return `every N units` if *allowed* are the multiples of a divisor of 60."""
    if len(allowed) < 2 or 60 % len(allowed) or tuple(allowed) != tuple(range(0, 60, 60 // len(allowed))):
        return None
    n = 60 // len(allowed)
    return f"every {unit}" if n == 1 else f"every {n} {unit}s"
