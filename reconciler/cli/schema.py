"""`reconcile schema`."""

from __future__ import annotations

import json

import click

from reconciler import lockfile
from reconciler.cli.console import say
from reconciler.cli.project import Project, project_options
from reconciler.declaration import load
from reconciler.declaration.loading import load_tasks
from reconciler.declaration.project_schema import project_schema
from reconciler.declaration.schema import schema_text
from reconciler.model import Conventions
from reconciler.timing.zone_names import zone_names


@click.command("schema")
@click.option("--plain", is_flag=True, help="The published schema, without the names of this project.")
@project_options
def command(project: Project, plain: bool) -> None:
    """Print the JSON Schema of the YAML, with this project's own names in it.

    With `reconcile schema > schemas/schedules.schema.json` the editor offers its tasks and their values, every
    timezone and, for `moved:`, the ids there were; hover text says what its conventions are. What is valid
    stays the same, so that new names need no new schema.
    """
    if plain:
        say(schema_text("schedules"))
        return
    if not project.schedules.is_dir():
        filled = project_schema(zones=zone_names(), tasks={}, ids=(), conventions=None)
    else:
        declaration = load(project.schedules, root=project.root)
        stated = declaration.conventions if declaration.conventions != Conventions() else None
        tasks = load_tasks(project.schedules)
        filled = project_schema(zones=zone_names(), tasks=tasks, ids=_ids(project), conventions=stated)
    say(json.dumps(filled, indent=2, ensure_ascii=False))


def _ids(project: Project) -> list[str]:
    """Return the ids that the lockfile knows: a schedule that was renamed just now still has its old one there."""
    text = lockfile.read_text(project.lock_path, name=project.lock_name)
    return sorted(lockfile.salvage(text).entries) if text else []
