"""`reconcile status`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from reconciler.cli.console import paint_out, say, say_json
from reconciler.cli.project import Project, project_options
from reconciler.cli.source import found_by, source_of
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.lease import holder
from reconciler.engine.quarantine import kept
from reconciler.engine.records import Records
from reconciler.errors import ReconcileError
from reconciler.reconciling.reconciler import Reconciler
from reconciler.reconciling.verdict import verdict
from reconciler.review.status import Daemon, Record, Status, status_of, status_text
from reconciler.review.status_json import status_json

_REVISIONS = 10


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
    engine, records = EmbeddedEngine(project.state_dir), Records(project.state_dir)
    followed = records.followed()
    source = source_of(project, followed)
    look = Reconciler(engine, records, source).look(found_by(source, followed), now)
    held = holder(project.state_dir)
    known = look.following
    behind = None not in (known.attempted, known.applied) and known.attempted != known.applied
    return status_of(
        entries=look.lock.entries if look.lock else None,
        planned=look.planned,
        unreadable=str(look.wanted.problems[0]) if isinstance(look.wanted, ReconcileError) else None,
        held=verdict(look).message if look.steered.frozen else None,
        observed=look.observed,
        latest=engine.latest_runs(),
        daemon=Daemon(held.pid, held.since, held.beat, held.store_error) if held else None,
        record=Record(
            followed,
            revisions=engine.revisions(_REVISIONS),
            removed=records.tombstones(),
            turned=engine.turned() if project.json else {},
            ahead=source.ahead(str(known.attempted), str(known.applied)) if behind else None,
            set_aside=[path.name for path in kept(project.state_dir)],
        ),
        now=now,
    )
