"""`reconcile eval`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler.cli.asking import model_options
from reconciler.cli.console import note, paint_err, paint_out, say, say_json
from reconciler.cli.inputs import NO_ZONE, text_of, zone_or_utc
from reconciler.cli.progress import Progress
from reconciler.cli.project import Project, project_options
from reconciler.compiler.answer import Unavailable
from reconciler.compiler.cases import load_cases
from reconciler.compiler.compile import Ask
from reconciler.compiler.evaluating import evaluate, failed
from reconciler.compiler.judging import Heard, Translator, hear, translator_from
from reconciler.errors import OpenQuestions
from reconciler.model import Conventions
from reconciler.review.evaluation import evaluation_json, evaluation_text


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--tz", "timezone", metavar="ZONE", help=f"The timezone that is declared; {NO_ZONE} unless given.")
@model_options
@click.option("--refused", is_flag=True, help="List the phrases that were refused, too.")
@project_options
def command(
    project: Project, file: Path, timezone: str | None, model: bool | None, max_phrases: int, refused: bool
) -> None:
    """Score the phrases of a YAML FILE by when they are due: right, refused or wrong.

    Each phrase has what it means: `cron: 0 9 * * 1-5`, or `expect:` (cron fields), `interval:`, `refuse: true`,
    `ambiguous: true`; further meanings that are right go under `accept:`. With a model its first answer is
    scored too, and what `compile` would make of both. Exit code 5 if the grammar, or both, read one wrongly.
    """
    zone = zone_or_utc(timezone)
    cases = load_cases(text_of(file), str(file), timezone=zone)
    translator = translator_from(use=model)
    heard = _heard([Ask(case.phrase, zone) for case in cases], translator, max_phrases)
    with Progress("comparing") as progress:
        scores = evaluate(cases, heard, progress=progress)
    if project.json:
        say_json(evaluation_json(scores, timezone=zone))
    else:
        say(evaluation_text(scores, refused=refused, paint=paint_out()))
    if translator is not None:
        note(paint_err()(f"model: {translator.usage}", "dim"))
        _note_silence(heard)
    if failed(scores):
        sys.exit(OpenQuestions.exit_code)


def _heard(asks: Sequence[Ask], translator: Translator | None, max_phrases: int) -> list[Heard]:
    with Progress("reading phrases") as progress:
        now = datetime.now(UTC)
        return hear(translator, asks, Conventions(), now=now, progress=progress, max_phrases=max_phrases)


def _note_silence(heard: Sequence[Heard]) -> None:
    """Say how often the model could not be asked at all: its scores are not its own then."""
    reasons = [one.model.reason for one in heard if isinstance(one.model, Unavailable)]
    if reasons:
        of_all = f"{len(reasons):,} of {len(heard):,} phrases"
        note(f"the model could not be asked for {of_all}, which count as refused by it: {reasons[0]}")
