"""How well phrases are read: what each reader made of them, held against what they mean, by due times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from reconciler.compiler.answer import Answer, Proposed, Unavailable
from reconciler.compiler.grammar import read
from reconciler.compiler.judging import Heard
from reconciler.model import Compiled, Conventions, Question, Reading, Timing
from reconciler.scoring import Case, Scored, Verdict
from reconciler.timing import english, equal

GRAMMAR, MODEL, BOTH = "grammar", "model", "both"

_KEY = re.compile(r"[a-z_]+:(?: \S+)?$")

Scores = dict[str, list[Scored]]


def evaluate(
    cases: Sequence[Case], heard: Iterable[Heard], *, progress: Callable[[int, int], None] | None = None
) -> Scores:
    """Return the scores of each reader, case by case; *heard* has what the readers made of each of the *cases*.

    The grammar is always scored. Where a model was asked there are also the scores of its first answer
    alone and of what the referee accepts of both. *progress* is told how many cases of all are scored.
    """
    scores: Scores = {}
    for count, (case, one) in enumerate(zip(cases, heard, strict=True), 1):
        scores.setdefault(GRAMMAR, []).append(_whole(score(case, one.grammar)))
        if one.model is not None:
            judged = one.judged.reading if isinstance(one.judged, Compiled) else one.judged
            scores.setdefault(MODEL, []).append(_score_answer(case, one.model))
            scores.setdefault(BOTH, []).append(score(case, judged))
        if progress is not None:
            progress(count, len(cases))
    return scores


def score(case: Case, got: Reading | Question) -> Scored:
    """Return how *got* does on *case*: a reading is right if it is due exactly as one of the meanings is.

    A question where both readings are wanted has to show them.
    """
    if isinstance(got, Question):
        right = case.refusable and (not case.ambiguous or len(got.readings) > 1)
        return Scored(case, got, Verdict.RIGHT if right else Verdict.REFUSED)
    right = any(equal(meaning, got.timing) and _codes(meaning) == _codes(got.timing) for meaning in case.meanings)
    return Scored(case, got, Verdict.RIGHT if right else Verdict.WRONG)


def _whole(scored: Scored) -> Scored:
    """Return *scored*, or that the grammar's sentence or advice is not read by the grammar itself."""
    got = scored.got
    if scored.verdict is not Verdict.RIGHT:
        return scored
    if isinstance(got, Reading):
        sentence = english(got.timing)
        back = read(sentence, timezone=None, conventions=Conventions())
        if isinstance(back, Reading) and equal(replace(back.timing, calendars=got.timing.calendars), got.timing):
            return scored
        return Scored(scored.case, Question(f"the sentence `{sentence}` is not read back"), Verdict.REFUSED)
    for phrase in advised_phrases(got):
        if isinstance(read(phrase, timezone="UTC", conventions=Conventions()), Question):
            return Scored(scored.case, Question(f"the advice `{phrase}` is not read"), Verdict.REFUSED)
    return scored


def advised_phrases(question: Question) -> list[str]:
    """Return the phrases that the hint of *question* says to write, keys of the YAML and single words left out."""
    quoted = re.findall("`([^`]+)`", question.hint or "")
    return [text for text in quoted if (" " in text or text.startswith("@")) and not _KEY.match(text)]


def _codes(timing: Timing) -> list[str]:
    """Return the holiday calendars, whose days are not looked up here."""
    return sorted(calendar.code for calendar in timing.calendars)


def _score_answer(case: Case, answer: Answer) -> Scored:
    if isinstance(answer, Proposed):
        return score(case, answer.reading)
    if isinstance(answer, Unavailable):  # saying nothing is no merit, even where a refusal is right
        return Scored(case, Question(f"the model could not be asked: {answer.reason}"), Verdict.REFUSED)
    return score(case, Question(answer.reason))


def failed(scores: Scores) -> bool:
    """Return whether anything wrong would be taken; the model alone decides nothing, so its errors do not count."""
    return any(one.verdict is Verdict.WRONG for name in (GRAMMAR, BOTH) for one in scores.get(name, ()))
