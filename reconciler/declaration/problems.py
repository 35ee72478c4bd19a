"""What JSON Schema finds wrong, said to a person: where it is, what is wrong, what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from reconciler.declaration.foreign_keys import instead
from reconciler.declaration.yaml_nodes import Mapping, Node, Sequence
from reconciler.durations import how_to_write, parse_duration
from reconciler.errors import Problem
from reconciler.model import Origin

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_NOUNS = {
    "object": "a mapping (`key: value` lines)",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
}
_NOUNS |= {"boolean": "true or false", "number": "a number"}
_SIMILAR, _SHORT = 0.75, 3
_CHOICES = {
    ("run", "task"): "`run:` (an argument list) or `task:` (a name from `tasks:`)",
    ("command", "python"): "`command:` (an argument list) or `python:` (module:function)",
}


@dataclass(frozen=True, slots=True)
class _Finding:
    """One validation error: the keyword that failed, what it demands (*wanted*), and of what."""

    keyword: str
    wanted: Any
    instance: Any
    path: tuple[str | int, ...]
    schema: AbstractMapping[str, Any]
    about_a_name: bool


def is_about_a_name(error: ValidationError) -> bool:
    """Return whether *error* is about a key of a mapping and not about a value."""
    return "propertyNames" in error.absolute_schema_path


def schema_problems(errors: Iterable[ValidationError], root: Node, file: str) -> Iterator[Problem]:
    """Yield a problem for each of the *errors* in the document *root*."""
    for error in errors:
        finding = _Finding(
            keyword=str(error.validator),
            wanted=error.validator_value,
            instance=error.instance,
            path=tuple(error.absolute_path),
            schema=error.schema if isinstance(error.schema, AbstractMapping) else {},
            about_a_name=is_about_a_name(error),
        )
        yield from _problems(finding, root, file)


def _problems(error: _Finding, root: Node, file: str) -> Iterator[Problem]:
    node = _node_at(root, error.path)
    schema = error.schema
    where = _where(error.path)
    match error.keyword:
        case "additionalProperties":
            yield from _unknown_keys(error, node, where, file)
        case "required":
            missing = next(key for key in error.wanted if key not in error.instance)  # every schema asks for one
            yield Problem(f"{where} lacks `{missing}:`", _origin(file, node), _description(schema, missing))
        case "oneOf" if not isinstance(error.instance, AbstractMapping):
            return
        case "dependentRequired":
            hint = "with `run:` write the values into the argument list; `with:` fills a task"
            yield Problem(f"{where} has `with:` but no `task:`", _origin(file, node), hint)
        case "oneOf":
            yield _one_of(error, node, where, file)
        case "pattern" if error.about_a_name:
            yield _bad_name(error, node, schema, where, file)
        case _:
            yield Problem(_what(error, where), _origin(file, node), _expected(error, schema))


def _bad_name(error: _Finding, node: Node, schema: AbstractMapping[str, Any], where: str, file: str) -> Problem:
    key = node.keys.get(error.instance) if isinstance(node, Mapping) else None
    at = Origin(file, key.line, key.column) if key else _origin(file, node)
    hint = f"write {schema['x-expected']}" if "x-expected" in schema else None
    return Problem(f"{_shown(error.instance)} cannot be a name in {where}", at, hint)


def _what(error: _Finding, where: str) -> str:
    value = error.instance
    match error.keyword:
        case "type" if value is None:
            return f"{where} is empty"
        case "type":
            return f"{where} must be {_types(error.wanted)}, not {_kind(value)}"
        case "minLength" | "minItems" | "minProperties":
            return f"{where} is empty"
        case "maxLength":
            return f"{where} has {len(value):,} characters; at most {error.wanted} are allowed"
        case "uniqueItems":
            return f"{where} names the same thing twice"
        case "minimum" | "maximum":
            bound = "at least" if error.keyword == "minimum" else "at most"
            return f"{where} must be {bound} {error.wanted}"
        case _:
            return f"{where} cannot be {_shown(value)}"


def _types(wanted: str | list[str]) -> str:
    names = [wanted] if isinstance(wanted, str) else wanted
    return " or ".join(_NOUNS[name] for name in names)


def _kind(value: object) -> str:
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return _shown(value)


def _shown(value: object) -> str:
    text = repr(value)[1:-1] if isinstance(value, str) else str(value)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def _expected(error: _Finding, schema: AbstractMapping[str, Any]) -> str | None:
    if error.keyword == "enum":
        choices = ", ".join(str(choice) for choice in error.wanted)
        close = get_close_matches(str(error.instance), error.wanted, n=1)
        return f"did you mean {close[0]}? (one of {choices})" if close else f"write one of {choices}"
    if "x-expected" in schema:
        return _duration_instead(error.instance, schema["x-expected"]) or f"write {schema['x-expected']}"
    if error.path and error.path[-1] in ("run", "command", "env", "secrets") and isinstance(error.instance, str):
        return f"write a list of words: {_as_list(error.instance)}"
    if error.keyword == "type" and error.instance is None:
        return "leave the key out, or give it a value; a text such as null is quoted"
    examples = schema.get("examples")
    return f"for example {_yaml(examples[0])}" if examples else None


def _duration_instead(value: object, expected: str) -> str | None:
    """Return what to write for *value* where a duration is *expected* and it is none; None for everything else."""
    if not (expected.startswith("a duration") and isinstance(value, str)):
        return None
    try:
        parse_duration(value)
    except ValueError:
        return how_to_write(value)
    return None


def _as_list(text: str) -> str:
    return "[" + ", ".join(text.split()[:8]) + "]"


def _yaml(value: object) -> str:
    match value:
        case list():
            return "[" + ", ".join(map(_yaml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)


def _unknown_keys(error: _Finding, node: Node, where: str, file: str) -> Iterator[Problem]:
    known = error.schema.get("properties", {})
    keys = node.keys if isinstance(node, Mapping) else {}
    for name, key in keys.items():
        if name not in known:
            hint = instead(name, error.instance, error.path, known) or _close_to(name, list(known))
            yield Problem(f"unknown key {_shown(name + chr(58))} in {where}", Origin(file, key.line, key.column), hint)


def _close_to(name: str, known: list[str]) -> str:
    """Return the key of *known* that *name* may be a misspelling of, or all of them."""
    close = get_close_matches(name, known, n=1, cutoff=_SIMILAR)
    if not close and len(name) == _SHORT:  # one letter of three is a third of the word
        alike = [key for key in known if len(key) == _SHORT and key[0] == name[0]]
        close = get_close_matches(name, alike, n=1)
    return f"did you mean `{close[0]}:`?" if close else f"known here: {', '.join(known)}"


def _one_of(error: _Finding, node: Node, where: str, file: str) -> Problem:
    pair = tuple(branch["required"][0] for branch in error.wanted)
    choice = _CHOICES[(pair[0], pair[1])]
    both = all(key in error.instance for key in pair)
    if both:
        return Problem(f"{where} has both `{pair[0]}:` and `{pair[1]}:`", _origin(file, node), f"keep one of {choice}")
    return Problem(f"{where} does not say what to run", _origin(file, node), f"add {choice}")


def _description(schema: AbstractMapping[str, Any], key: str) -> str | None:
    found = schema.get("properties", {}).get(key, {})
    examples = found.get("examples")
    return f"for example `{key}: {_yaml(examples[0])}`" if examples else None


def _where(path: tuple[str | int, ...]) -> str:
    """Return how a person calls the place: `schedules.db-backup.retries`, `entry 3`, `the file`."""
    if not path:
        return "the file"
    text = ""
    for part in path:
        shown = f"{part[:40]}…" if isinstance(part, str) and len(part) > 40 else part
        if isinstance(shown, int):
            text += f"[{shown + 1}]" if text else f"entry {shown + 1}"
        else:
            text += f".{shown}" if text else shown
    return text


def _node_at(root: Node, path: tuple[str | int, ...]) -> Node:
    node = root
    for part in path:
        if isinstance(node, Mapping) and isinstance(part, str):
            node = node.values[part]
        elif isinstance(node, Sequence) and isinstance(part, int):
            node = node.items[part]
    return node


def _origin(file: str, node: Node) -> Origin:
    return Origin(file, node.line, node.column)
