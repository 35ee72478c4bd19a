"""Every word of a phrase counts: put one in or take one out, and the reading changes, is refused, or says so.

Excepted is the closed list of `redundancy`, which `docs/phrases.md` prints. By day the cases are drawn; by night
(`RECONCILE_TESTS=thorough`) all are tried, and 20,000 English words besides.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from reconciler.compiler.grammar import read
from reconciler.compiler.grammar.description import PREFIXES, RUNNING, VERBS
from reconciler.compiler.grammar.vocabulary import (
    AMBIGUOUS_ADVERBS,
    ARTICLES,
    COURTESY,
    EMPHASIS,
    GLUE_WORDS,
    INTRODUCING,
    REFUSED_WORDS,
    WORDS,
)
from reconciler.model import Conventions, Question, Reading
from reconciler.timing import equal
from tests.compiler.grammar.qualifiers import QUALIFIERS
from tests.compiler.grammar.redundancy import SAID_TWICE, SILENT, says_nothing_more
from tests.effort import thorough

_GOLDEN = Path(__file__).parents[2] / "golden" / "phrases.yaml"
_PAGE = Path(__file__).parents[3] / "docs" / "phrases.md"
_ROWS: list[dict[str, Any]] = yaml.safe_load(_GOLDEN.read_text(encoding="utf-8"))
_MEANINGS = {"expect", "interval", "timing"}
_PHRASES = [
    row["phrase"]
    for row in _ROWS
    if _MEANINGS & row.keys() and " " in row["phrase"] and not set("*?@=") & set(row["phrase"])
]
_BY_DAY = 2000
_PARTS = 8  # by night the cases are parted, so that every worker has some
_MOST_SHOWN = 40


class _Case(NamedTuple):
    """A phrase with a word more (*longer*, the word at *index*) and without it (*shorter*)."""

    longer: list[str]
    index: int
    shorter: list[str]

    def __str__(self) -> str:
        words = [f"<{word}>" if at == self.index else word for at, word in enumerate(self.longer)]
        return " ".join(words)


@cache
def _base(phrase: str) -> Reading | Question:
    return _read(phrase)


def _read(phrase: str) -> Reading | Question:
    try:
        return read(phrase, timezone="Europe/Berlin", conventions=Conventions())
    except Exception as error:
        error.add_note(f"the phrase is {phrase!r}")
        raise


def _unnoticed(first: Reading | Question, second: Reading | Question) -> bool:
    """Return whether the two are one reading: due alike and stating the same."""
    if isinstance(first, Question) or isinstance(second, Question) or first.assumptions != second.assumptions:
        return False
    if first.timing.calendars != second.timing.calendars:  # whose days are not looked up here
        return False
    return first.timing == second.timing or equal(first.timing, second.timing)


def _put(phrase: str, word: str, index: int) -> _Case:
    words = phrase.split()
    at = min(index, len(words))
    if word.endswith("-") and at < len(words):
        return _Case([*words[:at], word + words[at], *words[at + 1 :]], at, words)
    return _Case([*words[:at], word, *words[at:]], at, words)


def _insertions(words: Iterable[str]) -> Iterator[_Case]:
    for phrase in _PHRASES:
        for index in range(len(phrase.split()) + 1):
            for word in words:
                yield _put(phrase, word, index)


def _removals() -> Iterator[_Case]:
    for phrase in _PHRASES:
        words = phrase.split()
        for index in range(len(words)):
            yield _Case(words, index, [*words[:index], *words[index + 1 :]])


def _passing_unnoticed(cases: Iterable[_Case]) -> list[_Case]:
    found = []
    for case in cases:
        if says_nothing_more(case.longer, case.index):
            continue
        if _unnoticed(_read(" ".join(case.longer)), _base(" ".join(case.shorter))):
            found.append(case)
    return found


def _check(cases: Iterable[_Case]) -> None:
    found = _passing_unnoticed(cases)
    words = Counter(case.longer[case.index] for case in found)
    shown = "\n".join(map(str, found[:_MOST_SHOWN]))
    assert not found, f"{len(found)} cases, by word {words.most_common(_MOST_SHOWN)}:\n{shown}"


# ---------------------------------------------------------------- the law


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_qualifier_put_in_anywhere_is_noticed(part: int) -> None:
    """All places of all golden phrases by night; by day as many as can be tried in seconds, the same each time."""
    if thorough():
        _check(case for at, case in enumerate(_insertions(QUALIFIERS)) if at % _PARTS == part)
    else:
        chance = random.Random(part)
        _check(
            _put(phrase, chance.choice(QUALIFIERS), chance.randint(0, len(phrase.split())))
            for phrase in chance.choices(_PHRASES, k=_BY_DAY // _PARTS)
        )


def test_a_word_taken_out_is_noticed() -> None:
    _check(_removals())


@pytest.mark.parametrize("part", range(_PARTS))
@pytest.mark.skipif(not thorough(), reason="20,000 English words are tried by night")
def test_an_english_word_put_in_anywhere_is_noticed(part: int) -> None:
    chance = random.Random()
    words = [word for at, word in enumerate(_english_words()) if at % _PARTS == part]
    _check(
        _put(phrase, word, chance.randint(0, len(phrase.split())))
        for word in words
        for phrase in chance.choices(_PHRASES, k=4)
    )


def _english_words() -> list[str]:
    """Return the 20,000 commonest English words; a missing list fails the test, as then it has tried nothing."""
    try:
        packed = files("spellchecker").joinpath("resources/en.json.gz").read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        pytest.fail("the list of English words is missing: install the dev extra, which has pyspellchecker")
    counts: dict[str, int] = json.loads(gzip.decompress(packed))
    words = sorted((word for word in counts if len(word) > 1), key=lambda word: (-counts[word], word))[:20_000]
    assert len(words) == 20_000
    return words


# ---------------------------------------------------------------- the law can fail


@pytest.mark.parametrize(
    ("longer", "index"),
    [("every Monday at 9am please", 4), ("on Monday at 9am", 0)],
    ids=["courtesy", "preposition"],
)
def test_a_word_that_says_nothing_would_be_found_if_it_were_not_in_the_closed_list(longer: str, index: int) -> None:
    words = longer.split()
    shorter = " ".join(words[:index] + words[index + 1 :])
    assert _unnoticed(_read(longer), _read(shorter))
    assert says_nothing_more(words, index)


def test_the_list_of_qualifiers_is_long_and_much_of_it_is_in_no_list_of_the_code() -> None:
    known = {*WORDS, *GLUE_WORDS, *REFUSED_WORDS, *AMBIGUOUS_ADVERBS, *SILENT, *VERBS, *RUNNING, *PREFIXES}
    assert len(QUALIFIERS) >= 300
    assert len([word for word in QUALIFIERS if word.strip("-.") not in known]) >= 60


# ---------------------------------------------------------------- the closed list is printed


def _ticked(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def test_the_page_prints_the_closed_list_and_nothing_else() -> None:
    page = _PAGE.read_text(encoding="utf-8").split("## What may be said without a change\n")[1].split("\n## ")[0]
    rows = [line for line in page.splitlines() if line.startswith("| ") and "`" in line]
    expected = {
        f"| courtesy | {_ticked(sorted(COURTESY))} |",
        f"| emphasis | {_ticked(sorted(EMPHASIS))} |",
        f"| articles, before a day or a time | {_ticked(sorted(ARTICLES))} |",
        f"| prepositions, where they only introduce what follows | {_ticked(sorted(INTRODUCING))} |",
        f"| that something runs, in front | {_ticked(sorted(RUNNING))} |",
        *(f"| {_ticked(rule.words.split())} | {rule.where} |" for rule in SAID_TWICE),
    }
    assert set(rows) == expected
