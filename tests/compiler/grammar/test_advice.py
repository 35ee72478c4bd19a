"""Advice leads home: whatever a question says to write is read, and as what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.compiler.cases import load_cases
from reconciler.compiler.evaluating import advised_phrases
from reconciler.compiler.grammar import read
from reconciler.model import Conventions, Question, Reading
from reconciler.timing import english, equal
from tests.effort import examples

_FILE = Path(__file__).parents[2] / "golden" / "phrases.yaml"
_CASES = load_cases(_FILE.read_text(encoding="utf-8"), "phrases.yaml", timezone="Europe/Berlin")
_REFUSED = [case.phrase for case in _CASES if case.refusable]
_PLAIN = [case.phrase for case in _CASES if case.meanings and " " in case.phrase and case.phrase.isascii()]


def _read(phrase: str) -> Reading | Question:
    return read(phrase, timezone="Europe/Berlin", conventions=Conventions())


def _followed(question: Question) -> Iterator[Reading]:
    """Yield what each phrase is read as that *question* says to write, its readings' sentences first."""
    for reading in question.readings:
        again = _read(english(reading.timing))
        assert isinstance(again, Reading), english(reading.timing)
        assert equal(again.timing, reading.timing)
        yield again
    for phrase in advised_phrases(question):
        got = _read(phrase)
        assert isinstance(got, Reading), phrase
        yield got


@pytest.mark.parametrize("phrase", _REFUSED, ids=lambda phrase: phrase or "(empty)")
def test_what_a_question_says_to_write_is_read_and_is_one_of_its_readings(phrase: str) -> None:
    question = _read(phrase)
    assert isinstance(question, Question)
    assert question.hint
    followed = list(_followed(question))
    for got in followed if question.readings else ():
        assert any(equal(got.timing, reading.timing) for reading in question.readings), english(got.timing)


@st.composite
def _misspelt(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a phrase that is read, and the same with one letter of one word swapped, dropped or doubled."""
    phrase = draw(st.sampled_from(_PLAIN))
    words = phrase.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return phrase, phrase
    at = draw(st.sampled_from(long))
    word, place = words[at], draw(st.integers(1, len(words[at]) - 2))
    change = draw(st.sampled_from(["swap", "drop", "double"]))
    match change:
        case "swap":
            wrong = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        case "drop":
            wrong = word[:place] + word[place + 1 :]
        case _:
            wrong = word[:place] + word[place] + word[place:]
    return phrase, " ".join([*words[:at], wrong, *words[at + 1 :]])


@settings(deadline=None, max_examples=examples(300))
@given(_misspelt())
def test_a_misspelt_word_is_not_read_and_its_proposal_is_what_was_meant(pair: tuple[str, str]) -> None:
    phrase, wrong = pair
    meant, got = _read(phrase), _read(wrong)
    assert isinstance(meant, Reading)
    if isinstance(got, Reading):  # a spelling that is a word too, or a word in front that is only quoted
        same = equal(got.timing, meant.timing) and got.timing.calendars == meant.timing.calendars
        assert same or wrong == phrase, english(got.timing)
        return
    assert got.hint
    if got.hint.startswith("did you mean"):
        followed = list(_followed(got))
        assert any(equal(one.timing, meant.timing) for one in followed), got.hint
