"""The calendar half of a draft: which days, as day, weekday, month and week fields, or an anchored interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reconciler.compiler.grammar.clauses import EACH_ALONE, Edit, NotUnderstood, Refused
from reconciler.compiler.grammar.draft import Draft
from reconciler.compiler.grammar.notes import Notes
from reconciler.compiler.grammar.positions import (
    business_days,
    month_days_from_end,
    positions_from_end,
    positions_in_cron,
    span_days,
)
from reconciler.model import Conventions
from reconciler.timing.english_words import ordinal
from reconciler.timing.fields import WEEKDAYS
from reconciler.timing.positions import DayFields, month_field

SPACINGS = ("position in the month", "weeks apart")
_ALL_MONTHS = frozenset(range(1, 13))
_ALL_DAYS = frozenset(range(7))
_LENGTHS = {"quarter": 3, "half-year": 6}  # months
_LONG_PERIODS = ("month", "quarter", "half-year", "year")


@dataclass(frozen=True, slots=True)
class Days:
    """Field sets of days, or an interval of days, weeks or months that needs an anchor."""

    fields: tuple[DayFields, ...] = ({},)
    unit: Literal["days", "weeks", "months"] | None = None
    every: int = 1
    weekdays: tuple[int, ...] = ()
    month_day: int = 1
    month: int | None = None


class DayReader:
    """Reads the days of one draft; *daily* says that a time or an interval within the day was given."""

    def __init__(
        self, draft: Draft, conventions: Conventions, notes: Notes, *, daily: bool, sub_daily: bool, anchored: bool
    ) -> None:
        self.anchored = anchored
        self.conventions = conventions
        self.draft = draft
        self.notes = notes
        self.daily = daily
        self.sub_daily = sub_daily
        self.months = draft.months or _ALL_MONTHS
        self.weekdays = draft.weekdays.days if draft.weekdays else None
        if self.weekdays is not None and draft.day_after:
            self.weekdays = frozenset((day + 1) % 7 for day in self.weekdays)
        self.monthdays = list(draft.monthdays)

    def read(self) -> Days:
        """Return the days the draft is due on."""
        draft = self.draft
        self._check_clear()
        if draft.business_hours and not (draft.names_days or "day" in draft.every):
            self.weekdays = frozenset(range(5))
            self.notes.assume("business days are Monday to Friday")
        if "day" in draft.every and (self.anchored or draft.every["day"] != 1):
            return self._every_days(draft.every["day"])
        if "week" in draft.every and (self.anchored or draft.every["week"] != 1):
            return self._every_weeks(draft.every["week"])
        spread = self._periods()
        if isinstance(spread, Days):
            return spread
        self._defaults()
        return Days(tuple(self._members()))

    def _position_or_weeks(self) -> None:
        """Settle `every second Tuesday` by the choice made, if one was."""
        nths = [nth for one in self.draft.nths for nth in one.nths]
        if self.notes.choice == SPACINGS[1] and len(nths) == 1 and nths[0] > 1:
            self.weekdays = self.draft.nths[0].weekdays.days
            self.draft.every["week"] = nths[0]
            self.draft.nths.clear()
        elif self.notes.choice != SPACINGS[0]:
            raise Refused(
                "it may count weeks or days of the month",
                "say weeks or the month",
                options=SPACINGS,
            )

    def _check_clear(self) -> None:
        draft = self.draft
        positional = bool(draft.nths)
        if draft.dates and (draft.weekdays or draft.monthdays or draft.nths):
            raise Refused(
                "a date and other days contradict each other", "write the date, or the days", instead=EACH_ALONE
            )
        if draft.dates and draft.every.keys() & {"week", "month", "quarter", "half-year"}:
            raise Refused(
                "a date comes once a year, and the interval is another",
                "write the interval, or the date",
                instead=() if draft.monthdays or draft.nths else ({"period": ""}, {"day": ""}),
            )
        if draft.dates and draft.months:
            raise Refused("a date and other months contradict each other", "write the date, or the months")
        if draft.spans and self._more_than_weekdays():
            raise Refused(
                "a span of dates goes with weekdays only",
                "write the days of the month and the months, or dates with their year",
            )
        recurring = draft.each or draft.on or draft.every or draft.of_units
        several = draft.months_led and len(self.months) > 1
        once = (draft.dates or (positional and draft.months)) and not (recurring or several)
        if draft.years is None and (once or (draft.monthdays and draft.months and not (recurring or draft.months_led))):
            self.notes.assume("it is meant every year")
        if draft.years is not None and len(draft.years) == 1 and once:
            raise Refused(
                "a single date is not a recurring schedule",
                "write how often it should run, or the date without its year",
            )
        if positional and not recurring and not draft.months:
            raise Refused(
                "it is not clear which period the position counts in",
                "name it: the month, the quarter or the year",
                instead=({"$": " of every month"}, {"$": " of every quarter"}),
            )
        month_scope = draft.of_units or draft.months or draft.every.keys() & {"month", "quarter", "year", "half-year"}
        if draft.each_day and not month_scope:
            raise Refused(
                "it may mean an interval or days of the month",
                "name the month, or write an interval",
                instead=({"$": " of every month"},),
            )
        if positional and not month_scope:
            if draft.each and any(len(one.nths) == 1 and one.nths[0] not in (1, -1) for one in draft.nths):
                self._position_or_weeks()
                return
            self.notes.assume("the position counts in every month")

    def _more_than_weekdays(self) -> bool:
        """Return whether the draft names days by more than weekdays and weeks."""
        draft = self.draft
        periods = draft.every.keys() & {"month", "quarter", "half-year", "year"}
        named = draft.dates or draft.monthdays or draft.nths or draft.months or draft.of_units or draft.from_value
        return bool(named or periods or draft.not_dates or draft.not_months or draft.not_monthdays)

    # ---- every N days, weeks, months

    def _every_days(self, n: int) -> Days:
        draft = self.draft
        busy = draft.weekdays or draft.monthdays or draft.nths or draft.dates or draft.months or draft.years
        if busy or draft.spans or draft.parity is not None or draft.weeks or draft.falling or self._excepts():
            raise Refused(
                f"every {n} days and other days cannot be combined", "write the days of the week or the month"
            )
        if "month" in draft.of_units or draft.every.get("month") == 1 or "day" in draft.from_value:
            if draft.ordinal_day:
                raise Refused(
                    f"it may mean day {n} of the month or every {n} days of it",
                    instead=({"period": f"on day {n}"}, {"period": f"every {n} days", "scope": ""}),
                )
            first = draft.from_value.get("day", 1)
            self.notes.assume(f"counted from day {first} of each month")
            return Days(({"day": ",".join(str(day) for day in range(first, 32, n))},))
        if draft.of_units or draft.every.keys() & {"week", "month", "quarter", "year"}:
            raise Refused("two intervals contradict each other", "write one of the two", instead=EACH_ALONE)
        return Days(unit="days", every=n)

    def _every_weeks(self, n: int) -> Days:
        draft = self.draft
        busy = draft.monthdays or draft.nths or draft.dates or draft.months or draft.years or draft.falling
        if (
            busy
            or draft.spans
            or draft.parity is not None
            or draft.of_units
            or draft.every.keys() & {"month", "quarter", "year"}
            or self._excepts()
        ):
            raise Refused(
                f"every {n} weeks and other days cannot be combined", "write weekdays only, or days of the month"
            )
        if draft.week_start:
            self._week_start()
        return Days(unit="weeks", every=n, weekdays=tuple(sorted(self.weekdays or ())))

    def _excepts(self) -> bool:
        draft = self.draft
        return bool(draft.not_dates or draft.not_monthdays or draft.not_months or draft.not_weekdays)

    def _periods(self) -> Days | None:
        """Apply `every 3 months`, `quarterly`, `of the year` to the months."""
        draft = self.draft
        if draft.every.get("year", 1) != 1:
            return self._every_years(draft.every["year"])
        self._check_units()
        self._check_scopes()
        for unit, length in _LENGTHS.items():
            if unit in draft.every or unit in draft.of_units:
                self._spread(length * draft.every.get(unit, 1), by_end=True)
                if unit == "half-year" or draft.every.get(unit, 1) > 1:
                    self.notes.assume(f"every {length * draft.every.get(unit, 1)} months is counted from January")
        if "month" in draft.every and (self.anchored or draft.every["month"] > 1):
            n = draft.every["month"]
            if 12 % n or self.anchored:
                return self._everymonth_field(n)
            self._spread(n, by_end=False, first=draft.from_value.get("month"))
        elif "month" in draft.from_value:
            first = draft.from_value["month"]
            self.months = frozenset(range(first, 13))
            self.notes.assume(f"from month {first} to December, every year")
        self._years()
        return None

    def _check_units(self) -> None:
        """Refuse a unit or a start of which it is not clear what it refers to."""
        draft = self.draft
        if "day" in draft.of_units and not (self.sub_daily or draft.times or draft.values):
            raise Refused("it is not clear what part of the day is meant", "write the time")
        if "week" in draft.of_units or ("week" in draft.every and (draft.monthdays or draft.nths or draft.dates)):
            raise Refused("a day of the week is not given by its number", "name the weekday")
        if draft.of_units & {"day", "hour", "minute", "second"} - draft.past - {"day"}:
            raise Refused(
                "it is not clear what the unit refers to", "say how often, such as every hour, or minutes past the hour"
            )
        if "month" in draft.from_value and draft.years is not None:
            raise Refused("it is not clear when it starts", "write the date: starting 2027-03-01")
        for unit, months in {**_LENGTHS, "year": 12}.items():
            if "month" in draft.from_value and unit in draft.every:
                raise Refused(
                    f"it is not clear whether every {unit} begins there, or only the first",
                    instead=({"period": f"every {months * draft.every[unit]} months"},),
                )
            if unit in draft.of_units and unit != "year" and not (unit in draft.every or self._counts_days()):
                raise Refused(f"no day is counted in the {unit}", instead=({"scope": ""},))

    def _years(self) -> None:
        """Apply `yearly` and `of the year`."""
        draft = self.draft
        if "year" in draft.every or ("year" in draft.of_units and self._counts_days()):
            self._yearly()

    def _counts_days(self) -> bool:
        """Return whether days are numbered, so that `of the quarter` says from where."""
        return bool(self.monthdays or self.draft.nths)

    def _check_scopes(self) -> None:
        """Refuse `yearly on the 1st of the month` and `every month of the quarter`: two periods for one number."""
        draft = self.draft
        units = [unit for unit in _LONG_PERIODS if unit in draft.every]
        scopes = draft.of_units.intersection(_LONG_PERIODS)
        # a longer period beside a day of the month is no other one: `on the 1st of the month every quarter`
        against = [unit for unit in units for scope in scopes if unit != scope and draft.every[unit] == 1]
        if scopes and not (units or draft.every or draft.names_days):
            raise Refused("it is not clear what is counted in the period", "write which days, such as every day")
        if len(units) > 1 or (against and not (self.sub_daily and not self._counts_days())):
            raise Refused(
                "two periods are named",
                "name the one in which the days are counted",
                instead=({"period": ""}, {"scope": ""}) if len(units) == 1 else (),
            )

    def _spread(self, step: int, *, by_end: bool, first: int | None = None) -> None:
        if self.draft.months is not None and first is None and _spaced(self.draft.months) == step:
            return  # quarterly in March, June, September and December
        if self.draft.months is not None or 12 % step:
            raise Refused(
                f"every {step} months and the months named contradict each other",
                "write the months alone",
                instead=({"period": ""}, {"scope": ""}),
            )
        ends = [nth < 0 for one in self.draft.nths for nth in one.nths] + [day < 0 for day in self.monthdays]
        if by_end and ends and any(ends):
            if not all(ends):
                raise Refused("first and last of the period are mixed", "write two phrases in a list")
            self.months = frozenset(range(step, 13, step))
            return
        if by_end and any(day > 28 for day in self.monthdays):
            raise Refused("the day does not exist in every period", "write days up to 28, or name the months")
        start = ((first or 1) - 1) % step + 1
        self.months = frozenset(range(start, 13, step))
        if first is not None and first > step:
            raise Refused("it is not clear whether the months before are meant", "list the months")
        if not by_end and first is None:
            self.notes.assume(f"every {step} months is counted from January")

    def _everymonth_field(self, n: int) -> Days:
        draft = self.draft
        days = self.monthdays or [1]
        if draft.nths or draft.weekdays or draft.dates or draft.falling or self._excepts() or len(days) != 1:
            raise Refused(f"every {n} months cannot be combined with these days", "write one day of the month")
        if not 1 <= days[0] <= (31 if self.anchored else 28):
            raise Refused(f"every {n} months on that day skips months", "write a day up to 28")
        if not self.monthdays:
            self.notes.assume("no day was given: the 1st of the month")
        return Days(unit="months", every=n, month_day=days[0])

    def _every_years(self, n: int) -> Days:
        """Return every so many years on one date as an interval of months."""
        draft = self.draft
        dates = draft.dates or [(month, day) for month in sorted(draft.months or ()) for day in self.monthdays or [1]]
        if len(dates) > 1 or draft.nths or draft.weekdays or draft.every.keys() - {"year"} or self._excepts():
            raise NotUnderstood(
                f"every {n} years cannot be combined with these days",
                "write one date, or list the years",
            )
        if not dates:
            self.notes.assume("no date was given: 1 January")
        elif not draft.dates and not self.monthdays:
            self.notes.assume("no day was given: the 1st of the month")
        month, day = dates[0] if dates else (1, 1)
        if day > 28:
            raise Refused(f"every {n} years on that day skips years", "write a day up to the 28th")
        return Days(unit="months", every=12 * n, month_day=day, month=month)

    def _yearly(self) -> None:
        draft = self.draft
        if draft.weekdays and not draft.nths and not draft.monthdays:
            raise Refused(
                "which of the year's days is meant is not said",
                "name the month, or a position in it",
                instead=({"period": "", "$": " in January"}, {"period": ""}),
            )
        if draft.dates or draft.months:
            return
        days = [nth for one in draft.nths for nth in one.nths] + self.monthdays
        if not days:
            return
        if "month" in draft.every or "month" in draft.of_units:
            return
        if not all(day in (1, -1) for day in self.monthdays) or any(not (1 <= d <= 5 or d == -1) for d in days):
            raise NotUnderstood("a numbered day of the year is not understood", "write the month and the day")
        if len({day < 0 for day in days}) == 2:
            raise Refused("first and last of the year are mixed", "write two phrases in a list")
        self.months = frozenset({12 if days[0] < 0 else 1})

    def _check_weeks(self, named: bool) -> None:
        """Refuse weeks that are given twice, or without a day."""
        draft = self.draft
        weeks = draft.parity is not None or draft.weeks is not None
        if draft.parity is not None and draft.weeks is not None:
            raise Refused("weeks are given twice", "write their numbers, or even or odd", instead=EACH_ALONE)
        if weeks and not named and not self.sub_daily and "day" not in draft.every:
            raise Refused("no day of the week is given", instead=({"^": "every Monday "}, {"^": "every day "}))

    def _defaults(self) -> None:
        """Give `every year` its 1 January, `every month` its 1st, `every week` its first day."""
        draft = self.draft
        days = self.monthdays or draft.nths or draft.dates or draft.spans
        named = bool(days) or self.weekdays is not None or draft.falling is not None
        coarse = [unit for unit in ("week", "quarter", "half-year", "year") if unit in draft.every]
        if coarse and self.sub_daily and not named and not draft.months and "day" not in draft.every:
            raise Refused(
                f"every {coarse[0]} and an interval within the day contradict each other",
                "write one of them",
                instead=EACH_ALONE,
            )
        if draft.week_start and (named or self.sub_daily or draft.every.keys() - {"week"}):
            raise Refused(
                "the start of the week and other days are both named", "write one of them", instead=EACH_ALONE
            )
        self._check_weeks(named)
        if named or self.sub_daily or draft.every.get("day"):
            self._check_long_period()
            if not (named or self.sub_daily or draft.every.get("day") or draft.times_per):
                self.notes.assume("no day was given: every day")
            return
        every = draft.every
        if "year" in every and not draft.months:
            self.monthdays, self.months = [1], frozenset({1})
            self.notes.assume("no date was given: 1 January")
        elif every.keys() & {"month", "quarter", "half-year", "year"}:
            self.monthdays = [1]
            self.notes.assume("no day was given: the 1st of the month")
        elif "week" in every:
            self._week_start()
        elif not self.daily:
            if draft.each and draft.months:
                raise Refused(
                    "it is not clear which days of the month are meant",
                    instead=({"^": "on the 1st of "}, {"^": "every day of "}),
                )
            raise Refused(
                "how often it runs is not said",
                "write how often, such as `every day at 09:00`",
                instead=({"^": "every day "}, {"^": "every day at 09:00 "}),
            )
        elif draft.times_per is None:
            self.notes.assume("no day was given: every day")

    def _week_start(self) -> None:
        """Let the week's day be the one that the project's weeks begin with."""
        if self.weekdays is not None:
            raise Refused("the start of the week and a weekday are both named", "name one of them")
        day = self.conventions.week
        self.weekdays = frozenset({WEEKDAYS.index(day)})
        self.notes.conventions["week"] = day
        self.notes.assume(f"the week begins on {date(2024, 1, 1 + WEEKDAYS.index(day)):%A}")

    def _check_long_period(self) -> None:
        """Refuse `quarterly on Monday`: which of the period's Mondays is not said."""
        draft = self.draft
        unit = next((unit for unit in _LONG_PERIODS if unit in draft.every), None)
        if unit is None or self.weekdays is None or self.monthdays or draft.nths or draft.falling or draft.dates:
            return
        if draft.every[unit] == 1 and self.sub_daily:
            return  # every hour from Monday to Friday is the same in every month
        name = f"{date(2024, 1, 1 + min(self.weekdays)):%A}"
        period = unit if draft.every[unit] == 1 and unit != "half-year" else f"{draft.every[unit]} {unit}s"
        raise Refused(
            f"which {name} of the {unit} is meant is not said",
            "name a position, or leave the period out",
            instead=(
                {"day": f"on the first {name} of every {period}", "period": ""},
                {"period": ""},
            ),
        )

    # ---- field sets

    def _members(self) -> Iterable[DayFields]:
        draft = self.draft
        months = self.months - draft.not_months
        if not months:
            raise Refused("nothing is left of the months", "check the exceptions")
        if draft.not_dates:
            yield from self._around_dates(months)
            return
        yield from self._inmonth_field(months)

    def _inmonth_field(self, months: frozenset[int]) -> Iterable[DayFields]:
        draft = self.draft
        common = self._common(months)
        weekday = self._weekday_field()
        if draft.dates:
            by_day: dict[int, set[int]] = {}
            for month, day in draft.dates:
                by_day.setdefault(day, set()).add(month)
            for number, named in sorted(by_day.items()):
                yield common | weekday | {"day": str(number)} | month_field(named)
            return
        positions = self._positions(months) or span_days(draft.spans, self.notes)
        if not positions:
            if draft.not_monthdays and draft.weekdays:
                raise Refused(
                    "the exception may mean a day of the month or a position of the weekday",
                    "write the days that are meant",
                )
            if not draft.monthdays and draft.not_monthdays:
                positions = [month_field(months) | {"day": self._days_less_exceptions(frozenset(range(1, 32)))}]
            else:
                yield common | weekday
                return
        if weekday and draft.either:
            yield common | weekday
            weekday = {}
        if weekday and draft.nths and not draft.falling:
            raise Refused(
                "a weekday and a position in the month contradict each other",
                "write one of the two",
                instead=EACH_ALONE,
            )
        if weekday and draft.weekdays and not (draft.falling or draft.either or draft.spans):
            self._check_falling()
        for position in positions:
            yield common | weekday | position

    def _check_falling(self) -> None:
        """`Friday the 13th` is both; `every Monday on the 1st` may mean either."""
        self.notes.assume("it is due only where the weekday and the day of the month both hold")
        if self.draft.on or len(self.monthdays) > 1 or self.draft.of_units or self.draft.every:
            raise Refused(
                "it is not clear whether both the weekday and the day of the month must hold",
                "write two phrases in a list, or say that the one falls on the other",
                instead=self._falling_edits(),
            )

    def _falling_edits(self) -> tuple[Edit, ...]:
        days = [f"on the {ordinal(day)}" for day in self.monthdays if day > 0]
        names = [f"{date(2024, 1, 1 + day):%A}" for day in sorted(self.weekdays or ())]
        if len(days) != 1 or len(names) != 1:
            return ()
        return (
            {"day": f"{days[0]} falling on {names[0]}", "period": ""},
            {"day": f"{days[0]} and on every {names[0]}"},
        )

    def _common(self, months: frozenset[int]) -> DayFields:
        draft = self.draft
        fields = month_field(months)
        if draft.years is not None:
            fields["year"] = ",".join(str(year) for year in sorted(draft.years))
        if draft.parity is not None:
            fields["week"] = ",".join(str(week) for week in range(2 - draft.parity, 54, 2))
        if draft.weeks is not None:
            fields["week"] = ",".join(str(week) for week in sorted(draft.weeks))
        return fields

    def _weekday_field(self) -> DayFields:
        draft = self.draft
        days = self.weekdays if self.weekdays is not None else _ALL_DAYS
        if draft.falling is not None:
            days &= draft.falling
        if draft.not_weekdays - days:
            raise Refused(
                "an excepted weekday is not one of the schedule's", "leave the exception out", instead=({"except": ""},)
            )
        days -= draft.not_weekdays
        if not days:
            raise Refused("no day of the week is left", "check the weekdays and the exceptions")
        return {} if days == _ALL_DAYS else {"day_of_week": weekday_list(days)}

    def _days_less_exceptions(self, days: frozenset[int]) -> str:
        out = frozenset(self.draft.not_monthdays)
        if any(day < 0 for day in out | days) or out - days:
            raise NotUnderstood("an exception from the month's end is not understood", "write the days that are meant")
        if not days - out:
            raise Refused("no day of the month is left", "check the exceptions")
        return ",".join(str(day) for day in sorted(days - out))

    def _positions(self, months: frozenset[int]) -> list[DayFields]:
        """Return the fields of days of the month and of positions in it; those without weekdays take the draft's."""
        draft = self.draft
        plain = [str(day) for day in sorted(set(self.monthdays)) if day > 0]
        if -1 in self.monthdays:
            plain.append("last")
        if draft.not_monthdays and self.monthdays:
            plain = [self._days_less_exceptions(frozenset(self.monthdays))]
        counted = month_days_from_end(self.monthdays)
        plain = [] if counted else plain
        for one in draft.nths:
            if one.weekdays.business:
                counted += business_days(one, self.notes)
            elif from_end := positions_from_end(one):
                counted += from_end
            else:
                plain += positions_in_cron(one, self.notes)
        found = [*([{"day": ",".join(plain)}] if plain else []), *counted]
        return [month_field(months) | one for one in found]

    def _around_dates(self, months: frozenset[int]) -> Iterable[DayFields]:
        """Return the days of *months* but for the yearly dates that are excepted."""
        draft = self.draft
        if self._positions(months) or draft.dates:
            raise Refused("excepted dates do not go with days of the month", "write the days that are meant")
        by_month: dict[int, set[int]] = {}
        for month, day in draft.not_dates:
            by_month.setdefault(month, set()).add(day)
        if by_month.keys() - months:
            raise Refused(
                "an excepted date is not one of the schedule's", "leave the exception out", instead=({"except": ""},)
            )
        if months - by_month.keys():
            yield from self._inmonth_field(months - by_month.keys())
        for month, out in sorted(by_month.items()):
            kept = [str(number) for number in range(1, 32) if number not in out]
            days = {"day": ",".join(kept)}
            for member in self._inmonth_field(frozenset({month})):
                yield member | days


def _spaced(months: frozenset[int]) -> int | None:
    """Return how many months lie between one of *months* and the next if that is always the same round the year."""
    step = 12 // len(months)
    return step if months == {(min(months) - 1 + step * turn) % 12 + 1 for turn in range(len(months))} else None


def weekday_list(days: Iterable[int]) -> str:
    """Return weekdays as a cron list of names."""
    return ",".join(WEEKDAYS[day] for day in sorted(days))
