"""YAML as JSON: what a value is, its place in the schema decides."""

from __future__ import annotations

import re
from typing import Any

from reconciler.declaration.yaml_nodes import Mapping, Node, Scalar, Sequence
from reconciler.model import Json

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
"""The plain scalars that are no value."""
_INTEGER = re.compile("-?(?:0|[1-9][0-9]{0,8})", re.ASCII)


def typed(node: Node, schema: dict[str, Any]) -> Json:
    """Return *node* as JSON: a scalar is a text unless *schema* wants a number or a boolean there.

    So `on`, `NO`, `09:00` and `010` stay what was typed; an empty value, `~` and `null` are null.
    """
    match node:
        case Scalar():
            return _scalar(node, schema.get("type"))
        case Sequence():
            items = schema.get("items", {})
            return [typed(item, items) for item in node.items]
        case Mapping():
            properties = schema.get("properties", {})
            others = schema.get("additionalProperties") or {}
            return {key: typed(value, properties.get(key, others)) for key, value in node.values.items()}


def _scalar(node: Scalar, wanted: object) -> Json:
    if not node.plain:
        return node.text
    if node.text in NULLS:
        return None
    if wanted == "boolean" and node.text in ("true", "false"):
        return node.text == "true"
    if wanted == "integer" and _INTEGER.fullmatch(node.text):
        return int(node.text)
    return node.text
