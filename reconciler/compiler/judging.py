"""The judge that `compile` and `explain` ask: the grammar, the model if there is one, and the referee."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.compiler.answer import Answer
from reconciler.compiler.compile import Ask, Judge
from reconciler.compiler.grammar import read
from reconciler.compiler.llm import SECOND_PROMPT, Translator, settings
from reconciler.compiler.referee import judge
from reconciler.compiler.together import together
from reconciler.errors import InvalidInput, OpenQuestions
from reconciler.model import Compiled, Conventions, Question, Reading

__all__ = ["Heard", "Translator", "hear", "judging", "translator_from"]

_HINT = "set RECONCILE_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL (for a server that needs no key), or drop --model"


def translator_from(*, use: bool | None, environ: Mapping[str, str] = os.environ) -> Translator | None:
    """Return the model that *environ* configures, or None where it is not wanted or, *use* being None, not there.

    Raises InvalidInput where *use* is true and no model is configured.
    """
    if use is False:
        return None
    found = settings(environ)
    if found is not None:
        return Translator(found)
    if use:
        raise InvalidInput("no model is configured", hint=_HINT)
    return None


@dataclass(frozen=True, slots=True)
class Heard:
    """What each reader makes of one phrase, *model* being None where none was asked, and what the referee accepts."""

    grammar: Reading | Question
    model: Answer | None
    judged: Compiled | Question


def hear(
    translator: Translator | None,
    asks: Sequence[Ask],
    conventions: Conventions,
    *,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    max_phrases: int | None = None,
) -> list[Heard]:
    """Put all *asks* to the grammar, to the model if there is a *translator*, and to the referee.

    *progress* is told how many of all are done. A timing must fire after *now* (aware). Raises
    OpenQuestions before anything is asked where more than *max_phrases* would be put to the model.
    """
    if translator is not None and max_phrases is not None and len(asks) > max_phrases:
        raise _too_many(translator, len(asks), max_phrases)
    tell = progress if translator is None else None
    readings = []
    for count, ask in enumerate(asks, 1):
        readings.append(read(ask.phrase, timezone=ask.timezone, conventions=conventions))
        if tell is not None:
            tell(count, len(asks))
    about = list(zip(asks, readings, strict=True))
    if translator is None:
        return [Heard(r, None, judge(a.phrase, r, None, None, now=now, model_name="")) for a, r in about]

    def both(one: tuple[Ask, Reading | Question]) -> Heard:
        return _with_model(translator, *one, now, conventions)

    return together(both, about, on_done=progress)


def _too_many(translator: Translator, needed: int, allowed: int) -> OpenQuestions:
    return OpenQuestions(
        f"{needed:,} phrases would be put to the model {translator.name}, and {allowed:,} are allowed;"
        " nothing was asked, and nothing was written",
        hint=f"--max-phrases {needed} allows it; with --no-model the grammar alone reads them",
    )


def judging(
    translator: Translator | None,
    *,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    max_phrases: int | None = None,
) -> Judge:
    """Return a judge of many phrases at once, which is what the referee accepts of what `hear` hears."""

    def judged(asks: Sequence[Ask], conventions: Conventions) -> Sequence[Compiled | Question]:
        heard = hear(translator, asks, conventions, now=now, progress=progress, max_phrases=max_phrases)
        return [one.judged for one in heard]

    return judged


def _with_model(
    translator: Translator, ask: Ask, reading: Reading | Question, now: datetime, conventions: Conventions
) -> Heard:
    """Ask the model once, and where the referee wants it once more; both by the one deadline of the phrase."""
    stop = translator.deadline()
    first = translator.ask(ask.phrase, timezone=ask.timezone, conventions=conventions, stop=stop)

    def second() -> Answer:
        return translator.ask(
            ask.phrase, timezone=ask.timezone, conventions=conventions, prompt=SECOND_PROMPT, stop=stop
        )

    return Heard(reading, first, judge(ask.phrase, reading, first, second, now=now, model_name=translator.name))
