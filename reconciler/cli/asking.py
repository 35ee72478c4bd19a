"""What a command says of the model that it asked: which one, with which prompt, how much, and where it fell silent."""

from __future__ import annotations

from reconciler.cli.console import note, paint_err
from reconciler.compiler.judging import Translator
from reconciler.model import Json
from reconciler.review.text import plural, safe


def note_model(translator: Translator | None) -> None:
    """Say on standard error what was asked, and once, not for each phrase, why some of it was not answered."""
    if translator is None:
        return
    paint, told = paint_err(), translator.tally
    if translator.usage.requests:
        note(paint(f"model {safe(translator.name)}, prompt {translator.prompt}: {translator.usage}", "dim"))
    if told.unanswered:
        of_all = f"{told.unanswered:,} of {plural(told.phrases, 'phrase')}"
        note(paint(f"the model did not answer for {of_all}: {safe(told.reason)}", "yellow"))


def model_json(translator: Translator | None) -> dict[str, Json] | None:
    """Return what `--json` says of the model; None where none is configured or wanted."""
    if translator is None:
        return None
    used, told = translator.usage, translator.tally
    return {
        "name": translator.name,
        "prompt": translator.prompt,
        "phrases": told.phrases,
        "unanswered": told.unanswered,
        "reason": told.reason or None,
        "requests": used.requests,
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
    }
