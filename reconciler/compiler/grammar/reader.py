"""The deterministic reader of phrases: every word understood, or a Question.

The steps are `tokens` (text to tokens), `phrase.lark` (tokens to clauses) and `readings`
(clauses to a timing). A crontab expression takes the short way through `crontab`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from lark import Lark, UnexpectedInput
from lark.lexer import Lexer
from lark.lexer import Token as LarkToken

from reconciler.compiler.grammar.builder import ClauseBuilder
from reconciler.compiler.grammar.clauses import Clause, NotUnderstood, Refused, Separator
from reconciler.compiler.grammar.crontab import looks_like_crontab, read_crontab
from reconciler.compiler.grammar.readings import reading_of
from reconciler.compiler.grammar.tokens import first_refused, tokens, unknown_word
from reconciler.compiler.grammar.vocabulary import Token
from reconciler.model import Conventions, Question, Reading


class _Handover(Lexer):
    """Gives our's tokens to the parser."""

    def __init__(self, _: object) -> None:
        pass

    def lex(self, data: object) -> Iterator[LarkToken]:  # type: ignore[override]  # the parser passes what it was given
        assert isinstance(data, list)
        for position, token in enumerate(data):
            yield LarkToken(token.kind, token.value if token.value is not None else token.text, start_pos=position)


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("phrase.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=_Handover, transformer=ClauseBuilder())


def read(phrase: str, *, timezone: str | None, conventions: Conventions) -> Reading | Question:
    """Return what *phrase* means, or the Question it leaves open.

    *timezone* is the declared IANA key; a zone in the phrase wins over it. The same arguments always
    give the same answer.
    """
    try:
        if looks_like_crontab(phrase):
            return read_crontab(phrase, timezone=timezone)
        clauses = _clauses(phrase)
    except Refused as refused:
        return refused.question
    try:
        return reading_of(clauses, timezone=timezone, conventions=conventions)
    except Refused as refused:
        return _with_readings(refused, clauses, timezone, conventions)


def _with_readings(
    refused: Refused, clauses: list[Clause | Separator], timezone: str | None, conventions: Conventions
) -> Question:
    """Return the question of *refused* with the reading that each of its options gives."""
    readings = []
    for option in refused.options:
        try:
            readings.append(reading_of(clauses, timezone=timezone, conventions=conventions, choice=option))
        except Refused:
            continue
    return replace(refused.question, readings=tuple(readings) if len(readings) > 1 else ())


def _clauses(phrase: str) -> list[Clause | Separator]:
    found = tokens(phrase)
    if not found:
        raise Refused("the phrase is empty", "write how often it should run, such as `every day at 09:00`")
    refused = first_refused(found)
    if refused is not None:
        raise refused
    try:
        parsed: object = _parser().parse(found)
    except UnexpectedInput as error:
        raise _unexpected(found, error) from None
    assert isinstance(parsed, list)
    return parsed


def _unexpected(found: list[Token], error: UnexpectedInput) -> Refused:
    position = error.pos_in_stream if error.pos_in_stream is not None else len(found)
    if not 0 <= position < len(found):
        return NotUnderstood("the phrase ends too early", "say what it means to the end, such as `every day at 09:00`")
    token = found[position]
    if token.kind in ("WORD", "PUNCT"):
        return unknown_word(token)
    before = f" after `{found[position - 1].text}`" if position else ""
    return NotUnderstood(
        f"`{token.text}` is not understood{before}", "write it in other words, or as a list of phrases"
    )
