"""The schema of the YAML with what one project has of its own, for editors to offer and explain.

It accepts what the published schema accepts, no less and no more: names that are offered are no
constraint, since the next line somebody types may declare another.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.declaration.schema import load_schema
from reconciler.declaration.tasks import Task, placeholders
from reconciler.model import Conventions, Json


def project_schema(
    *, zones: Iterable[str], tasks: Mapping[str, Task], ids: Iterable[str], conventions: Conventions | None
) -> dict[str, Any]:
    """Return the schema for a project with these *tasks*, schedules called *ids* and *conventions*, if it states any.

    *zones* and *ids* are offered as snippets, which do not crowd what an editor shows of the key.
    """
    schema = copy.deepcopy(load_schema("schedules"))
    schedule = schema["properties"]["schedules"]["additionalProperties"]
    for holder in (schema["properties"], schedule["properties"]):
        holder["timezone"]["defaultSnippets"] = _snippets(zones)
    schedule["properties"]["moved"]["defaultSnippets"] = _snippets(ids)
    if tasks:
        schedule["properties"]["task"]["examples"] = sorted(tasks)
        schedule["allOf"] = [_values_of(name, task) for name, task in sorted(tasks.items())]
    if conventions is not None:
        _fill_in(schema, schedule, conventions)
    return schema


def _snippets(names: Iterable[str]) -> list[Json]:
    return [{"label": name, "body": name} for name in names]


def _values_of(name: str, task: Task) -> dict[str, Json]:
    """Return a rule that adds nothing to what is valid, and makes editors offer the values that the task needs."""
    described: dict[str, Json] = {
        one: {"description": f"What {{{one}}} stands for in the command of the task {name}."}
        for one in placeholders(task.value.get("command", ()))
    }
    condition: dict[str, Json] = {"properties": {"task": {"const": name}}, "required": ["task"]}
    return {"if": condition, "then": {"properties": {"with": {"properties": described}}}}


def _fill_in(schema: dict[str, Any], schedule: dict[str, Any], conventions: Conventions) -> None:
    """Say beside each convention, and where phrases are written, what holds in this project."""
    stated = conventions.as_text()
    for key, value in stated.items():
        schema["properties"]["conventions"]["properties"][key]["description"] += f" Here: {value}."
    words = ", ".join(f"`{key.replace('_', ' ')}` {value}" for key, value in stated.items())
    schedule["properties"]["when"]["description"] += f" The conventions here: {words}."
