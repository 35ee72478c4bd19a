"""The judge that `compile` and `explain` ask: the grammar, the model if there is one, and the referee."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from reconciler.compiler.answer import Answer
from reconciler.compiler.compile import Ask, Judge
from reconciler.compiler.grammar import read
from reconciler.compiler.llm import SECOND_PROMPT, Translator, settings
from reconciler.compiler.referee import judge
from reconciler.errors import InvalidInput
from reconciler.model import Compiled, Conventions, Question, Reading

__all__ = ["Translator", "judging", "translator_from"]

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


def judging(
    translator: Translator | None, *, now: datetime, progress: Callable[[int, int], None] | None = None
) -> Judge:
    """Return a judge of many phrases at once; *progress* is told how many of all are done.

    With a *translator* every phrase is put to the model too. A timing must fire after *now* (aware).
    """

    def judged(asks: Sequence[Ask], conventions: Conventions) -> Sequence[Compiled | Question]:
        tell = progress if translator is None else None
        readings = []
        for count, ask in enumerate(asks, 1):
            readings.append(read(ask.phrase, timezone=ask.timezone, conventions=conventions))
            if tell is not None:
                tell(count, len(asks))
        if translator is None:
            return [judge(a.phrase, r, None, None, now=now, model_name="") for a, r in zip(asks, readings, strict=True)]
        return _with_model(translator, asks, readings, now, progress)

    return judged


def _with_model(
    translator: Translator,
    asks: Sequence[Ask],
    readings: Sequence[Reading | Question],
    now: datetime,
    progress: Callable[[int, int], None] | None,
) -> list[Compiled | Question]:
    answers = translator.ask_all([(ask.phrase, ask.timezone) for ask in asks], on_done=progress)
    return [
        judge(ask.phrase, reading, answer, _second(translator, ask), now=now, model_name=translator.name)
        for ask, reading, answer in zip(asks, readings, answers, strict=True)
    ]


def _second(translator: Translator, ask: Ask) -> Callable[[], Answer]:
    return lambda: translator.ask(ask.phrase, timezone=ask.timezone, prompt=SECOND_PROMPT)
