"""What to write instead of a refused phrase. Whatever is proposed was read first: advice leads home."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher, get_close_matches

from reconciler.compiler.grammar.clauses import Clause, Edit, Refused
from reconciler.compiler.grammar.description import bears
from reconciler.compiler.grammar.draft import group_of
from reconciler.compiler.grammar.vocabulary import (
    AMBIGUOUS_ADVERBS,
    GLUE_WORDS,
    INSTEAD,
    REFUSED_WORDS,
    VOCABULARY,
    Token,
)
from reconciler.compiler.grammar.zones import place_of
from reconciler.model import Question, Reading
from reconciler.timing import english

_SIMILAR, _TYPO, _NEARLY = 0.7, 0.8, 0.05
_SHORT, _SIMILAR_SHORT = 3, 0.6  # letters
_MOST_LOST = 2  # letters that nobody leaves out by mistake: `weeknights` is not `nights`
_MOST_TYPOS = 3
_JOINED = re.compile(r"(?:,|;|&|\band\b|\bplus\b|\s)+$", re.IGNORECASE)  # what joined a clause that is left out
_ARTICLE = re.compile(r"\b(?:on\s+)?the\s+$", re.IGNORECASE)
_MOST_TRIED = 8
_MOST_PROPOSED = 3
_LONGEST = 300  # characters; who writes more has other troubles
_OTHERWISE = "write it in the words of docs/phrases.md, or as a list of phrases; what is run goes into `description:`"

Attempt = Callable[[str], Reading | Refused]


class Understood:
    """How far a phrase was understood when it was refused: its tokens, and its clauses if it came to them."""

    def __init__(self, phrase: str, tokens: Sequence[Token] = (), clauses: Sequence[object] = ()) -> None:
        self.phrase = phrase
        self.tokens = tokens
        self.clauses = [clause for clause in clauses if isinstance(clause, Clause)]

    def rewritten(self, edit: Edit) -> Iterator[str]:
        """Yield the phrase as *edit* changes it; several where it leaves out one clause of all."""
        if "*" in edit:
            for clause in self.clauses:
                yield self._changed({clause.span: ""})
            return
        spans: dict[tuple[int, int], str] = {}
        for target, text in edit.items():
            if isinstance(target, tuple):
                spans[target] = text
            elif target not in ("^", "$"):
                found = [clause.span for clause in self.clauses if group_of(clause) == target]
                spans |= dict.fromkeys(found, "") | ({found[0]: text} if found else {})
        yield f"{edit.get('^', '')}{self._changed(spans)}{edit.get('$', '')}"

    def _changed(self, spans: dict[tuple[int, int], str]) -> str:
        text = self.phrase
        for (first, end), new in sorted(spans.items(), reverse=True):
            start, stop = self.tokens[first].start, self.tokens[end - 1].end
            left_over = _JOINED if not new else _ARTICLE if new.startswith("on the") else None
            before = left_over.sub(" ", text[:start]) if left_over is not None else text[:start]
            text = f"{before}{new}{text[stop:]}"
        text = re.sub(r"\s+(?=[,;])|[,;](?=\s*[,;])", "", " ".join(text.split())).strip(" ,;")
        return re.sub(r"^(?:and|&|plus)\s+", "", text)


def advised(refused: Refused, seen: Understood, attempt: Attempt) -> Question:
    """Return the question of *refused* with what to write instead; *attempt* reads a phrase."""
    question = refused.question
    if question.readings and not refused.options:
        return question
    if question.readings:
        more = f", or {question.hint.removeprefix('write ')}" if question.hint else ""
        return replace(question, hint=f"write one of these sentences{more}")
    if refused.only is not None:
        return replace(question, hint=f"write `{english(refused.only.timing)}` if that is meant")
    if len(seen.phrase) <= _LONGEST:
        proposals = _proposals((text for edit in refused.instead for text in seen.rewritten(edit)), attempt)
        if proposals:
            return replace(question, hint=f"write {_or(proposals)}")
        if refused.at is not None:
            found = _about_word(refused.at, refused.words, seen, question, attempt)
            if found is not None:
                return found
    return question if question.hint is not None else replace(question, hint=_OTHERWISE)


def _proposals(texts: Iterable[str], attempt: Attempt) -> list[str]:
    """Return those of *texts* that are read, no two of which mean the same."""
    found: dict[str, Reading] = {}
    for text in texts:
        got = attempt(text) if len(found) < _MOST_PROPOSED else None
        if isinstance(got, Reading) and all(got.timing != other.timing for other in found.values()):
            found[text] = got
    return list(found)


def _or(proposals: Sequence[str]) -> str:
    *first, last = (f"`{proposal}`" for proposal in proposals)
    return f"{', '.join(first)} or {last}" if first else last


def _about_word(
    at: Token, words: Sequence[str], seen: Understood, question: Question, attempt: Attempt
) -> Question | None:
    """Return the question with what may stand in the place of one word, or without it; None if nothing is read."""
    if not words and any(char.isdigit() for char in at.text):
        words = (re.sub(r"(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])", " ", at.text),)  # every10 minutes
    instead = words or INSTEAD.get(at.text, ()) or AMBIGUOUS_ADVERBS.get(str(at.value or at.text), ())
    proposals = _proposals((_with(seen.phrase, at, word) for word in instead), attempt)
    if proposals:
        more = f"; {question.hint}" if question.hint is not None and question.hint.endswith("`jitter:`") else ""
        return replace(question, hint=f"write {_or(proposals)}{more}")
    if at.text in REFUSED_WORDS or at.kind != "WORD" or words:
        return None
    spelt = _spelt_right(seen.phrase, at, attempt, _MOST_TYPOS)
    if spelt is not None:
        # what may be a typo is for its author to mend: no other reader shall guess at it
        typo = _likeness(at.text, spelt[0]) >= _TYPO
        both = [spelt, *_as_likely(seen.phrase, at, spelt, attempt)]
        words, wholes = _or([word for word, _ in both]), _or([whole for _, whole in both])
        return replace(question, hint=f"did you mean {words}? write {wholes}", understood=question.understood or typo)
    return _without_strangers(seen, question, attempt)


def _with(phrase: str, at: Token, word: str) -> str:
    return " ".join(f"{phrase[: at.start]}{word}{phrase[at.end :]}".split())


def _spelt_right(phrase: str, at: Token, attempt: Attempt, left: int) -> tuple[str, str] | None:
    """Return a known word that fits in the place of *at*, and the phrase with it, further typos mended too."""
    for word in _candidates(at.text):
        whole = phrase[: at.start] + word + phrase[at.end :]
        got = attempt(whole)
        if isinstance(got, Reading) or got.question.readings:
            return word, whole
        if left > 1 and got.at is not None and got.at.kind == "WORD" and got.at.start > at.start:
            further = _spelt_right(whole, got.at, attempt, left - 1)
            if further is not None:
                return word, further[1]
    return None


def _as_likely(phrase: str, at: Token, first: tuple[str, str], attempt: Attempt) -> Iterator[tuple[str, str]]:
    """Yield another word that is as much like *at* as the *first* one, and the phrase with it, if that means other."""
    reading = attempt(first[1])
    if sorted(first[0]) == sorted(at.text) or not isinstance(reading, Reading):
        return
    least = _likeness(at.text, first[0]) - _NEARLY
    for word in _candidates(at.text):
        whole = _with(phrase, at, word)
        got = attempt(whole) if _likeness(at.text, word) >= least else None
        if isinstance(got, Reading) and got.timing != reading.timing:
            yield word, whole
            return


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _candidates(text: str) -> Iterator[str]:
    """Yield known words like *text*, and those that it begins.

    Words of the same letters come first: `huor` is `hour` before it is `thur`.
    """
    if 1 < len(text) < 20:
        letters = sorted(text)
        yield from [word for word in VOCABULARY if len(word) == len(text) and sorted(word) == letters]
        cutoff = _SIMILAR if len(text) > _SHORT else _SIMILAR_SHORT
        for word in get_close_matches(text, VOCABULARY, n=_MOST_TRIED, cutoff=cutoff):
            if sorted(word) != letters and not (len(text) - len(word) > _MOST_LOST and word in text):
                yield word
        yield from [word for word in VOCABULARY if word.startswith(text)][:_MOST_TRIED]


def _without_strangers(seen: Understood, question: Question, attempt: Attempt) -> Question | None:
    """Return the question with the phrase less what says nothing about time, if the rest is read."""
    strangers = [token for token in seen.tokens if token.kind == "WORD" and token.text not in GLUE_WORDS]
    if not strangers or not all(_is_harmless(seen.phrase[token.start : token.end]) for token in strangers):
        return None
    start, end = strangers[0].start, strangers[-1].end
    words = seen.phrase[start:end]
    if seen.phrase[:start].endswith("(") and seen.phrase[end:].startswith(")"):
        start, end = start - 1, end + 1
    if seen.phrase[end:].strip(" .!)"):
        return None  # a word amid the others may be one of them
    rest = " ".join(f"{seen.phrase[:start]} {seen.phrase[end:]}".split()).strip(" ,;-\u2013\u2014")
    if not isinstance(attempt(rest), Reading):
        return None
    hint = f'if "{words}" does not say when it runs, put it into `description:` and write `{rest}`'
    return replace(question, hint=hint)


def _is_harmless(word: str) -> bool:
    """Return whether *word* is neither a name, such as that of a place, nor one that may bear on the schedule."""
    return len(word) > 2 and word.isalpha() and word.islower() and not bears(word) and not place_of(word)
