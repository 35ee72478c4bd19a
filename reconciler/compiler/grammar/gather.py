"""Clauses gathered into a draft; clauses that contradict each other are refused here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from reconciler.compiler.grammar.clauses import (
    EACH_ALONE,
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
    EveryDays,
    Holidays,
    Moment,
    Months,
    NotUnderstood,
    Nth,
    NthUnit,
    Offset,
    Once,
    Ordinals,
    Parity,
    Refused,
    Separator,
    TimesPer,
    UnitOnly,
    Values,
    Weekdays,
    YearDates,
    Years,
    Zone,
)
from reconciler.compiler.grammar.contradictions import (
    check_added,
    check_days_of_every_day,
    check_every_day,
    check_frequencies,
    check_numbers,
)
from reconciler.compiler.grammar.draft import Draft, Window, group_of, strong_of
from reconciler.compiler.grammar.examples import EDGES, FIRST, WHOLE_OF, when_it_runs
from reconciler.compiler.grammar.exceptions import still_excepted
from reconciler.model import DstPolicy
from reconciler.timing.english_words import ordinal


def gather(parts: list[Clause | Separator]) -> Draft:
    """Return the draft of *parts*; raise Refused for clauses that contradict each other."""
    draft = Draft(part_named=any(isinstance(part, Clause) and isinstance(part.core, DayPart) for part in parts))
    separator: str | None = None
    previous: Clause | None = None
    for part in parts:
        if isinstance(part, Separator):
            separator = part.text
            continue
        part = still_excepted(part, previous, separator)  # noqa: PLW2901  the same clause with its meaning
        check_numbers(previous, part, separator)
        check_every_day(draft, previous, part, separator)
        check_added(previous, part, separator)
        _Gatherer(draft, part, separator).add()
        previous, separator = part, None
    check_days_of_every_day(draft)
    check_frequencies(draft)
    if draft.times_per is not None and not _all_named(draft, draft.times_per):
        raise when_it_runs(draft.times_per.n, draft.times_per.unit, "period")
    return draft


def _all_named(draft: Draft, said: TimesPer) -> bool:
    """Return whether each of `three times a day`, `twice a week on Monday and Thursday` is named."""
    if said.unit == "day":
        return len(set(draft.times)) == said.n
    weekdays = len(draft.weekdays.days) if draft.weekdays else 0
    numbered = len(draft.monthdays) + sum(len(one.nths) for one in draft.nths)
    days, others = (weekdays, numbered) if said.unit == "week" else (numbered, weekdays)
    return days == said.n and not others and len(draft.times) <= 1


class _Gatherer:
    """Adds one clause to a draft."""

    def __init__(self, draft: Draft, clause: Clause, separator: str | None) -> None:
        self.draft = draft
        self.clause = clause
        self.strong = strong_of(clause)
        self.separator = separator
        self.core = clause.core

    def add(self) -> None:
        if isinstance(self.core, Each):
            self.draft.each = True
            self.draft.each_day |= isinstance(self.core.core, NthUnit)
            self.core = self.core.core
        elif "ON" in self.clause.prefixes:
            self.draft.on = True
        name = type(self.core).__name__
        if self.draft.days_scoped and self.separator is not None and group_of(self.clause) == "day":
            raise Refused("it is not clear which days are meant in which months", "write a list of phrases")
        handler = getattr(self, "_" + name.lower(), None)
        if handler is None:
            raise NotUnderstood("this part is not understood", None)
        handler(self.core)

    def refuse(self) -> Refused:
        words = {"STARTING": "starting", "UNTIL": "until", "EXCEPT": "except"}
        strong = words.get(self.strong or "", (self.strong or "").lower())
        return NotUnderstood(
            f"what `{strong}` goes with is not understood", "write a date such as 2026-01-05, or a time of day"
        )

    def only(self, *allowed: str | None) -> None:
        if self.strong not in allowed:
            raise self.refuse()

    # ---- how often

    def _every(self, core: Every) -> None:
        self.only(None)
        if self.draft.every.get(core.unit, core.n) != core.n:
            raise Refused(f"two different intervals in {core.unit}s", "write two phrases in a list")
        self.draft.every[core.unit] = core.n
        if core.adverb:
            self.draft.adverbs.add(core.unit)
        self.draft.ordinal_day |= core.ordinal and core.unit == "day"

    def _once(self, _: Once) -> None:
        self.only(None)
        self.draft.once = True

    def _everydays(self, core: EveryDays) -> None:
        if core.days.business:
            raise Refused(
                "it may count weeks or business days",
                instead=(
                    {self.clause.span: f"every {core.n} weeks on weekdays"},
                    {self.clause.span: f"every {core.n} days"},
                ),
            )
        self._every(Every(core.n, "week"))
        self._weekdays(core.days)

    def _edge(self, core: Edge) -> None:
        self.only(None)
        draft = self.draft
        if core.unit == "week" and core.edge == "start":
            self._every(Every(core.n, "week"))
            draft.week_start = True
        elif core.unit == "hour" and core.edge == "start":
            self._every(Every(core.n, "hour"))
            self._time_values(Offset("minute", (0,)))
        elif core.unit == "month":
            if core.months:
                self._months(Months(core.months))
            else:
                self._every(Every(core.n, "month"))
            self._ordinals(Ordinals(({"start": 1, "middle": 15, "end": -1}[core.edge],)))
        else:
            texts = EDGES.get((core.edge, core.unit), ())
            raise Refused(
                f"it is not clear when the {core.edge} of the {core.unit} is",
                "write the day and the time",
                instead=[{self.clause.span: text} for text in texts],
            )

    def _timesper(self, core: TimesPer) -> None:
        self.only(None)
        if core.unit not in ("day", "week", "month") or self.separator is not None:
            raise when_it_runs(core.n, core.unit, self.clause.span)
        self.draft.times_per = core

    # ---- times of day

    def _values(self, core: Values) -> None:
        ranges = [item for item in core.items if isinstance(item, tuple)]
        clocks = [item for item in core.items if isinstance(item, Clock)]
        if ranges:
            if clocks or self.strong not in (None, "FROM", "BETWEEN", "EXCEPT"):
                raise Refused("times and spans of time are mixed", "write two phrases in a list")
            windows = [Window(first, last, self.strong == "BETWEEN") for first, last in ranges]
            (self.draft.not_windows if self.strong == "EXCEPT" else self.draft.windows).extend(windows)
            return
        self._clocks(clocks)

    def _clocks(self, clocks: list[Clock]) -> None:
        draft = self.draft
        if self.strong is None:
            if all(clock.number for clock in clocks) and "AT" not in self.clause.prefixes and not draft.part_named:
                numbers = ", ".join(str(clock.hour) for clock in clocks)
                at = " and ".join(f"{clock.hour:02}:00" for clock in clocks)
                on = " and ".join(f"on the {ordinal(clock.hour)}" for clock in clocks)
                raise Refused(
                    f"it is not clear what {numbers} counts",
                    "write a time such as 09:00, or name the unit",
                    instead=({self.clause.span: on}, {self.clause.span: f"at {at}"}),
                )
            if draft.times and self.separator is None:
                raise Refused("two times follow each other", "join them by a comma or and")
            if any(not one.past and one.number and other.past for one, other in pairwise(clocks)):
                raise Refused(
                    f"{clocks[-1]} is said as minutes past an hour, and the number before it is not",
                    "write the times out",
                )
            if any(one.past and not other.past for one, other in pairwise(clocks)):
                all_past = [clock if clock.past else clock.plus(clocks[0].minute) for clock in clocks]
                raise Refused(
                    f"{clocks[0]} is said as minutes past an hour, and the next time is not",
                    "write the times out",
                    instead=({self.clause.span: f"at {_and(clocks)}"}, {self.clause.span: f"at {_and(all_past)}"}),
                )
            draft.times += clocks
        elif self.strong == "EXCEPT":
            draft.not_times += clocks
        elif len(clocks) != 1:
            raise Refused("one limit has several times", "write a span from one time to another")
        elif self.strong in ("FROM", "STARTING", "AFTER") and draft.after is None:
            draft.after = clocks[0]
        elif self.strong in ("UNTIL", "BEFORE") and draft.before is None:
            draft.before, draft.before_open = clocks[0], self.strong == "BEFORE"
        else:
            raise self.refuse()

    def _daypart(self, core: DayPart) -> None:
        self.only(None)
        if self.draft.part is not None:
            raise Refused("two parts of the day are named", "write two phrases in a list")
        self.draft.part = core.part
        if core.each:
            self.draft.every.setdefault("day", 1)

    def _businesshours(self, _: BusinessHours) -> None:
        self.only(None)
        self.draft.business_hours = True

    def _offset(self, core: Offset) -> None:
        led = self.strong == "STARTING" or (self.strong == "FROM" and core.unit != "day")
        if led and len(core.values) == 1:
            self.draft.from_value[core.unit] = core.values[0]
            return
        if core.alone and "AT" not in self.clause.prefixes:
            count = core.values[0]
            raise Refused(
                f"it is not clear what {count} {core.unit}s counts",
                instead=(
                    {self.clause.span: f"every {count} {core.unit}s"},
                    {self.clause.span: f"at {core.unit} {count} of every {WHOLE_OF[core.unit]}"},
                ),
            )
        match core.unit:
            case "day":
                self._ordinals(Ordinals(core.values))
            case "month":
                self._months(Months(frozenset(core.values)))
            case "week":
                self.only(None, "FROM", "BETWEEN")
                self.draft.weeks = (self.draft.weeks or frozenset()) | frozenset(core.values)
            case "year":
                self._years(Years(frozenset(core.values)))
            case _:
                self._time_values(core)

    def _time_values(self, core: Offset) -> None:
        self.only(None, "FROM", "BETWEEN") if len(core.values) > 1 else self.only(None)
        if core.unit in self.draft.values and "and" not in (self.separator or ""):
            raise Refused(f"{core.unit}s are given twice", "write them in one list", instead=EACH_ALONE)
        self.draft.values.setdefault(core.unit, []).extend(core.values)
        if core.of:
            self.draft.past.add(core.of)
            self.draft.past_every |= core.every > 0
        if core.of and core.every > 1:
            self._every(Every(core.every, core.of))

    # ---- days

    def _weekdays(self, core: Weekdays) -> None:
        draft = self.draft
        if self.strong == "EXCEPT":
            draft.not_weekdays |= core.days
            return
        if self.strong == "FALLING":
            draft.falling = core.days
            return
        if self.strong in ("FROM", "BETWEEN") and not core.span:
            raise self.refuse()
        if self.strong == "BETWEEN" and len(core.days) == 2:
            raise Refused("between two days lies only a night", "write the day that it is then")
        self.only(None, "FROM", "BETWEEN")
        if draft.weekdays is None:
            draft.weekdays = core
        elif draft.every.get("week", 1) > 1:
            raise Refused("days of different intervals are named", "make two schedules of it")
        elif self._adds():
            draft.weekdays = Weekdays(draft.weekdays.days | core.days)
        elif draft.weekdays.days != core.days:
            raise Refused("two sets of weekdays contradict each other", "name each weekday once, or join them by and")
        if (draft.monthdays or draft.nths) and self.separator and "and" in self.separator:
            draft.either = True

    def _adds(self) -> bool:
        """Return whether a separator makes this clause an addition to one of its kind before."""
        if self.separator is None:
            return False
        return "and" in self.separator or isinstance(self.clause.core, Each) or "ON" in self.clause.prefixes

    def _ordinals(self, core: Ordinals) -> None:
        if any(not 1 <= day <= 31 for day in core.days if day > 0) or 0 in core.days:
            bad = next(day for day in core.days if not 1 <= day <= 31)
            raise Refused(
                f"day {bad} of the month does not exist", "days go from 1 to 31; the month's end is its last day"
            )
        if self.strong == "EXCEPT":
            self.draft.not_monthdays += core.days
            return
        if self.strong in ("FROM", "BETWEEN") and len(core.days) < 2:
            raise self.refuse()
        self.only(None, "FROM", "BETWEEN")
        if self.draft.monthdays and not self._adds():
            raise Refused("days of the month are given twice", "write them in one list", instead=EACH_ALONE)
        self.draft.monthdays += core.days
        if self.draft.weekdays is not None and self.separator and "and" in self.separator:
            self.draft.either = True

    def _nth(self, core: Nth) -> None:
        self.only(None)
        if self.draft.nths and not self._adds():
            raise Refused("two positions in the month contradict each other", "join them by and", instead=EACH_ALONE)
        self.draft.nths.append(core)
        if self.draft.weekdays is not None and self.separator and "and" in self.separator:
            self.draft.either = True

    def _nthunit(self, core: NthUnit) -> None:
        if core.unit == "day":
            return self._ordinals(Ordinals(core.nths))
        if core.unit == "hour" and self.strong in ("FROM", "BETWEEN") and len(core.nths) > 1:
            first, last = Clock(min(core.nths), sure=True), Clock(max(core.nths), sure=True)
            return self._values(Values(((first, last),)))
        if core.unit in ("hour", "minute", "second") and all(nth >= 0 for nth in core.nths):
            if 1 in core.nths:
                raise Refused(
                    f"the first {core.unit} may be number 0 or number 1",
                    instead=[{self.clause.span: text} for text in FIRST[core.unit]],
                )
            self.draft.counted.add(core.unit)
            return self._offset(Offset(core.unit, core.nths))
        raise NotUnderstood(
            f"a numbered {core.unit} is not understood", "write dates, days of the month or months by name"
        )

    def _check_date(self, month: int, day: int) -> None:
        if not 1 <= day <= (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]:
            raise Refused(f"day {day} of month {month} does not exist", "check the date")

    def _yeardates(self, core: YearDates) -> None:
        for month, day in core.dates:
            self._check_date(month, day)
        if core.year is not None:
            return self._dates(Dates(tuple(_real(core.year, month, day) for month, day in core.dates)))
        if self.strong == "EXCEPT":
            self.draft.not_dates += core.dates
        elif self.strong in ("STARTING", "UNTIL", "FROM", "BEFORE", "AFTER"):
            raise Refused("a limit needs its year", "write the date with its year, such as 2026-03-31")
        else:
            self.only(None)
            self.draft.dates += core.dates
        return None

    def _daterange(self, core: DateRange) -> None:
        self.only(None, "FROM", "BETWEEN")
        if core.first[0] is None and core.last[0] is None:
            for _, month, day in (core.first, core.last):
                self._check_date(month, day)
            if self.draft.spans:
                raise Refused("two spans of dates are named", "write two phrases in a list")
            self.draft.spans.append(core)
            return
        if core.first[0] is None or core.last[0] is None:
            raise Refused("one date of the span has a year and the other has not", "write both with their year")
        self._limit(_real(*core.first), first=True)  # type: ignore[arg-type]
        self._limit(_real(*core.last), first=False)  # type: ignore[arg-type]

    def _dates(self, core: Dates) -> None:
        if self.strong == "EXCEPT":
            self.draft.exclude += core.dates
        elif len(core.dates) == 1 and self.strong in ("STARTING", "FROM"):
            self._limit(core.dates[0], first=True)
        elif len(core.dates) == 1 and self.strong == "UNTIL":
            self._limit(core.dates[0], first=False)
        elif len(core.dates) == 1 and self.strong == "COUNTED":
            self.draft.anchor = core.dates[0]
        else:
            raise Refused(
                "a single date is not a recurring schedule",
                "write how often it should run; a date may limit that: starting 2026-01-05, until 2026-03-31",
            )

    def _holidays(self, core: Holidays) -> None:
        if self.strong != "EXCEPT":
            raise Refused(
                "a schedule for holidays alone cannot be said", "list the dates, or except the holidays from other days"
            )
        self.draft.calendars += core.codes

    def _limit(self, day: date, *, first: bool) -> None:
        if first and self.draft.start is None:
            self.draft.start = day
        elif not first and self.draft.end is None:
            self.draft.end = day
        else:
            raise Refused("two limits contradict each other", "write one start and one end", instead=EACH_ALONE)

    def _moment(self, core: Moment) -> None:
        self.only("COUNTED")
        self.draft.anchor = core

    # ---- months, years, weeks, zone

    def _months(self, core: Months) -> None:
        if self.strong == "EXCEPT":
            self.draft.not_months |= core.months
            return
        if self.strong == "STARTING" and len(core.months) == 1:
            self.draft.from_value["month"] = min(core.months)
            return
        if self.strong in ("FROM", "BETWEEN") and len(core.months) < 2:
            raise self.refuse()
        self.only(None, "FROM", "BETWEEN")
        if self.draft.months is not None and not self._adds():
            raise Refused("two sets of months contradict each other", "join them by and", instead=EACH_ALONE)
        self.draft.months_led |= bool(self.clause.prefixes)
        self.draft.days_scoped |= self.draft.names_days
        self.draft.months = (self.draft.months or frozenset()) | core.months

    def _years(self, core: Years) -> None:
        self.only(None, "FROM", "BETWEEN")
        self.draft.years = (self.draft.years or frozenset()) | core.years

    def _unitonly(self, core: UnitOnly) -> None:
        self.only(None)
        if "DURING" in self.clause.prefixes and core.unit == "day":
            raise Refused(
                "it is not clear when the day begins and ends",
                instead=({self.clause.span: "from 08:00 to 18:00"}, {self.clause.span: ""}),
            )
        led = core.of or (self.clause.prefixes and {"IN", "DURING"}.issuperset(self.clause.prefixes))
        if not led or core.unit == "fortnight":
            raise Refused(
                f"it is not clear what `{core.unit}` means here",
                instead=({self.clause.span: f"every {core.unit}"}, {self.clause.span: f"of every {core.unit}"}),
            )
        if self.draft.of_units - {core.unit, "day", "hour", "minute"}:
            raise Refused("two periods are named", "name one")
        self.draft.of_units.add(core.unit)

    def _parity(self, core: Parity) -> None:
        self.only(None)
        self.draft.parity = core.remainder

    def _zone(self, core: Zone) -> None:
        self.only(None)
        if self.draft.zone not in (None, core.key):
            raise Refused("two time zones are named", "write one, or two schedules", instead=EACH_ALONE)
        self.draft.zone = core.key
        self.draft.zone_abbreviation = core.abbreviation

    def _dst(self, core: Dst) -> None:
        self.only(None)
        said, default = core.policy, DstPolicy()
        self.draft.dst = DstPolicy(
            said.gap if said.gap != default.gap else self.draft.dst.gap,
            said.overlap if said.overlap != default.overlap else self.draft.dst.overlap,
        )


def _and(clocks: Sequence[Clock]) -> str:
    return " and ".join(map(str, clocks))


def _real(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Refused(f"{year}-{month:02}-{day:02} does not exist", "check the date") from None
