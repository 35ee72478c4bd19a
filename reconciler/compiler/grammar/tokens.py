"""From a phrase to tokens: case, punctuation, number words, ordinals, clock spellings, zones.

Every character ends up in a token; what is not understood becomes a `WORD` token, which no grammar rule
accepts, so nothing is dropped but the articles and the few words of `NOISE`.
"""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

from reconciler.compiler.grammar.clauses import NotUnderstood, Refused
from reconciler.compiler.grammar.compounds import compounds
from reconciler.compiler.grammar.holidays import cut_holidays
from reconciler.compiler.grammar.scan import scan, zones_named
from reconciler.compiler.grammar.vocabulary import (
    AMBIGUOUS_ADVERBS,
    GLUE_WORDS,
    REFUSED_WORDS,
    VERBS,
    VOCABULARY,
    WORDS,
    Token,
)

LONGEST_PHRASE = 4_000  # people may write 500; the longest sentence of `english` is read back too
MOST_TOKENS = 1_500
_SIMILAR, _TYPO = 0.7, 0.8
_HARMLESS = frozenset("a an as well for time business working work".split())
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | {"\u2018": "'", "\u2019": "'"})


def tokens(phrase: str) -> list[Token]:
    """Return the tokens of *phrase*; raise Refused for what no schedule can mean, with what to write instead."""
    if len(phrase) > LONGEST_PHRASE:
        raise Refused(
            f"the phrase has {len(phrase)} characters; {LONGEST_PHRASE} is the most that is read",
            "say when it runs in one sentence, or write a list of phrases",
        )
    text = unicodedata.normalize("NFKC", phrase).translate(_DASHES).lower().strip()
    scanned = [
        token for piece in cut_holidays(text) for token in ([piece] if isinstance(piece, Token) else scan(piece))
    ]
    found = _without_description(compounds(zones_named(scanned)))
    if len(found) > MOST_TOKENS:
        raise Refused(
            f"the phrase has {len(found)} parts; {MOST_TOKENS} is the most that is read", "write a list of phrases"
        )
    return _joins(seconds_told(found))


@lru_cache(maxsize=4096)
def _looks_like_schedule_word(text: str) -> bool:
    """Return whether *text* may be a misspelt weekday, month, unit or the like: then it is no description."""
    return len(text) > 3 and bool(get_close_matches(text, WORDS, n=1, cutoff=0.8))


def _without_description(found: list[Token]) -> list[Token]:
    """Drop a leading `run the database backup`: a known verb and what it acts on, up to the first schedule word."""
    if not found or found[0].text not in VERBS:
        return found
    for index, token in enumerate(found):
        if index and token.text in REFUSED_WORDS:
            break
        if index and token.kind not in ("WORD", "PUNCT"):
            description = found[1:index]
            for word in description:
                if word.text in GLUE_WORDS - _HARMLESS or _looks_like_schedule_word(word.text):
                    raise unknown_word(word)
            clean = all(token.kind == "WORD" or token.text in ".-'_" for token in description)
            return found[index:] if clean else found
    return found


def seconds_told(found: list[Token]) -> list[Token]:
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
    "HOLIDAYS": "holidays",
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
    message = f"`{token.text[:40]}` is not understood"
    close = get_close_matches(token.text, VOCABULARY, n=1, cutoff=_SIMILAR) if len(token.text) < 20 else []
    if not close or close[0] == token.text:
        return NotUnderstood(message, "write it in other words, or leave it out if it says nothing about time")
    hint = f"did you mean `{close[0]}`?"
    typo = len(token.text) > 3 and SequenceMatcher(None, token.text, close[0]).ratio() >= _TYPO
    # what may be a typo is for its author to mend: no other reader shall guess at it
    return Refused(message, hint) if typo else NotUnderstood(message, hint)


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
