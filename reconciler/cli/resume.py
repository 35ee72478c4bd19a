"""`reconcile resume`."""

from __future__ import annotations

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.project import Project, project_options, user
from reconciler.engine.embedded import EmbeddedEngine


@click.command("resume")
@click.argument("id")
@project_options
def command(project: Project, id: str) -> None:
    """End the pause of ID that was set by hand."""
    EmbeddedEngine(project.state_dir).resume(id, by=user())
    if project.json:
        say_json({"format_version": "1.0", "id": id, "paused": False})
        return
    note(f"{id} is resumed")
