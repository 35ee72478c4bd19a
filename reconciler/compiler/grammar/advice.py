"""What to write instead of a refused phrase. Whatever is proposed was read first: advice leads home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher, get_close_matches

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.vocabulary import VOCABULARY, Token
from reconciler.model import Question, Reading

_SIMILAR, _TYPO = 0.7, 0.8
_MOST_TYPOS = 3
_MOST_TRIED = 8
_LONGEST = 300  # characters; who writes more has other troubles
_EXAMPLES = "write days and times such as `every weekday at 09:00`, and what is run in `description:`"

Attempt = Callable[[str], Reading | Refused]


def advised(refused: Refused, phrase: str, attempt: Attempt) -> Question:
    """Return the question of *refused* with what to write instead; *attempt* reads a phrase."""
    question = refused.question
    if refused.at is not None and question.hint is None and len(phrase) <= _LONGEST:
        proposal = _spelt_right(phrase, refused.at, attempt, _MOST_TYPOS)
        if proposal is not None:
            word, whole = proposal
            # what may be a typo is for its author to mend: no other reader shall guess at it
            typo = SequenceMatcher(None, refused.at.text, word).ratio() >= _TYPO
            hint = f"did you mean `{word}`? write `{whole}`"
            return replace(question, hint=hint, understood=question.understood or typo)
    return question if question.hint is not None else replace(question, hint=_EXAMPLES)


def _spelt_right(phrase: str, at: Token, attempt: Attempt, left: int) -> tuple[str, str] | None:
    """Return a known word that fits in the place of *at*, and the phrase with it, further typos mended too."""
    for word in _candidates(at.text):
        whole = phrase[: at.start] + word + phrase[at.end :]
        got = attempt(whole)
        if isinstance(got, Reading) or got.question.readings:
            return word, whole
        if left > 1 and got.at is not None and got.at.start > at.start:
            further = _spelt_right(whole, got.at, attempt, left - 1)
            if further is not None:
                return word, further[1]
    return None


def _candidates(text: str) -> Iterator[str]:
    """Yield known words like *text*, those first that have the same letters: `huor` is `hour` before it is `thur`."""
    if 1 < len(text) < 20:
        close = get_close_matches(text, VOCABULARY, n=_MOST_TRIED, cutoff=_SIMILAR)
        yield from sorted(close, key=lambda word: sorted(word) != sorted(text))
