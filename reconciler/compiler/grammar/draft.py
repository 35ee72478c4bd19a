"""A draft: everything one part of a phrase says, before it becomes a timing; and which group a clause belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from reconciler.compiler.grammar.clauses import (
    BusinessHours,
    Clause,
    Clock,
    DateRange,
    Dates,
    DayPart,
    Dst,
    Each,
    Edge,
    Every,
    Holidays,
    Moment,
    Months,
    NotUnderstood,
    Nth,
    NthUnit,
    Offset,
    Once,
    Parity,
    Refused,
    TimesPer,
    UnitOnly,
    Values,
    Weekdays,
    YearDates,
    Years,
    Zone,
)
from reconciler.model import DstPolicy

STRONG = ("FROM", "BETWEEN", "STARTING", "UNTIL", "AFTER", "BEFORE", "EXCEPT", "COUNTED", "FALLING")
_TIME_UNITS = ("second", "minute", "hour")


@dataclass(slots=True)
class Window:
    """Part of a day, in clocks; *between* where the phrase said `between`; *open_end* where `before` was said."""

    first: Clock | None
    last: Clock | None
    between: bool = False
    open_end: bool = False


@dataclass(slots=True)
class Draft:
    """What one part of a phrase says."""

    every: dict[str, int] = field(default_factory=dict)
    times: list[Clock] = field(default_factory=list)
    times_per: TimesPer | None = None
    once: bool = False
    adverbs: set[str] = field(default_factory=set)
    windows: list[Window] = field(default_factory=list)
    after: Clock | None = None
    before: Clock | None = None
    before_open: bool = False
    not_times: list[Clock] = field(default_factory=list)
    not_windows: list[Window] = field(default_factory=list)
    values: dict[str, list[int]] = field(default_factory=dict)
    past: set[str] = field(default_factory=set)
    past_every: bool = False
    counted: set[str] = field(default_factory=set)
    from_value: dict[str, int] = field(default_factory=dict)
    weekdays: Weekdays | None = None
    falling: frozenset[int] | None = None
    monthdays: list[int] = field(default_factory=list)
    nths: list[Nth] = field(default_factory=list)
    dates: list[tuple[int, int]] = field(default_factory=list)
    spans: list[DateRange] = field(default_factory=list)
    months: frozenset[int] | None = None
    years: frozenset[int] | None = None
    parity: int | None = None
    weeks: frozenset[int] | None = None
    part: str | None = None
    business_hours: bool = False
    of_units: set[str] = field(default_factory=set)
    each: bool = False
    each_day: bool = False
    ordinal_day: bool = False
    on: bool = False
    either: bool = False
    not_weekdays: frozenset[int] = frozenset()
    not_months: frozenset[int] = frozenset()
    not_monthdays: list[int] = field(default_factory=list)
    not_dates: list[tuple[int, int]] = field(default_factory=list)
    start: date | None = None
    end: date | None = None
    exclude: list[date] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    anchor: Moment | date | None = None
    dst: DstPolicy = DstPolicy()
    zone: str | None = None
    zone_abbreviation: str | None = None
    months_led: bool = False
    week_start: bool = False
    part_named: bool = False
    days_scoped: bool = False
    day_after: bool = False

    @property
    def names_days(self) -> bool:
        """Whether days are named: of the week, the month or the year."""
        return bool(self.weekdays or self.monthdays or self.nths or self.dates or self.spans)

    @property
    def only_weekdays(self) -> bool:
        """Whether days of the week are all that says which days are meant."""
        other = self.monthdays or self.nths or self.dates or self.spans or self.months or self.every.keys() - {"day"}
        return self.weekdays is not None and not (other or self.not_weekdays or self.falling or self.years)


def group_of(clause: Clause) -> str:
    """Return which group a clause belongs to: `time`, `day`, `scope` (months, years), `whole` (limits, zone)."""
    core = clause.core.core if isinstance(clause.core, Each) else clause.core
    strong = strong_of(clause)
    match core:
        case _ if strong == "EXCEPT" and not isinstance(core, Dates | Holidays):
            return "except"
        case Zone() | Dst() | Dates() | Holidays() | Moment():
            return "whole"
        case YearDates() if strong in ("STARTING", "UNTIL", "FROM"):
            return "whole"
        case DateRange(first=(int(), _, _)):
            return "whole"
        case Once():
            return "period"
        case Every(unit=unit) | TimesPer(unit=unit):
            return "time" if unit in _TIME_UNITS else "period"
        case Values() | DayPart() | BusinessHours():
            return "time"
        case Offset(unit=unit) | NthUnit(unit=unit):
            return "time" if unit in _TIME_UNITS else "day" if unit == "day" else "scope"
        case Edge(unit=unit):
            return "time" if unit in _TIME_UNITS else "period" if unit == "week" else "day"
        case UnitOnly() | Months() | Years() | Parity():
            return "scope"
    return "day"


def strong_of(clause: Clause) -> str | None:
    """Return the preposition of *clause* that changes its meaning, or None; raise Refused if there are two."""
    return _strong(clause.prefixes) if clause.prefixes else None


@lru_cache(maxsize=1024)
def _strong(prefixes: tuple[str, ...]) -> str | None:
    strong = [prefix for prefix in prefixes if prefix in STRONG]
    led = bool(strong) and prefixes[0] not in STRONG and strong != ["BETWEEN"]
    if len(prefixes) > len(strong) + 1 or led:
        raise NotUnderstood("two prepositions follow each other", "write one of them")
    if len(strong) == 2 and strong[0] == "EXCEPT" and strong[1] in ("BETWEEN", "FROM"):
        return "EXCEPT"
    if strong == ["STARTING", "FROM"]:
        return "STARTING"
    if len(strong) > 1:
        raise Refused("two prepositions follow each other", "write one of them")
    return strong[0] if strong else None
