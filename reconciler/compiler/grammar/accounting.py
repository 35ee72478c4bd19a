"""Which clause used which words: every character of a phrase, or it is no reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reconciler.compiler.grammar.clauses import Clause, NotUnderstood, Separator
from reconciler.compiler.grammar.draft import group_of
from reconciler.compiler.grammar.text import Bare
from reconciler.compiler.grammar.tokens import Words
from reconciler.compiler.grammar.vocabulary import Token
from reconciler.model import Use

_ROLES = {
    "time": "time of day",
    "period": "how often",
    "day": "days",
    "scope": "months, weeks or years",
    "whole": "zone, limits and dates",
    "except": "exception",
}


class _Span(NamedTuple):
    """Characters [*start*, *end*) of the phrase and what they were used for."""

    start: int
    end: int
    role: str


def account(phrase: str, span: Bare, words: Words, clauses: Sequence[Clause | Separator]) -> tuple[Use, ...]:
    """Return what each word of *phrase* was used for, in its order.

    Raises NotUnderstood for a character that is in none of the tokens that were used: then something was read
    and the rest of it thrown away.
    """
    spans = [*_spans(words, clauses)]
    spans += [
        _Span(start, end, "around the phrase")
        for start, end in ((0, span.start), (span.end, len(phrase)))
        if phrase[start:end].strip()
    ]
    spans.sort()
    reached = span.start
    for one in (*spans, _Span(span.end, span.end, "the end")):
        if one.start > reached and (lost := phrase[reached : one.start].split()):
            message = f"`{lost[0][:40]}` is used by no part of the schedule"
            raise NotUnderstood(message, "write it in other words")
        reached = max(reached, one.end)
    return tuple(Use(phrase[one.start : one.end], one.role) for one in spans)


def _spans(words: Words, clauses: Sequence[Clause | Separator]) -> Iterator[_Span]:
    if words.front.tokens:
        yield _over(words.front.tokens, "what is run")
    for token in words.silent:
        yield _Span(token.start, token.end, "says nothing")
    taken = set[int]()
    for clause in clauses:
        if isinstance(clause, Clause):
            first, end = clause.span
            taken.update(range(first, end))
            yield from _of_clause(words.tokens[first:end], _ROLES[group_of(clause)])
    for index, token in enumerate(words.tokens):
        if index not in taken and token.kind == "SEP":
            yield _Span(token.start, token.end, "parts or joins")


def _of_clause(tokens: Sequence[Token], role: str) -> Iterator[_Span]:
    """Yield the places of one clause's tokens, those that stand side by side as one."""
    start, end = tokens[0].start, tokens[0].end
    for token in tokens[1:]:
        if token.start > end + 1:
            yield _Span(start, end, role)
            start = token.start
        end = max(end, token.end)
    yield _Span(start, end, role)


def _over(tokens: Sequence[Token], role: str) -> _Span:
    return _Span(tokens[0].start, tokens[-1].end, role)
