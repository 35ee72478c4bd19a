"""`reconcile run`."""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.project import Project, project_options
from reconciler.engine import lease
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.manual import run_here
from reconciler.errors import AlreadyRunning
from reconciler.model import Run, RunState
from reconciler.review.history import output_text, took
from reconciler.review.status import outcome
from reconciler.review.status_json import run_json

_POLL = 0.2


@click.command("run")
@click.argument("id")
@click.option("--no-wait", is_flag=True, help="With a daemon: do not wait for the run to end.")
@project_options
def command(project: Project, id: str, no_wait: bool) -> None:
    """Run ID now, outside its schedule, and exit 1 if that fails.

    The daemon runs it if there is one, else this process does. The next due time does not move.
    """
    engine = EmbeddedEngine(project.state_dir)
    run = engine.request_run(id)
    if lease.holder(project.state_dir) is None:
        _run_here(project, run)
    elif no_wait:
        note(f"{id}: the daemon was asked for run {run.id}")
        return
    final = _wait(engine, run)
    if project.json:
        say_json({"format_version": "1.0", "run": run_json(final)})
    else:
        for attempt in engine.attempts(final.id)[-1:]:
            output = attempt.output
            sys.stdout.write(output_text(output.head, output.tail, output.dropped, escape=sys.stdout.isatty()))
        note(f"run {final.id} of {id}: {outcome(final)} in {took(final.started_at, final.finished_at)}")
    if final.state is not RunState.SUCCEEDED:
        sys.exit(1)


def _run_here(project: Project, run: Run) -> None:
    async def live() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await run_here(project.state_dir, project.root.absolute(), run, stop)

    try:
        asyncio.run(live())
    except AlreadyRunning:
        note("a daemon has just started; it runs the job")


def _wait(engine: EmbeddedEngine, run: Run) -> Run:
    """Return the run when it has ended."""
    while True:
        found = engine.run(run.id)
        if found is not None and found.state.final:
            return found
        time.sleep(_POLL)
