"""What a model is told: instructions of our own, and the phrase with the project's conventions as data."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from reconciler.compiler.answer import SCHEMA
from reconciler.model import Conventions, Json, digest

PROMPT, SECOND_PROMPT = "prompt.md", "prompt_second.md"
_RUN_OF_WORDS = 8  # a shorter run of words is how anybody refuses a phrase
_EXAMPLES = re.compile(r"^(?:Phrase|Text): ", re.MULTILINE)
# the anchor is left out: what it decides are intervals, which the model's answer has no room for
_WORDS_OF = {
    "business_hours": r"\b(?:business|working|office|work)[ -]?(?:hours?|times?)\b",
    "morning": r"morning",
    "evening": r"evening",
}


@cache
def instructions(name: str) -> str:
    """Return the text of the prompt *name*, `PROMPT` or `SECOND_PROMPT`."""
    return files("reconciler.compiler").joinpath(name).read_text(encoding="utf-8")


@cache
def prompt_digest() -> str:
    """Return 12 hex digits that change with anything that every request says: both prompts and the schema."""
    told: Json = [instructions(PROMPT), instructions(SECOND_PROMPT), dict(SCHEMA)]
    return digest(told).removeprefix("sha256:")[:12]


def conventions_for(phrase: str, conventions: Conventions) -> dict[str, str]:
    """Return the conventions whose words *phrase* uses, by name, each as the lockfile writes it."""
    text, values = phrase.casefold(), conventions.as_text()
    return {name: values[name] for name, words in _WORDS_OF.items() if re.search(words, text)}


def messages_for(prompt: str, phrase: str, conventions: dict[str, str]) -> list[dict[str, str]]:
    """Return the messages that put *phrase* to a model, data apart from instructions."""
    said = f"Phrase: {json.dumps(phrase)}"
    if conventions:
        said += f"\nConventions: {json.dumps(conventions)}"
    return [{"role": "system", "content": instructions(prompt)}, {"role": "user", "content": said}]


def repeats_instructions(text: str) -> bool:
    """Return whether *text* holds eight words in a row of what a model is told, the examples aside."""
    words = re.findall(r"\w+", text.casefold())
    return any(run in _runs() for run in _runs_of(words))


@cache
def _runs() -> frozenset[tuple[str, ...]]:
    told = (_EXAMPLES.split(instructions(name), maxsplit=1)[0] for name in (PROMPT, SECOND_PROMPT))
    return frozenset(run for text in told for run in _runs_of(re.findall(r"\w+", text.casefold())))


def _runs_of(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + _RUN_OF_WORDS]) for at in range(len(words) - _RUN_OF_WORDS + 1)]
