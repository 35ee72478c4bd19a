"""`reconcile status`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from reconciler import lockfile
from reconciler.cli.console import paint_out, say, say_json
from reconciler.cli.project import Project, project_options
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.lease import holder
from reconciler.engine.quarantine import kept
from reconciler.errors import LockInvalid
from reconciler.model import Lock, Plan
from reconciler.planning import plan
from reconciler.review.status import Daemon, Status, status_json, status_of, status_text


@click.command("status")
@project_options
def command(project: Project) -> None:
    """Show what is in sync, what is healthy, and what comes next."""
    now = datetime.now(UTC)
    found = status(project, now)
    if project.json:
        say_json(status_json(found))
    else:
        say(status_text(found, now=now, paint=paint_out()))


def status(project: Project, now: datetime) -> Status:
    """Return the status of *project*; an unreadable lock shows as sync `Unknown`, an unreadable ledger raises."""
    engine = EmbeddedEngine(project.state_dir)
    observed = engine.observe()
    lock: Lock | None = None
    planned: Plan | None = None
    unreadable: str | None = None
    try:
        lock = lockfile.read(project.lock_path, name=project.lock_name)
        planned = plan(lock, observed)
    except LockInvalid as error:
        unreadable = str(error.problems[0])
    held = holder(project.state_dir)
    return status_of(
        entries=lock.entries if lock else None,
        planned=planned,
        unreadable=unreadable,
        observed=observed,
        latest=engine.latest_runs(),
        daemon=Daemon(held.pid, held.since, held.beat, held.store_error) if held else None,
        set_aside=[path.name for path in kept(project.state_dir)],
        now=now,
    )
