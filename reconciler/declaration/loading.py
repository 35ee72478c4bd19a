"""A schedules directory as a `Declaration`: all problems of all files are found before any is raised."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from reconciler.declaration.files import is_schedule_file, read_schedule_file, schedule_files
from reconciler.declaration.problems import is_about_a_name, schema_problems
from reconciler.declaration.resolving import conventions_of, policy_of, resolve
from reconciler.declaration.schema import load_schema
from reconciler.declaration.sections import File
from reconciler.declaration.tasks import Task, find_tasks
from reconciler.declaration.validating import errors_of, fits
from reconciler.declaration.yaml_nodes import Mapping, Node, Scalar, Sequence, parse
from reconciler.errors import InvalidInput, Problem
from reconciler.model import Conventions, Declaration, Json, Policy

_T = TypeVar("_T")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile("-?(?:0|[1-9][0-9]{0,8})", re.ASCII)


def load(directory: Path, *, root: Path | None = None) -> Declaration:
    """Return what the YAML files of *directory* declare; origins name files relative to *root*.

    Raises InvalidInput with every problem of every file.
    """
    problems: list[Problem] = []
    files: list[File] = []
    unread = False
    for path in schedule_files(directory):
        try:
            file, found = _load_file(path, _name(path, root or directory))
        except InvalidInput as error:
            problems += error.problems
            unread = True
        else:
            files.append(file)
            problems += found
            unread = unread or _lacks_tasks(file)
    declaration, unresolved = resolve(files, complete=not unread)
    problems += unresolved
    if problems:
        raise InvalidInput(sorted(problems, key=_by_place))
    return declaration


def load_conventions(directory: Path) -> Conventions:
    """Return the conventions that the files of *directory* state; the defaults, where there is no such directory.

    Raises InvalidInput for what is wrong in the files that name any; the others are not read.
    """
    return _from_section(directory, "conventions", conventions_of) if directory.is_dir() else Conventions()


def load_policy(directory: Path) -> Policy:
    """Return the policy that the files of *directory* state; none, where there are no files.

    Raises InvalidInput for what is wrong in the file that names it; the others are not read.
    """
    there = directory.is_dir() and any(is_schedule_file(path.name) for path in directory.iterdir())
    return _from_section(directory, "policy", policy_of) if there else Policy()


def load_tasks(directory: Path) -> dict[str, Task]:
    """Return the tasks that the files of *directory* declare, by name.

    Raises InvalidInput for what is wrong in the files that name any; the others are not read.
    """
    return _from_section(directory, "tasks", find_tasks)


def _from_section(directory: Path, section: str, resolved: Callable[[list[File], list[Problem]], _T]) -> _T:
    """Return what *resolved* makes of those files of *directory* that may have *section*."""
    # as YAML lets a key be written: quoted, with a space after it, or with an escape in it that may spell anything
    named = re.compile(rf"""\b{section}["']?\s*:|"[^"]*\\[^"]*"\s*:""")
    problems: list[Problem] = []
    files: list[File] = []
    for path in schedule_files(directory):
        if named.search(read_schedule_file(path, path.name)):
            file, found = _load_file(path, path.name)
            files.append(file)
            problems += found
    value = resolved(files, problems)
    if problems:
        raise InvalidInput(sorted(problems, key=_by_place))
    return value


def _name(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _by_place(problem: Problem) -> tuple[str, int, int]:
    origin = problem.origin
    return (origin.file, origin.line, origin.column) if origin else ("", 0, 0)


def _load_file(path: Path, name: str) -> tuple[File, list[Problem]]:
    """Return what of the file *path* fits the schema, and the problems of the rest."""
    nodes = parse(read_schedule_file(path, name), name)
    value = typed(nodes, load_schema("schedules"))
    assert isinstance(value, dict)
    if fits(value):
        return File(name, nodes, value), []
    errors = errors_of(value)
    places: set[tuple[str | int, ...]] = {tuple(error.absolute_path)[:2] for error in errors}
    places |= {(*error.absolute_path, str(error.instance)) for error in errors if is_about_a_name(error)}
    return File(name, nodes, _without(value, places)), list(schema_problems(errors, nodes, name))


def _lacks_tasks(file: File) -> bool:
    """Return whether a task of *file* is left out for not fitting the schema."""
    node = file.nodes.values.get("tasks")
    return isinstance(node, Mapping) and len(node.values) != len(file.value.get("tasks", {}))


def _without(value: dict[str, Any], places: set[tuple[str | int, ...]]) -> dict[str, Any]:
    """Return *value* without its entries at *places*; sections that are wrong as a whole go entirely."""
    kept = {key: part for key, part in value.items() if (key,) not in places or isinstance(part, dict)}
    for section in ("schedules", "tasks"):
        if section in kept:
            kept[section] = {
                key: part
                for key, part in kept[section].items()
                if isinstance(part, dict) and (section, key) not in places
            }
    broken = {str(place[0]) for place in places if place}
    known = load_schema("schedules")["properties"]
    return {
        key: part for key, part in kept.items() if key in known and (key in ("schedules", "tasks") or key not in broken)
    }


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
    if node.text in _NULLS:
        return None
    if wanted == "boolean" and node.text in ("true", "false"):
        return node.text == "true"
    if wanted == "integer" and _INTEGER.fullmatch(node.text):
        return int(node.text)
    return node.text
