"""What the rules of `phrase.lark` stand for: one small value a clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar, TypeAlias

from reconciler.compiler.grammar.vocabulary import Token
from reconciler.model import DstPolicy, Question, Reading

_DAY = 1440

Edit: TypeAlias = "Mapping[str | tuple[int, int], str]"
"""A change of a phrase: what becomes of its clauses of a group (`day`), of the tokens [first, end), of what stands
at the end (`$`) or the beginning (`^`); nothing, where the text is empty."""

EACH_ALONE: tuple[Edit, ...] = ({"*": ""},)
"""The phrase without one of its clauses, whichever that is: for clauses that contradict each other."""


class Refused(Exception):
    """A phrase that is not compiled: why, what to write instead, and the readings where there are several."""

    understood: ClassVar[bool] = True

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        options: tuple[str, ...] = (),
        at: Token | None = None,
        instead: Sequence[Edit] = (),
        words: Sequence[str] = (),
    ) -> None:
        """Make a refusal; *options* are the choices that would each give one of several readings.

        *at* is the word that is to blame, where it is one, and *words* what may be written for it. Each of
        *instead* makes of the phrase another one to be proposed, which `advice` reads before it does so.
        """
        super().__init__(message)
        self.question = Question(message, hint, understood=self.understood)
        self.options = options
        self.at = at
        self.instead = instead
        self.words = words
        self.only: Reading | None = None  # the one reading that the options leave


class NotUnderstood(Refused):
    """Words that the grammar does not know, or not together: another reader may know better."""

    understood = False


LONGEST_INTERVAL = 36_600
"""The most days that an interval may be long: a century, far beyond the years that are scheduled."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as said.

    *sure* unless am or pm could both be meant; *bare* where only an hour up to 12 was said; *halved* where am,
    pm, noon or midnight was; *number* where nothing but its place makes it a time; *past* for `ten past nine`.
    """

    hour: int
    minute: int = 0
    second: int = 0
    sure: bool = False
    bare: bool = False
    halved: bool = False
    number: bool = False
    past: bool = False

    @property
    def seconds(self) -> int:
        """Seconds since midnight."""
        return self.hour * 3600 + self.minute * 60 + self.second

    def plus(self, minutes: int) -> Clock:
        """Return the clock *minutes* later, round midnight."""
        total = (self.hour * 60 + self.minute + minutes) % _DAY
        return replace(self, hour=total // 60, minute=total % 60, past=True)

    def afternoon(self) -> Clock:
        """Return the same face of the clock after noon."""
        return Clock(self.hour % 12 + 12, self.minute, self.second, sure=True)

    def forenoon(self) -> Clock:
        """Return the same face of the clock before noon."""
        return Clock(self.hour % 12, self.minute, self.second, sure=True)

    def in_half(self, half: str) -> Clock:
        """Return the same face of the clock in the half of the day called `am` or `pm`."""
        hour = self.hour % 12 + (12 if half == "pm" else 0)
        return Clock(hour, self.minute, self.second, sure=True, halved=True)

    def __str__(self) -> str:
        text = f"{self.hour:02}:{self.minute:02}"
        return f"{text}:{self.second:02}" if self.second else text


@dataclass(frozen=True, slots=True)
class Every:
    """`every 15 minutes`; *ordinal* where `every 3rd` was said, *adverb* for `daily`."""

    n: int
    unit: str
    ordinal: bool = False
    adverb: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """`once` before a period: one time in it, and no more."""


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
    """Values of a unit: `17 past every hour` (minute 17), `day 15`; *of* is the unit they count in, if said.

    *every* is how many of that unit lie between one and the next, 0 where `every` was not said. *alone* says
    that only a unit followed the numbers: `at 5 minutes`.
    """

    unit: str
    values: tuple[int, ...]
    of: str | None = None
    every: int = 0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Ordinals:
    """Days of the month: 1 to 31, or -1 for the last."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week, Monday 0; *business* where `weekday` or `business day` was said, *span* for `Mon to Wed`."""

    days: frozenset[int]
    business: bool = False
    weekend: bool = False
    span: bool = False


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
class Edge:
    """`start of every 2 weeks`, `end of January`: which edge, of how many of which unit, or of which months."""

    edge: str
    unit: str
    n: int = 1
    months: frozenset[int] = frozenset()
    every: bool = False


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
class Holidays:
    """`public holidays in Bavaria`, by the codes of the calendars."""

    codes: tuple[str, ...]


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
    """`the month`, as in `of the month`; *of* where that is part of its spelling: `end of month`."""

    unit: str
    of: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """An IANA key, and the abbreviation it was read from, if one was."""

    key: str
    abbreviation: str | None = None


@dataclass(frozen=True, slots=True)
class Dst:
    """A policy for changes of the clock, as `english` says it."""

    policy: DstPolicy


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
    | Once
    | DayPart
    | TimesPer
    | Values
    | Offset
    | Ordinals
    | Weekdays
    | Nth
    | NthUnit
    | Edge
    | Months
    | YearDates
    | DateRange
    | Dates
    | Holidays
    | Moment
    | Years
    | UnitOnly
    | Zone
    | Dst
    | BusinessHours
    | Parity
    | Each
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A core and the prepositions before it, as token kinds.

    *span* says which tokens it was read from: [first, end).
    """

    prefixes: tuple[str, ...]
    core: Core
    span: tuple[int, int] = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Separator:
    """A comma, an `and` or a bracket between clauses."""

    text: str
