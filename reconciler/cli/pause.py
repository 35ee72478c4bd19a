"""`reconcile pause`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.durations import DURATION
from reconciler.cli.project import Project, project_options, user
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.lockfile import instant_text
from reconciler.model import Pause


@click.command("pause")
@click.argument("id")
@click.option("--for", "length", type=DURATION, help="Resume by itself after this long, such as 1h30m or 2d.")
@click.option("--reason", help="Why; shown in `status`.")
@project_options
def command(project: Project, id: str, length: timedelta | None, reason: str | None) -> None:
    """Hold ID's due times back until it is resumed; each is recorded as missed: paused."""
    now = datetime.now(UTC)
    until = now + length if length else None
    EmbeddedEngine(project.state_dir).pause(id, Pause(by=user(), at=now, reason=reason, until=until))
    if project.json:
        say_json({"format_version": "1.0", "id": id, "paused": True, "until": instant_text(until) if until else None})
        return
    note(f"{id} is paused" + (f" until {instant_text(until)}" if until else ""))
