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

from reconciler.compiler.grammar.vocabulary import CARDINALS
from reconciler.compiler.lone_names import months_of, unnamed, weekdays_of
from reconciler.model import Reading, Timing
from reconciler.timing import fires, next_fire

_TO_THE_READER = re.compile(
    r"\b(?:ignor\w+|disregard\w*|forget|overrid\w+|overrul\w+|bypass\w*|obey\w*|pretend\w*|instructions?|prompts?"
    r"|assistants?|models?|llms?|a\.?i|gpt|chatbots?|json|yaml|cron\w*|sudo|(?:system|user|human) ?:|you|your|yourself"
    r"|respond\w*|repl(?:y|ies)|answer\w*|output\w*|return\w*|rather|instead|actually|really|i mean|in truth"
    r"|correction|scratch that|(?:new|the) rules?|p\.s)(?!\w)|[^\w\s,.:;'&/()+?!@-]"
)
# a bare set of cron fields has no start, no end, no count, no exception and no memory of the week before
_NO_ROOM = re.compile(
    r"\b(?:summer|winter|spring|autumn|\w*holidays?|moon|sun ?rise|sun ?set|dawn|dusk|easter|pay ?day"
    r"|after the|following|preceding|closest|nearest"
    r"|until|till|(?:start|begin|end)(?:s|ning|ing)?(?! of)|since|except\w*|exclud\w*|not|never|no|unless|without"
    r"|skip\w*|but|other|others|alternat\w+|fortnight\w*|bi-?\w+ly"
    r"|every (?:second|third|fourth|fifth|nth|[0-9]+(?:st|nd|rd|th)) (?:hour|day|week|month|quarter|year"
    r"|mon|tue|wed|thu|fri|sat|sun)\w*"
    r"|every (?:[2-9]|[1-9][0-9]+|two|three|four|five|six|ten|twelve) (?:days|nights|weeks|months|years)"
    r"|(?:once|one time) only|only once|just once"
    r"|(?:in|after) (?:an?|[0-9]+|[a-z]+) (?:seconds?|minutes?|hours?|days?|weeks?|months?)"
    r"|for (?:the next|up to|[0-9]+|[a-z]+ (?:times|days|weeks|months|years))|up to|[0-9]+ ?x"
    r"|today|tonight|tomorrow|next|this|coming|now|soon|asap|when\w*|if|random\w*|sometimes|occasional\w*|about"
    r"|approximately|roughly|around|or)\b"
)
_WORDS = CARDINALS[1:13]
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
_YEAR = (datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))  # what is due after these
_FIRES_SEEN = 400


def doubts(phrase: str, reading: Reading) -> Iterator[str]:
    """Yield why a model's *reading* of *phrase*, confirmed by nobody else, should not be believed."""
    timing = reading.timing
    said = " ".join(re.sub("[\u2010-\u2015]", "-", phrase).replace("\u2019", "'").casefold().split())
    if found := _TO_THE_READER.search(said):
        yield f"`{found[0]}` may be meant for whoever reads the phrase"
    if found := _NO_ROOM.search(said):
        yield f"cron fields have no room for `{found[0]}`"
    yield from _clashes(said)
    yield from _too_often(said, timing)
    days = _days_of_a_year(timing)
    yield from _too_many_days(said, days)
    yield from _too_few(said, timing)
    yield from unnamed(said, reading, days, fine=_FINE_WORD.search(_fine(said)) is not None)


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
    if count in ("twice", "thrice"):
        return 2.0 if count == "twice" else 3.0
    return 0.25 if "quarter" in count else 0.5 if "half" in count else 1.0


def _too_often(said: str, timing: Timing) -> Iterator[str]:
    due = _due(timing)
    gap = min(((after - before).total_seconds() for before, after in pairwise(due)), default=float("inf"))
    if _FINE_WORD.search(_fine(said)):
        periods = _periods(said)
        if not periods:
            yield "how often within the day is not said plainly"
        elif gap != min(periods):
            yield f"it fires {gap:g} s apart, and the phrase says {min(periods):g} s"
        return
    most = max(Counter(one.date() for one in due).values(), default=0)
    allowed = _times_allowed(said)
    if most > allowed:
        yield f"it fires {most} times or more in a day, and the phrase names {allowed}"


def _times_allowed(said: str) -> int:
    counted = [int(_value(number)) for number in _TIMES_OF_A_DAY.findall(said)]
    return max(1, min(len(_NUMBER.findall(said)), _MOST_NUMBERS), *counted)


def _too_many_days(said: str, days: list[date]) -> Iterator[str]:
    """Hold the days of a year to the days a week, month or year that the phrase names."""
    named = weekdays_of(said)
    each = max(1, min(len(_NUMBER.findall(said)), _MOST_NUMBERS))
    positions = max(each, 5 * len(named))
    months = max(each, len(months_of(said))) * (5 if named else 1)
    most = {
        "week": 53 * max(each, len(named)),
        "month": 12 * positions,
        "quarter": 4 * positions,
        "(?:year|annual)": months,
    }
    for unit, allowed in most.items():
        if re.search(rf"\b{unit}ly\b|\b{_EACH} {unit}\b", said) and len(days) > allowed:
            yield f"it fires on {len(days)} days of a year, and the phrase says {allowed} at most"


def _too_few(said: str, timing: Timing) -> Iterator[str]:
    """Hold the due times of a year to `weekly`, `twice a month` and the like."""
    if months_of(said) or weekdays_of(said):
        return
    seen = len(_due(timing))
    for unit, periods in (("day|night|dai", 366), ("week", 52), ("month", 12), ("quarter", 4), ("year|annual", 1)):
        counted = rf"(?:({_COUNT})(?: times)? an?|(once|twice|thrice|{_COUNT} times) (?:every|each|per)|every|each|per)"
        found = re.search(rf"\b{counted} (?:{unit})\b|\b(?:{unit})ly\b", said)
        if found and seen < min(_FIRES_SEEN, periods * _value((found[1] or found[2] or "").removesuffix(" times"))):
            yield f"it fires {seen} times a year, and the phrase says `{found[0]}`"


def _due(timing: Timing) -> list[datetime]:
    """Return the first due times of a year, read as if there were no clock changes."""
    seen = islice(fires(replace(timing, timezone="UTC"), _YEAR[0]), _FIRES_SEEN)
    return list(takewhile(lambda one: one < _YEAR[1], seen))


def _days_of_a_year(timing: Timing) -> list[date]:
    at, days, timing = _YEAR[0], list[date](), replace(timing, timezone="UTC")
    while (due := next_fire(timing, at)) is not None and due < _YEAR[1]:
        days.append(due.date())
        at = max(due, datetime.combine(days[-1] + timedelta(days=1), time(), UTC) - timedelta(seconds=1))
    return days
