"""A phrase as text: its characters folded to one spelling each, and what people put around it taken off.

Every folded character knows where it stands in the phrase as written, so that tokens can say what they were
read from.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_FOLDED = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u02bc", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
)
_PAIRS = (
    ('"', '"'),
    ("'", "'"),
    ("`", "`"),
    ("\u201c", "\u201d"),
    ("\u2018", "\u2019"),
    ("\u00ab", "\u00bb"),
    ("\u201e", "\u201c"),
    ("**", "**"),
    ("__", "__"),
    ("_", "_"),
    ("[", "]"),
    ("(", ")"),
)
_CRON_FIELDS = r"(?:\s+[0-9*/,?#LWlw-]+){4,5}\s*$"
_MARK = re.compile(
    rf"(?:#+|//|--|;;?|[-+>\u2022\u2013\u2014]|[0-9]{{1,2}}[.)]|\*(?!{_CRON_FIELDS}))\s+|#+(?=\w)", re.MULTILINE
)
_ENDS = ".!;,:\u2026"
_MOST_FOLDED = 8_000  # one character may stand for many
_MOST_AROUND = 5  # layers


class Text(NamedTuple):
    """*folded* characters, in lower case, and the place in the phrase at which each of them stands."""

    folded: str
    places: range | list[int]


class Bare(NamedTuple):
    """A phrase without what stands around it: from *start* up to *end*."""

    start: int
    end: int


def bare(phrase: str) -> Bare:
    """Return where the phrase proper is: list marks, comment signs, quotes and the last full stop are no part of it."""
    start, end = 0, len(phrase)
    if phrase[:1].isalpha() and phrase[-1:].isalnum():
        return Bare(start, end)
    for _ in range(_MOST_AROUND):
        before = (start, end)
        while start < end and (phrase[start].isspace() or phrase[start] == "\ufeff"):
            start += 1
        while end > start and (phrase[end - 1].isspace() or phrase[end - 1] in _ENDS):
            end -= 1
        mark = _MARK.match(phrase, start, end)
        if mark:
            start = mark.end()
        for opening, closing in _PAIRS:
            inner = phrase[start + len(opening) : end - len(closing)]
            if (
                end - start > len(opening) + len(closing)
                and phrase.startswith(opening, start, end)
                and phrase.endswith(closing, start, end)
                and opening not in inner
                and closing not in inner
            ):
                start, end = start + len(opening), end - len(closing)
                break
        if (start, end) == before:
            break
    return Bare(start, end)


def fold(phrase: str, span: Bare) -> Text:
    """Return the characters of *phrase* within *span* in lower case, with one kind of dash, quote and space."""
    part = phrase[span.start : span.end]
    if part.isascii():
        return Text(part.lower(), range(span.start, span.end))
    folded, places = [], []
    for place, char in enumerate(part, span.start):
        for one in unicodedata.normalize("NFKC", char).translate(_FOLDED).lower():
            folded.append(one)
            places.append(place)
        if len(folded) > _MOST_FOLDED:
            break
    return Text("".join(folded), places)
