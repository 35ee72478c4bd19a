"""A schedules directory as a `Declaration`: all problems of all files are found before any is raised."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from reconciler.declaration.files import is_schedule_file, read_schedule_file, schedule_files
from reconciler.declaration.problems import is_about_a_name, schema_problems
from reconciler.declaration.resolving import conventions_of, policy_of, resolve
from reconciler.declaration.schema import load_schema
from reconciler.declaration.sections import File, Problems, in_order
from reconciler.declaration.tasks import Task, find_tasks
from reconciler.declaration.typed import typed
from reconciler.declaration.validating import errors_of, fits
from reconciler.declaration.yaml_nodes import Mapping, parse
from reconciler.errors import InvalidInput, Problem
from reconciler.model import Conventions, Declaration, Policy

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_T = TypeVar("_T")
_Path: TypeAlias = tuple[str | int, ...]


def load(directory: Path, *, root: Path | None = None) -> Declaration:
    """Return what the YAML files of *directory* declare; origins name files relative to *root*.

    Raises InvalidInput with every problem of every file.
    """
    declaration, wrong = load_sound(directory, root=root)
    if wrong:
        raise InvalidInput(in_order(*wrong.values()))
    return declaration


def load_sound(directory: Path, *, root: Path | None = None) -> tuple[Declaration, dict[str, list[Problem]]]:
    """Return what the YAML files of *directory* declare, and what is wrong with the schedules left out, by id.

    Those are named in the declaration. Raises InvalidInput with every problem of every file if one of them is
    about more than a schedule by itself: then nobody knows what is declared.
    """
    problems = Problems()
    files: list[File] = []
    unread = False
    for path in schedule_files(directory):
        try:
            files.append(_load_file(path, _name(path, root or directory), problems))
        except InvalidInput as error:
            problems.shared += error.problems
            unread = True
    unread = unread or any(map(_lacks_tasks, files))
    declaration = resolve(files, problems, complete=not unread)
    if problems.shared:
        raise InvalidInput(in_order(problems.shared, *problems.own.values()))
    return declaration, {one.id: in_order(problems.of(one.id)) for one in declaration.invalid}


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
    problems = Problems()
    files = [
        _load_file(path, path.name, problems)
        for path in schedule_files(directory)
        if named.search(read_schedule_file(path, path.name))
    ]
    value = resolved(files, problems.shared)
    if problems.shared:
        raise InvalidInput(in_order(problems.shared))
    return value


def _name(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _load_file(path: Path, name: str, problems: Problems) -> File:
    """Return what of the file *path* fits the schema; add what is wrong with the rest to *problems*."""
    nodes, flaws = parse(read_schedule_file(path, name), name)
    value = typed(nodes, load_schema("schedules"))
    assert isinstance(value, dict)
    wrong: list[_Path] = []
    for flaw in flaws:
        problems.of(_schedule_of(flaw.path)).append(flaw.problem)
        wrong.append(flaw.path)
    for error in [] if fits(value) else errors_of(value):
        # whose entry it is cannot be told if the name itself is wrong
        owner = None if is_about_a_name(error) else _schedule_of(tuple(error.absolute_path))
        problems.of(owner).extend(schema_problems([error], nodes, name))
        wrong += _wrong_parts(error)
    return _fitting(name, nodes, value, wrong) if wrong else File(name, nodes, value)


def _wrong_parts(error: ValidationError) -> list[_Path]:
    """Return the paths of what *error* makes unusable."""
    path = tuple(error.absolute_path)
    if is_about_a_name(error):
        return [(*path, str(error.instance))]
    if error.validator in ("oneOf", "dependentRequired"):  # what it runs is said twice, not at all or in part
        return [(*path, key) for key in ("run", "task", "with")]
    return [path]


def _schedule_of(path: _Path) -> str | None:
    """Return the id of the schedule that *path* leads into, None if it does not lead into one."""
    return str(path[1]) if len(path) > 1 and path[0] == "schedules" else None


def _fitting(name: str, nodes: Mapping, value: dict[str, Any], wrong: list[_Path]) -> File:
    """Return the file without what is *wrong*: entries of `schedules` and `tasks`, of other sections the whole."""
    sections = load_schema("schedules")["properties"]
    broken = {str(path[0]) for path in wrong if path}
    kept = {key: part for key, part in value.items() if key in sections and key not in broken}
    for section in broken & {"schedules", "tasks"}:
        entries = value.get(section)
        places = {str(path[1]) for path in wrong if path[:1] == (section,) and len(path) > 1}
        kept[section] = {
            key: part for key, part in (entries.items() if isinstance(entries, dict) else ()) if key not in places
        }
    invalid = {id for path in wrong if (id := _schedule_of(path)) is not None}
    return File(name, nodes, kept, {id: _remains(value["schedules"].get(id), id, wrong) for id in invalid})


def _remains(entry: object, id: str, wrong: list[_Path]) -> dict[str, Any]:
    """Return what of the schedule *id* is not *wrong*, so that this can be judged all the same."""
    if not isinstance(entry, dict):
        return {}
    known = load_schema("schedules")["properties"]["schedules"]["additionalProperties"]["properties"]
    kept: dict[str, Any] = {key: part for key, part in entry.items() if key in known}
    for path in wrong:
        if path[:2] != ("schedules", id) or len(path) < 3:
            continue
        part = kept.pop(str(path[2]), None)
        if isinstance(part, dict) and len(path) > 3:
            kept[str(path[2])] = {key: one for key, one in part.items() if key != path[3]}
    return kept


def _lacks_tasks(file: File) -> bool:
    """Return whether a task of *file* is left out for not fitting the schema."""
    node = file.nodes.values.get("tasks")
    return isinstance(node, Mapping) and len(node.values) != len(file.value.get("tasks", {}))
