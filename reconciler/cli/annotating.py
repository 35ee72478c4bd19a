"""Failures of a command as GitHub shows them: beside the lines of a pull request."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from reconciler.cli.console import problem_lines, say
from reconciler.cli.project import Project
from reconciler.errors import Problem, ReconcileError
from reconciler.review.annotations import error_annotations, unheeded
from reconciler.review.change_notes import in_repository


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
        for line in unheeded(problem_lines(error.problems)):
            say(line)
        prefix = project.prefix
        for line in error_annotations([_below(prefix, one) for one in error.problems], title="schedules"):
            say(line)
        sys.exit(error.exit_code)


def _below(prefix: str, problem: Problem) -> Problem:
    return problem if problem.origin is None else replace(problem, origin=in_repository(problem.origin, prefix))
