"""Makes `where-cron-libraries-differ.md`: APScheduler, croniter, cronsim and this project on the same schedules.

Run `python -m docs.peers` from the root to write the document, with `--check` to see whether it is up to
date. Every due time in it was produced by the library it is printed for; what is right is decided by the
brute force of `tests/timing/oracle.py`, which walks the wall clock and knows no library.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from croniter import CroniterError, croniter
from cronsim import CronSim, CronSimError

from reconciler.model import Timing
from reconciler.timing import FieldError, cron_fields, cron_union, fires
from tests.timing.oracle import due_between

DOCUMENT = Path(__file__).with_name("where-cron-libraries-differ.md")
PEERS = ("apscheduler", "croniter", "cronsim")
NAMES = ("this project", *PEERS)
_MOST = 300
_SHOWN = 6
Kwargs = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """A schedule and a span of time; *line* is None where a crontab line cannot say it.

    *policies* says for a library that differs on purpose what its policy is: that is no fault.
    """

    title: str
    why: str
    zone: str
    sets: Sequence[Kwargs]
    line: str | None
    after: datetime
    until: datetime
    policies: Mapping[str, str] = field(default_factory=dict)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_VIXIE = "day of month or weekday, as in Vixie cron"
CASES = (
    Case(
        "A Monday is lost in spring",
        "APScheduler adds a difference of wall times to an instant in UTC. Across the gap it lands at 01:00, when "
        "00:00 has passed, and goes on to the next week. It happens every spring.",
        "America/New_York",
        [{"day_of_week": "mon", "hour": "0"}],
        "0 0 * * 1",
        at("2026-03-01"),
        at("2026-03-20"),
    ),
    Case(
        "The 1st of April is lost",
        "The same fault for a monthly job.",
        "Europe/Berlin",
        [{"day": "1", "hour": "0"}],
        "0 0 1 * *",
        at("2026-02-15"),
        at("2026-05-15"),
    ),
    Case(
        "02:30 does not exist",
        "One run at the first instant after the gap, so that no day goes without its backup.",
        "America/New_York",
        [{"hour": "2", "minute": "30"}],
        "30 2 * * *",
        at("2026-03-07T12:00"),
        at("2026-03-09T12:00"),
        {"apscheduler": "runs at the same distance from midnight, 03:30"},
    ),
    Case(
        "01:30 happens twice",
        "A nightly job runs once a night.",
        "America/New_York",
        [{"hour": "1", "minute": "30"}],
        "30 1 * * *",
        at("2026-10-31T12:00"),
        at("2026-11-02T12:00"),
    ),
    Case(
        "A few minutes of two hours, one of them skipped",
        "02:53 to 02:55 do not exist: one run makes up for them, and those of 03:53 to 03:55 are their own.",
        "America/New_York",
        [{"hour": "2,3", "minute": "53-55"}],
        "53-55 2,3 * * *",
        at("2026-03-08T05:00"),
        at("2026-03-08T12:00"),
    ),
    Case(
        "Every quarter of an hour that is skipped",
        "Four due times fall into the gap and become one run.",
        "Europe/Berlin",
        [{"hour": "2", "minute": "*/15"}],
        "*/15 2 * * *",
        at("2026-03-28T12:00"),
        at("2026-03-29T12:00"),
        {"cronsim": "a field that begins with * is not made up for, as in Debian's cron"},
    ),
    Case(
        "Every hour, in spring",
        "What runs every hour follows elapsed time: an hour that does not exist is not made up for.",
        "America/New_York",
        [{"minute": "0"}],
        "0 * * * *",
        at("2026-03-08T05:30"),
        at("2026-03-08T09:30"),
    ),
    Case(
        "Every hour, in autumn",
        "And the hour that happens twice has two runs.",
        "America/New_York",
        [{"minute": "0"}],
        "0 * * * *",
        at("2026-11-01T03:30"),
        at("2026-11-01T08:30"),
    ),
    Case(
        "Half an hour is skipped on Lord Howe Island",
        "The clock goes from 02:00 to 02:30.",
        "Australia/Lord_Howe",
        [{"hour": "2", "minute": "15"}],
        "15 2 * * *",
        at("2026-10-02T18:00"),
        at("2026-10-04T18:00"),
        {"apscheduler": "runs at the same distance from midnight, 02:45"},
    ),
    Case(
        "Half an hour happens twice on Lord Howe Island",
        "01:45 comes twice, 30 minutes apart.",
        "Australia/Lord_Howe",
        [{"hour": "1", "minute": "45"}],
        "45 1 * * *",
        at("2026-04-03T18:00"),
        at("2026-04-05T18:00"),
    ),
    Case(
        "The day that Apia never had",
        "On 30 December 2011 Samoa crossed the date line. The run of that day comes when the next one begins.",
        "Pacific/Apia",
        [{"hour": "12"}],
        "0 12 * * *",
        at("2011-12-29T00:00"),
        at("2012-01-01T12:00"),
        {"apscheduler": "no run", "croniter": "no run", "cronsim": "no run"},
    ),
    Case(
        "Two schedules joined, in the hour that happens twice",
        "Members of a union are compared as instants; by their wall times the second pass hides the first.",
        "America/New_York",
        [{"hour": "*", "minute": "0,45"}, {"hour": "*", "minute": "30"}],
        None,
        at("2026-11-01T04:50"),
        at("2026-11-01T07:10"),
    ),
    Case(
        "Friday the 13th",
        "All fields must match. (A crontab line given as a phrase keeps crontab's meaning, and the review says so.)",
        "UTC",
        [{"day": "13", "day_of_week": "fri", "hour": "0"}],
        "0 0 13 * 5",
        at("2026-02-01"),
        at("2026-03-20"),
        {"croniter": _VIXIE, "cronsim": _VIXIE},
    ),
    Case(
        "Overnight hours",
        "A range may go round midnight; it is written 0-6,22,23 in the lockfile.",
        "UTC",
        [{"hour": "22-2"}],
        "0 22-2 * * *",
        at("2026-03-01T12:00"),
        at("2026-03-02T12:00"),
    ),
)


# ---------------------------------------------------------------- the libraries


class CannotSay(Exception):
    """A library refuses the schedule, or has no way to write it."""


def ours(case: Case) -> list[datetime]:
    timing = Timing(case.zone, cron_union(map(cron_fields, case.sets)))
    return list(fires(timing, case.after, case.until))


def apscheduler(case: Case) -> list[datetime]:
    try:
        triggers = [CronTrigger(**one, timezone=case.zone) for one in case.sets]
    except ValueError:
        raise CannotSay from None
    trigger = triggers[0] if len(triggers) == 1 else OrTrigger(triggers)
    found: list[datetime] = []
    previous: datetime | None = None
    now = case.after + timedelta(microseconds=1)
    while len(found) < _MOST:
        due = trigger.get_next_fire_time(previous, now)
        if due is None or due > case.until:
            break
        found.append(due.astimezone(UTC))
        previous, now = due, due
    return found


def by_croniter(case: Case) -> list[datetime]:
    try:
        search = croniter(_line(case), case.after.astimezone(ZoneInfo(case.zone)))
    except CroniterError:
        raise CannotSay from None
    return _until(case, lambda: search.get_next(datetime))


def by_cronsim(case: Case) -> list[datetime]:
    try:
        search = CronSim(_line(case), case.after.astimezone(ZoneInfo(case.zone)))
    except CronSimError:
        raise CannotSay from None
    return _until(case, lambda: next(search))


def _line(case: Case) -> str:
    if case.line is None:
        raise CannotSay
    return case.line


def _until(case: Case, following: Callable[[], datetime]) -> list[datetime]:
    found: list[datetime] = []
    while len(found) < _MOST and (due := following().astimezone(UTC)) <= case.until:
        found.append(due)
    return found


LIBRARIES: dict[str, Callable[[Case], list[datetime]]] = {
    "this project": ours,
    "apscheduler": apscheduler,
    "croniter": by_croniter,
    "cronsim": by_cronsim,
}


# ---------------------------------------------------------------- the verdict


@dataclass(frozen=True)
class Verdict:
    """What one library did on one case: its due times (None: it cannot say it) and the summary of them."""

    due: list[datetime] | None
    summary: str

    @property
    def right(self) -> bool:
        return self.summary == "✓"


def expected(case: Case) -> list[datetime]:
    """Return when the schedule is due, by the brute force."""
    return due_between(Timing(case.zone, cron_union(map(cron_fields, case.sets))), case.after, case.until)


def verdict(case: Case, name: str) -> Verdict:
    """Return what library *name* makes of *case*."""
    try:
        due = LIBRARIES[name](case)
    except CannotSay:
        return Verdict(None, "cannot say it")
    right, got = Counter(expected(case)), Counter(due)
    lost, extra = (right - got).total(), (got - right).total()
    if not lost and not extra:
        return Verdict(due, "✓")
    twice = len(due) - len(set(due))  # no policy starts one job twice at one instant
    if name in case.policies and not twice:
        return Verdict(due, "another policy")
    counts = ((twice, "twice at one instant"),) if twice else ((lost, "lost"), (extra, "too many"))
    return Verdict(due, "✗ " + ", ".join(f"{count} {what}" for count, what in counts if count))


# ---------------------------------------------------------------- what is written, and what is made of it

TEXTS: tuple[tuple[Kwargs, str], ...] = (
    ({"day_of_week": "mon wed fri"}, "the rest after a valid beginning is dropped"),
    ({"day_of_week": "mon-fri/2"}, "so is a step"),
    ({"day": "last-3"}, "and a difference"),
    ({"day": "2nd fri and 4th fri"}, "and a second position"),
    ({"month": "jan feb", "day": "1"}, "and a second month"),
    ({}, "no field at all is every second"),
    ({"month": "feb", "day": "30"}, "accepted, and never due"),
    ({"month": "jun", "week": "53"}, "accepted, and never due"),
    ({"day_of_week": "0"}, "0 is Monday here and Sunday in crontab"),
    ({"day_of_week": "fri-mon"}, "a weekend as a range"),
)


def stock_reading(kwargs: Kwargs) -> str:
    """Return the fields that APScheduler understood, or that it refused."""
    try:
        trigger = CronTrigger(**kwargs, timezone="UTC")
    except ValueError:
        return "refused"
    named = {one.name: str(one) for one in trigger.fields}
    return "accepted as " + ", ".join(f"`{name}={named[name]}`" for name in kwargs or ("minute", "second"))


def our_reading(kwargs: Kwargs) -> str:
    """Return what `cron_fields` makes of *kwargs*."""
    try:
        found = cron_fields(kwargs)
    except FieldError as error:
        return f"refused: {error}"
    return "accepted as " + ", ".join(f"`{name}={getattr(found, name)}`" for name in kwargs)


def asked_on(day: int) -> str:
    """Return the next run after noon in New York on that day of March 2026, by APScheduler, for `day_of_week: mon`."""
    now = datetime(2026, 3, day, 12, tzinfo=ZoneInfo("America/New_York"))
    previous = datetime(2026, 3, 2, tzinfo=ZoneInfo("America/New_York")) if day == 2 else None
    due = CronTrigger(day_of_week="mon", timezone="America/New_York").get_next_fire_time(previous, now)
    return f"{due:%a %d %b}"


# ---------------------------------------------------------------- the document


def document() -> str:
    """Return the whole document."""
    results = [(case, {name: verdict(case, name) for name in NAMES}) for case in CASES]
    versions = ", ".join(f"{name} {version(name)}" for name in PEERS)
    rows = [
        f"| [{case.title}](#{_anchor(case.title)}) | " + " | ".join(found[name].summary for name in NAMES) + " |"
        for case, found in results
    ]
    return "\n".join(
        [
            "# Where cron libraries differ",
            "",
            f"Each line is a schedule and a few days; each cell is what the library did ({versions}).",
            "✓ means every due time, and only those, by a brute force that walks the wall clock under this project's",
            "stated policy. Made by `python -m docs.peers`; do not edit.",
            "",
            f"| schedule | {' | '.join(NAMES)} |",
            "|---|" + "---|" * len(NAMES),
            *rows,
            "",
            "## What each did",
            *(line for case, found in results for line in _details(case, found)),
            "",
            "## The answer that depends on when one asks",
            "APScheduler's `day_of_week: mon` in New York, asked for the next run:",
            *(f"- on {datetime(2026, 3, day):%a %d %b} at noon: {asked_on(day)}" for day in (2, 8)),
            "",
            "A restart between the two changes what will run. Here the next run depends on the schedule and the",
            "instant alone.",
            "",
            "## What is written, and what is made of it",
            "| kwargs | apscheduler | this project | |",
            "|---|---|---|---|",
            *(f"| `{_shown(one)}` | {stock_reading(one)} | {our_reading(one)} | {note} |" for one, note in TEXTS),
            "",
            f"`str()` of two APScheduler triggers that differ in their timezone alone: {_same_text()}.",
            "",
        ]
    )


def _same_text() -> str:
    one, other = (str(CronTrigger(hour=9, timezone=zone)) for zone in ("UTC", "Asia/Tokyo"))
    return f"the same, `{one}`" if one == other else f"`{one}` and `{other}`"


def _anchor(title: str) -> str:
    return "".join(char for char in title.lower().replace(" ", "-") if char.isalnum() or char == "-")


def _shown(kwargs: Kwargs) -> str:
    return ", ".join(f"{name}: {value}" for name, value in kwargs.items()) or "{}"


def _details(case: Case, found: Mapping[str, Verdict]) -> Iterable[str]:
    sets = " or ".join(f"`{_shown(one)}`" for one in case.sets)
    line = f", `{case.line}`" if case.line else ""
    yield f"\n### {case.title}"
    yield f"{case.why}\n"
    yield f"{sets}{line}, {case.zone}:\n"
    for name in NAMES:
        one = found[name]
        policy = f" ({case.policies[name]})" if one.summary == "another policy" else ""
        times = "" if one.due is None else f": {_times(one.due, case.zone)}"
        yield f"- {name}, {one.summary}{policy}{times}"


def _times(due: Sequence[datetime], zone: str) -> str:
    walls = [one.astimezone(ZoneInfo(zone)) for one in due]
    texts = [f"{wall:%a %d %b %H:%M} ({_offset(wall)})" for wall in walls[:_SHOWN]]
    return ", ".join(texts) + (f" and {len(due) - _SHOWN} more" if len(due) > _SHOWN else "") if texts else "no run"


def _offset(wall: datetime) -> str:
    text = f"{wall:%z}"
    return f"{text[:3]}:{text[3:]}" if text[3:] != "00" else text[:3]


def main(arguments: Sequence[str]) -> int:
    """Write the document, or with `--check` compare it; return the exit code."""
    if "--check" in arguments:
        fresh = DOCUMENT.read_text(encoding="utf-8") == document()
        print("up to date" if fresh else f"{DOCUMENT.name} is out of date: run `python -m docs.peers`")
        return 0 if fresh else 1
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
