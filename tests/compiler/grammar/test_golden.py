"""The golden set: a phrase that is read wrongly fails, whatever else improves."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.compiler.cases import load_cases
from reconciler.compiler.evaluating import score
from reconciler.compiler.grammar import read
from reconciler.model import Conventions, Question
from reconciler.scoring import Case, Verdict
from reconciler.timing import english

_ZONE = "Europe/Berlin"
_FILE = Path(__file__).parents[2] / "golden" / "phrases.yaml"
_CASES = load_cases(_FILE.read_text(encoding="utf-8"), "phrases.yaml", timezone=_ZONE)


@pytest.mark.parametrize("case", _CASES, ids=[case.phrase or "(empty)" for case in _CASES])
def test_a_golden_phrase_is_read_as_it_is_meant(case: Case) -> None:
    got = read(case.phrase, timezone=_ZONE, conventions=Conventions())
    assert score(case, got).verdict is Verdict.RIGHT, got if isinstance(got, Question) else english(got.timing)
    if isinstance(got, Question):
        assert got.message
        assert (len(got.readings) >= 2) == case.ambiguous, got


def test_the_golden_set_is_large_and_has_no_phrase_twice() -> None:
    phrases = [case.phrase for case in _CASES]
    assert len(phrases) >= 400
    assert len(set(phrases)) == len(phrases)
