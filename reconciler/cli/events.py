"""`reconcile events`."""

from __future__ import annotations

import click

from reconciler.cli.console import paint_out, say, say_json
from reconciler.cli.project import Project, project_options
from reconciler.engine.records import Records
from reconciler.review.events import event_json, events_text


@click.command("events")
@click.argument("id", required=False)
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many.")
@project_options
def command(project: Project, id: str | None, limit: int) -> None:
    """Show what was done to the scheduler, when and by whom; the latest first."""
    found = Records(project.state_dir).events(id, limit)
    if project.json:
        say_json({"format_version": "1.0", "events": [event_json(one) for one in found]})
    else:
        say(events_text(found, paint=paint_out()))
