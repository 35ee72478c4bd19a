"""The words the phrase grammar knows: one table from a word to its token kind and value.

To teach the grammar a synonym, add it here; to teach it a construction, add a rule to `phrase.lark`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Token(NamedTuple):
    """One unit of a phrase: a terminal of `phrase.lark`, what it stands for, and the words it was read from.

    *start* and *end* are where these words stand in the phrase as it was written.
    """

    kind: str
    value: object
    text: str
    start: int = 0
    end: int = 0


def spanning(kind: str, value: object, parts: Sequence[Token], text: str | None = None) -> Token:
    """Return one token for all of *parts*, with their words unless *text* is given."""
    words = text if text is not None else " ".join(part.text for part in parts)
    return Token(kind, value, words, parts[0].start, parts[-1].end)


_WEEKDAY_WORDS = (
    "monday mon mondays mons",
    "tuesday tue tues tuesdays",
    "wednesday wed weds wednesdays",
    "thursday thu thur thurs thursdays",
    "friday fri fridays fris",
    "saturday sat saturdays sats",
    "sunday sun sundays suns",
)
_MONTH_WORDS = (
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sep sept",
    "october oct",
    "november nov",
    "december dec",
)
_UNIT_WORDS = {
    "second": "seconds sec secs",
    "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs",
    "day": "day days",
    "week": "week weeks wk wks",
    "fortnight": "fortnight fortnights",
    "month": "month months",
    "quarter": "quarter quarters",
    "half-year": "semester semesters",
    "year": "year years yr yrs",
}
_ADVERBS = {
    "secondly": (1, "second"),
    "minutely": (1, "minute"),
    "hourly": (1, "hour"),
    "daily": (1, "day"),
    "everyday": (1, "day"),
    "weekly": (1, "week"),
    "fortnightly": (2, "week"),
    "monthly": (1, "month"),
    "quarterly": (1, "quarter"),
    "semiannually": (1, "half-year"),
    "yearly": (1, "year"),
    "annually": (1, "year"),
}
# words whose two senses differ: what each could mean, as phrases to write instead
AMBIGUOUS_ADVERBS = {
    "bihourly": ("every 2 hours", "every 30 minutes"),
    "bidaily": ("every 2 days", "every day at 09:00 and 21:00"),
    "biweekly": ("every 2 weeks", "every Monday and Thursday"),
    "bimonthly": ("every 2 months", "on the 1st and 15th of the month"),
    **dict.fromkeys(
        ("biannually", "biannual", "biyearly", "biennially", "biennial"), ("every 2 years", "every half-year")
    ),
    "semiweekly": ("every Monday and Thursday", "every Tuesday and Friday"),
    "semimonthly": ("on the 1st and 15th of the month", "on the 15th and last day of the month"),
    "triweekly": ("every 3 weeks", "every Monday, Wednesday and Friday"),
    "trimonthly": ("every 3 months", "on the 1st, 11th and 21st of the month"),
}
_PLAIN = {
    "EVERY": "every each",
    "OTHER": "other alternate",
    "AT": "at",
    "ON": "on",
    "IN": "in of",
    "DURING": "during within",
    "FROM": "from",
    "TO": "to through thru",
    "UNTIL": "until till til ending",
    "BETWEEN": "between",
    "EXCEPT": "except excluding excepting excl without skipping",
    "STARTING": "starting beginning commencing",
    "AFTER": "after past",
    "BEFORE": "before",
    "AND": "and plus also",
    "TIMES": "times",
    "WEEKEND": "weekend weekends",
    "BUSINESSDAY": "weekday weekdays workday workdays",
    "EVEN": "even",
    "ODD": "odd",
    "ISO": "iso",
    "COUNTED": "counted",
}
_DAY_PARTS = {
    "morning": "morning mornings",
    "afternoon": "afternoon afternoons",
    "evening": "evening evenings",
    "night": "night nights",
}
CARDINALS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_TENTHS = {"twentieth": 20, "thirtieth": 30}
# days that fall on the same date everywhere they are kept
FIXED_DAYS = {
    "leap day": (2, 29),
    "christmas": (12, 25),
    "christmas day": (12, 25),
    "xmas": (12, 25),
    "christmas eve": (12, 24),
    "boxing day": (12, 26),
    "new year": (1, 1),
    "new years": (1, 1),
    "new year's": (1, 1),
    "new years day": (1, 1),
    "new year's day": (1, 1),
    "new years eve": (12, 31),
    "new year's eve": (12, 31),
    "halloween": (10, 31),
    "valentines day": (2, 14),
    "valentine's day": (2, 14),
}
# each with the reason it cannot be a schedule, and what to write instead
REFUSED_WORDS = {
    **dict.fromkeys(
        ("tomorrow", "today", "tonight", "yesterday", "now", "immediately"),
        ("names one moment, not a recurring schedule", "write how often it should run, such as `every day at 09:00`"),
    ),
    **dict.fromkeys(
        ("next", "this", "upcoming", "coming"),
        ("depends on the day the phrase is read", "write a date, such as `every day at 09:00 starting 2026-01-05`"),
    ),
    **dict.fromkeys(
        ("soon", "later", "sometimes", "occasionally", "often", "regularly", "periodically", "frequently", "rarely"),
        ("names no exact time", "write an interval or a time, such as `every 15 minutes` or `every day at 09:00`"),
    ),
    **dict.fromkeys(
        ("about", "around", "approximately", "roughly", "maybe", "randomly", "random", "ish", "~"),
        ("is not an exact time", "write the exact time and use `jitter:` to spread the starts"),
    ),
    **dict.fromkeys(
        ("sunrise", "sunset", "dawn", "dusk", "moon", "tide", "solstice", "equinox", "easter", "ramadan", "eid"),
        ("does not follow the clock or the civil calendar", "write a clock time or a calendar date"),
    ),
    **dict.fromkeys(
        ("holiday", "holidays"),
        (
            "does not say of which place",
            "name it, such as `every weekday at 09:00 except on public holidays in DE-BY`",
        ),
    ),
    **dict.fromkeys(
        "not never don't dont no unless if when whenever while or nor neither either".split(),
        (
            "cannot be part of a schedule",
            "write only the times it should run, with exceptions such as `every day at 09:00 except on Sundays`",
        ),
    ),
    **dict.fromkeys(
        ("outside", "besides", "beyond"),
        ("does not say what is left", "write the times that are meant, such as `every 30 minutes from 17:00 to 22:00`"),
    ),
    **dict.fromkeys(
        ("local", "local time"),
        ("depends on where the phrase is read", "name the zone in `timezone:`"),
    ),
    **dict.fromkeys(
        ("for", "x"),
        ("limits it by a count or a length", "write the last day, such as `every day at 09:00 until 2027-12-31`"),
    ),
    **dict.fromkeys(
        ("twice", "thrice"),
        ("does not say when", "write each time, such as `every day at 09:00 and 21:00`"),
    ),
    **dict.fromkeys(
        ("reboot", "boot", "startup"),
        ("is not a time", "write a time; jobs do not run because the machine starts"),
    ),
}
INSTEAD = {
    **dict.fromkeys("about around approximately roughly circa ca approx ~".split(), ("at", "")),
    "end": ("last day",),
    **dict.fromkeys("not no never unless but".split(), ("except", "except on")),
    "or": ("and",),
    "local time": ("",),
    **dict.fromkeys("holiday holidays".split(), ("public holidays in DE-BY",)),
}
"""What may stand in the place of a word that no schedule can have."""

# the closed list of words that say nothing, wherever they stand; docs/phrases.md prints it
COURTESY = frozenset("the please kindly".split())
EMPHASIS = frozenset("only exactly sharp precisely always".split())
ARTICLES = frozenset("a an".split())
"""They say nothing before a day or a time; in `once a day` they are part of what is said."""
INTRODUCING = frozenset(word for kind in ("AT", "ON", "IN", "DURING") for word in _PLAIN[kind].split())
"""Prepositions that only introduce what follows."""


def _table() -> dict[str, tuple[str, object]]:
    words: dict[str, tuple[str, object]] = {}

    def add(kind: str, value: object, spellings: str) -> None:
        words.update(dict.fromkeys(spellings.split(), (kind, value)))

    for kind, spellings in _PLAIN.items():
        add(kind, None, spellings)
    for index, spellings in enumerate(_WEEKDAY_WORDS):
        add("WEEKDAY", index, spellings)
    for index, spellings in enumerate(_MONTH_WORDS):
        add("MONTH", index + 1, spellings)
    for unit, spellings in _UNIT_WORDS.items():
        add("UNIT", unit, spellings)
    for adverb, value in _ADVERBS.items():
        add("ADVERB", value, adverb)
    for part, spellings in _DAY_PARTS.items():
        add("DAYPART", part, spellings)
    for number, word in enumerate(CARDINALS):
        add("NUMBER", number, word)
    for word, number in _TENS.items():
        add("NUMBER", number, word)
    for index, word in enumerate(_ORDINALS):
        add("ORDINAL", index + 1, word)
    for word, number in _TENTHS.items():
        add("ORDINAL", number, word)
    add("ORDINAL", -1, "last final")
    add("ORDINAL", -2, "penultimate")
    add("CLOCK", 12, "noon midday")
    add("CLOCK", 0, "midnight")
    return words


WORDS = _table()
# words that only `compounds` and `numbers` read, as parts of longer spellings
GLUE_WORDS = frozenset(
    (
        "a an per once half quarter o'clock oclock am pm hundred end start middle mid business "
        "working work time day utc gmt noon nightly weekly but other than apart as well ago every hours "
        "inclusive exclusive"
    ).split()
)
VOCABULARY = tuple(sorted({*WORDS, *GLUE_WORDS} - {"a", "an"}))
"""What a misspelt word may have been meant to be."""
