"""The text of a phrase cut into tokens, each character in one of them; zones put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from reconciler.compiler.grammar.clauses import Clock, NotUnderstood, Refused
from reconciler.compiler.grammar.text import Text
from reconciler.compiler.grammar.vocabulary import WORDS, Token, spanning
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
from reconciler.timing import UnknownZone, shown

_MERIDIEM = r"(?P<half>a\.?\s?m\b\.?|p\.?\s?m\b\.?)"
_SHORT = r"(?P<short>[ap]\b(?![.']))"
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
        try:
            kind, value, words = _scanned(match, phrase[start:end])
        except Refused as refused:
            refused.at = Token("WORD", None, match[0], start, end)
            raise
        yield Token(kind, value, words, start, end)


_Made = tuple[str, object, str]


def _scanned(match: re.Match[str], written: str) -> _Made:
    text = match[0]
    if match["count"] and written.endswith("M"):
        raise Refused(
            f"`{written}` may be months or minutes",
            "write the unit out",
            words=(f"{match['count']} months", f"{match['count']} minutes"),
        )
    made = _TOKENS.get(match.lastgroup or "") or next((make for group, make in _TOKENS.items() if match[group]), None)
    return made(match) if made is not None else ("AT" if text == "@" else "PUNCT", None, text)


def _named_zone(match: re.Match[str]) -> _Made:
    word, offset = match["named"], match["named_at"]
    try:
        key = key_after_zone(word, offset)
        if key is not None and offset is not None:
            check_offset(key, word, offset)
    except UnknownZone as error:
        raise Refused(str(error), error.hint) from None
    return ("ZONE", key, match[0]) if key else ("WORD", None, word)


def _zone(match: re.Match[str]) -> _Made:
    word, offset = match["zone"], match["zone_at"]
    try:
        key = iana_key(word)
        if key is not None and offset is not None:
            check_offset(key, word, offset)
    except UnknownZone as error:
        raise Refused(str(error), error.hint) from None
    if key is not None:
        return ("ZONE", key, match[0])
    meant = key_typo(word) if any(part not in WORDS for part in word.split("/")) else None
    if meant is not None:
        raise Refused(f"`{word}` is no timezone", f"did you mean {meant}?", words=(meant,))
    # weekdays or other words joined by `/` are split by `compounds`
    return ("SLASHED", tuple(match[0].split("/")), match[0])


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
    hours = int(digits[:2]) if len(digits) != 3 else int(digits[:1])
    minutes = digits[2:] if len(digits) != 3 else digits[1:]
    words = (f"{clock} UTC{shift[0]}{hours}",) if minutes in ("", "00") and hours else (f"{clock} UTC",)
    return Refused(
        f"`{shift}` behind a time of day may be an offset from UTC",
        "name a zone, such as Europe/Berlin or Asia/Kolkata",
        words=words if not int(minutes or 0) else (),
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


_LONGEST_NAME = 16  # texts, signs between the words of a name too


def zones_named(found: list[Token]) -> list[Token]:
    """Put one ZONE token for the words that name a time zone; raise Refused where they name more than one."""
    out: list[Token] = []
    index = 0
    while index < len(found):
        token = found[index]
        if token.text == "z" and out and out[-1].kind == "CLOCK" and out[-1].end == token.start:
            out.append(token._replace(kind="ZONE", value="UTC"))
            index += 1
            continue
        size, zone = _zone_at(found, index, out)
        out.append(zone or token)
        index += size
    return out


def _zone_at(found: list[Token], index: int, before: list[Token]) -> tuple[int, Token | None]:
    """Return how many tokens at *index* of *found* name a zone, behind those *before*, and the zone; or 1, None."""
    if not found[index].text[:1].isalpha():
        return 1, None
    texts = [token.text for token in found[index : index + _LONGEST_NAME]]
    said = [token for token in before[-2:] if token.text not in (",", "(")]
    last = said[-1].kind if said else ""
    bracketed = bool(before) and before[-1].text in ("(", "[")
    spoken = spoken_zone(texts, after_in=last == "IN", after_clock=last == "CLOCK" or bracketed)
    if spoken is None and found[index].kind == "WORD":
        _refuse_place(found[index], texts, last)
    if spoken is None or (found[index].kind != "WORD" and " " not in spoken.text):
        return 1, None
    try:
        zone, assumed = spoken.zone, spoken.assumed
    except UnknownZone as error:
        at = spanning("ZONE", None, found[index : index + spoken.size])
        raise Refused(str(error), error.hint, at=at, words=[shown(zone) for zone in spoken.name.zones]) from None
    value = (zone, assumed) if assumed else zone
    return spoken.size, spanning("ZONE", value, found[index : index + spoken.size])


def _refuse_place(token: Token, texts: list[str], last: str) -> None:
    """Raise Refused with what to write if the first of *texts* is a place, or nearly one, behind a *last* token."""
    if last == "IN" or texts[1:2] == ["time"]:
        meant = zone_typo(texts[0])
        if meant is not None:
            raise Refused(f"`{texts[0]}` is not understood", f"did you mean {meant}?", at=token, words=(meant,))
    place = place_of(texts[0]) if last == "CLOCK" else None
    if place is not None:
        message = f"`{place}` may be meant as a time zone, or not"
        raise NotUnderstood(message, f"write in {place} if it is", at=token, words=(f"in {place}",))
