"""From a phrase to tokens: case, punctuation, number words, ordinals, clock spellings, zones.

Every character ends up in a token; what is not understood becomes a `WORD` token, which no grammar rule
accepts, so nothing is dropped but the articles and the few words of `NOISE`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from difflib import get_close_matches
from fractions import Fraction

from reconciler.compiler.phrase_clauses import Clock, Refused
from reconciler.compiler.phrase_words import (
    AMBIGUOUS_ADVERBS,
    FIXED_DAYS,
    NOISE,
    REFUSED_WORDS,
    VERBS,
    VOCABULARY,
    WORDS,
    Token,
)
from reconciler.compiler.phrase_zones import AMBIGUOUS, iana_key, is_abbreviation, spoken_zone

LONGEST_PHRASE = 500
MOST_TOKENS = 200
_MERIDIEM = r"(?P<half>a\.?\s?m\b\.?|p\.?\s?m\b\.?|[ap]\b(?![.']))"
_SCAN = re.compile(
    rf"""
      zone\s+(?P<named>[a-z0-9+/_-]+)
    | (?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?![0-9]))
    | (?P<slashdate>[0-9]{{1,4}}/[0-9]{{1,2}}(?:/[0-9]{{1,4}})?(?![0-9]))
    | (?P<zone>(?:utc|gmt)[+-][0-9]{{1,2}}(?::?00)?(?![0-9]) | [a-z_]+/[a-z_]{{3,}}[a-z0-9_+/-]*)
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
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | {"\u2018": "'", "\u2019": "'"})


def tokens(phrase: str) -> list[Token]:
    """Return the tokens of *phrase*; raise Refused for what no schedule can mean, with what to write instead."""
    if len(phrase) > LONGEST_PHRASE:
        raise Refused(
            f"the phrase has {len(phrase)} characters; {LONGEST_PHRASE} is the most that is read",
            "say when it runs in one sentence, or write a list of phrases",
        )
    text = unicodedata.normalize("NFKC", phrase).translate(_DASHES).lower().strip()
    found = _without_description(_phrases(_zones(_scan(text))))
    if len(found) > MOST_TOKENS:
        raise Refused(f"the phrase has {len(found)} parts; {MOST_TOKENS} is the most that is read", "write a list of phrases")
    return _joins(_seconds(found))


def _scan(text: str) -> list[Token]:
    found = []
    for match in _SCAN.finditer(text.rstrip(" .!")):
        token = _scanned(match)
        if token is not None:
            found.append(token)
    return found


def _scanned(match: re.Match[str]) -> Token | None:
    text = match[0]
    match match.lastgroup:
        case _ if match["date"]:
            return Token("DATE", _iso_date(text), text)
        case _ if match["slashdate"]:
            return Token("SLASHDATE", None, text)
        case _ if match["named"]:
            key = iana_key(match["named"], named=True)
            return Token("ZONE", key, text) if key else Token("WORD", None, match["named"])
        case _ if match["zone"]:
            key = iana_key(text)
            return Token("ZONE", key, text) if key else _unpathed(text)
        case _ if match["clock"]:
            return Token("CLOCK", _clock(match), text)
        case _ if match["ordinal"]:
            return Token("ORDINAL", int(match["ordinal"]), text)
        case _ if match["count"]:
            return Token("COUNT", (int(match["count"]), _UNIT_LETTERS[match["unit"]]), text)
        case _ if match["past"]:
            return Token("COLON", int(text[1:]), text)
        case _ if match["decimal"]:
            return Token("DECIMAL", None, text)
        case _ if match["number"]:
            return Token("NUMBER", int(text), text)
        case _ if match["word"]:
            return _word(text)
    return Token("PUNCT", None, text)


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


def _word(text: str) -> Token | None:
    if text in WORDS:
        kind, value = WORDS[text]
        if kind == "CLOCK":
            assert isinstance(value, int)
            return Token(kind, Clock(value, sure=True, halved=True), text)
        return Token(kind, value, text)
    return Token("WORD", None, text)


def _zones(found: list[Token]) -> list[Token]:
    """Put one ZONE token for the words that name a time zone."""
    out: list[Token] = []
    index = 0
    while index < len(found):
        token = found[index]
        words: list[str] = []
        for other in found[index : index + 5]:
            if other.kind not in ("WORD", "IN", "ON"):
                break
            words.append(other.text)
        after_in = bool(out) and out[-1].kind == "IN"
        zone = spoken_zone(words, after_in=after_in) if token.kind == "WORD" else None
        if zone:
            size, key = zone
            spoken = " ".join(words[:size])
            out.append(Token("ZONE", (key, spoken.upper()) if is_abbreviation(spoken) else key, spoken))
            index += size
            continue
        if token.kind == "WORD" and token.text in AMBIGUOUS:
            zones = ", ".join(AMBIGUOUS[token.text])
            raise Refused(f"`{token.text.upper()}` may be more than one time zone", f"write one of {zones}")
        out.append(token)
        index += 1
    return out


# sequences of words that stand for one token (a list of kinds or texts on the left; see _PATTERNS)
def _text(*words: str) -> tuple[str, ...]:
    return words


_COMPOUNDS: dict[tuple[str, ...], tuple[tuple[str, object], ...]] = {
    _text("business", "hours"): (("BUSINESSHOURS", None),),
    _text("working", "hours"): (("BUSINESSHOURS", None),),
    _text("office", "hours"): (("BUSINESSHOURS", None),),
    _text("work", "hours"): (("BUSINESSHOURS", None),),
    **{
        _text(one, two): (("BUSINESSDAY", None),)
        for one in ("business", "working", "work", "week")
        for two in ("day", "days")
    },
    _text("weekend", "day"): (("WEEKEND", None),),
    _text("weekend", "days"): (("WEEKEND", None),),
    _text("half", "hour"): (("NUMBER", 30), ("UNIT", "minute")),
    _text("half", "an", "hour"): (("NUMBER", 30), ("UNIT", "minute")),
    _text("half", "hourly"): (("ADVERB", (30, "minute")),),
    _text("quarter", "hour"): (("NUMBER", 15), ("UNIT", "minute")),
    _text("quarter", "of", "an", "hour"): (("NUMBER", 15), ("UNIT", "minute")),
    _text("quarter", "hourly"): (("ADVERB", (15, "minute")),),
    _text("three", "quarters", "of", "an", "hour"): (("NUMBER", 45), ("UNIT", "minute")),
    _text("hour", "and", "a", "half"): (("NUMBER", 90), ("UNIT", "minute")),
    _text("half", "year"): (("UNIT", "half-year"),),
    _text("half", "-", "year"): (("UNIT", "half-year"),),
    _text("half", "yearly"): (("ADVERB", (1, "half-year")),),
    _text("bi", "-", "weekly"): (("AMBIGUOUS", "biweekly"),),
    _text("bi", "-", "monthly"): (("AMBIGUOUS", "bimonthly"),),
    _text("semi", "-", "monthly"): (("AMBIGUOUS", "semimonthly"),),
    _text("semi", "-", "annually"): (("ADVERB", (1, "half-year")),),
    _text("end", "of", "month"): (("MONTHDAY", -1), ("OFMONTH", None)),
    _text("month", "end"): (("MONTHDAY", -1), ("OFMONTH", None)),
    _text("month", "-", "end"): (("MONTHDAY", -1), ("OFMONTH", None)),
    _text("end", "of", "each", "month"): (("MONTHDAY", -1), ("OFMONTH", None)),
    _text("end", "of", "every", "month"): (("MONTHDAY", -1), ("OFMONTH", None)),
    _text("at", "end", "of", "day"): (("WORD", None),),
    _text("beginning", "of", "month"): (("MONTHDAY", 1), ("OFMONTH", None)),
    _text("beginning", "of", "every", "month"): (("MONTHDAY", 1), ("OFMONTH", None)),
    _text("beginning", "of", "each", "month"): (("MONTHDAY", 1), ("OFMONTH", None)),
    _text("start", "of", "month"): (("MONTHDAY", 1), ("OFMONTH", None)),
    _text("start", "of", "every", "month"): (("MONTHDAY", 1), ("OFMONTH", None)),
    _text("start", "of", "each", "month"): (("MONTHDAY", 1), ("OFMONTH", None)),
    _text("middle", "of", "month"): (("MONTHDAY", 15), ("OFMONTH", None)),
    _text("middle", "of", "every", "month"): (("MONTHDAY", 15), ("OFMONTH", None)),
    _text("middle", "of", "each", "month"): (("MONTHDAY", 15), ("OFMONTH", None)),
    _text("mid", "month"): (("MONTHDAY", 15), ("OFMONTH", None)),
    _text("mid", "-", "month"): (("MONTHDAY", 15), ("OFMONTH", None)),
    _text("at", "end"): (("MONTHDAY", -1),),
    _text("but", "not"): (("EXCEPT", None),),
    _text("other", "than"): (("EXCEPT", None),),
    _text("apart", "from"): (("EXCEPT", None),),
    _text("except", "for"): (("EXCEPT", None),),
    _text("as", "well", "as"): (("AND", None),),
    _text("and", "also"): (("AND", None),),
    _text("up", "to"): (("UNTIL", None),),
    _text("up", "until"): (("UNTIL", None),),
    _text("as", "of"): (("STARTING", None),),
    _text("ending", "at"): (("UNTIL", None),),
    _text("ending", "on"): (("UNTIL", None),),
    _text("counted", "from"): (("COUNTED", None),),
    _text("counted", "from", "week", "of"): (("COUNTED", None),),
    _text("falling", "on"): (("FALLING", None),),
    **{_text(one, two): (("IN", None),) for one in ("in", "of", "during") for two in ("a", "an")},
    **{
        (*words, *unit): (("OFFSET", ("minute", (minute,))), ("EVERY", None), ("UNIT", "hour"))
        for words, minute in ((("quarter", "past"), 15), (("half", "past"), 30), (("quarter", "to"), 45))
        for unit in (("every", "hour"), ("each", "hour"), ("hour",))
    },
    _text("once", "every"): (("EVERY", None),),
    _text("once", "each"): (("EVERY", None),),
    _text("once", "per"): (("EVERY", None),),
    _text("once", "a"): (("EVERY", None),),
    _text("once", "an"): (("EVERY", None),),
    _text("twice", "a"): (("NUMBER", 2), ("TIMES", None), ("EVERY", None)),
    _text("twice", "an"): (("NUMBER", 2), ("TIMES", None), ("EVERY", None)),
    _text("twice", "per"): (("NUMBER", 2), ("TIMES", None), ("EVERY", None)),
    _text("twice", "daily"): (("NUMBER", 2), ("TIMES", None), ("EVERY", None), ("UNIT", "day")),
    _text("thrice", "a"): (("NUMBER", 3), ("TIMES", None), ("EVERY", None)),
    _text("times", "a"): (("TIMES", None), ("EVERY", None)),
    _text("times", "an"): (("TIMES", None), ("EVERY", None)),
    _text("times", "per"): (("TIMES", None), ("EVERY", None)),
    _text("times", "daily"): (("TIMES", None), ("EVERY", None), ("UNIT", "day")),
    **{tuple(name.split()): (("FIXEDDAY", day),) for name, day in FIXED_DAYS.items()},
    _text("on", "hour"): (("OFFSET", ("minute", (0,))),),
    _text("on", "half", "hour"): (("OFFSET", ("minute", (30,))),),
    _text("top", "of", "hour"): (("OFFSET", ("minute", (0,))),),
    _text("top", "of", "every", "hour"): (("OFFSET", ("minute", (0,))), ("EVERY", None), ("UNIT", "hour")),
    _text("weekday", "instance"): (("WORD", None),),
}
_LONGEST = max(map(len, _COMPOUNDS))
_PREFIXES = {pattern[:1] for pattern in _COMPOUNDS}


def _phrases(found: list[Token]) -> list[Token]:
    """Replace compound spellings by their tokens, then numbers, ordinals and clocks spread over words."""
    flat: list[Token] = []
    for token in found:
        if token.kind == "SLASHED":
            for position, part in enumerate(str(token.text).split("/")):
                if position:
                    flat.append(Token("PUNCT", None, "/"))
                word = _word(part)
                if word is not None:
                    flat.append(word)
        elif token.text not in NOISE:
            flat.append(token)
    out: list[Token] = []
    index = 0
    while index < len(flat):
        size = _compound_at(flat, index)
        if size:
            pattern = tuple(token.text for token in flat[index : index + size])
            text = " ".join(pattern)
            out.extend(Token(kind, value, text) for kind, value in _COMPOUNDS[pattern])
            index += size
        else:
            out.append(flat[index])
            index += 1
    return _clocks(_numbers(out))


def _compound_at(flat: list[Token], index: int) -> int:
    if (flat[index].text,) not in _PREFIXES:
        return 0
    for size in range(min(_LONGEST, len(flat) - index), 0, -1):
        if tuple(token.text for token in flat[index : index + size]) in _COMPOUNDS:
            return size
    return 0


def _numbers(found: list[Token]) -> list[Token]:
    """Merge `twenty five`, `thirty-first`, `second to last`, `3rd last` and counts with their unit."""
    out: list[Token] = []
    index = 0
    while index < len(found):
        token = found[index]
        rest = found[index + 1 : index + 5]
        if token.kind == "DECIMAL" and rest and rest[0].kind == "UNIT":
            out += _fraction(token.text, str(rest[0].value))
            index += 2
            continue
        if token.kind == "COUNT":
            assert isinstance(token.value, tuple)
            count, unit = token.value
            out += [Token("NUMBER", count, token.text), Token("UNIT", unit, token.text)]
            index += 1
            continue
        merged = None if out and out[-1].kind in ("FROM", "BETWEEN") else _merged_number(token, rest)
        if merged is None:
            out.append(token)
            index += 1
        else:
            size, new = merged
            out.append(new)
            index += size
    return out


def _fraction(text: str, unit: str) -> list[Token]:
    """Return `1.5 hours` as whole minutes, or the word as it is where that is not whole."""
    finer = {"hour": "minute", "minute": "second"}.get(unit)
    count = Fraction(text) * 60
    if finer is None or count.denominator != 1:
        return [Token("WORD", None, text)]
    return [Token("NUMBER", int(count), text), Token("UNIT", finer, unit)]


def _merged_number(token: Token, rest: list[Token]) -> tuple[int, Token] | None:
    texts = [other.text for other in rest]
    if token.kind == "NUMBER" and token.text.isalpha() and isinstance(token.value, int) and token.value >= 20:
        skip = 1 if texts[:1] == ["-"] else 0
        follower = rest[skip] if len(rest) > skip else None
        if follower and follower.text.isalpha() and follower.kind in ("NUMBER", "ORDINAL"):
            small = follower.value
            if isinstance(small, int) and 1 <= small <= 9:
                return 2 + skip, Token(follower.kind, token.value + small, f"{token.text}-{follower.text}")
    if token.kind == "ORDINAL" and isinstance(token.value, int) and 0 < token.value <= 10:
        if texts[:2] in (["to", "last"], ["from", "last"]):
            return 3, Token("ORDINAL", -token.value, f"{token.text} to last")
        if texts[:4] == ["-", "to", "-", "last"]:
            return 5, Token("ORDINAL", -token.value, f"{token.text} to last")
        if texts[:1] == ["last"]:
            return 2, Token("ORDINAL", -token.value, f"{token.text} last")
    return None


def _clocks(found: list[Token]) -> list[Token]:
    """Merge `half past nine`, `quarter to 6 pm`, `nine o'clock`, `five pm`, `12 noon` into CLOCK tokens."""
    out: list[Token] = []
    index = 0
    while index < len(found):
        size, token = _clock_at(found, index, out[-1].kind if out else "")
        out.append(token)
        index += size
    return out


def _clock_at(found: list[Token], index: int, before: str) -> tuple[int, Token]:
    token = found[index]
    texts = [other.text for other in found[index : index + 4]]
    if token.text == "half" and texts[1:2] == ["past"]:
        return _relative(found, index, 2, 30)
    if texts[:1] == ["quarter"] and texts[1:2] in (["past"], ["after"]):
        return _relative(found, index, 2, 15)
    if texts[:1] == ["quarter"] and texts[1:2] in (["to"], ["before"]):
        return _relative(found, index, 2, -15)
    if token.kind == "NUMBER" and isinstance(token.value, int) and token.value < 60:
        skip = 2 if texts[1:2] in (["minutes"], ["minute"]) else 1
        if texts[skip : skip + 1] in (["past"], ["to"], ["after"], ["before"]) and before in ("AT", "AND", "PUNCT", ""):
            sign = -1 if texts[skip] in ("to", "before") else 1
            size, merged = _relative(found, index, skip + 1, sign * token.value)
            if merged.kind == "CLOCK" and (
                sign > 0 or (isinstance(token.value, int) and token.value in (5, 10, 20, 25))
            ):
                return size, merged
    if token.kind in ("NUMBER", "CLOCK"):
        return _plain_clock(found, index)
    return 1, token


def _relative(found: list[Token], index: int, skip: int, minutes: int) -> tuple[int, Token]:
    """Return the clock *minutes* after the hour at *index* + *skip*, or the token as it is if there is none."""
    if index + skip >= len(found):
        return 1, found[index]
    size, hour = _plain_clock(found, index + skip)
    text = " ".join(token.text for token in found[index : index + skip + size])
    if hour.kind == "CLOCK" and isinstance(hour.value, Clock) and not hour.value.minute:
        clock = hour.value
    elif hour.kind == "NUMBER" and isinstance(hour.value, int) and 0 <= hour.value <= 23:
        following = found[index + skip + size].kind if index + skip + size < len(found) else ""
        if following == "UNIT":
            return 1, found[index]
        clock = Clock(hour.value, sure=hour.value > 12 or hour.value == 0, bare=True)
    else:
        return 1, found[index]
    return skip + size, Token("CLOCK", clock.plus(minutes), text)


def _plain_clock(found: list[Token], index: int) -> tuple[int, Token]:
    token = found[index]
    texts = [other.text for other in found[index : index + 5]]
    value = token.value
    if token.kind == "NUMBER" and isinstance(value, int):
        if len(token.text) == 4 and token.text.isdigit() and _military(found, index):
            return 1, Token("CLOCK", Clock(value // 100, value % 100, sure=True), token.text)
        if texts[1:2] in (["o'clock"], ["oclock"]):
            hour = Clock(value, sure=value > 12 or value == 0) if value <= 23 else None
            if hour is None:
                raise Refused(f"{value} o'clock is not a time of day", "hours go to 23")
            size, merged = _with_half(texts[2:], Token("CLOCK", hour, f"{value} o'clock"))
            return 2 + size, merged
        if 1 <= value <= 12:
            size, merged = _with_half(texts[1:], Token("CLOCK", Clock(value), token.text))
            return (1 + size, merged) if size else (1, token)
        return 1, token
    if token.kind == "CLOCK" and isinstance(value, Clock):
        size, merged = _with_half(texts[1:], token)
        return 1 + size, merged
    return 1, token


def _military(found: list[Token], index: int) -> bool:
    """Return whether the four digits at *index* are a time of day, as in `at 1830`."""
    text = found[index].text
    if int(text[:2]) > 23 or int(text[2:]) > 59:
        return False
    led = index > 0 and found[index - 1].kind == "AT"
    in_list = index > 2 and found[index - 3].kind == "AT" and len(found[index - 2].text) == 4
    in_span = index > 0 and found[index - 1].kind in ("FROM", "BETWEEN", "TO", "UNTIL", "AND")
    # `from 2024 to 2026` are years, `from 0900 to 1730` are times
    return led or in_list or text.startswith("0") or (in_span and not 1970 <= int(text) <= 2099)


def _with_half(texts: list[str], token: Token) -> tuple[int, Token]:
    """Return the clock *token* with a following `pm`, `a.m.`, `noon` or `midnight` applied, and the words it took."""
    clock = token.value
    assert isinstance(clock, Clock)
    for words, afternoon in ((["am"], False), (["pm"], True), (["a", ".", "m"], False), (["p", ".", "m"], True)):
        if texts[: len(words)] == words and 1 <= clock.hour <= 12:
            hour = clock.hour % 12 + (12 if afternoon else 0)
            return len(words), Token("CLOCK", Clock(hour, clock.minute, clock.second, sure=True, halved=True), token.text)
    if texts[:1] in (["noon"], ["midday"]) and clock.hour == 12 and not clock.minute:
        return 1, Token("CLOCK", Clock(12, sure=True, halved=True), token.text)
    if texts[:1] == ["midnight"] and clock.hour in (0, 12) and not clock.minute:
        return 1, Token("CLOCK", Clock(0, sure=True, halved=True), token.text)
    return 0, token


def _without_description(found: list[Token]) -> list[Token]:
    """Drop a leading `run the database backup`: a known verb and what it acts on, up to the first schedule word."""
    if not found or found[0].text not in VERBS:
        return found
    for index, token in enumerate(found):
        if index and token.text in REFUSED_WORDS:
            break
        if index and token.kind not in ("WORD", "PUNCT"):
            description = found[1:index]
            clean = all(token.kind == "WORD" or token.text in ".-'_" for token in description)
            return found[index:] if clean else found
    return found


def _seconds(found: list[Token]) -> list[Token]:
    """Decide for each `second` whether it is the unit or the ordinal."""
    out: list[Token] = []
    for index, token in enumerate(found):
        if token.text == "second" and token.kind == "ORDINAL" and _is_unit(found, index):
            token = Token("UNIT", "second", "second")  # noqa: PLW2901  the same word in its other sense
        out.append(token)
    return out


def _is_unit(found: list[Token], index: int) -> bool:
    after = found[index + 1] if index + 1 < len(found) else Token("", None, "")
    before = found[index - 1] if index else Token("", None, "")
    if before.kind in ("NUMBER",) or (before.kind == "OTHER"):
        return True
    if after.kind in ("WEEKDAY", "UNIT", "BUSINESSDAY", "WEEKEND"):
        return False
    if after.kind == "NUMBER":
        return True
    if after.text in ("and", ",", "-", "to") and index + 2 < len(found) and found[index + 2].kind == "ORDINAL":
        return False
    if before.text in ("and", ",", "-", "to") and index > 1 and found[index - 2].kind == "ORDINAL":
        return False
    if after.kind == "IN" and index + 2 < len(found):
        following = found[index + 2 : index + 4]
        if any(token.kind == "MONTH" or token.value == "month" for token in following):
            return False
    return before.kind in ("EVERY", "AFTER", "BEFORE", "AT", "STARTING", "FROM", "") or before.text == "past"


_LISTED = {
    "CLOCK": "time",
    "NUMBER": "number",
    "ORDINAL": "ordinal",
    "MONTHDAY": "ordinal",
    "WEEKDAY": "day",
    "WEEKEND": "day",
    "BUSINESSDAY": "day",
    "MONTH": "month",
    "DATE": "date",
    "COLON": "colon",
    "YEAR": "year",
}


def _joins(found: list[Token]) -> list[Token]:
    """Tell commas and `and`s that join two values of a list (JOIN) from those that part clauses (SEP).

    Dashes become TO, the `and` of `between … and …` too.
    """
    out: list[Token] = []
    between = False
    index = 0
    while index < len(found):
        token = found[index]
        if token.kind == "BETWEEN":
            between = True
        if token.kind == "AND" or (token.kind == "PUNCT" and token.text in ",;&/+"):
            end = index + 1
            while end < len(found) and (found[end].kind == "AND" or found[end].text in (",", ";")):
                end += 1
            new = _separator(found, index, end, out)
            if between and token.kind == "AND":
                new, between = Token("TO", None, "and"), False
            if new is not None:
                out.append(new)
            index = end
            continue
        if token.text == "-":
            token = Token("TO", None, "-")
        elif token.kind == "WEEKDAY" and out and out[-1].kind == "WEEKDAY":
            out.append(Token("JOIN", None, ""))
        elif token.kind == "NUMBER" and _is_year(token, out):
            token = Token("YEAR", token.value, token.text)
        out.append(token)
        index += 1
    return out


def _is_year(token: Token, out: list[Token]) -> bool:
    if not (isinstance(token.value, int) and 1970 <= token.value <= 9999 and len(token.text) == 4 and out):
        return False
    if out[-1].kind in ("MONTH", "IN"):
        return True
    if len(out) > 1 and out[-1].kind in ("JOIN", "TO") and out[-2].kind == "YEAR":
        return True
    return out[-1].kind in ("NUMBER", "ORDINAL") and len(out) > 1 and out[-2].kind == "MONTH"


def _separator(found: list[Token], index: int, end: int, out: list[Token]) -> Token | None:
    words = " ".join(token.text for token in found[index:end])
    if ";" in words:
        return Token("SEP", None, words)
    if end >= len(found) or not out:
        return Token("SEP", None, words) if words.strip(",;. ") else None
    left, right = out[-1], found[end]
    if words == "," and _is_year(right, out):
        return None
    one, other = _LISTED.get(left.kind), _LISTED.get(right.kind)
    after = found[end + 1].kind if end + 1 < len(found) else ""
    counts_past = left.kind == "NUMBER" and "AFTER" in [token.kind for token in found[end + 1 : end + 3]]
    if right.kind == "NUMBER" and after in ("UNIT", "TIMES", "AFTER", "MONTH") and not counts_past:
        return Token("SEP", None, words)
    same = one is not None and one == other
    mixed = {one, other} in ({"year", "number"}, {"time", "number"}, {"ordinal", "number"})
    return Token("JOIN" if same or mixed else "SEP", None, words)


def unknown_word(token: Token) -> Refused:
    """Return the refusal for a word that no rule accepts, with what it may have been meant to be."""
    if token.text in REFUSED_WORDS:
        why, instead = REFUSED_WORDS[token.text]
        return Refused(f"`{token.text}` {why}", instead)
    close = get_close_matches(token.text, VOCABULARY, n=1, cutoff=0.7) if len(token.text) < 20 else []
    hint = (
        f"did you mean `{close[0]}`?"
        if close
        else "write it in other words, or leave it out if it says nothing about time"
    )
    return Refused(f"`{token.text[:40]}` is not understood", hint)


def first_refused(found: list[Token]) -> Refused | None:
    """Return the refusal for the first token that can never be part of a schedule, or None."""
    for token in found:
        if token.kind == "WORD" and token.text in REFUSED_WORDS:
            return unknown_word(token)
    for token in found:
        if token.kind == "AMBIGUOUS" or token.text in AMBIGUOUS_ADVERBS:
            one, other = AMBIGUOUS_ADVERBS[str(token.value or token.text)]
            return Refused(f"`{token.text}` means two different things", f"write `{one}` or `{other}`")
        if token.kind == "SLASHDATE":
            return Refused(
                f"`{token.text}` may be day/month or month/day", "write the date as 2026-04-03 or the month by name"
            )
        if token.kind in ("WORD", "PUNCT", "DECIMAL"):
            return unknown_word(token)
    return None
