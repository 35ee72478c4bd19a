"""Cost of one next due time: this project, APScheduler, croniter and cronsim side by side.

Run `python benchmarks/next_fire.py [ZONE]`. Each cell is the median over rounds of the microseconds per
call for a chain of due times, one asked from the other. The last table has rare and impossible sets,
in milliseconds, where caches are cold.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim

from reconciler.model import CronFields, Timing
from reconciler.timing import cron_fields, next_fire

START = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS = 5
CALLS = 300
Kwargs = dict[str, str]
Chain = Callable[[str, Kwargs, str, int], None]

EXPRESSIONS: list[tuple[str, Kwargs]] = [
    ("* * * * *", {"minute": "*"}),
    ("*/5 * * * *", {"minute": "*/5"}),
    ("0 * * * *", {"minute": "0"}),
    ("0 9 * * *", {"hour": "9"}),
    ("0 9 * * 1-5", {"day_of_week": "mon-fri", "hour": "9"}),
    ("30 2 * * 0", {"day_of_week": "sun", "hour": "2", "minute": "30"}),
    ("0 0 1 * *", {"day": "1"}),
    ("*/15 9-17 * * 1-5", {"day_of_week": "mon-fri", "hour": "9-17", "minute": "*/15"}),
    ("0 12 L * *", {"day": "last", "hour": "12"}),
    ("0 9 * * 5#2", {"day": "2nd fri", "hour": "9"}),
    ("0 0 29 2 *", {"month": "feb", "day": "29"}),
    ("0 0 13 * 5", {"day": "13", "day_of_week": "fri"}),
]

HARD: list[tuple[str, Kwargs]] = [
    ("29 February", {"month": "feb", "day": "29", "hour": "0"}),
    ("29 February on a Monday", {"month": "feb", "day": "29", "day_of_week": "mon", "hour": "0"}),
    ("30 February", {"month": "feb", "day": "30", "hour": "0"}),
    ("31st of a short month", {"month": "apr,jun,sep,nov", "day": "31", "hour": "0"}),
    ("ISO week 53 in June", {"month": "jun", "week": "53", "hour": "0"}),
    ("ISO week 53 on a Tuesday", {"week": "53", "day_of_week": "tue", "hour": "0"}),
]


def ours(_line: str, kwargs: Kwargs, zone: str, calls: int) -> None:
    timing = Timing(zone, (cron_fields(kwargs),))
    due: datetime | None = START
    for _ in range(calls):
        if due is not None:
            due = next_fire(timing, due)


def stock(_line: str, kwargs: Kwargs, zone: str, calls: int) -> None:
    trigger = CronTrigger(**kwargs, timezone=zone)
    previous: datetime | None = None
    now = START
    for _ in range(calls):
        previous = trigger.get_next_fire_time(previous, now)
        if previous is None:
            return
        now = previous


def peer_croniter(line: str, _kwargs: Kwargs, zone: str, calls: int) -> None:
    search = croniter(line, START.astimezone(ZoneInfo(zone)), max_years_between_matches=100)
    for _ in range(calls):
        search.get_next(datetime)


def peer_cronsim(line: str, _kwargs: Kwargs, zone: str, calls: int) -> None:
    search = CronSim(line, START.astimezone(ZoneInfo(zone)))
    for _ in range(calls):
        next(search)


CONTENDERS: dict[str, Chain] = {"ours": ours, "apscheduler": stock, "croniter": peer_croniter, "cronsim": peer_cronsim}


def measure(chain: Chain, line: str, kwargs: Kwargs, zone: str) -> float:
    """Return the median microseconds per call."""
    calls = 40 if "29 2" in line else CALLS
    rounds = []
    for _ in range(ROUNDS):
        started = perf_counter()
        chain(line, kwargs, zone, calls)
        rounds.append((perf_counter() - started) / calls * 1e6)
    return statistics.median(rounds)


def common(zone: str) -> None:
    """Print the twelve everyday expressions, then the median over them with each peer's ratio."""
    print(f"microseconds per next due time, {zone}, median of {ROUNDS} rounds\n")
    print(f"{'expression':<20}" + "".join(f"{name:>13}" for name in CONTENDERS) + f"{'ours/apscheduler':>18}")
    columns: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for line, kwargs in EXPRESSIONS:
        for name, chain in CONTENDERS.items():
            columns[name].append(measure(chain, line, kwargs, zone))
        cells = "".join(f"{column[-1]:>13.1f}" for column in columns.values())
        print(f"{line:<20}{cells}{columns['ours'][-1] / columns['apscheduler'][-1]:>18.2f}")
    medians = {name: statistics.median(column) for name, column in columns.items()}
    print(f"{'median':<20}" + "".join(f"{value:>13.1f}" for value in medians.values()))
    print("ours / peer: " + ", ".join(f"{name} {medians['ours'] / value:.2f}" for name, value in medians.items()))


def cold(kwargs: Kwargs, zone: str) -> tuple[float, datetime | None]:
    """Return the milliseconds of a first answer, and the answer."""
    timing = Timing(zone, (CronFields(**kwargs),))
    started = perf_counter()
    due = next_fire(timing, START)
    return (perf_counter() - started) * 1e3, due


def hard(zone: str) -> None:
    """Print what rare and impossible sets cost once; the zone's own data has been read before."""
    print(f"\nmilliseconds for the first answer, {zone}\n")
    next_fire(Timing(zone, (cron_fields({"hour": "9"}),)), START)
    for label, kwargs in HARD:
        took, due = cold(kwargs, zone)
        started = perf_counter()
        CronTrigger(**kwargs, timezone=zone).get_next_fire_time(None, START)
        theirs = (perf_counter() - started) * 1e3
        print(f"{label:<28}ours {took:>8.2f}   apscheduler {theirs:>9.2f}   {due.date() if due else 'never'}")


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else "America/New_York"
    common(where)
    hard(where)
