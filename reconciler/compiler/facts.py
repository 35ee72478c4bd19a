"""Facts that a phrase states literally, held against what a timing does; when in doubt it says nothing.

It is no second grammar. Each check looks for one kind of word, leaves the phrase alone where another word
could change its meaning (`except`, `between`, `other`), and knows that a schedule does not do what is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reconciler.compiler.grammar.vocabulary import CARDINALS
from reconciler.model import CalendarInterval, CronFields, ElapsedInterval, Timing
from reconciler.timing import frequency, next_fire
from reconciler.timing.fields import MONTHS, WEEKDAYS, fields_of, values

_DAY_WORD = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_MONTH_WORD = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|march|april|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|apr|mar|may)"
)
_TWELVE = r"(?<![\w:.])(1[0-2]|0?[1-9])(?:[:.]([0-5][0-9]))? ?([ap])\.?m\b"
_TWENTY_FOUR = r"(?<![\w:.+-])(1[3-9]|2[0-3]|00?):([0-5][0-9])(?![\w:.])(?! ?[ap]\.?m)"
_CLOCK = r"(?:(?:1[0-2]|0?[1-9])(?:[:.][0-5][0-9])? ?[ap]\.?m\b|[0-2]?[0-9]:[0-5][0-9])"
_NUMBER_WORDS = (*CARDINALS[1:13], "twice", "thrice")
_NUMBER = re.compile(
    rf"[0-9]+|\b(?:{'|'.join(_NUMBER_WORDS)}|thirteen|fourteen|[a-z]+teen|twenty|thirty|forty|fifty|noon|midday|midnight"
    r"|morning|afternoon|evening|night|lunch(?:time)?|dawn|dusk|half|quarter|start|end|opening|closing)s?\b"
)
# where one of these stands, a named day or month may be where something ends, or what is left out
_TURNS = re.compile(
    r"\b(?:except|excluding|excepting|not|never|no|but|without|unless|outside|skip\w*|until|till?|through|thru|before"
    r"|after|following|preceding|closest|nearest|between|from|to|start\w*|beginning|begin\w*|since|end\w*|ending|last"
    r"|first|second|third|fourth|fifth|other|others|otherwise|rest|alternate|alternating|every (?:two|[0-9]+)|nth"
    r"|night|nights|eve|midnight|or|easter|holidays?|business|working|quarter\w*|while|all)\b|[-/&~!]|[0-9](?:st|nd|rd|th)\b"
)
_CLOCK_TURNS = re.compile(
    r"\b(?:except|excluding|not|never|no|but|without|unless|outside|skip\w*|until|till?|through|thru|before|after|past"
    r"|between|by|within|during|window|half|quarter|minutes?|hours?|seconds?)\b"
    rf"|(?:to|from|at least|around|-) ?{_CLOCK}|{_CLOCK} ?(?:to|-)"
)
_WHOLE_DAY = re.compile(
    r"\b(?:between|from|until|till?|to|during|within|business|office|work\w*|except|not|but|no|before|after|start\w*|only"
    r"|morning\w*|afternoon\w*|evening\w*|night\w*|day|daytime|overnight|while|when|outside|other|alternate|second|odd"
    r"|even|third|on the|at|half|and a)\b|[-/,;&]"
)
_CRONTAB = re.compile(r"@\w+|[0-9*?][\w*,/?#-]* [0-9*?][\w*,/?#-]*(?: [\w*,/?#-]+){3,4}")
_EVERY_MINUTES = re.compile(r"\b(?:every|each|per) (?:([0-9]+)[ -]?)?(?:minutes?|mins?)\b")
_SUB_MINUTE = re.compile(
    r"\b(?:secs?|seconds|secondly)\b|[0-9]s\b|\bsecond [0-9]"
    r"|\b(?:every|each|per|a|[0-9]+) second\b(?! (?:to )?(?:last|mon|tue|wed|thu|fri|sat|sun|day|week|half))"
)
_SUB_HOUR = re.compile(r"\b(?:minutes?|mins?|minutely)\b|[0-9](?:m|min|mins|s|sec|secs)\b")
_SUB_DAY = re.compile(
    r"\b(?:hours?|hourly|hrs?|times|o'clock)\b|[0-9](?:h|hr|hrs)\b|past|half|quarter|(?<!\w):[0-5][0-9]"
)
_DAYS_SEEN = 400
_FROM = datetime(2027, 1, 1, tzinfo=UTC)
_UNTIL = datetime(2035, 1, 1, tzinfo=UTC)
_SEASONS = (_FROM, _FROM + timedelta(days=190))


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase folded to lower case and single spaces."""

    text: str

    def has(self, pattern: str | re.Pattern[str]) -> bool:
        """Return whether *pattern* is found in the text."""
        return re.search(pattern, self.text) is not None


def contradictions(phrase: str, timing: Timing) -> tuple[str, ...]:
    """Return what *phrase* says that *timing* does not honour, one sentence each; empty where nothing is certain."""
    said = _Phrase(" ".join(re.sub("[\u2010-\u2015]", "-", phrase).casefold().split()))
    if _CRONTAB.fullmatch(said.text):
        return ()
    found = [*_zones(phrase, timing), *_too_often(said, timing), *_intervals(said, timing), *_clocks(said, timing)]
    if not said.has(_TURNS) and not _limited(timing):
        found += _days(said, timing)
        found += _months(said, timing)
    return tuple(found)


def _limited(timing: Timing) -> bool:
    years = isinstance(timing.rule, tuple) and any(fields_of(member).year != "*" for member in timing.rule)
    return years or bool(timing.start or timing.end or timing.exclude or timing.calendars)


def _members(timing: Timing) -> tuple[CronFields, ...]:
    """Return the cron fields of a union, whose days may be counted beside them; none of an interval."""
    return tuple(map(fields_of, timing.rule)) if isinstance(timing.rule, tuple) else ()


def _due_clocks(timing: Timing) -> frozenset[time] | None:
    """Return the times of day at which *timing* is due, seconds dropped; None where they move from day to day."""
    if isinstance(timing.rule, ElapsedInterval):
        return None
    if isinstance(timing.rule, CalendarInterval):
        return frozenset(clock.replace(second=0) for clock in timing.rule.times)
    allowed = map(values, _members(timing))
    return frozenset(time(hour, minute) for one in allowed for hour in one.hours for minute in one.minutes)


def _due_days(timing: Timing) -> list[date]:
    """Return the first days of the years 2027 to 2034 with a due time."""
    zone, at, days = ZoneInfo(timing.timezone), _FROM, list[date]()
    while len(days) < _DAYS_SEEN and at < _UNTIL and (due := next_fire(timing, at)) is not None:
        days.append(due.astimezone(zone).date())
        at = datetime.combine(days[-1] + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)
        at = max(at, due)
    return days


def _shortest(timing: Timing) -> float:
    """Return the least seconds between due times in a row."""
    shortest = frequency(timing.rule).shortest
    return float("inf") if shortest is None else shortest.total_seconds()


def _zones(phrase: str, timing: Timing) -> Iterator[str]:
    """Check an IANA key, or UTC, in the phrase."""
    named = re.findall(
        r"\b(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[\w/+-]+", phrase
    )
    named += re.findall(r"\b(?:UTC|GMT)\b(?! ?[+-])", phrase)
    for name in named if len(set(named)) == 1 else ():
        try:
            zone, own = ZoneInfo(name.rstrip("/-+")), ZoneInfo(timing.timezone)
        except (ValueError, OSError, KeyError):
            continue
        if [day.astimezone(zone).utcoffset() for day in _SEASONS] != [
            day.astimezone(own).utcoffset() for day in _SEASONS
        ]:
            yield f"the phrase says {name}, and it is in {timing.timezone}"


def _too_often(said: _Phrase, timing: Timing) -> Iterator[str]:
    """Hold the frequency to the units, and failing these to the number of times, that the phrase names."""
    gap = _shortest(timing)
    numbers = len(_NUMBER.findall(said.text))
    if said.has(_SUB_MINUTE):
        return
    if gap < 60:
        yield "it fires every few seconds, and the phrase names no seconds"
    elif said.has(_SUB_HOUR):
        return
    elif said.has(_SUB_DAY):
        per_hour = max((len(values(one).minutes) for one in _members(timing)), default=1)
        if per_hour > max(4, numbers):
            yield "it fires more often within the hour than the phrase says"
    else:
        clocks = _due_clocks(timing)
        if (gap < 3600 or (clocks is not None and len(clocks) > 1)) and len(clocks or range(24)) > numbers + 1:
            yield "it fires more often in a day than the phrase names times"


def _intervals(said: _Phrase, timing: Timing) -> Iterator[str]:
    """Check `every 10 minutes` and `every hour`."""
    steps = _EVERY_MINUTES.findall(said.text)
    if (
        len(steps) == 1
        and not said.has(_SUB_MINUTE)
        and not said.has(r"\b(?:past|after|before|to|other|half|and a)\b|\bhours?\b")
    ):
        wanted, gap = int(steps[0] or 1), _shortest(timing)
        if wanted and abs(gap - 60 * wanted) >= 1 and gap != float("inf"):
            yield f"the phrase says every {wanted} minutes, and it fires {gap / 60:g} minutes apart"
    if said.has(r"^(?:hourly|(?:every|each) hour)\b") and not said.has(_WHOLE_DAY):
        hours = {hour for one in _members(timing) for hour in values(one).hours}
        if isinstance(timing.rule, tuple) and len(hours) < 24:
            yield f"the phrase says every hour, and it fires in {len(hours)} of 24"


def _clocks(said: _Phrase, timing: Timing) -> Iterator[str]:
    """Check that each time of day which the phrase gives with am or pm, or on the 24-hour clock, is due."""
    due = _due_clocks(timing)
    if due is None or said.has(_CLOCK_TURNS):
        return
    named = [time(int(h) % 12 + 12 * (half == "p"), int(m or 0)) for h, m, half in re.findall(_TWELVE, said.text)]
    named += [time(int(h), int(m)) for h, m in re.findall(_TWENTY_FOUR, said.text)]
    if said.has(r"\b(?:at|every|and) (?:noon|midday)\b"):
        named.append(time(12))
    if said.has(r"\b(?:at|every) midnight\b"):
        named.append(time(0))
    for one in sorted(set(named) - due):
        yield f"the phrase says {one:%H:%M}, and it is never due then"
    extra = due - set(named)
    if named and extra and len(due) > len(_NUMBER.findall(said.text)):
        yield f"it is due at {min(extra):%H:%M}, which the phrase does not say"


def _days(said: _Phrase, timing: Timing) -> Iterator[str]:
    """Check named weekdays both ways, and weekdays, weekends and daily."""
    named = {WEEKDAYS.index(word[:3]) for word in re.findall(rf"\b{_DAY_WORD}\b", said.text)}
    work, rest = said.has(r"\bweek ?days?\b"), said.has(r"\bweek ?ends?\b")
    named |= (set(range(5)) if work else set()) | ({5, 6} if rest else set())
    daily = said.has(r"\b(?:daily|everyday|every day|each day|nightly)\b")
    if (
        daily
        and not named
        and not said.has(r"\b(?:week|month|year)|\bof\b|\bin\b|\bday [0-9]")
        and not said.has(rf"\b{_MONTH_WORD}\b")
    ):
        named = set(range(7))
    if not named or (daily and len(named) < 7):
        return
    due = {day.weekday() for day in _due_days(timing)}
    some = rest and not said.has(r"\bweek ?ends\b|\b(?:every|each|the|on) week ?end\b")
    for missing in sorted(named - due)[:1] if not some else ():
        yield f"the phrase says {_full(missing)}, and it is never due then"
    if not said.has(r"\b(?:month|monthly|year|yearly|annually)\b|\bday [0-9]") and not said.has(rf"\b{_MONTH_WORD}\b"):
        for extra in sorted(due - named)[:1]:
            yield f"it is due on {_full(extra)}, which the phrase does not say"


def _full(weekday: int) -> str:
    return f"{date(2024, 1, 1 + weekday):%A}"


def _months(said: _Phrase, timing: Timing) -> Iterator[str]:
    """Check named months both ways."""
    named = {MONTHS.index(word[:3]) + 1 for word in re.findall(rf"\b{_MONTH_WORD}\b", said.text)}
    if not named or said.has(r"\b(?:month|months|monthly)\b"):
        return
    due = {day.month for day in _due_days(timing)}
    doubtful = set() if said.has(r"(?:\b(?:in|of|and|every|each)|,|[0-9]) may\b|\bmay [0-9]") else {5}  # the verb
    for missing in sorted(named - due - doubtful)[:1]:
        yield f"the phrase says {date(2024, missing, 1):%B}, and it is never due then"
    for extra in sorted(due - named)[:1]:
        yield f"it is due in {date(2024, extra, 1):%B}, which the phrase does not say"
