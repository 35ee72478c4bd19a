"""Phrases whose meaning is known, and how a reader did on them: values, free of I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model import Origin, Question, Reading, Timing


@dataclass(frozen=True, slots=True)
class Case:
    """A phrase with what it means: each of *meanings* is right, and so is a Question if *refusable*.

    *ambiguous* says that the Question shows two or more readings. *family* is the kind of phrase.
    """

    phrase: str
    family: str
    origin: Origin
    meanings: tuple[Timing, ...]
    refusable: bool = False
    ambiguous: bool = False


class Verdict(StrEnum):
    """How a reader did on a case: *refused* is a Question where a schedule was meant, *wrong* any other failure."""

    RIGHT = "right"
    REFUSED = "refused"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Scored:
    """A case, what a reader made of it, and how that was."""

    case: Case
    got: Reading | Question
    verdict: Verdict
