"""Whether a file fits its schema in `schemas/`, and quickly for thousands of schedules that look alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from reconciler.declaration.schema import SchemaName, load_schema, without_annotations
from reconciler.model import Json

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


def fits(value: dict[str, Any]) -> bool:
    """Return whether *value* is a valid file of schedules."""
    return bool(_fast_validator().is_valid(_condensed(value)))


def errors_of(value: Json, name: SchemaName = "schedules") -> list[ValidationError]:
    """Return all that is wrong with *value* as a file of the schema *name*."""
    return list(_explaining_validator(name).iter_errors(value))


def fits_part(value: Json, part: dict[str, Any]) -> bool:
    """Return whether *value* is valid by *part* of a schema, such as that of one key."""
    return bool(_validator(part).is_valid(value))


def _condensed(value: dict[str, Any]) -> dict[str, Any]:
    """Return a document that is valid exactly if *value* is, with one schedule for all that differ in free texts only.

    jsonschema takes 0.1 ms for a schedule; most differ in nothing but id, phrase and arguments.
    """
    schedules = value.get("schedules")
    if not isinstance(schedules, dict):
        return value
    declared = load_schema("schedules")["properties"]["schedules"]
    name = re.compile(declared["propertyNames"]["pattern"])
    longest: int = declared["additionalProperties"]["properties"]["when"]["maxLength"]
    kept: dict[str, Any] = {}
    seen: set[str] = set()
    for id, entry in schedules.items():
        alike = repr(_without_free_texts(entry, longest)) if isinstance(entry, dict) else None
        good_name = name.search(id) is not None and not id.endswith("\n")
        if alike is None or alike not in seen or not good_name:
            kept[id] = entry
        if alike is not None:
            seen.add(alike)
    return {**value, "schedules": kept}


def _without_free_texts(entry: dict[str, Any], longest: int) -> dict[str, Any]:
    """Return *entry* with a valid phrase and valid arguments replaced by a marker of no schedule's own."""
    plain = dict(entry)
    when, run = entry.get("when"), entry.get("run")
    if isinstance(when, str) and 0 < len(when) <= longest:
        plain["when"] = _FREE
    if isinstance(run, list) and run and all(isinstance(word, str) for word in run):
        plain["run"] = _FREE
    return plain


_FREE = ...  # no YAML is read as this


@cache
def _fast_validator() -> Validator:
    return _validator(without_annotations(load_schema("schedules")))


@cache
def _explaining_validator(name: SchemaName) -> Validator:
    return _validator(load_schema(name))


def _validator(schema: dict[str, Any]) -> Validator:
    """Return a validator whose `$` is the end of the text, as JSON Schema has it; Python's also allows a line end."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def pattern(_validator: Validator, wanted: str, instance: object, _schema: object) -> Iterator[ValidationError]:
        if isinstance(instance, str) and (instance.endswith("\n") or re.search(wanted, instance) is None):
            yield ValidationError("pattern")

    strict = validators.extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return cast("Validator", strict(schema))
