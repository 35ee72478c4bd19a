"""What docs/phrases.md shows is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.compiler.grammar import read
from reconciler.model import Conventions, Question, Reading
from reconciler.timing import english

_PAGE = (Path(__file__).parents[3] / "docs" / "phrases.md").read_text(encoding="utf-8")


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table under *heading*, its head left out."""
    lines = _PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    table = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in table[2:]]


def _read(phrase: str) -> Reading | Question:
    return read(phrase, timezone="Europe/Berlin", conventions=Conventions())


_READ = [phrase for row in _rows("What is read") for phrase in re.findall("`([^`]+)`", row[1])]
_ASSUMED = [(row[0].strip("`"), row[1]) for row in _rows("What is taken for granted")]
_ASKED = [row[0].strip("`") for row in _rows("What is asked back")]


def test_the_page_has_its_tables() -> None:
    assert min(len(_READ), 40) == 40
    assert min(len(_ASSUMED), len(_ASKED)) >= 9


@pytest.mark.parametrize("phrase", _READ)
def test_what_is_shown_is_read(phrase: str) -> None:
    got = _read(phrase)
    assert isinstance(got, Reading), got


@pytest.mark.parametrize(("phrase", "assumption"), _ASSUMED)
def test_what_is_taken_for_granted_is_stated(phrase: str, assumption: str) -> None:
    got = _read(phrase)
    assert isinstance(got, Reading), got
    assert assumption in got.assumptions


@pytest.mark.parametrize("phrase", _ASKED)
def test_what_is_asked_back_is_asked_with_advice(phrase: str) -> None:
    got = _read(phrase)
    assert isinstance(got, Question), english(got.timing)
    assert got.hint
