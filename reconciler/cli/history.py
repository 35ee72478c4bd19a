"""`reconcile history`."""

from __future__ import annotations

import click

from reconciler.cli.console import paint_out, say, say_json
from reconciler.cli.project import Project, project_options
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.model import RunState
from reconciler.review.history import history_text
from reconciler.review.status_json import run_json

_BAD = (RunState.FAILED, RunState.TIMED_OUT, RunState.INTERRUPTED)


@click.command("history")
@click.argument("id", required=False)
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many runs.")
@click.option("--failed", is_flag=True, help="Only runs that failed, timed out or were interrupted.")
@click.option("--missed", is_flag=True, help="Only due times that were missed.")
@project_options
def command(project: Project, id: str | None, limit: int, failed: bool, missed: bool) -> None:
    """Show what ran, what failed, and what was missed and why; the latest first."""
    states = [*(_BAD if failed else ()), *((RunState.MISSED,) if missed else ())]
    engine = EmbeddedEngine(project.state_dir)
    runs = engine.runs(id, limit=limit, states=states or None)
    if project.json:
        say_json({"format_version": "1.0", "runs": [run_json(run) for run in runs]})
        return
    timezones = {id: job.entry.timing.timezone for id, job in engine.observe().jobs.items()}
    say(history_text(runs, timezones=timezones, paint=paint_out()))
