"""Failures and warnings of a command as GitHub shows them: beside the lines of a pull request."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from reconciler.cli.console import note, paint_err, problem_lines, say
from reconciler.cli.project import Project
from reconciler.errors import Problem, ReconcileError
from reconciler.review.annotations import error_annotations, unheeded, warning_annotations
from reconciler.review.change_notes import in_repository
from reconciler.review.text import safe


@contextmanager
def annotating(form: str, project: Project) -> Iterator[None]:
    """Where *form* is that of GitHub, print each problem of a failure as text and as an annotation, and exit.

    No line of the text is a command to the runner: what people wrote is in it. All of it goes to one stream,
    since two would arrive in any order. Annotations name files from the top of the repository, as GitHub does.
    """
    try:
        yield
    except ReconcileError as error:
        if form == "text":
            raise
        _say(problem_lines(error.problems), error_annotations(_placed(project, error.problems), title="schedules"))
        sys.exit(error.exit_code)


def tell_warnings(warnings: Sequence[Problem], form: str, project: Project) -> None:
    """Print *warnings* as text, a line each, and where *form* is that of GitHub as annotations too."""
    lines = [f"warning: {safe(str(warning))}" for warning in warnings]
    if form != "text" and warnings:
        _say(lines, warning_annotations(_placed(project, warnings), title="schedules"))
    elif form == "text":
        for line in lines:
            note(paint_err()(line, "yellow"))


def _say(text: Iterable[str], annotations: Iterable[str]) -> None:
    for line in (*unheeded(text), *annotations):
        say(line)


def _placed(project: Project, problems: Iterable[Problem]) -> list[Problem]:
    return [_below(project.prefix, one) for one in problems]


def _below(prefix: str, problem: Problem) -> Problem:
    return problem if problem.origin is None else replace(problem, origin=in_repository(problem.origin, prefix))
