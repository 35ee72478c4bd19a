# ruff: noqa: D102  each method is the rule of its name
"""The methods that turn each rule of `phrase.lark` into its value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from lark.lexer import Token as LarkToken

from reconciler.compiler.grammar.clauses import (
    LONGEST_INTERVAL,
    BusinessHours,
    Clause,
    Clock,
    Core,
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
from reconciler.model import DstPolicy


def _int(token: LarkToken) -> int:
    value: object = token.value
    assert isinstance(value, int)
    return value


def _as_clock(token: LarkToken) -> Clock:
    value: object = token.value
    if isinstance(value, Clock):
        return value
    assert isinstance(value, int)
    if value > 23:
        raise Refused(f"{value} is not a time of day", "hours go to 23; write a time such as 09:00 or 5pm")
    return Clock(value, sure=value > 12 or value == 0, bare=1 <= value <= 12, number=True)


def _span(first: int, last: int, size: int, what: str) -> tuple[int, ...]:
    """Return *first* to *last*; -1 is the last day of the month."""
    if last == -1 and 1 <= first <= 31:
        return tuple(range(first, 32))
    if first < 0 or last < 0 or last < first or last > size:
        raise Refused(f"{first} to {last} is not a range of {what}", "write the smaller number first")
    return tuple(range(first, last + 1))


def _check_span(first: LarkToken, last: LarkToken, what: str, hint: str) -> None:
    if _int(first) == _int(last):
        raise Refused(f"a span that ends with the {what} it begins with may be one {what}, or all", hint)


def _cycle(first: int, last: int, size: int) -> frozenset[int]:
    return frozenset((first + step) % size for step in range((last - first) % size + 1))


class ClauseBuilder:
    """Turns each rule of `phrase.lark` into its value: a method a rule, called like it."""

    def start(self, *parts: Clause | LarkToken) -> list[Clause | Separator]:
        return [part if isinstance(part, Clause) else Separator(str(part.value)) for part in parts]

    def prefix(self, token: LarkToken) -> str:
        return token.type

    def clause(self, *parts: str | Core) -> Clause:
        """Return the clause; `reader` adds which tokens it was read from."""
        core = clocks(parts[-1]) if isinstance(parts[-1], tuple) else parts[-1]
        assert not isinstance(core, str)
        return Clause(tuple(part for part in parts[:-1] if isinstance(part, str)), core)

    def every_unit(self, _: LarkToken, unit: LarkToken) -> Every:
        return _every(1, str(unit.value))

    def every_number(self, _: LarkToken, number: LarkToken, unit: LarkToken) -> Every:
        return _every(_int(number), str(unit.value))

    def every_other(self, _: LarkToken, __: LarkToken, unit: LarkToken) -> Every:
        return _every(2, str(unit.value))

    def every_ordinal(self, _: LarkToken, ordinal: LarkToken, unit: LarkToken) -> Core:
        n = _int(ordinal)
        if n >= 2:
            return replace(_every(n, str(unit.value)), ordinal=True)
        return Each(NthUnit((n,), str(unit.value)))

    def adverb(self, token: LarkToken) -> Every:
        value: object = token.value
        assert isinstance(value, tuple)
        return replace(_every(*value), adverb=True)

    def once(self, _: LarkToken) -> Once:
        return Once()

    def every_other_day(self, _: LarkToken, __: LarkToken, days: Weekdays) -> EveryDays:
        return EveryDays(2, days)

    def every_number_day(self, _: LarkToken, number: LarkToken, days: Weekdays) -> EveryDays:
        return EveryDays(_every(_int(number), "week").n, days)

    def every_part(self, _: LarkToken, part: LarkToken) -> DayPart:
        return DayPart(str(part.value), each=True)

    def times_per(self, number: LarkToken, _: LarkToken, __: LarkToken, unit: LarkToken) -> TimesPer:
        return TimesPer(_int(number), str(unit.value))

    def each(self, _: LarkToken, core: Core) -> Each:
        return Each(core)

    def value(self, token: LarkToken) -> Clock | LarkToken:
        return token

    def value_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> tuple[LarkToken, LarkToken]:
        return (first, last)

    def values(self, *parts: object) -> tuple[object, ...]:
        return tuple(part for part in parts if not (isinstance(part, LarkToken) and part.type == "JOIN"))

    def offset_past(self, values: tuple[object, ...], *rest: LarkToken) -> Offset:
        of = str(rest[-1].value)
        return _offset(_PART_OF.get(of, of), values, of, every=_spacing(rest))

    def offset_unit(self, values: tuple[object, ...], unit: LarkToken) -> Offset:
        return _offset(str(unit.value), values, _WHOLE_OF.get(str(unit.value), "day"), every=0, alone=True)

    def offset_unit_past(self, values: tuple[object, ...], unit: LarkToken, *rest: LarkToken) -> Offset:
        return _offset(str(unit.value), values, str(rest[-1].value), every=_spacing(rest))

    def offset_values_past(self, offset: Offset, *rest: LarkToken) -> Offset:
        return Offset(offset.unit, offset.values, str(rest[-1].value), every=_spacing(rest))

    def offset_colon(self, *tokens: LarkToken) -> Offset:
        if tokens[-1].type == "UNIT" and tokens[-1].value != "hour":
            raise NotUnderstood(
                f"minutes past the {tokens[-1].value} are not understood", "write minutes past every hour"
            )
        return Offset("minute", _checked("minute", tuple(_int(t) for t in tokens if t.type == "COLON")), "hour")

    def offset_given(self, token: LarkToken) -> Offset:
        value: object = token.value
        assert isinstance(value, tuple)
        return Offset(value[0], value[1], "hour")

    def unit_values(self, unit: LarkToken, numbers: tuple[int, ...], *again: LarkToken) -> Offset:
        if again and again[0].value != unit.value:
            raise Refused(f"`{unit.value}` and `{again[0].value}` do not go together", None)
        return Offset(str(unit.value), _checked(str(unit.value), numbers))

    def number(self, token: LarkToken) -> tuple[int, ...]:
        return (_int(token),)

    def number_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> tuple[int, ...]:
        return _span(_int(first), _int(last), 9999, "numbers")

    def numbers(self, *parts: tuple[int, ...] | LarkToken) -> tuple[int, ...]:
        return tuple(n for part in parts if not isinstance(part, LarkToken) for n in part)

    ordinal = number
    plain_day = number

    def ordinal_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> tuple[int, ...]:
        return _span(_int(first), _int(last), 31, "days")

    def ordinals(self, *parts: tuple[int, ...] | LarkToken) -> Ordinals:
        return Ordinals(self.numbers(*parts))

    def nth_day(self, ordinals: Ordinals, days: Weekdays) -> Nth:
        return Nth(ordinals.days, days)

    def nth_unit(self, ordinals: Ordinals, unit: LarkToken) -> NthUnit:
        return NthUnit(ordinals.days, str(unit.value))

    def nth_days(self, which: LarkToken, count: LarkToken, unit: LarkToken) -> Core:
        n = _int(count)
        if unit.value != "day" or _int(which) not in (1, -1) or not 1 <= n <= 28:
            raise NotUnderstood(
                "these units of a period are not understood", "write the first or the last so many days of the month"
            )
        return NthUnit(tuple(range(1, n + 1)) if _int(which) == 1 else tuple(range(-n, 0)), "day")

    def nth_weekdays(self, which: LarkToken, count: LarkToken, days: Weekdays) -> Nth:
        n = _int(count)
        if _int(which) not in (1, -1) or n < 1 or (len(days.days) > 1 and not days.business):
            raise NotUnderstood("so many of several weekdays are not understood", "name one weekday, or business days")
        return Nth(tuple(range(1, n + 1)) if _int(which) == 1 else tuple(range(-n, 0)), days)

    def edge_unit(self, edge: LarkToken, unit: LarkToken) -> Edge:
        return Edge(str(edge.value), str(unit.value))

    def edge_every(self, edge: LarkToken, _: LarkToken, *rest: LarkToken) -> Edge:
        n = 1 if len(rest) == 1 else 2 if rest[0].type == "OTHER" else _every(_int(rest[0]), str(rest[-1].value)).n
        return Edge(str(edge.value), str(rest[-1].value), n, every=True)

    def edge_months(self, edge: LarkToken, months: Months) -> Edge:
        return Edge(str(edge.value), "month", months=months.months)

    def one_weekday(self, token: LarkToken) -> Weekdays:
        return Weekdays(frozenset({_int(token)}))

    def weekday_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> Weekdays:
        _check_span(first, last, "weekday", "write the day once, or `every day at 09:00`")
        return Weekdays(_cycle(_int(first), _int(last), 7), span=True)

    def business_days(self, _: LarkToken) -> Weekdays:
        return Weekdays(frozenset(range(5)), business=True)

    def weekend(self, _: LarkToken) -> Weekdays:
        return Weekdays(frozenset({5, 6}), weekend=True)

    def weekdays(self, *parts: Weekdays | LarkToken) -> Weekdays:
        members = [part for part in parts if isinstance(part, Weekdays)]
        if len(members) == 1:
            return members[0]
        return Weekdays(frozenset().union(*(member.days for member in members)))

    def even_weeks(self, *_: LarkToken) -> Core:
        return self._parity(0, _[-1])

    def odd_weeks(self, *_: LarkToken) -> Core:
        return self._parity(1, _[-1])

    def _parity(self, remainder: int, unit: LarkToken) -> Core:
        match unit.value:
            case "week":
                return Parity(remainder)
            case "day":
                return Ordinals(tuple(range(2 - remainder, 32, 2)))
            case "hour":
                return Offset("hour", tuple(range(remainder, 24, 2)))
            case "month":
                return Months(frozenset(range(2 - remainder, 13, 2)))
        raise NotUnderstood(f"even and odd {unit.value}s are not understood", "write their numbers")

    def one_month(self, token: LarkToken) -> frozenset[int]:
        return frozenset({_int(token)})

    def month_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> frozenset[int]:
        _check_span(first, last, "month", "write the month once, or leave it out")
        return frozenset(month + 1 for month in _cycle(_int(first) - 1, _int(last) - 1, 12))

    def months(self, *parts: frozenset[int] | LarkToken) -> Months:
        return Months(frozenset().union(*(part for part in parts if not isinstance(part, LarkToken))))

    def month_day(self, month: LarkToken, days: tuple[int, ...]) -> YearDates:
        return YearDates(tuple((_int(month), day) for day in days))

    def month_day_year(self, month: LarkToken, days: tuple[int, ...], year: LarkToken) -> YearDates:
        return YearDates(tuple((_int(month), day) for day in days), _int(year))

    def month_one_day_year(self, month: LarkToken, day: LarkToken, year: LarkToken) -> YearDates:
        return YearDates(((_int(month), _int(day)),), _int(year))

    def days_month(self, first: LarkToken, _: LarkToken, last: LarkToken, month: LarkToken) -> YearDates:
        return YearDates(tuple((_int(month), day) for day in _span(_int(first), _int(last), 31, "days")))

    def day_month(self, day: LarkToken, month: LarkToken) -> YearDates:
        return YearDates(((_int(month), _int(day)),))

    def day_month_year(self, day: LarkToken, month: LarkToken, year: LarkToken) -> YearDates:
        return YearDates(((_int(month), _int(day)),), _int(year))

    def month_day_range(self, m: LarkToken, d: LarkToken, _: LarkToken, n: LarkToken, e: LarkToken) -> DateRange:
        return DateRange((None, _int(m), _int(d)), (None, _int(n), _int(e)))

    def day_month_range(self, d: LarkToken, m: LarkToken, _: LarkToken, e: LarkToken, n: LarkToken) -> DateRange:
        return DateRange((None, _int(m), _int(d)), (None, _int(n), _int(e)))

    def day_month_year_range(self, *t: LarkToken) -> DateRange:
        return DateRange((_int(t[2]), _int(t[1]), _int(t[0])), (_int(t[6]), _int(t[5]), _int(t[4])))

    def month_day_year_range(self, *t: LarkToken) -> DateRange:
        return DateRange((_int(t[2]), _int(t[0]), _int(t[1])), (_int(t[6]), _int(t[4]), _int(t[5])))

    def iso_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> DateRange:
        one, other = _date(first), _date(last)
        return DateRange((one.year, one.month, one.day), (other.year, other.month, other.day))

    def iso_dates(self, *tokens: LarkToken) -> Dates:
        return Dates(tuple(_date(token) for token in tokens if token.type == "DATE"))

    def holidays(self, *tokens: LarkToken) -> Holidays:
        return Holidays(tuple(str(token.value) for token in tokens if token.type == "HOLIDAYS"))

    def moment(self, day: LarkToken, clock: LarkToken, *zone: LarkToken) -> Moment:
        return Moment(_date(day), _as_clock(clock), str(zone[0].value) if zone else None)

    def one_year(self, token: LarkToken) -> frozenset[int]:
        return frozenset({_int(token)})

    def year_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> frozenset[int]:
        return frozenset(_span(_int(first), _int(last), 9999, "years"))

    def years(self, *parts: frozenset[int] | LarkToken) -> Years:
        return Years(frozenset().union(*(part for part in parts if not isinstance(part, LarkToken))))

    def fixed_day(self, token: LarkToken) -> YearDates:
        value: object = token.value
        assert isinstance(value, tuple)
        return YearDates((value,))

    def unit(self, token: LarkToken) -> UnitOnly:
        return UnitOnly(str(token.value))

    def of_month(self, _: LarkToken) -> UnitOnly:
        return UnitOnly("month", of=True)

    def zone(self, token: LarkToken) -> Zone:
        value: object = token.value
        return Zone(*value) if isinstance(value, tuple) else Zone(str(value))

    def dst(self, token: LarkToken) -> Dst:
        assert isinstance(token.value, DstPolicy)
        return Dst(token.value)

    def business_hours(self, _: LarkToken) -> BusinessHours:
        return BusinessHours()

    def day_part(self, token: LarkToken) -> DayPart:
        return DayPart(str(token.value))


_DAYS = {"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "week": 7, "month": 31, "quarter": 92, "year": 366}
_PART_OF = {"hour": "minute", "minute": "second"}
_WHOLE_OF = {"minute": "hour", "second": "minute"}
_RANGES = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (-1, 31),
    "week": (1, 53),
    "month": (1, 12),
    "year": (1970, 9999),
}


def _every(n: int, unit: str) -> Every:
    if n < 1:
        raise Refused(f"every {n} {unit}s is not an interval", "write a number from 1 on")
    if n * _DAYS.get(unit, 1) > LONGEST_INTERVAL:
        raise Refused(f"every {n} {unit}s is longer than a century", "write a shorter interval")
    if unit == "fortnight":
        return Every(2 * n, "week")
    return Every(n, unit)


def _checked(unit: str, values: tuple[int, ...]) -> tuple[int, ...]:
    if unit not in _RANGES:
        raise NotUnderstood(f"a numbered {unit} is not understood", "number days, hours, minutes, seconds or months")
    low, high = _RANGES[unit]
    for value in values:
        if not low <= value <= high or (unit == "day" and value == 0):
            raise Refused(f"{unit} {value} does not exist", f"{unit}s go from {max(low, 0)} to {high}")
    return values


def _spacing(rest: tuple[LarkToken, ...]) -> int:
    """Return 2 for `past every other hour`, 6 for `past every 6th hour`, 1 for `past every hour`, else 0."""
    if rest[1].type != "EVERY":
        return 0
    if len(rest) == 3:
        return 1
    return 2 if rest[2].type == "OTHER" else _every(_int(rest[2]), str(rest[-1].value)).n


def _offset(unit: str, values: tuple[object, ...], of: str, *, every: int, alone: bool = False) -> Offset:
    numbers: list[int] = []
    for item in values:
        if isinstance(item, tuple):
            first, last = item
            numbers += _span(_plain_int(first), _plain_int(last), 59, f"{unit}s")
        else:
            numbers.append(_plain_int(item))
    if _PART_OF.get(of) != unit:
        shown = f"`{numbers[0]} {unit}`" if alone else f"{unit}s past the {of}"
        raise NotUnderstood(f"{shown} is not understood here", "write minutes of the hour, or a time of day")
    return Offset(unit, _checked(unit, tuple(numbers)), of, every, alone)


def _plain_int(item: object) -> int:
    if isinstance(item, LarkToken):
        value: object = item.value
        if isinstance(value, int):
            return value
    raise Refused("a time of day cannot be past an hour", "write a time, or minutes past the hour")


def _date(token: LarkToken) -> date:
    value: object = token.value
    assert isinstance(value, date)
    return value


def clocks(values: tuple[object, ...]) -> Values:
    """Return *values* as times of day; raise Refused for numbers that are none."""
    items: list[Clock | tuple[Clock, Clock]] = []
    for item in values:
        if isinstance(item, tuple):
            items.append((_as_clock(item[0]), _as_clock(item[1])))
        else:
            assert isinstance(item, LarkToken)
            items.append(_as_clock(item))
    return Values(tuple(items))
