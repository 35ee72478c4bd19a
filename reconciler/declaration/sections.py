"""A validated file with its places, as the resolving modules pass it on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from reconciler.declaration.yaml_nodes import Mapping, Node
from reconciler.errors import Problem
from reconciler.model import Origin


class Problems:
    """What is wrong in a directory: what concerns all of it, and what concerns one schedule only, by its id."""

    def __init__(self) -> None:
        self.shared: list[Problem] = []
        self.own: dict[str, list[Problem]] = {}

    def of(self, id: str | None) -> list[Problem]:
        """Return the list to add problems of the schedule *id* to; of all the directory, if it is None."""
        return self.shared if id is None else self.own.setdefault(id, [])


def in_order(*problems: Iterable[Problem]) -> list[Problem]:
    """Return all *problems*, each once, by file, line and column."""
    return sorted(dict.fromkeys(chain(*problems)), key=_place)


def _place(problem: Problem) -> tuple[str, int, int]:
    origin = problem.origin
    return (origin.file, origin.line, origin.column) if origin else ("", 0, 0)


@dataclass(frozen=True, slots=True)
class File:
    """One YAML file: its name in messages, its nodes (for places) and of its value what fits the schema.

    *remains* are the parts that fit of the schedules that do not, by id.
    """

    name: str
    nodes: Mapping
    value: AbstractMapping[str, Any]
    remains: AbstractMapping[str, AbstractMapping[str, Any]] = field(default_factory=dict)

    def section(self, name: str) -> Iterator[tuple[str, Any, Node, Origin]]:
        """Yield (key, value, node, origin of the key) of the mapping *name*, if the file has it."""
        node = self.nodes.values.get(name)
        if isinstance(node, Mapping):
            for key, value in self.value.get(name, {}).items():
                at = node.keys[key]
                yield key, value, node.values[key], Origin(self.name, at.line, at.column)

    def schedules(self) -> Iterator[tuple[str, AbstractMapping[str, Any], Node, Origin]]:
        """Yield what `section` yields of all schedules, of those that do not fit with what remains of them."""
        node = self.nodes.values.get("schedules")
        if not isinstance(node, Mapping):
            return
        values = {**self.value.get("schedules", {}), **self.remains}
        for id, at in node.keys.items():
            if id in values:
                yield id, values[id], node.values[id], Origin(self.name, at.line, at.column)

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
