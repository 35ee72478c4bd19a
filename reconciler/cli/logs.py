"""`reconcile logs`."""

from __future__ import annotations

import sys

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.project import Project, project_options
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.protocol import Attempt
from reconciler.errors import InvalidInput
from reconciler.review.history import output_text, took
from reconciler.review.status import outcome
from reconciler.review.status_json import run_json


@click.command("logs")
@click.argument("run")
@project_options
def command(project: Project, run: str) -> None:
    """Print the output of RUN: a number from `history`, or a schedule's id for its latest run."""
    engine = EmbeddedEngine(project.state_dir)
    found = engine.run(int(run)) if run.isdecimal() else next(iter(engine.runs(run, limit=1)), None)
    if found is None and run in engine.observe().jobs:
        raise InvalidInput(f"{run} has not run yet", hint=f"`reconcile run {run}` runs it now")
    if found is None:
        raise InvalidInput(f"there is no run {run!r}", hint="`reconcile history` lists the runs")
    attempts = engine.attempts(found.id)
    if project.json:
        shown = [{"number": one.number, "exit_code": one.exit_code, "output": _text(one)} for one in attempts]
        say_json({"format_version": "1.0", "run": run_json(found), "attempts": shown})
        return
    for attempt in attempts:
        if len(attempts) > 1:
            note(f"attempt {attempt.number} of {len(attempts)}, took {took(attempt.started_at, attempt.finished_at)}")
        sys.stdout.write(_text(attempt))
        sys.stdout.flush()
    ended = outcome(found)
    why = f" ({found.error})" if found.error and found.error != ended else ""
    note(f"run {found.id} of {found.job_id}: {ended}{why}")


def _text(attempt: Attempt) -> str:
    output = attempt.output
    return output_text(output.head, output.tail, output.dropped, escape=sys.stdout.isatty())
