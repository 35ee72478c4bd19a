"""The model as a command knows it: the options to ask it, and what is said of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from reconciler.cli.console import note, paint_err
from reconciler.compiler.judging import Translator
from reconciler.model import Json
from reconciler.review.text import plural, safe

F = TypeVar("F", bound=Callable[..., Any])


def model_options(function: F) -> F:
    """Give a command --model/--no-model and --max-phrases, handed over as `model` and `max_phrases`."""
    wanted = click.option(
        "--model/--no-model", "model", default=None, help="Insist on the configured model, or leave it out."
    )
    most = click.option(
        "--max-phrases",
        type=click.IntRange(min=0),
        metavar="N",
        default=200,
        show_default=True,
        help="Stop before anything is asked if more than N phrases would be put to the model.",
    )
    return wanted(most(function))


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
