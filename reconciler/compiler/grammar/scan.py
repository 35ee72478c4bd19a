"""The text of a phrase cut into tokens, each character in one of them; zones put together."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from reconciler.compiler.grammar.clauses import Clock, NotUnderstood, Refused
from reconciler.compiler.grammar.vocabulary import WORDS, Token
from reconciler.compiler.grammar.zones import (
    check_offset,
    iana_key,
    key_after_zone,
    key_typo,
    place_of,
    spoken_zone,
    zone_typo,
)
from reconciler.model import DstPolicy
from reconciler.timing import UnknownZone

_MERIDIEM = r"(?P<half>a\.?\s?m\b\.?|p\.?\s?m\b\.?|[ap]\b(?![.']))"
_SCAN = re.compile(
    rf"""
      (?P<gap>skipped\ where\ the\ clock\ skips\ it)
    | (?P<last>second\ pass\ only\ where\ the\ clock\ repeats\ it)
    | (?P<both>both\ passes\ where\ the\ clock\ repeats\ it)
    | zone\s+(?P<named>[a-z0-9+/_-]+)(?:\s?\((?P<named_at>utc[+-][0-9]{{2}}:[0-9]{{2}})\))?
    | (?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?![0-9]))
    | (?P<slashdate>[0-9]{{1,4}}/[0-9]{{1,2}}(?:/[0-9]{{1,4}})?(?![0-9]))
    | (?P<zone>(?:utc|gmt)\s?[+-][0-9]{{1,2}}(?::?[0-9]{{2}})?(?![0-9:]|\s?[ap]\.?m)
              | [a-z_]+/[a-z_]{{3,}}[a-z0-9_+/-]*)(?:\s?\((?P<zone_at>utc[+-][0-9]{{2}}:[0-9]{{2}})\))?
    | (?P<clock>(?P<h>[0-9]{{1,2}}) (?:(?::|h)(?P<m>[0-9]{{2}})(?::(?P<s>[0-9]{{2}}))?(?![0-9]) (?:\s?{_MERIDIEM})?
                              | \.(?P<dm>[0-9]{{2}})\s?(?P<dhalf>[ap]\.?m\b\.?)
                              | \s?{_MERIDIEM.replace("half", "half2")}))
    | (?P<ordinal>[0-9]{{1,3}})(?:st|nd|rd|th)\b
    | (?P<count>[0-9]+)(?P<unit>[smhdw])\b
    | (?P<past>:[0-9]{{2}})(?![0-9])
    | (?P<decimal>[0-9]+\.[0-9]+)
    | (?P<number>[0-9]+)
    | (?P<word>[^\W\d_]+(?:['][^\W\d_]+)*)
    | (?P<punct>[^\s])
    """,
    re.VERBOSE,
)
_UNIT_LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}


def scan(text: str) -> list[Token]:
    """Return the tokens of *text*, lower case; raise Refused for impossible times and dates."""
    found = []
    for match in _SCAN.finditer(text.rstrip(" .!")):
        token = _scanned(match)
        if token is not None:
            found.append(token)
    return found


def _scanned(match: re.Match[str]) -> Token | None:
    text = match[0]
    for group, made in _TOKENS.items():
        if match[group]:
            return made(match)
    return Token("AT" if text == "@" else "PUNCT", None, text)


def _named_zone(match: re.Match[str]) -> Token:
    word, offset = match["named"], match["named_at"]
    try:
        key = key_after_zone(word, offset)
        if key is not None and offset is not None:
            check_offset(key, word, offset)
    except UnknownZone as error:
        raise Refused(str(error), error.hint) from None
    return Token("ZONE", key, match[0]) if key else Token("WORD", None, word)


def _zone(match: re.Match[str]) -> Token:
    word, offset = match["zone"], match["zone_at"]
    try:
        key = iana_key(word)
        if key is not None and offset is not None:
            check_offset(key, word, offset)
    except UnknownZone as error:
        raise Refused(str(error), error.hint) from None
    if key is not None:
        return Token("ZONE", key, match[0])
    meant = key_typo(word) if any(part not in WORDS for part in word.split("/")) else None
    if meant is not None:
        raise Refused(f"`{word}` is no timezone", f"did you mean {meant}?")
    return _unpathed(match[0])


def _unpathed(text: str) -> Token:
    """Return weekdays or other words joined by `/` as a token that `_phrases` splits, `WORD` where unknown."""
    return Token("SLASHED", tuple(text.split("/")), text)


def _iso_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text} is not a date: {error}", "write year-month-day, such as 2026-01-05") from None


def _clock(match: re.Match[str]) -> Clock:
    half = (match["half"] or match["dhalf"] or match["half2"] or "")[:1]
    hour, minute, second = int(match["h"]), int(match["m"] or match["dm"] or 0), int(match["s"] or 0)
    if half and not 1 <= hour <= 12:
        raise Refused(f"{match[0]!r} is not a time of day", "write 1 to 12 with am or pm, or a 24-hour time")
    if hour > 24 or minute > 59 or second > 59 or hour == 24:
        raise Refused(f"{match[0]!r} is not a time of day", "hours go to 23, minutes and seconds to 59")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return Clock(hour, minute, second, sure=bool(half) or hour > 12 or match["h"][0] == "0", halved=bool(half))


def word_token(text: str) -> Token | None:
    """Return the token of one word, `WORD` if it is unknown."""
    if text in WORDS:
        kind, value = WORDS[text]
        if kind == "CLOCK":
            assert isinstance(value, int)
            return Token(kind, Clock(value, sure=True, halved=True), text)
        return Token(kind, value, text)
    return Token("WORD", None, text)


_TOKENS: dict[str, Callable[[re.Match[str]], Token | None]] = {
    "gap": lambda match: Token("DST", DstPolicy(gap="skip"), match[0]),
    "last": lambda match: Token("DST", DstPolicy(overlap="last"), match[0]),
    "both": lambda match: Token("DST", DstPolicy(overlap="both"), match[0]),
    "date": lambda match: Token("DATE", _iso_date(match[0]), match[0]),
    "slashdate": lambda match: Token("SLASHDATE", None, match[0]),
    "named": _named_zone,
    "zone": _zone,
    "clock": lambda match: Token("CLOCK", _clock(match), match[0]),
    "ordinal": lambda match: Token("ORDINAL", int(match["ordinal"]), match[0]),
    "count": lambda match: Token("COUNT", (int(match["count"]), _UNIT_LETTERS[match["unit"]]), match[0]),
    "past": lambda match: Token("COLON", int(match[0][1:]), match[0]),
    "decimal": lambda match: Token("DECIMAL", None, match[0]),
    "number": lambda match: Token("NUMBER", int(match["number"]), match[0]),
    "word": lambda match: word_token(match[0]),
}


_LONGEST_NAME = 16  # texts, signs between the words of a name too


def zones_named(found: list[Token]) -> list[Token]:
    """Put one ZONE token for the words that name a time zone; raise Refused where they name more than one."""
    out: list[Token] = []
    index = 0
    while index < len(found):
        size, zone = _zone_at(found, index, out)
        out.append(zone or found[index])
        index += size
    return out


def _zone_at(found: list[Token], index: int, before: list[Token]) -> tuple[int, Token | None]:
    """Return how many tokens at *index* of *found* name a zone, behind those *before*, and the zone; or 1, None."""
    if not found[index].text[:1].isalpha():
        return 1, None
    texts = [token.text for token in found[index : index + _LONGEST_NAME]]
    said = [token for token in before[-2:] if token.text not in (",", "(")]
    last = said[-1].kind if said else ""
    spoken = spoken_zone(texts, after_in=last == "IN", after_clock=last == "CLOCK")
    if spoken is None and found[index].kind == "WORD":
        _refuse_place(texts, last)
    if spoken is None or (found[index].kind != "WORD" and " " not in spoken.text):
        return 1, None
    try:
        zone, assumed = spoken.zone, spoken.assumed
    except UnknownZone as error:
        raise Refused(str(error), error.hint) from None
    return spoken.size, Token("ZONE", (zone, assumed) if assumed else zone, " ".join(texts[: spoken.size]))


def _refuse_place(texts: list[str], last: str) -> None:
    """Raise Refused with what to write if the first of *texts* is a place, or nearly one, behind a *last* token."""
    if last == "IN" or texts[1:2] == ["time"]:
        meant = zone_typo(texts[0])
        if meant is not None:
            raise Refused(f"`{texts[0]}` is not understood", f"did you mean `{meant}`?")
    place = place_of(texts[0]) if last == "CLOCK" else None
    if place is not None:
        raise NotUnderstood(f"`{place}` may be meant as a time zone, or not", f"write `in {place}` if it is")
