"""Numbers and ordinals that are spread over several words, and lengths of time in two units."""

from __future__ import annotations

from fractions import Fraction

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.vocabulary import Token, spanning

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_LESS = {"hour": "minute", "minute": "second"}


def numbers(found: list[Token]) -> list[Token]:
    """Merge `twenty five`, `thirty-first`, `second to last`, counts with their unit, `1 hour 30 minutes`."""
    out: list[Token] = []
    index = 0
    while index < len(found):
        token = found[index]
        rest = found[index + 1 : index + 6]
        led = out[-1].kind if out else ""
        size, made = 1, [token]
        if token.kind == "DECIMAL" and rest and rest[0].kind == "UNIT":
            size, made = 2, _fraction(token, rest[0])
        elif token.kind == "COUNT":
            assert isinstance(token.value, tuple)
            made = [
                token._replace(kind="NUMBER", value=token.value[0]),
                token._replace(kind="UNIT", value=token.value[1]),
            ]
        elif led not in ("FROM", "BETWEEN"):
            size, made = _merged_number(token, rest) or _and_a_half(token, rest) or (1, [token])
        out += made
        index += size
    return _lengths(out)


def _fraction(number: Token, unit: Token) -> list[Token]:
    """Return `1.5 hours` as whole minutes, or the word as it is where that is not whole."""
    finer = _LESS.get(str(unit.value))
    count = Fraction(number.text) * 60
    if finer is None or count.denominator != 1:
        return [number._replace(kind="WORD"), unit]
    return [number._replace(kind="NUMBER", value=int(count)), unit._replace(value=finer)]


def _and_a_half(token: Token, rest: list[Token]) -> tuple[int, list[Token]] | None:
    """Return `two and a half hours` as minutes."""
    words = [other.text for other in rest[:4]]
    if token.kind != "NUMBER" or words[:2] != ["and", "a"] or len(rest) < 4 or rest[3].kind != "UNIT":
        return None
    if words[2] in ("half hour", "half hours") and isinstance(token.value, int):
        return 5, [spanning("NUMBER", token.value * 60 + 30, [token, *rest[:3]]), rest[3]]
    if words[2] != "half":
        return None
    finer = _LESS.get(str(rest[3].value))
    if finer is None or not isinstance(token.value, int):
        return None
    number = spanning("NUMBER", token.value * 60 + 30, [token, *rest[:3]])
    return 5, [number, rest[3]._replace(value=finer)]


def _merged_number(token: Token, rest: list[Token]) -> tuple[int, list[Token]] | None:
    texts = [other.text for other in rest]
    if token.kind == "NUMBER" and token.text.isalpha() and isinstance(token.value, int) and token.value >= 20:
        skip = 1 if texts[:1] == ["-"] else 0
        follower = rest[skip] if len(rest) > skip else None
        if follower and follower.text.isalpha() and follower.kind in ("NUMBER", "ORDINAL"):
            small = follower.value
            if isinstance(small, int) and 1 <= small <= 9:
                words = f"{token.text}-{follower.text}"
                return 2 + skip, [spanning(follower.kind, token.value + small, [token, follower], words)]
    if token.kind == "ORDINAL" and isinstance(token.value, int) and 0 < token.value <= 31:
        for ending, text in _TO_LAST:
            if texts[: len(ending)] == ending:
                if text == "to last" and ending[0] != "from" and not 1 < token.value <= 10:
                    raise _from_end_or_span(token, rest[: len(ending)])
                merged = spanning("ORDINAL", -token.value, [token, *rest[: len(ending)]], f"{token.text} {text}")
                return 1 + len(ending), [merged]
    return None


def _from_end_or_span(token: Token, rest: list[Token]) -> Refused:
    """Return the refusal of `11th to last` and `first to last`, which are a day from the end or a span of days."""
    at = spanning("ORDINAL", None, [token, *rest])
    return Refused(
        f"`{at.text}` may be one day, counted from the end, or a span of days",
        "say from the end, or from the one to the other",
        at=at,
        words=(f"{token.text} from last", f"{token.text} through last"),
    )


_TO_LAST = (
    (["to", "last"], "to last"),
    (["from", "last"], "to last"),
    (["-", "to", "-", "last"], "to last"),
    (["last"], "last"),
)


def _lengths(found: list[Token]) -> list[Token]:
    """Merge `every 1 minute and 30 seconds`: one length of time in two units, the finer one second."""
    out: list[Token] = []
    for token in found:
        out.append(token)
        if token.kind != "UNIT" or len(out) < 5:
            continue
        joined = 1 if out[-3].kind == "AND" else 0
        if len(out) < 5 + joined:
            continue
        every, count, unit = out[-5 - joined], out[-4 - joined], out[-3 - joined]
        more = out[-2]
        if (every.kind, count.kind, unit.kind, more.kind) != ("EVERY", "NUMBER", "UNIT", "NUMBER"):
            continue
        size, finer = _SECONDS.get(str(unit.value), 0), _SECONDS.get(str(token.value), 0)
        if not (finer and size > finer and isinstance(count.value, int) and isinstance(more.value, int)):
            continue
        if more.value * finer < size:
            parts = out[-4 - joined :]
            total = count.value * size // finer + more.value
            out[-4 - joined :] = [
                spanning("NUMBER", total, parts[:-1]),
                spanning("UNIT", token.value, parts, token.text),
            ]
    return out
