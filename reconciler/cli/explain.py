"""`reconcile explain`."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from reconciler.cli.asking import model_options
from reconciler.cli.console import note, paint_out, say
from reconciler.cli.inputs import NO_ZONE, instant_or_now, text_of, zone_or_utc
from reconciler.cli.project import Project, project_options
from reconciler.compiler.compile import Ask, Judge
from reconciler.compiler.judging import judging, translator_from
from reconciler.compiler.sanity import sound_answer
from reconciler.declaration.loading import load_conventions
from reconciler.errors import InvalidInput, OpenQuestions, UsageError
from reconciler.model import Compiled, Conventions, Question
from reconciler.review.explain import error_json, explanation_json, explanation_text

_LONGEST = 500


@click.command("explain")
@click.argument("phrase", required=False)
@click.option("--tz", "timezone", metavar="ZONE", help="The IANA timezone to read it in; UTC unless given.")
@click.option(
    "--from", "start", metavar="TIME", help="Show due times from here on, as 2026-03-01T00:00; else from now."
)
@click.option("--next", "count", type=click.IntRange(0, 10_000), default=5, show_default=True, help="How many.")
@click.option("--file", "file", type=click.Path(path_type=Path, allow_dash=True), help="Explain one phrase a line.")
@model_options
@project_options
def command(
    project: Project,
    phrase: str | None,
    timezone: str | None,
    start: str | None,
    count: int,
    file: Path | None,
    model: bool | None,
    max_phrases: int,
) -> None:
    """Say what PHRASE means: cron, English, and when it is due next."""
    if phrase is not None and file is None:
        phrases = [phrase]
    elif file is not None and phrase is None:
        phrases = [line.strip() for line in text_of(file).splitlines() if line.strip()]
    else:
        raise UsageError("explain takes one phrase, or --file", hint='reconcile explain "every weekday at 9am"')
    zone = zone_or_utc(timezone)
    begin = instant_or_now(start, zone)
    before = begin - timedelta(microseconds=1)  # what is due at the very beginning counts
    judge = judging(translator_from(use=model), now=before, max_phrases=max_phrases)
    read = _read(phrases, zone, timezone is None, judge, _conventions(project))
    results = [one if isinstance(one, str) else sound_answer(one, before) for one in read]
    for one, result in zip(phrases, results, strict=True):
        _show(project, one, result, zone=zone, start=begin, count=count)
    if any(not isinstance(result, Compiled) for result in results):
        sys.exit(OpenQuestions.exit_code)


def _conventions(project: Project) -> Conventions:
    """Return the conventions of the project explained in, or the defaults where there is none or it is broken."""
    try:
        return load_conventions(project.schedules)
    except InvalidInput as error:
        note(f"the conventions of this project cannot be read, the defaults hold: {error}")
        return Conventions()


def _read(
    phrases: list[str], zone: str, zone_assumed: bool, judge: Judge, conventions: Conventions
) -> list[Compiled | Question | str]:
    """Return the judgement on each phrase, or why it cannot even be read."""
    readable = [phrase for phrase in phrases if len(phrase) <= _LONGEST]
    answers = judge([Ask(phrase, zone) for phrase in readable], conventions)
    judged = dict(zip(readable, answers, strict=True))
    too_long = f"a phrase may have {_LONGEST} characters"
    results = [judged.get(phrase, too_long) for phrase in phrases]
    return [_with_zone_assumption(one) if zone_assumed else one for one in results]


def _with_zone_assumption(result: Compiled | Question | str) -> Compiled | Question | str:
    from dataclasses import replace

    if not isinstance(result, Compiled) or result.reading.zone_in_phrase:
        return result
    assumptions = (*result.reading.assumptions, f"no timezone was named: {NO_ZONE}")
    return replace(result, reading=replace(result.reading, assumptions=assumptions))


def _show(
    project: Project, phrase: str, result: Compiled | Question | str, *, zone: str, start: datetime, count: int
) -> None:
    if project.json:
        document = (
            error_json(phrase, result, zone)
            if isinstance(result, str)
            else explanation_json(phrase, result, timezone=zone, start=start, count=count)
        )
        say(json.dumps(document, ensure_ascii=False))
    elif isinstance(result, str):
        raise InvalidInput(result)
    else:
        say(explanation_text(phrase, result, start=start, count=count, paint=paint_out()))
