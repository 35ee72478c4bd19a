"""What the rules of `phrase.lark` stand for: one small value a clause, and the transformer that makes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from lark import Transformer, v_args
from lark.lexer import Token as LarkToken

from reconciler.model import Question

_DAY = 1440


class Refused(Exception):
    """A phrase that is not compiled: why, what to write instead, and the readings where there are several."""

    def __init__(self, message: str, hint: str | None = None, *, options: tuple[str, ...] = ()) -> None:
        """Make a refusal; *options* are the choices that would each give one of several readings."""
        super().__init__(message)
        self.question = Question(message, hint)
        self.options = options


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as said.

    *sure* unless am or pm could both be meant; *bare* where only an hour up to 12 was said; *halved* where am,
    pm, noon or midnight was; *number* where nothing but its place makes it a time.
    """

    hour: int
    minute: int = 0
    second: int = 0
    sure: bool = False
    bare: bool = False
    halved: bool = False
    number: bool = False

    @property
    def seconds(self) -> int:
        """Seconds since midnight."""
        return self.hour * 3600 + self.minute * 60 + self.second

    def plus(self, minutes: int) -> Clock:
        """Return the clock *minutes* later, round midnight."""
        total = (self.hour * 60 + self.minute + minutes) % _DAY
        return replace(self, hour=total // 60, minute=total % 60)

    def afternoon(self) -> Clock:
        """Return the same face of the clock after noon."""
        return Clock(self.hour % 12 + 12, self.minute, self.second, sure=True)

    def forenoon(self) -> Clock:
        """Return the same face of the clock before noon."""
        return Clock(self.hour % 12, self.minute, self.second, sure=True)

    def __str__(self) -> str:
        text = f"{self.hour:02}:{self.minute:02}"
        return f"{text}:{self.second:02}" if self.second else text


@dataclass(frozen=True, slots=True)
class Every:
    """`every 15 minutes`, `daily`; *ordinal* where `every 3rd` was said."""

    n: int
    unit: str
    ordinal: bool = False


@dataclass(frozen=True, slots=True)
class EveryDays:
    """`every other Tuesday`: every *n* weeks on *days*."""

    n: int
    days: Weekdays


@dataclass(frozen=True, slots=True)
class DayPart:
    """`morning`, *each* where `every` was said."""

    part: str
    each: bool = False


@dataclass(frozen=True, slots=True)
class TimesPer:
    """`three times a day`."""

    n: int
    unit: str


@dataclass(frozen=True, slots=True)
class Values:
    """Times of day, ranges of them, or bare numbers that a preposition makes times of."""

    items: tuple[Clock | tuple[Clock, Clock], ...]


@dataclass(frozen=True, slots=True)
class Offset:
    """Values of a unit: `17 past every hour` (minute 17), `day 15`, `month 6`; *of* is the unit they count in, if said."""

    unit: str
    values: tuple[int, ...]
    of: str | None = None
    every: bool = False


@dataclass(frozen=True, slots=True)
class Ordinals:
    """Days of the month: 1 to 31, or -1 for the last."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week, Monday 0; *business* where `weekday` or `business day` was said."""

    days: frozenset[int]
    business: bool = False
    weekend: bool = False


@dataclass(frozen=True, slots=True)
class Nth:
    """`first and third Monday`."""

    nths: tuple[int, ...]
    weekdays: Weekdays


@dataclass(frozen=True, slots=True)
class NthUnit:
    """`the last day`, `the 5th hour`."""

    nths: tuple[int, ...]
    unit: str


@dataclass(frozen=True, slots=True)
class Months:
    """Months, January 1."""

    months: frozenset[int]


@dataclass(frozen=True, slots=True)
class YearDates:
    """Month and day, with the year if it was said."""

    dates: tuple[tuple[int, int], ...]
    year: int | None = None


@dataclass(frozen=True, slots=True)
class DateRange:
    """From one date to another, inclusive; years are None where none was said."""

    first: tuple[int | None, int, int]
    last: tuple[int | None, int, int]


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates with a year."""

    dates: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and a time of day, on the wall of the schedule's zone or of *zone*."""

    day: date
    clock: Clock
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Years:
    """Calendar years."""

    years: frozenset[int]


@dataclass(frozen=True, slots=True)
class UnitOnly:
    """`the month`, as in `of the month`."""

    unit: str


@dataclass(frozen=True, slots=True)
class Zone:
    """An IANA key, and the abbreviation it was read from, if one was."""

    key: str
    abbreviation: str | None = None


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """`business hours`."""


@dataclass(frozen=True, slots=True)
class Parity:
    """Even (0) or odd (1) ISO weeks."""

    remainder: int


@dataclass(frozen=True, slots=True)
class Each:
    """`every` before days or dates: `every Monday`, `every 4th and 10th`."""

    core: Core


Core: TypeAlias = (
    Every
    | EveryDays
    | DayPart
    | TimesPer
    | Values
    | Offset
    | Ordinals
    | Weekdays
    | Nth
    | NthUnit
    | Months
    | YearDates
    | DateRange
    | Dates
    | Moment
    | Years
    | UnitOnly
    | Zone
    | BusinessHours
    | Parity
    | Each
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A core and the prepositions before it, as token kinds."""

    prefixes: tuple[str, ...]
    core: Core


@dataclass(frozen=True, slots=True)
class Separator:
    """A comma or `and` between clauses."""

    text: str


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


def _cycle(first: int, last: int, size: int) -> frozenset[int]:
    return frozenset((first + step) % size for step in range((last - first) % size + 1))


@v_args(inline=True)
class ClauseBuilder(Transformer[LarkToken, list[Clause | Separator]]):
    """Turns each rule of `phrase.lark` into its value; embedded in the parser."""

    def start(self, *parts: Clause | LarkToken) -> list[Clause | Separator]:
        return [part if isinstance(part, Clause) else Separator(str(part.value)) for part in parts]

    def prefix(self, token: LarkToken) -> str:
        return token.type

    def clause(self, *parts: str | Core) -> Clause:
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
        return _every(*value)

    def every_other_day(self, _: LarkToken, __: LarkToken, days: Weekdays) -> EveryDays:
        return EveryDays(2, days)

    def every_number_day(self, _: LarkToken, number: LarkToken, days: Weekdays) -> EveryDays:
        return EveryDays(_int(number), days)

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
        return _offset(_PART_OF.get(of, of), values, of, every=len(rest) == 3)

    def offset_unit_past(self, values: tuple[object, ...], unit: LarkToken, *rest: LarkToken) -> Offset:
        return _offset(str(unit.value), values, str(rest[-1].value), every=len(rest) == 3)

    def offset_values_past(self, offset: Offset, *rest: LarkToken) -> Offset:
        return Offset(offset.unit, offset.values, str(rest[-1].value), every=len(rest) == 3)

    def offset_colon(self, *tokens: LarkToken) -> Offset:
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

    def one_weekday(self, token: LarkToken) -> Weekdays:
        return Weekdays(frozenset({_int(token)}))

    def weekday_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> Weekdays:
        return Weekdays(_cycle(_int(first), _int(last), 7))

    def business_days(self, _: LarkToken) -> Weekdays:
        return Weekdays(frozenset(range(5)), business=True)

    def weekend(self, _: LarkToken) -> Weekdays:
        return Weekdays(frozenset({5, 6}), weekend=True)

    def weekdays(self, *parts: Weekdays | LarkToken) -> Weekdays:
        members = [part for part in parts if isinstance(part, Weekdays)]
        if len(members) == 1:
            return members[0]
        return Weekdays(frozenset().union(*(member.days for member in members)))

    def even_weeks(self, *_: LarkToken) -> Parity:
        return self._parity(0, _[-1])

    def odd_weeks(self, *_: LarkToken) -> Parity:
        return self._parity(1, _[-1])

    def _parity(self, remainder: int, unit: LarkToken) -> Parity:
        if unit.value != "week":
            raise Refused(f"even and odd {unit.value}s are not understood", "even and odd count ISO weeks only")
        return Parity(remainder)

    def one_month(self, token: LarkToken) -> frozenset[int]:
        return frozenset({_int(token)})

    def month_range(self, first: LarkToken, _: LarkToken, last: LarkToken) -> frozenset[int]:
        return frozenset(month + 1 for month in _cycle(_int(first) - 1, _int(last) - 1, 12))

    def months(self, *parts: frozenset[int] | LarkToken) -> Months:
        return Months(frozenset().union(*(part for part in parts if not isinstance(part, LarkToken))))

    def month_day(self, month: LarkToken, days: tuple[int, ...]) -> YearDates:
        return YearDates(tuple((_int(month), day) for day in days))

    def month_day_year(self, month: LarkToken, days: tuple[int, ...], year: LarkToken) -> YearDates:
        return YearDates(tuple((_int(month), day) for day in days), _int(year))

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
        return UnitOnly("month")

    def zone(self, token: LarkToken) -> Zone:
        value: object = token.value
        return Zone(*value) if isinstance(value, tuple) else Zone(str(value))

    def business_hours(self, _: LarkToken) -> BusinessHours:
        return BusinessHours()

    def day_part(self, token: LarkToken) -> DayPart:
        return DayPart(str(token.value))


_PART_OF = {"hour": "minute", "minute": "second"}
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
    if unit == "fortnight":
        return Every(2 * n, "week")
    return Every(n, unit)


def _checked(unit: str, values: tuple[int, ...]) -> tuple[int, ...]:
    if unit not in _RANGES:
        raise Refused(f"a numbered {unit} is not understood", "number days, hours, minutes, seconds or months")
    low, high = _RANGES[unit]
    for value in values:
        if not low <= value <= high or (unit == "day" and value == 0):
            raise Refused(f"{unit} {value} does not exist", f"{unit}s go from {max(low, 0)} to {high}")
    return values


def _offset(unit: str, values: tuple[object, ...], of: str, *, every: bool) -> Offset:
    numbers: list[int] = []
    for item in values:
        if isinstance(item, tuple):
            first, last = item
            numbers += _span(_plain_int(first), _plain_int(last), 59, f"{unit}s")
        else:
            numbers.append(_plain_int(item))
    if _PART_OF.get(of) != unit:
        raise Refused(f"{unit}s past the {of} are not understood", "write minutes past the hour or a time of day")
    return Offset(unit, _checked(unit, tuple(numbers)), of, every)


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
