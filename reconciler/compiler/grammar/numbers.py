"""Numbers, ordinals and clock times that are spread over several words."""

from __future__ import annotations

from fractions import Fraction

from reconciler.compiler.grammar.clauses import Clock, Refused
from reconciler.compiler.grammar.vocabulary import Token


def numbers(found: list[Token]) -> list[Token]:
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


def clocks(found: list[Token]) -> list[Token]:
    """Merge `half past nine`, `quarter to 6 pm`, `nine o'clock`, `five pm`, `12 noon` into CLOCK tokens."""
    out: list[Token] = []
    index = 0
    hourly = any(token.kind in ("UNIT", "ADVERB") and token.value in ("hour", (1, "hour")) for token in found)
    while index < len(found):
        size, token = _past_each_hour(found, index) if hourly else (0, found[index])
        if not size:
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


def _past_each_hour(found: list[Token], index: int) -> tuple[int, Token]:
    """Return `quarter past` as minute 15 of each hour if no hour follows it, or size 0."""
    token = found[index]
    minutes = {"half": 30, "quarter": 15}.get(token.text, token.value if token.kind == "NUMBER" else None)
    past = index + 1 < len(found) and found[index + 1].text == "past"
    if past and isinstance(minutes, int) and minutes < 60 and _no_hour(found, index + 2):
        return 2, Token("OFFSET", ("minute", (minutes,)), f"{token.text} past")
    return 0, token


def _no_hour(found: list[Token], index: int) -> bool:
    """Return whether nothing at *index* says which hour `quarter past` is past."""
    return index == len(found) or found[index].kind not in ("NUMBER", "CLOCK", "UNIT", "EVERY", "WORD", "AND")


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
            return len(words), Token(
                "CLOCK", Clock(hour, clock.minute, clock.second, sure=True, halved=True), token.text
            )
    if texts[:1] in (["noon"], ["midday"]) and clock.hour == 12 and not clock.minute:
        return 1, Token("CLOCK", Clock(12, sure=True, halved=True), token.text)
    if texts[:1] == ["midnight"] and clock.hour in (0, 12) and not clock.minute:
        return 1, Token("CLOCK", Clock(0, sure=True, halved=True), token.text)
    return 0, token
