"""The closed list of what a phrase may say without a change: words that say nothing, and what is said twice.

`docs/phrases.md` prints it. What is not in it changes the reading, is refused or is stated.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from reconciler.compiler.grammar.description import RUNNING
from reconciler.compiler.grammar.vocabulary import ARTICLES, COURTESY, EMPHASIS, INTRODUCING

SILENT = COURTESY | EMPHASIS | ARTICLES | INTRODUCING

_WEEKDAY = (
    r"\b(?:(?:mon|tue|wednes|thurs|fri|satur|sun)days?|tuesdays?|mon|tues?|weds?|thu|thurs?|fri|sat|sun"
    r"|week(?:day|end)s?|workdays?|(?:business|working|work) days?)\b"
)
_MONTH = r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\b"
_POSITION = r"\b(?:\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|last)\b"
_CLOCK = r"\b(?:\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?m|\d{1,2}:\d\d(?::\d\d)?|noon|midnight)\b"
_UNIT = r"\b(?:hour|day|week|month|quarter|year)\b"
_DAY = rf"(?:{_WEEKDAY}|{_POSITION}|\bday\b)"


class Twice(NamedTuple):
    """*words* say nothing more where *pattern* matches the phrase, the word in `<…>`; *where* says it in English."""

    words: str
    pattern: str
    where: str


SAID_TWICE = (
    Twice(
        "every each",
        rf"<\w+>.*(?:{_DAY}|{_MONTH}|{_UNIT}|morning|evening|night|noon|midnight|christmas)",
        "before what recurs anyway: `every Monday`, `every morning`",
    ),
    Twice("every each", rf"{_DAY}.*<\w+>", "behind a named day: `Mondays every week`"),
    Twice("single", r"(?:every|each) <\w+>", "behind every: `every single day`"),
    Twice("half", r"<half> hour \(.*\b30\b", "before brackets that list its minutes"),
    Twice("all single", rf"<\w+>.*{_DAY}", "before a named day: `all weekdays`"),
    Twice("both", r"<both> .*\band\b", "before two values: `both the 1st and 15th`"),
    Twice("once", r"<once> (?:every|each|an?|\w+ly)\b", "before how often: `once every 20 minutes`"),
    Twice("daily everyday", r"\bevery day\b|\bdaily\b|\b24 hours\b", "beside `every day`"),
    Twice("daily everyday", r"\b(?:week|work)days?\b", "beside `weekdays`: `weekdays daily at 9am`"),
    Twice("daily everyday", r"\b(?:minutes?|hours?|seconds?|hourly)\b", "beside an interval within the day"),
    Twice("hourly", r"\bevery hour\b", "beside `every hour`"),
    Twice("weekly", _WEEKDAY, "beside a day of the week: `weekly on Wednesday`"),
    Twice("monthly", _DAY, "beside a day of the month: `monthly on the 3rd`"),
    Twice("yearly annually", _MONTH, "beside a date: `yearly on 1 April`"),
    Twice("month", rf"{_DAY}.*\b(?:of|in)\b.*<month>", "behind a day of it: `the last day of the month`"),
    Twice("quarterly", rf"{_MONTH}.*{_MONTH}.*{_MONTH}.*{_MONTH}", "beside four months of a year, three apart"),
    Twice("time", r"\b(?:pacific|eastern|central|mountain) <time>", "behind the name of a zone: `Pacific time`"),
    Twice("hrs hours h", r"\d <\w+>", "behind a time of day: `0730 hrs`"),
    Twice("or", rf"\bonly if\b.*{_WEEKDAY} <or> {_WEEKDAY}", "between days behind `only if`"),
    Twice("minute past", r"<minute> \d+ past|minute \d+ <past> every", "in `minute 10 past every hour`"),
    Twice(
        "day",
        rf"(?:{_POSITION}|penultimate) <day>|christmas <day>|year'?s <day>",
        "behind its position: `the last day of`",
    ),
    Twice(
        "weekday weekdays workday workdays",
        r"(?:monday|mon|m) ?(?:to|-) ?(?:friday|fri|f)\b",
        "beside `Monday to Friday`",
    ),
    Twice("to from", r"(?:second|third|fourth|\d(?:st|nd|rd|th)) <\w+> last", "in `second to last`"),
    Twice("from", r"<from> .*(?:\b(?:to|until|through)\b|\d-\d)", "before a span: `from 9am to 5pm`"),
    Twice("and & plus also", r"<(?:and|&|plus|also)>", "between two values or two clauses"),
    Twice("excluding except skipping excl without", r"\bexcept\b.*\band <", "again in a list of exceptions"),
    Twice("top", r"<top> of", "of the hour: `at the top of every hour`"),
    Twice("minutes minute", r"<minutes?> (?:past|after|before|to)\b", "before `past`: `20 minutes past`"),
    Twice("past after", r":\d\d <\w+>", "behind `:15`"),
    Twice("from at", r"\bstarting <\w+>", "behind `starting`"),
    Twice("starting beginning", r"<\w+> (?:from|at)\b", "before `from` or `at`"),
    Twice("iso", r"<iso> week", "before weeks, which are ISO's"),
    Twice("public bank federal", r"<\w+> holidays", "before the holidays of a named place"),
    Twice("nightly", _CLOCK, "beside a time of the night"),
    Twice(
        "morning mornings afternoon afternoons evening evenings night nights",
        r"\d|noon",
        "beside a time within it: `9am in the morning`",
    ),
)
"""What is said twice. A part of the day that does not hold its time is refused, which `test_laws` holds."""


def _is_around(words: list[str], index: int) -> bool:
    """Return whether the word is a list mark in front, or all that stands in brackets, which says a thing again."""
    bracketed = words[index].startswith("(") and words[index].endswith(")")
    return bracketed or (index == 0 and re.fullmatch(r"#|-|\d\.", words[0]) is not None)


def says_nothing_more(words: list[str], index: int) -> bool:
    """Return whether the closed list excepts the word at *index* of a phrase that was parted at spaces."""
    word = words[index].casefold().strip(",;.")
    in_front = all(other.casefold() in RUNNING | SILENT for other in words[:index])
    before_the_schedule = word in RUNNING and words[index + 1 : index + 2] == ["every"]
    if word in SILENT or (word in RUNNING and in_front) or before_the_schedule or _is_around(words, index):
        return True
    marked = " ".join([*words[:index], f"<{word}>", *words[index + 1 :]]).casefold()
    return any(word in rule.words.split() and re.search(rule.pattern, marked) for rule in SAID_TWICE)
