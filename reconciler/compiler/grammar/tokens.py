"""From a phrase to tokens: what stands around it, case, punctuation, number words, clock spellings, zones.

Every character ends up in a token. What is not understood becomes a `WORD` token, which no grammar rule accepts;
what says nothing is kept apart as silent, and so is what stands in front of the schedule. So the tokens together
cover the phrase, which `reader` holds them to.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.compiler.grammar.clauses import NotUnderstood, Refused
from reconciler.compiler.grammar.clock_words import clocks
from reconciler.compiler.grammar.compounds import compounds
from reconciler.compiler.grammar.description import Front, front_of
from reconciler.compiler.grammar.holidays import cut_holidays
from reconciler.compiler.grammar.joining import joined
from reconciler.compiler.grammar.numbers import numbers
from reconciler.compiler.grammar.scan import scan, zones_named
from reconciler.compiler.grammar.text import Bare, Text, fold
from reconciler.compiler.grammar.vocabulary import (
    AMBIGUOUS_ADVERBS,
    ARTICLES,
    COURTESY,
    EMPHASIS,
    GLUE_WORDS,
    REFUSED_WORDS,
    Token,
)

LONGEST_PHRASE = 4_000  # people may write 500; the longest sentence of `english` is read back too
MOST_TOKENS = 1_500
_REFUSABLE = frozenset(("WORD", "PUNCT", "DECIMAL", "SLASHDATE", "AMBIGUOUS"))
_NO_STRANGERS = GLUE_WORDS | AMBIGUOUS_ADVERBS.keys()
_LINKS = ("and", ",", "-", "to", "&")
_ABBREVIATED = frozenset("WEEKDAY MONTH UNIT EXCEPT ZONE".split())
_AFTER_ARTICLE = frozenset("WEEKDAY BUSINESSDAY WEEKEND MONTH CLOCK ORDINAL DAYPART FIXEDDAY".split())


@dataclass(frozen=True, slots=True)
class Words:
    """The tokens that the grammar has to use, those that say nothing, and what stands in front."""

    tokens: list[Token]
    silent: list[Token]
    front: Front


def tokens(phrase: str, span: Bare) -> Words:
    """Return the tokens of *phrase* within *span*; raise Refused for what no schedule can mean, and say what can."""
    if span.end - span.start > LONGEST_PHRASE:
        raise Refused(
            f"the phrase has {len(phrase)} characters; {LONGEST_PHRASE} is the most that is read",
            "say when it runs in one sentence, or write a list of phrases",
        )
    text = fold(phrase, span)
    if len(text.folded) > LONGEST_PHRASE:
        raise Refused("the phrase has too many characters in disguise", "write it in plain letters")
    found = zones_named(_scanned(text, phrase))
    if len(found) > MOST_TOKENS:
        raise Refused(
            f"the phrase has {len(found)} parts; {MOST_TOKENS} is the most that is read", "write a list of phrases"
        )
    silent = [token for token in found if token.text in COURTESY]
    found = compounds([token for token in found if token.text not in COURTESY])
    found = clocks(_heard(numbers(found), silent))
    front = front_of(found, phrase)
    return Words(joined(seconds_told(found[len(front.tokens) :])), silent, front)


def _scanned(text: Text, phrase: str) -> list[Token]:
    found: list[Token] = []
    for piece in cut_holidays(text.folded):
        if isinstance(piece, Token):
            start, end = text.places[piece.start], text.places[piece.end - 1] + 1
            found.append(piece._replace(start=start, end=end))
        else:
            at, part = piece
            found += scan(text, phrase, at, at + len(part))
    return found


def _heard(found: list[Token], silent: list[Token]) -> list[Token]:
    """Return *found* without words of emphasis, articles before a day, and the dots of abbreviations."""
    out: list[Token] = []
    for index, token in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        article = token.text in ARTICLES and following is not None and _takes_article(following)
        dot = token.text == "." and out and out[-1].kind in _ABBREVIATED and out[-1].end == token.start
        both = (
            token.text == "both"
            and following is not None
            and [one.kind for one in found[index + 2 : index + 3]] == ["AND"]
        )
        if article or dot or both or token.text in EMPHASIS:
            silent.append(token)
            if token.text == "only" and out and out[-1].kind == "AND":
                out[-1] = out[-1]._replace(kind="PUNCT", text=",")  # `and only` limits, and adds nothing
        else:
            out.append(token)
    return out


def _takes_article(following: Token) -> bool:
    return following.kind in _AFTER_ARTICLE or following.text in ("quarter", "half")


def seconds_told(found: list[Token]) -> list[Token]:
    """Decide for each `second` whether it is the unit or the ordinal."""
    return [
        token._replace(kind="UNIT", value="second")
        if token.text == "second" and token.kind == "ORDINAL" and _is_unit(found, index)
        else token
        for index, token in enumerate(found)
    ]


def _is_unit(found: list[Token], index: int) -> bool:
    after = found[index + 1] if index + 1 < len(found) else Token("", None, "")
    before = found[index - 1] if index else Token("", None, "")
    if "second" in (after.text, before.text):
        return before.text == "second"  # every second second
    if before.kind in ("NUMBER",) or (before.kind == "OTHER"):
        return True
    if after.kind in ("WEEKDAY", "UNIT", "BUSINESSDAY", "WEEKEND"):
        return False
    if after.kind == "NUMBER":
        return True
    beyond = index + 1
    while beyond < len(found) and found[beyond].text in _LINKS:
        beyond += 1
    if index + 1 < beyond < len(found) and found[beyond].kind == "ORDINAL":
        return False
    if before.text in _LINKS and index > 1 and found[index - 2].kind == "ORDINAL":
        return False
    if after.kind == "IN" and index + 2 < len(found):
        following = found[index + 2 : index + 4]
        if any(token.kind == "MONTH" or token.value == "month" for token in following):
            return False
    return before.kind in ("EVERY", "AFTER", "BEFORE", "AT", "STARTING", "FROM", "") or before.text == "past"


def unknown_word(token: Token) -> Refused:
    """Return the refusal for a word that no rule accepts."""
    if token.text in REFUSED_WORDS:
        why, instead = REFUSED_WORDS[token.text]
        return Refused(f"`{token.text}` {why}", instead, at=token)
    return NotUnderstood(f"`{token.text[:40]}` is not understood", at=token)


def first_refused(found: list[Token]) -> Refused | None:
    """Return the refusal for the first token that can never be part of a schedule, or None."""
    if not any(token.kind in _REFUSABLE or token.text in AMBIGUOUS_ADVERBS for token in found):
        return None
    for token in found:
        if token.kind == "WORD" and token.text in REFUSED_WORDS:
            return unknown_word(token)
    # a word that only goes with others is not to blame where a stranger stands beside it: `half psat nine`
    strangers = [token for token in found if token.kind == "WORD" and token.text not in _NO_STRANGERS]
    if strangers:
        return unknown_word(strangers[0])
    for token in found:
        if token.kind == "AMBIGUOUS" or token.text in AMBIGUOUS_ADVERBS:
            one, other = AMBIGUOUS_ADVERBS[str(token.value or token.text)]
            return Refused(f"`{token.text}` means two different things", f"write `{one}` or `{other}`", at=token)
        if token.kind == "SLASHDATE":
            return Refused(
                f"`{token.text}` may be day/month or month/day",
                "write the month by name, such as `every year on 3 April at 09:00`",
                at=token,
            )
        if token.kind in ("WORD", "PUNCT", "DECIMAL"):
            return unknown_word(token)
    return None
