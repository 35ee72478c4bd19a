"""A schedules directory as a `Declaration`: all problems of all files are found before any is raised."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.declaration.files import read_schedule_file, schedule_files
from reconciler.declaration.problems import schema_problems
from reconciler.declaration.resolving import File, resolve
from reconciler.declaration.schema import load_schema, without_annotations
from reconciler.declaration.yaml_nodes import Mapping, Node, Scalar, Sequence, parse
from reconciler.errors import InvalidInput, Problem
from reconciler.model import Declaration, Json

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def load(directory: Path, *, root: Path | None = None) -> Declaration:
    """Return what the YAML files of *directory* declare; origins name files relative to *root*.

    Raises InvalidInput with every problem of every file.
    """
    problems: list[Problem] = []
    files: list[File] = []
    for path in schedule_files(directory):
        try:
            files.append(_load_file(path, _name(path, root or directory)))
        except InvalidInput as error:
            problems += error.problems
    declaration, unresolved = resolve(files, complete=not problems)
    problems += unresolved
    if problems:
        raise InvalidInput(sorted(problems, key=_by_place))
    return declaration


def _name(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _by_place(problem: Problem) -> tuple[str, int, int]:
    origin = problem.origin
    return (origin.file, origin.line, origin.column) if origin else ("", 0, 0)


def _load_file(path: Path, name: str) -> File:
    nodes = parse(read_schedule_file(path, name), name)
    value = _typed(nodes, load_schema("schedules"))
    if not _fast_validator().is_valid(value):
        found = sorted(
            _explaining_validator().iter_errors(value), key=lambda error: list(map(str, error.absolute_path))
        )
        raise InvalidInput(schema_problems(found, nodes, name))
    assert isinstance(value, dict)  # noqa: S101  the schema says so
    return File(name, nodes, value)


@cache
def _fast_validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(without_annotations(load_schema("schedules")))


@cache
def _explaining_validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(load_schema("schedules"))


def _typed(node: Node, schema: dict[str, Any]) -> Json:
    """Return *node* as JSON: a scalar is a text unless *schema* wants a number or a boolean there.

    So `on`, `NO`, `09:00` and `010` stay what was typed, and only an empty value is null.
    """
    match node:
        case Scalar():
            return _scalar(node, schema.get("type"))
        case Sequence():
            items = schema.get("items", {})
            return [_typed(item, items) for item in node.items]
        case Mapping():
            properties = schema.get("properties", {})
            others = schema.get("additionalProperties") or {}
            return {key: _typed(value, properties.get(key, others)) for key, value in node.values.items()}


def _scalar(node: Scalar, wanted: object) -> Json:
    if not node.plain:
        return node.text
    if node.text == "":
        return None
    if wanted == "boolean" and node.text in ("true", "false"):
        return node.text == "true"
    if wanted == "integer" and node.text.isascii() and node.text.isdigit() and len(node.text) < 10:
        return int(node.text)
    return node.text
