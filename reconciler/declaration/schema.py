"""The JSON Schemas in `schemas/`: what editors explain and what the code validates with."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

SchemaName: TypeAlias = Literal["schedules", "lock", "phrases"]

_ANNOTATIONS = frozenset({"description", "examples", "default", "title", "x-expected"})


def schema_text(name: SchemaName) -> str:
    """Return the text of a schema: from the package where it is installed, from the checkout where it is not."""
    package = files("reconciler")
    for folder in (package / "schemas", package / ".." / "schemas"):
        found = folder / f"{name}.schema.json"
        if found.is_file():
            return found.read_text(encoding="utf-8")
    raise FileNotFoundError(f"{name}.schema.json is in neither the package nor the checkout")


@cache
def load_schema(name: SchemaName) -> dict[str, Any]:
    """Return a schema, parsed once."""
    schema: dict[str, Any] = json.loads(schema_text(name))
    return schema


def without_annotations(schema: Any, *, names: bool = False) -> Any:
    """Return *schema* without what only people read, which makes validating twice as fast.

    *names* is true inside `properties`, where a key is a property's name and not a keyword.
    """
    if isinstance(schema, dict):
        return {
            key: without_annotations(value, names=key == "properties" and not names)
            for key, value in schema.items()
            if names or key not in _ANNOTATIONS
        }
    if isinstance(schema, list):
        return [without_annotations(item) for item in schema]
    return schema
