"""`reconcile logs`."""

from __future__ import annotations

import sys

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.project import Project, project_options
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.protocol import Attempt
from reconciler.errors import InvalidInput
from reconciler.review.history import took
from reconciler.review.status import outcome, run_json


@click.command("logs")
@click.argument("run")
@project_options
def command(project: Project, run: str) -> None:
    """Print the output of RUN: a number from `history`, or a schedule's id for its latest run."""
    engine = EmbeddedEngine(project.state_dir)
    found = engine.run(int(run)) if run.isdecimal() else next(iter(engine.runs(run, limit=1)), None)
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
    note(f"run {found.id} of {found.job_id}: {outcome(found)}")


def _text(attempt: Attempt) -> str:
    """Return the output as text; on a terminal nothing in it may act, so control characters are shown as such."""
    output = attempt.output
    gap = f"\n[… {output.dropped:,} bytes left out …]\n".encode() if output.dropped else b""
    text = (output.head + gap + output.tail).decode(errors="replace")
    if sys.stdout.isatty():
        text = "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)
    return text
