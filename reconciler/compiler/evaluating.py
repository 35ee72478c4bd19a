"""How well phrases are read: what each reader made of them, held against what they mean, by due times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from reconciler.compiler.answer import Answer, Proposed, Unavailable
from reconciler.compiler.judging import Heard
from reconciler.model import Compiled, Question, Reading, Timing
from reconciler.scoring import Case, Scored, Verdict
from reconciler.timing import equal

GRAMMAR, MODEL, BOTH = "grammar", "model", "both"

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
        scores.setdefault(GRAMMAR, []).append(score(case, one.grammar))
        if one.model is not None:
            judged = one.judged.reading if isinstance(one.judged, Compiled) else one.judged
            scores.setdefault(MODEL, []).append(_score_answer(case, one.model))
            scores.setdefault(BOTH, []).append(score(case, judged))
        if progress is not None:
            progress(count, len(cases))
    return scores


def score(case: Case, got: Reading | Question) -> Scored:
    """Return how *got* does on *case*: a reading is right if it is due exactly as one of the meanings is."""
    if isinstance(got, Question):
        return Scored(case, got, Verdict.RIGHT if case.refusable else Verdict.REFUSED)
    right = any(equal(meaning, got.timing) and _codes(meaning) == _codes(got.timing) for meaning in case.meanings)
    return Scored(case, got, Verdict.RIGHT if right else Verdict.WRONG)


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
