"""Commas, `and`s, dashes and brackets: what joins two values of one list, and what parts two clauses."""

from __future__ import annotations

from reconciler.compiler.grammar.clauses import NotUnderstood, Refused
from reconciler.compiler.grammar.vocabulary import Token, spanning

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
    "HOLIDAYS": "holidays",
    "COLON": "colon",
    "YEAR": "year",
}
_BRACKETS = {"(": "(", ")": ")", "[": "(", "]": ")"}
_OF_DATES = {"number", "ordinal", "month", "year", "date"}
_MIXED = ({"year", "number"}, {"time", "number"}, {"ordinal", "number"})


def joined(found: list[Token]) -> list[Token]:
    """Tell commas and `and`s that join two values of a list (JOIN) from those that part clauses (SEP).

    Dashes become TO, the `and` of `between … and …` too; brackets part clauses.
    """
    _check_brackets(found)
    return _Joiner(found).run()


class _Joiner:
    """Walks over the tokens once."""

    def __init__(self, found: list[Token]) -> None:
        self.found = found
        self.out: list[Token] = []
        self.between = False
        self.falling = False

    def run(self) -> list[Token]:
        index = 0
        while index < len(self.found):
            index = self._take(index)
        return self.out

    def _take(self, index: int) -> int:
        """Put the token at *index*, or what it becomes, into the output; return where to go on."""
        token, out = self.found[index], self.out
        self.between |= token.kind == "BETWEEN"
        self.falling |= token.kind == "FALLING"
        if token.kind == "AND" or (token.kind == "PUNCT" and token.text in ",;&/+"):
            return self._separate(index)
        if token.text in _BRACKETS or (token.text == ":" and self._parts_clauses(index)):
            out.append(token._replace(kind="SEP", value=None, text=_BRACKETS.get(token.text, ",")))
        elif token.text == "-":
            parts = self._parts_clauses(index)
            out.append(token._replace(kind="SEP", text=",") if parts else token._replace(kind="TO"))
        elif token.text == "or" and self.falling and out and out[-1].kind == "WEEKDAY":
            out.append(token._replace(kind="JOIN"))
        elif token.kind == "WEEKDAY" and out and out[-1].kind == "WEEKDAY":
            out += [Token("JOIN", None, "", token.start, token.start), token]
        elif token.kind == "NUMBER" and _is_year(token, out):
            out.append(token._replace(kind="YEAR"))
        else:
            out.append(token)
        return index + 1

    def _parts_clauses(self, index: int) -> bool:
        """Return whether the dash or colon at *index* stands apart, between things that make no span."""
        if not self.out or index + 1 == len(self.found):
            return False
        left, mark, right = self.out[-1], self.found[index], self.found[index + 1]
        apart = mark.end < right.start and (mark.text == ":" or left.end < mark.start)
        one, other = _LISTED.get(left.kind), _LISTED.get(right.kind)
        if {one, other} <= _OF_DATES:
            return False  # June 1 - Aug 31
        return apart and (one is None or other is None or (one != other and {one, other} not in _MIXED))

    def _separate(self, index: int) -> int:
        found, end = self.found, index + 1
        while end < len(found) and (found[end].kind == "AND" or found[end].text in (",", ";")):
            end += 1
        new = self._separator(index, end)
        if self.between and any(token.kind == "AND" or token.text == "&" for token in found[index:end]):
            new, self.between = spanning("TO", None, found[index:end]), False
        if new is not None:
            self.out.append(new)
        else:  # `5 January, 2026` is one date
            self.out[-1] = self.out[-1]._replace(end=found[end - 1].end)
        return end

    def _separator(self, index: int, end: int) -> Token | None:
        found, out = self.found, self.out
        words = " ".join(token.text for token in found[index:end])
        sep = spanning("SEP", None, found[index:end], words)
        if end >= len(found) and any(token.kind == "AND" or token.text in "&/+" for token in found[index:end]):
            raise NotUnderstood("the phrase ends too early", "say what it means to the end")
        if ";" in words or end >= len(found) or not out:
            return sep
        left, right = out[-1], found[end]
        if words == "," and _is_year(right, out):
            return None
        one, other = _LISTED.get(left.kind), _LISTED.get(right.kind)
        after = found[end + 1].kind if end + 1 < len(found) else ""
        counts_past = left.kind == "NUMBER" and "AFTER" in [token.kind for token in found[end + 1 : end + 3]]
        if right.kind == "NUMBER" and after in ("UNIT", "TIMES", "AFTER", "MONTH") and not counts_past:
            lists_minutes = left.kind == "NUMBER" and found[end + 1].value in ("minute", "second")
            return sep._replace(kind="JOIN") if lists_minutes and self._led_by_at() else sep
        if other == "time" and one == "number" and self._days_of_month():
            return sep  # March 1-5, 9am
        same = one is not None and one == other
        return sep._replace(kind="JOIN") if same or {one, other} in _MIXED else sep

    def _days_of_month(self) -> bool:
        """Return whether the numbers of the list being read follow a month."""
        kinds = [token.kind for token in self.out]
        while kinds and kinds[-1] in ("NUMBER", "ORDINAL", "JOIN", "TO"):
            kinds.pop()
        return bool(kinds) and kinds[-1] == "MONTH"

    def _led_by_at(self) -> bool:
        """Return whether the numbers of the list being read follow `at`."""
        kinds = [token.kind for token in self.out]
        while kinds and kinds[-1] in ("NUMBER", "JOIN"):
            kinds.pop()
        return bool(kinds) and kinds[-1] == "AT"


def _check_brackets(found: list[Token]) -> None:
    """Raise Refused for a bracket that is not closed, is empty, or stands in another."""
    depth = 0
    for index, token in enumerate(found):
        if _BRACKETS.get(token.text) == "(":
            depth += 1
            empty = index + 1 < len(found) and _BRACKETS.get(found[index + 1].text) == ")"
            if depth > 1 or empty:
                break
        elif _BRACKETS.get(token.text) == ")":
            depth -= 1
            if depth < 0:
                break
    else:
        if not depth:
            return
    raise Refused("the brackets do not match, or say nothing", "write it without them: `every weekday at 09:00`")


def _is_year(token: Token, out: list[Token]) -> bool:
    if not (isinstance(token.value, int) and 1970 <= token.value <= 9999 and len(token.text) == 4 and out):
        return False
    if out[-1].kind in ("MONTH", "IN"):
        return True
    if len(out) > 1 and out[-1].kind in ("JOIN", "TO") and out[-2].kind == "YEAR":
        return True
    return out[-1].kind in ("NUMBER", "ORDINAL") and len(out) > 1 and out[-2].kind == "MONTH"
