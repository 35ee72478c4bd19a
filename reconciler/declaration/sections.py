"""A validated file with its places, as the resolving modules pass it on."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from typing import Any

from reconciler.declaration.yaml_nodes import Mapping, Node
from reconciler.errors import Problem
from reconciler.model import Origin


@dataclass(frozen=True, slots=True)
class File:
    """One validated YAML file: its name in messages, its nodes (for places) and its value."""

    name: str
    nodes: Mapping
    value: AbstractMapping[str, Any]

    def section(self, name: str) -> Iterator[tuple[str, Any, Node, Origin]]:
        """Yield (key, value, node, origin of the key) of the mapping *name*, if the file has it."""
        node = self.nodes.values.get(name)
        if isinstance(node, Mapping):
            for key, value in self.value.get(name, {}).items():
                at = node.keys[key]
                yield key, value, node.values[key], Origin(self.name, at.line, at.column)

    def origin(self, node: Node) -> Origin:
        """Return where *node* of this file is."""
        return Origin(self.name, node.line, node.column)


class Wrong(Exception):
    """Something that cannot be resolved, as a problem."""

    def __init__(self, message: str, origin: Origin, hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(message, origin, hint)


class NoTask(Wrong):
    """A schedule names a task that is nowhere."""


def child(node: Node, key: str) -> Node:
    """Return the node of *key* in *node*, or *node* itself where there is none."""
    return node.values.get(key, node) if isinstance(node, Mapping) else node
