"""The deterministic reader of phrases: every word understood, or a Question.

The steps are `tokens` (text to tokens), `phrase.lark` (tokens to clauses), `readings` (clauses to a timing) and
`accounting` (every character used). A crontab expression takes the short way through `crontab`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from lark import Lark, UnexpectedInput
from lark.lexer import Lexer
from lark.lexer import Token as LarkToken

from reconciler.characters import BOM, first_problem
from reconciler.compiler.grammar.accounting import account
from reconciler.compiler.grammar.advice import Understood, advised
from reconciler.compiler.grammar.builder import ClauseBuilder
from reconciler.compiler.grammar.clauses import Clause, NotUnderstood, Refused, Separator
from reconciler.compiler.grammar.crontab import looks_like_crontab, read_crontab
from reconciler.compiler.grammar.readings import reading_of
from reconciler.compiler.grammar.text import bare
from reconciler.compiler.grammar.tokens import first_refused, tokens, unknown_word
from reconciler.compiler.grammar.vocabulary import Token
from reconciler.model import Conventions, Question, Reading


class _Handover(Lexer):
    """Gives our tokens to the parser."""

    def __init__(self, _: object) -> None:
        pass

    def lex(self, data: object) -> Iterator[LarkToken]:  # type: ignore[override]  # the parser passes what it was given
        assert isinstance(data, list)
        for position, token in enumerate(data):
            yield LarkToken(token.kind, token.value if token.value is not None else token.text, start_pos=position)


class _Placed(NamedTuple):
    """The value of a rule, and the first and the last token that it was made from."""

    value: object
    first: int
    last: int


class _Placing:
    """The callbacks of a `ClauseBuilder`, with the tokens of each value kept, so that a clause knows its own."""

    def __init__(self, builder: ClauseBuilder) -> None:
        self._builder = builder

    def __getattr__(self, rule: str) -> Callable[[Sequence[_Placed | LarkToken]], _Placed]:
        return partial(self._call, getattr(self._builder, rule))

    @staticmethod
    def _call(method: Callable[..., object], children: Sequence[_Placed | LarkToken]) -> _Placed:
        values: list[object] = []
        places: list[int] = []
        for child in children:
            if isinstance(child, _Placed):
                values.append(child.value)
                places += child.first, child.last
            else:
                values.append(child)
                places.append(child.start_pos or 0)
        value, first, last = method(*values), places[0], places[-1]
        if isinstance(value, Clause):
            value = Clause(value.prefixes, value.core, (first, last + 1))
        return _Placed(value, first, last)


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("phrase.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=_Handover, transformer=_Placing(ClauseBuilder()))


def read(phrase: str, *, timezone: str | None, conventions: Conventions) -> Reading | Question:
    """Return what *phrase* means, or the Question it leaves open.

    *timezone* is the declared IANA key; a zone in the phrase wins over it. The same arguments always
    give the same answer.
    """
    reader = _Reader(unicodedata.normalize("NFC", phrase), timezone, conventions)
    try:
        return reader.read()
    except Refused as refused:
        return advised(refused, reader.seen, partial(_try, timezone=timezone, conventions=conventions))


def _try(phrase: str, *, timezone: str | None, conventions: Conventions) -> Reading | Refused:
    """Return what *phrase* means, or why it is refused, without further advice."""
    try:
        return _Reader(phrase, timezone, conventions).read()
    except Refused as refused:
        return refused


class _Reader:
    """Reads one phrase; *seen* is how far it came."""

    def __init__(self, phrase: str, timezone: str | None, conventions: Conventions) -> None:
        self.phrase = phrase
        self.timezone = timezone
        self.conventions = conventions
        self.seen = Understood(phrase)

    def read(self) -> Reading:
        """Return what the phrase means; raise Refused."""
        odd = first_problem(self.phrase.removeprefix(BOM).strip())
        if odd is not None:
            raise Refused(odd.message, odd.hint)
        span = bare(self.phrase)
        # a star in front may be a list mark, or the first field of a line
        for text in (self.phrase, self.phrase[span.start : span.end]):
            if looks_like_crontab(text):
                return read_crontab(text, timezone=self.timezone)
        words = tokens(self.phrase, span)
        self.seen = Understood(self.phrase, words.tokens)
        clauses = _clauses(words.tokens)
        self.seen = Understood(self.phrase, words.tokens, clauses)
        uses = account(self.phrase, span, words, clauses)
        reading = self._reading(clauses)
        assumptions = reading.assumptions
        if words.front.described is not None:
            assumptions = (f'"{words.front.described}" is read as what is run', *assumptions)
        if any((token.kind, token.value) == ("MONTHDAY", 15) for token in words.tokens):
            assumptions = (*assumptions, "the middle of the month is the 15th")
        return Reading(reading.timing, assumptions, reading.warnings, reading.zone_in_phrase, reading.conventions, uses)

    def _reading(self, clauses: list[Clause | Separator]) -> Reading:
        """Return what *clauses* mean; raise Refused with the reading that each of its options gives, if several do."""
        read_as = partial(reading_of, clauses, timezone=self.timezone, conventions=self.conventions)
        try:
            return read_as()
        except Refused as refused:
            readings: list[Reading] = []
            for option in refused.options:
                with suppress(Refused):
                    readings.append(read_as(choice=option))
            distinct = [one for at, one in enumerate(readings) if one.timing not in [r.timing for r in readings[:at]]]
            refused.only = distinct[0] if len(distinct) == 1 else None
            refused.question = replace(refused.question, readings=tuple(distinct) if len(distinct) > 1 else ())
            raise


def _clauses(found: list[Token]) -> list[Clause | Separator]:
    if not found:
        raise Refused("the phrase is empty", "write how often it should run, such as `every day at 09:00`")
    refused = first_refused(found)
    if refused is not None:
        raise refused
    try:
        parsed: object = _parser().parse(found)
    except UnexpectedInput as error:
        raise _unexpected(found, error) from None
    assert isinstance(parsed, _Placed)
    assert isinstance(parsed.value, list)
    return parsed.value


def _unexpected(found: list[Token], error: UnexpectedInput) -> Refused:
    position = error.pos_in_stream if error.pos_in_stream is not None else len(found)
    if not 0 <= position < len(found):
        return NotUnderstood("the phrase ends too early", "say what it means to the end, such as `every day at 09:00`")
    token = found[position]
    if token.kind in ("WORD", "PUNCT"):
        return unknown_word(token)
    before = f" after `{found[position - 1].text}`" if position and found[position - 1].text != token.text else ""
    return NotUnderstood(f"`{token.text}` is not understood{before}", at=token)
