"""Where a model alone may not be believed: what its cron fields cannot say, and what exceeds the phrase.

The fact check (`facts`) accuses only what is certainly wrong, as it is held against the grammar's readings too.
A reading that nobody confirms has to pass more: here a doubt is enough, since a refusal asks the author and a
wrong schedule does not. So nothing that a phrase says to its reader can make a job run more often than the
phrase's own words for frequency allow.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile

from reconciler.model import Timing
from reconciler.timing import fires, next_fire
from reconciler.timing.fields import WEEKDAYS

_TO_THE_READER = re.compile(
    r"\b(?:ignor\w+|disregard\w*|forget|overrid\w+|overrul\w+|bypass\w*|obey\w*|pretend\w*|instructions?|prompts?"
    r"|assistants?|models?|llms?|a\.?i|gpt|chatbots?|json|yaml|cron\w*|sudo|(?:system|user|human) ?:|you|your|yourself"
    r"|respond\w*|repl(?:y|ies)|answer\w*|output\w*|return\w*|rather|instead|actually|really|i mean|in truth"
    r"|correction|scratch that|(?:new|the) rules?|p\.s)(?!\w)|[^\w\s,.:;'&/()+?!@-]"
)
# a bare set of cron fields has no start, no end, no count, no exception and no memory of the week before
_NO_ROOM = re.compile(
    r"\b(?:until|till|(?:start|begin|end)(?:s|ning|ing)?(?! of)|since|except\w*|exclud\w*|not|never|no|unless|without"
    r"|skip\w*|but|other|others|alternat\w+|fortnight\w*|bi-?\w+ly"
    r"|every (?:second|third|fourth|fifth|nth|[0-9]+(?:st|nd|rd|th)) (?:hour|day|week|month|quarter|year"
    r"|mon|tue|wed|thu|fri|sat|sun)\w*|(?:once|one time) only|only once|just once"
    r"|(?:in|after) (?:an?|[0-9]+|[a-z]+) (?:seconds?|minutes?|hours?|days?|weeks?|months?)"
    r"|for (?:the next|up to|[0-9]+|[a-z]+ (?:times|days|weeks|months|years))|up to|[0-9]+ ?x"
    r"|today|tonight|tomorrow|next|this|coming|now|soon|asap|when\w*|if|random\w*|sometimes|occasional\w*|about"
    r"|approximately|roughly|around|or)\b"
)
_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_COUNT = rf"(?:[0-9]+|{'|'.join(_WORDS)}|once|twice|thrice|half an?|half|a quarter of an?|quarter)"
_FINE = {"second": 1, "minute": 60, "hour": 3600}
_FINE_WORD = re.compile(r"\b(?:second|minute|hour|sec|min|hr)s?\b|\b(?:secondly|minutely|hourly)\b|(?<=[0-9])[hms]\b")
_FINE_PERIOD = re.compile(
    rf"\b(?:every|each|per) (?:({_COUNT})[ -])?(second|minute|hour|sec|min|hr)s?\b|\b(hour|minute)ly\b"
)
_OF_THE_CLOCK = re.compile(
    r"\b(?:minutes?|mins?|seconds?)(?= (?:past|after|to|before)\b)|\b(?:minutes?|seconds?) [0-9]+"
    r"|\b(?:business|working|office|work)[ -]hours?\b|\bo'?clock\b"
    r"|\b(?<!every )(?<!each )(?<!per )second(?= (?:to |last|mon|tue|wed|thu|fri|sat|sun|day|week|half|of))"
)
_EACH = rf"(?:every|each|per|{_COUNT}(?: times)? an?)"
_CADENCE = re.compile(
    rf"\b(?:{_EACH} (?:day|night|week|month|quarter|year)\b|(?:dai|night|week|month|quarter|year|annual)ly|nightly"
    r"|annual|everyday)"
)
_AT = r"[0-9]{1,2}(?:[:.][0-9]{2})?(?: ?[ap]\.?m\b\.?)?|noon|midday|midnight"
_CLOCK = re.compile(
    r"(?<![\w:.])[0-9]{1,2}(?:[:.][0-9]{2})? ?[ap]\.?m\b|\b[0-9]{1,2}:[0-9]{2}\b|\b(?:noon|midday|midnight)\b"
    r"|\bo'?clock\b"
)
_WINDOW = re.compile(rf"\b(?:{_AT}) ?(?:to|through|thru|-) ?(?:{_AT})|\bbetween (?:{_AT}) and (?:{_AT})")
_NUMBER = re.compile(
    rf"[0-9]+|\b(?:{'|'.join(_WORDS)}|twice|thrice|noon|midday|midnight|half|quarter|[a-z]+teen|twenty"
    r"|thirty|forty|fifty|first|second|third|fourth|fifth|last|mornings?|afternoons?|evenings?|nights?)\b"
)
_MOST_NUMBERS = 12
_TIMES_OF_A_DAY = re.compile(rf"\b({_COUNT}) times (?:an?|per|each|every) day\b")
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?s?\b")
_DAY_MOVES = re.compile(r"\b(?:to|through|thru|after|before|following|preceding|closest|nearest)\b|[-/]")
_MONTHS = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b")
_YEAR = (datetime(2028, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))
_FIRES_SEEN = 400


def doubts(phrase: str, timing: Timing) -> Iterator[str]:
    """Yield why a model's *timing* for *phrase*, confirmed by nobody else, should not be believed."""
    said = " ".join(re.sub("[\u2010-\u2015]", "-", phrase).replace("\u2019", "'").casefold().split())
    if found := _TO_THE_READER.search(said):
        yield f"`{found[0]}` may be meant for whoever reads the phrase"
    if found := _NO_ROOM.search(said):
        yield f"cron fields have no room for `{found[0]}`"
    yield from _clashes(said)
    yield from _too_often(said, timing)
    yield from _too_many_days(said, timing)


def _fine(said: str) -> str:
    """Return *said* without the units that tell a time of the clock, so that those left tell a frequency."""
    return _OF_THE_CLOCK.sub(" ", said)


def _clashes(said: str) -> Iterator[str]:
    """Yield where two frequencies are named: `daily` and `every second` are not one schedule."""
    fine = _FINE_WORD.search(_fine(said))
    coarse = _CADENCE.search(said)
    if fine and coarse:
        yield f"`{coarse[0]}` and `{fine[0]}` name two frequencies"
    if fine and _CLOCK.search(said) and not _WINDOW.search(said):
        yield f"a time of day and `{fine[0]}` name two frequencies"
    if len(_periods(said)) > 1:
        yield "it names two frequencies"


def _periods(said: str) -> set[float]:
    """Return the periods in seconds that are named: 600 of `every 10 minutes`."""
    found = set()
    for count, unit, adverb in _FINE_PERIOD.findall(_fine(said)):
        seconds = next(length for name, length in _FINE.items() if name.startswith((unit or adverb)[:1]))
        found.add(seconds * _value(count))
    return found


def _value(count: str) -> float:
    if count.isdigit():
        return float(count)
    if count in _WORDS:
        return float(_WORDS.index(count) + 1)
    return 0.25 if "quarter" in count else 0.5 if "half" in count else 1.0


def _too_often(said: str, timing: Timing) -> Iterator[str]:
    seen = islice(fires(replace(timing, timezone="UTC"), _YEAR[0]), _FIRES_SEEN)  # no clock changes
    due = list(takewhile(lambda one: one < _YEAR[1], seen))
    gap = min(((after - before).total_seconds() for before, after in pairwise(due)), default=float("inf"))
    if _FINE_WORD.search(_fine(said)):
        periods = _periods(said)
        if not periods:
            yield "how often within the day is not said plainly"
        elif gap < min(periods):
            yield f"it fires {gap:g} s apart, and the phrase says {min(periods):g} s"
        return
    most = max(Counter(one.date() for one in due).values(), default=0)
    allowed = _times_allowed(said)
    if most > allowed:
        yield f"it fires {most} times or more in a day, and the phrase names {allowed}"


def _times_allowed(said: str) -> int:
    counted = [int(_value(number)) for number in _TIMES_OF_A_DAY.findall(said)]
    return max(1, min(len(_NUMBER.findall(said)), _MOST_NUMBERS), *counted)


def _too_many_days(said: str, timing: Timing) -> Iterator[str]:
    """Hold the days of a year to the weekdays, and to the days a week, month or year, that the phrase names."""
    days, named = _days_of_a_year(timing), _weekdays(said)
    if named and not _DAY_MOVES.search(said) and {day.weekday() for day in days} - named:
        yield "it fires on weekdays that the phrase does not name"
    each = max(1, min(len(_NUMBER.findall(said)), _MOST_NUMBERS))
    positions = max(each, 5 * len(named))
    months = max(each, len(_MONTHS.findall(said))) * (5 if named else 1)
    most = {
        "week": 53 * max(each, len(named)),
        "month": 12 * positions,
        "quarter": 4 * positions,
        "(?:year|annual)": months,
    }
    for unit, allowed in most.items():
        if re.search(rf"\b{unit}ly\b|\b{_EACH} {unit}\b", said) and len(days) > allowed:
            yield f"it fires on {len(days)} days of a year, and the phrase says {allowed} at most"


def _weekdays(said: str) -> set[int]:
    named = {WEEKDAYS.index(found) for found in _WEEKDAY.findall(said)}
    named |= set(range(5)) if re.search(r"\b(?:week|business|working|work) ?days?\b", said) else set()
    return named | ({5, 6} if re.search(r"\bweek ?ends?\b", said) else set())


def _days_of_a_year(timing: Timing) -> list[date]:
    at, days, timing = _YEAR[0], list[date](), replace(timing, timezone="UTC")
    while (due := next_fire(timing, at)) is not None and due < _YEAR[1]:
        days.append(due.date())
        at = max(due, datetime.combine(days[-1] + timedelta(days=1), time(), UTC) - timedelta(seconds=1))
    return days
