"""What each library answers to a case, and how that compares with the brute force of the tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from croniter import CroniterBadCronError, CroniterBadDateError, croniter
from cronsim import CronSim, CronSimError

from docs.peer_cases import Case, Kwargs
from reconciler.model import CronFields, DstPolicy, Timing
from reconciler.timing import FieldError, NeverFires, check_fires, cron_fields, fires
from tests.timing import oracle

MOST = 1000
Due = Iterator[datetime]


class CannotSay(Exception):
    """The library's notation has no way to write the schedule."""


def ours(case: Case, after: datetime) -> Due:
    """Yield what this project answers, in UTC; refusals are raised."""
    timing = Timing(case.zone, case.ours or tuple(map(cron_fields, case.kwargs)))
    if not case.ours:
        check_fires(timing, after)
    return fires(timing, after)


def apscheduler(case: Case, after: datetime) -> Due:
    """Yield what APScheduler's trigger answers when it is asked as its scheduler asks."""
    parts = [CronTrigger(**kwargs, timezone=case.zone) for kwargs in case.kwargs]
    trigger = parts[0] if len(parts) == 1 else OrTrigger(parts)
    return asked_in_turn(trigger, after)


def asked_in_turn(trigger: BaseTrigger, after: datetime) -> Due:
    """Yield the due times of *trigger* after *after*, each asked for with the one before."""
    previous, now = None, after + timedelta(microseconds=1)
    while (due := trigger.get_next_fire_time(previous, now)) is not None:
        yield due.astimezone(UTC)
        previous = now = due


def _line(case: Case) -> str:
    if case.line is None:
        raise CannotSay
    return case.line


def peer_croniter(case: Case, after: datetime) -> Due:
    """Yield what croniter answers; a search that gives up is an error of its own."""
    search = croniter(_line(case), after.astimezone(ZoneInfo(case.zone)))
    return (search.get_next(datetime).astimezone(UTC) for _ in range(MOST))


def peer_cronsim(case: Case, after: datetime) -> Due:
    """Yield what cronsim answers."""
    return (due.astimezone(UTC) for due in CronSim(_line(case), after.astimezone(ZoneInfo(case.zone))))


LIBRARIES: dict[str, Callable[[Case, datetime], Due]] = {
    "this project": ours,
    "APScheduler": apscheduler,
    "croniter": peer_croniter,
    "cronsim": peer_cronsim,
}
REFUSALS = (FieldError, NeverFires, CroniterBadCronError, CroniterBadDateError, CronSimError, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a library *fired* (UTC, in its order), and the *verdict* on it; *refusal* is its own message."""

    fired: tuple[datetime, ...]
    verdict: str
    refusal: str = ""


@cache
def right(case: Case) -> tuple[datetime, ...]:
    """Return what the brute force fires under this project's default policy."""
    if case.intended is None:
        return ()
    rule = _fields(case.kwargs) if isinstance(case.intended, str) else case.intended
    return tuple(_window(case, lambda after: oracle.due_between(Timing(case.zone, rule), after, case.until)))


def _fields(sets: Iterable[Kwargs]) -> tuple[CronFields, ...]:
    return tuple(CronFields(**oracle.with_defaults(kwargs)) for kwargs in sets)


def _window(case: Case, due_after: Callable[[datetime], list[datetime]]) -> list[datetime]:
    """Return all that is due in the window, or the first after each moment that the case asks at."""
    return [due_after(moment)[0] for moment in case.asks] if case.asks else due_after(case.after)


def answer(library: str, case: Case) -> Answer:
    """Return what *library* makes of *case*."""
    ask = LIBRARIES[library]

    def due_after(after: datetime) -> list[datetime]:
        return list(islice(takewhile(lambda due: due <= case.until, ask(case, after)), MOST))

    try:
        fired = _window(case, due_after)
    except CannotSay:
        return Answer((), "cannot say it")
    except REFUSALS as refusal:
        return Answer((), "refuses", _message(refusal))
    return Answer(tuple(fired), verdict(case, fired))


def _message(refusal: Exception) -> str:
    hint = getattr(refusal, "hint", None)
    return " ".join(f"{refusal}; {hint}".split() if hint else str(refusal).split())


def read_back(case: Case) -> str | None:
    """Return how APScheduler prints the one set of *case*, where a field is not what was written; else None."""
    if len(case.kwargs) != 1:
        return None
    trigger = CronTrigger(**case.kwargs[0], timezone=case.zone)
    kept = {field.name: str(field) for field in trigger.fields}
    changed = any(kept[name] != text for name, text in case.kwargs[0].items())
    return str(trigger) if changed or not case.kwargs[0] else None


def verdict(case: Case, fired: list[datetime]) -> str:
    """Return the judgment on *fired*: right, another sensible policy, or what is lost, doubled and too many."""
    expected = list(right(case))
    if fired == expected:
        return "✓" if expected else "accepts it, never runs"
    for name, policy in policies(case):
        if fired == policy:
            return f"other policy: {name}"
    if case.asks:
        return f"✗ {sum(a != b for a, b in zip(fired, expected, strict=True))} of {len(expected)} wrong"
    return "✗ " + ", ".join(_faults(case, fired, _nearest(case, fired, expected)))


@cache
def policies(case: Case) -> tuple[tuple[str, list[datetime]], ...]:
    """Return other sensible answers to *case*, each with its name."""
    found = [(name, _due(case, Timing(case.zone, _fields(sets)))) for name, sets in case.others]
    if isinstance(case.intended, str):
        rule = _fields(case.kwargs)
        found += [
            ("skips the gap", _due(case, Timing(case.zone, rule, DstPolicy("skip")))),
            ("the second pass", _due(case, Timing(case.zone, rule, DstPolicy("after", "last")))),
            ("runs late by the gap", _shifted(case)),
        ]
    return tuple(found)


def _due(case: Case, timing: Timing) -> list[datetime]:
    return oracle.due_between(timing, case.after, case.until)


def _shifted(case: Case) -> list[datetime]:
    """Return each wall time read as RFC 5545 reads it: in a gap by the offset before it, in an overlap once."""
    zone, minute = ZoneInfo(case.zone), timedelta(minutes=1)
    if case.until - case.after > timedelta(days=5):
        return []
    sets = [oracle.with_defaults(kwargs) for kwargs in case.kwargs]
    wall = (case.after - timedelta(days=1)).replace(tzinfo=None)
    found = set()
    while wall < case.until.replace(tzinfo=None) + timedelta(days=1):
        if any(oracle.matches(fields, wall) for fields in sets):
            found.add(wall.replace(tzinfo=zone).astimezone(UTC))
        wall += minute
    return sorted(due for due in found if case.after < due <= case.until)


def _nearest(case: Case, fired: list[datetime], expected: list[datetime]) -> list[datetime]:
    """Return the policy against which *fired* has the fewest faults, so that a policy is not counted as one."""
    sane = [expected, *(due for _, due in policies(case) if due)]
    return min(sane, key=lambda due: (Counter(due) - Counter(fired)).total() + (Counter(fired) - Counter(due)).total())


def _faults(case: Case, fired: list[datetime], expected: list[datetime]) -> Iterator[str]:
    lost, extra = Counter(expected) - Counter(fired), Counter(fired) - Counter(expected)
    zone = ZoneInfo(case.zone)
    shown = Counter(due.astimezone(zone).replace(tzinfo=None) for due in expected)
    twice = sum(count for due, count in extra.items() if due.astimezone(zone).replace(tzinfo=None) in shown)
    if lost:
        yield f"lost {lost.total()}"
    if twice:
        yield f"{twice} twice"
    if extra.total() - twice:
        yield f"{extra.total() - twice} too many"
