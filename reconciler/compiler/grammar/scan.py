"""The text of a phrase cut into tokens, each character in one of them; zones put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from reconciler.compiler.grammar.clauses import Clock, Refused
from reconciler.compiler.grammar.text import Text
from reconciler.compiler.grammar.vocabulary import WORDS, Token, spanning
from reconciler.compiler.grammar.zones import AMBIGUOUS, iana_key, is_abbreviation, spoken_zone
from reconciler.model import DstPolicy

_MERIDIEM = r"(?P<half>a\.?\s?m\b\.?|p\.?\s?m\b\.?)"
_SHORT = r"(?P<short>[ap]\b(?![.']))"
_SCAN = re.compile(
    rf"""
      (?P<gap>skipped\ where\ the\ clock\ skips\ it)
    | (?P<last>second\ pass\ only\ where\ the\ clock\ repeats\ it)
    | (?P<both>both\ passes\ where\ the\ clock\ repeats\ it)
    | zone\s+(?P<named>[a-z0-9+/_-]+)
    | (?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?![0-9]))
    | (?P<slashdate>[0-9]{{1,4}}/[0-9]{{1,2}}(?:/[0-9]{{1,4}})?(?![0-9]))
    | (?P<zone>(?:utc|gmt)[+-][0-9]{{1,2}}(?::?00)?(?![0-9]) | [a-z_]+/[a-z_]{{3,}}[a-z0-9_+/-]*)
    | (?P<length>(?P<hours>[0-9]{{1,3}})h\s?(?P<minutes>[0-9]{{1,2}})m(?:ins?)?\b)
    | (?P<clock>(?P<h>[0-9]{{1,2}}) (?:(?::|h)(?P<m>[0-9]{{2}})(?::(?P<s>[0-9]{{2}}))?(?![0-9])
                                 (?:\s?{_MERIDIEM}|{_SHORT})?
                              | \.(?P<dm>[0-9]{{2}})\s?(?P<dhalf>[ap]\.?m\b\.?)
                              | (?:\s?{_MERIDIEM.replace("half", "half2")}|{_SHORT.replace("short", "short2")})))
      (?P<shift>\s?\+\s?[0-9]{{1,2}}(?::?[0-9]{{2}})?(?![0-9a-z]) | \s?-[0-9]{{4}}(?![0-9]))?
    | (?P<ordinal>[0-9]{{1,3}})(?:st|nd|rd|th)\b
    | (?P<count>[0-9]+)(?P<unit>[smhdw])\b
    | (?P<past>:[0-9]{{2}})(?![0-9])
    | (?P<decimal>[0-9]+\.[0-9]+)
    | (?P<number>[0-9]+)
    | (?P<mixed>[^\W\d_]+[0-9_][\w]*)
    | (?P<word>[^\W\d_]+(?:['][^\W\d_]+)*)
    | (?P<punct>[^\s])
    """,
    re.VERBOSE,
)
_UNIT_LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}


def scan(text: Text, phrase: str, first: int, last: int) -> Iterator[Token]:
    """Yield the tokens of *text* from *first* up to *last*; *phrase* is how it was written.

    Raises Refused for impossible times and dates, and for what is half a time and half something else.
    """
    for match in _SCAN.finditer(text.folded, first, last):
        start, end = text.places[match.start()], text.places[match.end() - 1] + 1
        kind, value, words = _scanned(match, phrase[start:end])
        yield Token(kind, value, words, start, end)


_Made = tuple[str, object, str]


def _scanned(match: re.Match[str], written: str) -> _Made:
    text = match[0]
    if match["count"] and written.endswith("M"):
        raise Refused(
            f"`{written}` may be months or minutes", f"write {match['count']} months or {match['count']} minutes"
        )
    made = _TOKENS.get(match.lastgroup or "") or next((make for group, make in _TOKENS.items() if match[group]), None)
    return made(match) if made is not None else ("AT" if text == "@" else "PUNCT", None, text)


def _named_zone(match: re.Match[str]) -> _Made:
    key = iana_key(match["named"], named=True)
    return ("ZONE", key, match[0]) if key else ("WORD", None, match["named"])


def _zone(match: re.Match[str]) -> _Made:
    key = iana_key(match[0])
    # weekdays or other words joined by `/` are split by `compounds`
    return ("ZONE", key, match[0]) if key else ("SLASHED", tuple(match[0].split("/")), match[0])


def _iso_date(match: re.Match[str]) -> _Made:
    try:
        return ("DATE", date.fromisoformat(match[0]), match[0])
    except ValueError as error:
        raise Refused(f"{match[0]} is not a date: {error}", "write year-month-day, such as 2026-01-05") from None


def _clock(match: re.Match[str]) -> _Made:
    if match["shift"]:
        raise _shifted(match)
    half = (match["half"] or match["short"] or match["dhalf"] or match["half2"] or match["short2"] or "")[:1]
    hour, minute, second = int(match["h"]), int(match["m"] or match["dm"] or 0), int(match["s"] or 0)
    if half and not 1 <= hour <= 12:
        raise Refused(f"{match[0]!r} is not a time of day", "write 1 to 12 with am or pm, or a 24-hour time")
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise Refused(f"{match[0]!r} is not a time of day", "hours go to 23, minutes and seconds to 59")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    sure = bool(half) or hour > 12 or match["h"][0] == "0"
    return ("CLOCK", Clock(hour, minute, second, sure=sure, halved=bool(half)), match[0])


def _shifted(match: re.Match[str]) -> Refused:
    """Return the refusal of `09:00+02:00`: a time of day with an offset."""
    shift = match["shift"].strip()
    clock = match[0].removesuffix(match["shift"]).strip()
    digits = re.sub(r"\D", "", shift)
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    message = f"`{shift}` behind a time of day may be an offset from UTC"
    if minutes or hours > 12:
        return Refused(message, f"write the zone by name, such as `{clock} Asia/Kolkata`")
    return Refused(
        message, f"write `{clock} UTC{shift[0]}{hours}` or, with summer time, a zone: `{clock} Europe/Berlin`"
    )


def word_token(text: str, start: int, end: int) -> Token:
    """Return the token of one word, `WORD` if it is unknown."""
    kind, value = WORDS.get(text, ("WORD", None))
    if kind == "CLOCK":
        assert isinstance(value, int)
        value = Clock(value, sure=True, halved=True)
    return Token(kind, value, text, start, end)


def _word(match: re.Match[str]) -> _Made:
    return word_token(match[0], 0, 0)[:3]


_TOKENS: dict[str, Callable[[re.Match[str]], _Made]] = {
    "word": _word,
    "number": lambda match: ("NUMBER", int(match["number"]), match[0]),
    "clock": _clock,
    "gap": lambda match: ("DST", DstPolicy(gap="skip"), match[0]),
    "last": lambda match: ("DST", DstPolicy(overlap="last"), match[0]),
    "both": lambda match: ("DST", DstPolicy(overlap="both"), match[0]),
    "date": _iso_date,
    "slashdate": lambda match: ("SLASHDATE", None, match[0]),
    "named": _named_zone,
    "zone": _zone,
    "ordinal": lambda match: ("ORDINAL", int(match["ordinal"]), match[0]),
    "count": lambda match: ("COUNT", (int(match["count"]), _UNIT_LETTERS[match["unit"]]), match[0]),
    "length": lambda match: ("COUNT", (60 * int(match["hours"]) + int(match["minutes"]), "minute"), match[0]),
    "past": lambda match: ("COLON", int(match[0][1:]), match[0]),
    "decimal": lambda match: ("DECIMAL", None, match[0]),
    "mixed": lambda match: ("WORD", None, match[0]),
}


def zones_named(found: list[Token]) -> list[Token]:
    """Put one ZONE token for the words that name a time zone."""
    out: list[Token] = []
    index = 0
    while index < len(found):
        token = found[index]
        if token.kind != "WORD":
            out.append(token)
            index += 1
            continue
        if token.text == "z" and out and out[-1].kind == "CLOCK" and out[-1].end == token.start:
            out.append(Token("ZONE", "UTC", "z", token.start, token.end))
            index += 1
            continue
        words: list[str] = []
        for other in found[index : index + 5]:
            if other.kind not in ("WORD", "IN", "ON"):
                break
            words.append(other.text)
        zone = spoken_zone(words, after_in=bool(out) and out[-1].kind == "IN")
        if zone:
            size, key = zone
            spoken = " ".join(words[:size])
            value = (key, spoken.upper()) if is_abbreviation(spoken) else key
            out.append(spanning("ZONE", value, found[index : index + size]))
            index += size
            continue
        if token.text in AMBIGUOUS:
            zones = ", ".join(AMBIGUOUS[token.text])
            raise Refused(f"`{token.text.upper()}` may be more than one time zone", f"write one of {zones}")
        out.append(token)
        index += 1
    return out
