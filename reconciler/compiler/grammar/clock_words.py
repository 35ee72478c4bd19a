"""Times of day that are spread over several words: `half past nine`, `5 pm`, `nine o'clock`, `ten to the hour`."""

from __future__ import annotations

from reconciler.compiler.grammar.clauses import Clock, Refused
from reconciler.compiler.grammar.vocabulary import Token, spanning

_PAST, _TO = ("past", "after"), ("to", "before")
_HOURS = ("h", "hr", "hrs", "hours")
_IN_A_LIST = ("AT", "AND", "PUNCT", "")


def clocks(found: list[Token]) -> list[Token]:
    """Merge `half past nine`, `quarter to 6 pm`, `nine o'clock`, `five pm`, `12 noon` into CLOCK tokens.

    `ten to the hour` and, where an hour is spoken of, `quarter past` become minutes of each hour.
    """
    out: list[Token] = []
    index = 0
    hourly = any(token.kind in ("UNIT", "ADVERB") and token.value in ("hour", (1, "hour")) for token in found)
    while index < len(found):
        before = out[-1] if out else Token("", None, "")
        size, token = _of_each_hour(found, index, before) if hourly else (0, found[index])
        if not size:
            size, token = _clock_at(found, index, before.kind)
        if token.kind == "CLOCK":
            size, token = _with_hours(found, index, size, token)
        out.append(token)
        index += size
    return out


def _with_hours(found: list[Token], index: int, size: int, token: Token) -> tuple[int, Token]:
    """Return the clock with `h` or `hrs` behind it: `09:00h`, `0030 hrs`."""
    assert isinstance(token.value, Clock)
    following = found[index + size] if index + size < len(found) else None
    if following is None or following.text not in _HOURS or token.value.halved or not token.text[-1:].isdigit():
        return size, token
    return size + 1, spanning("CLOCK", token.value, [token, following], token.text)


def _clock_at(found: list[Token], index: int, before: str) -> tuple[int, Token]:
    token = found[index]
    texts = [other.text for other in found[index : index + 4]]
    if token.text == "half" and texts[1:2] == ["past"]:
        return _relative(found, index, 2, 30)
    if token.text == "quarter" and texts[1:2] and texts[1] in (*_PAST, *_TO):
        return _relative(found, index, 2, 15 if texts[1] in _PAST else -15)
    if token.kind == "NUMBER" and isinstance(token.value, int) and token.value < 60:
        skip = 2 if texts[1:2] in (["minutes"], ["minute"]) else 1
        led = before in _IN_A_LIST and not _numbers_units(found, index)
        if texts[skip : skip + 1] and texts[skip] in (*_PAST, *_TO) and led:
            sign = 1 if texts[skip] in _PAST else -1
            size, merged = _relative(found, index, skip + 1, sign * token.value)
            if merged.kind == "CLOCK" and (sign > 0 or token.value in (5, 10, 20, 25)):
                return size, merged
    if token.text in ("am", "pm") and index + 1 < len(found) and found[index + 1].kind in ("NUMBER", "CLOCK"):
        return _half_first(found, index)
    if token.kind in ("NUMBER", "CLOCK"):
        return _plain_clock(found, index)
    return 1, token


def _numbers_units(found: list[Token], index: int) -> bool:
    """Return whether the number at *index* is of a list that a unit leads: hours 0, 5 to 7 and 10 to 23."""
    at = index - 1
    while at >= 0 and (found[at].kind in ("NUMBER", "AND", "TO") or found[at].text in (",", "-")):
        at -= 1
    return at >= 0 and found[at].kind == "UNIT" and at < index - 1


def _half_first(found: list[Token], index: int) -> tuple[int, Token]:
    """Return `AM 8:00` as a clock."""
    half, number = found[index], found[index + 1]
    clock = number.value if isinstance(number.value, Clock) else None
    if clock is None and isinstance(number.value, int) and 1 <= number.value <= 12:
        clock = Clock(number.value)
    following = found[index + 2].text if index + 2 < len(found) else ""
    if clock is None or clock.halved or not 1 <= clock.hour <= 12 or following in ("am", "pm"):
        return 1, half
    return 2, spanning("CLOCK", clock.in_half(half.text), [half, number])


def _of_each_hour(found: list[Token], index: int, before: Token) -> tuple[int, Token]:
    """Return `quarter past` and `ten to the hour` as minutes of each hour if no other hour is named, or size 0."""
    token = found[index]
    minutes = {"half": 30, "quarter": 15}.get(token.text, token.value if token.kind == "NUMBER" else None)
    if not isinstance(minutes, int) or not 0 <= minutes < 60:
        return 0, token
    skip = 2 if found[index + 1 : index + 2] and found[index + 1].value == "minute" else 1
    word = found[index + skip] if index + skip < len(found) else None
    if word is None:
        return 0, token
    if word.text == "past" and skip == 1 and _no_hour(found, index + 2):
        return 2, spanning("OFFSET", ("minute", (minutes,)), found[index : index + 2])
    if word.text in _TO and minutes and before.kind not in ("FROM", "BETWEEN"):
        size = skip + 1
        if index + size < len(found) and found[index + size].kind == "EVERY":
            size += 1
        if index + size < len(found) and (found[index + size].kind, found[index + size].value) == ("UNIT", "hour"):
            return size + 1, spanning("OFFSET", ("minute", (60 - minutes,)), found[index : index + size + 1])
    return 0, token


def _no_hour(found: list[Token], index: int) -> bool:
    """Return whether nothing at *index* says which hour `quarter past` is past."""
    return index == len(found) or found[index].kind not in ("NUMBER", "CLOCK", "UNIT", "EVERY", "WORD", "AND")


def _relative(found: list[Token], index: int, skip: int, minutes: int) -> tuple[int, Token]:
    """Return the clock *minutes* after the hour at *index* + *skip*, or the token as it is if there is none."""
    if index + skip >= len(found):
        return 1, found[index]
    size, hour = _plain_clock(found, index + skip)
    if hour.kind == "CLOCK" and isinstance(hour.value, Clock) and not hour.value.minute:
        clock = hour.value
    elif hour.kind == "NUMBER" and isinstance(hour.value, int) and 0 <= hour.value <= 23:
        following = found[index + skip + size].kind if index + skip + size < len(found) else ""
        if following == "UNIT":
            return 1, found[index]
        clock = Clock(hour.value, sure=hour.value > 12 or hour.value == 0, bare=True)
    else:
        return 1, found[index]
    return skip + size, spanning("CLOCK", clock.plus(minutes), found[index : index + skip + size])


def _plain_clock(found: list[Token], index: int) -> tuple[int, Token]:
    token = found[index]
    texts = [other.text for other in found[index : index + 5]]
    value = token.value
    if token.kind == "NUMBER" and isinstance(value, int):
        if len(token.text) == 4 and token.text.isdigit() and _military(found, index):
            return 1, token._replace(kind="CLOCK", value=Clock(value // 100, value % 100, sure=True))
        if texts[1:2] in (["o'clock"], ["oclock"]):
            if value > 23:
                raise Refused(f"{value} o'clock is not a time of day", "hours go to 23")
            clock = spanning("CLOCK", Clock(value, sure=value > 12 or value == 0), found[index : index + 2])
            size, merged = _with_half(found[index + 2 : index + 5], clock)
            return 2 + size, merged
        spoken = _spoken(token, found[index + 1 : index + 3], led=index > 0 and found[index - 1].kind in ("AT", "AND"))
        if spoken is not None:
            size, merged = _with_half(found[index + 2 : index + 6], spoken)
            return 2 + size, merged
        if 1 <= value <= 12:
            size, merged = _with_half(found[index + 1 : index + 5], token._replace(kind="CLOCK", value=Clock(value)))
            return (1 + size, merged) if size else (1, token)
        return 1, token
    if token.kind == "CLOCK" and isinstance(value, Clock):
        size, merged = _with_half(found[index + 1 : index + 5], token)
        return 1 + size, merged
    return 1, token


def _spoken(token: Token, rest: list[Token], *, led: bool) -> Token | None:
    """Return the time of `nine thirty`, two numbers in words behind `at`, or None."""
    if not (
        led and rest and rest[0].kind == "NUMBER" and token.text.isalpha() and rest[0].text.replace("-", "").isalpha()
    ):
        return None
    hour, minute = token.value, rest[0].value
    counts = len(rest) > 1 and rest[1].kind in ("UNIT", "TIMES", "AFTER")
    if not (isinstance(hour, int) and isinstance(minute, int) and 1 <= hour <= 12 and 10 <= minute <= 59) or counts:
        return None
    return spanning("CLOCK", Clock(hour, minute, bare=True), [token, rest[0]])


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


_HALVES = ((("am",), "am"), (("pm",), "pm"), (("a", ".", "m"), "am"), (("p", ".", "m"), "pm"))


def _with_half(rest: list[Token], token: Token) -> tuple[int, Token]:
    """Return the clock *token* with a following `pm`, `a.m.`, `noon` or `midnight` applied, and the words it took."""
    clock, texts = token.value, tuple(other.text for other in rest)
    assert isinstance(clock, Clock)
    if not clock.halved and 1 <= clock.hour <= 12:
        for words, half in _HALVES:
            if texts[: len(words)] == words:
                made = spanning("CLOCK", clock.in_half(half), [token, *rest[: len(words)]])
                return len(words), made
    if texts[:1] in (("noon",), ("midday",)) and clock.hour == 12 and not clock.minute:
        return 1, spanning("CLOCK", Clock(12, sure=True, halved=True), [token, rest[0]])
    if texts[:1] == ("midnight",) and clock.hour in (0, 12) and not clock.minute:
        return 1, spanning("CLOCK", Clock(0, sure=True, halved=True), [token, rest[0]])
    return 0, token
