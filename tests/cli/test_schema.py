"""What editors are told: a text for every key, a project's own names, and nothing that narrows what is valid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.declaration.loading import load_policy, load_tasks
from reconciler.declaration.project_schema import project_schema
from reconciler.declaration.schema import load_schema
from reconciler.errors import InvalidInput
from reconciler.model import Conventions, Policy
from reconciler.timing import check_zone
from reconciler.timing.zone_names import zone_names
from tests.cli.conftest import Project

YAML = """\
timezone: Europe/Berlin
conventions: {morning: "8:30"}
schedules:
  orders-backup: {when: every weekday in the morning, task: pg_dump, with: {database: orders, host: db1}}
tasks:
  pg_dump: {command: [pg_dump, -Fc, '{database}', '--{{x}}', '{database}.{host}']}
  mail: {python: 'reports:send'}
"""


def keys(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key that a file can hold, and each value that stands for one."""
    for name, found in schema.get("properties", {}).items():
        yield f"{path}/{name}", found
        yield from keys(found, f"{path}/{name}")
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield f"{path}/{word}", schema[word]
            yield from keys(schema[word], f"{path}/{word}")


@pytest.mark.parametrize("name", ["schedules", "lock", "phrases"])
def test_every_key_has_a_text_to_show(name: Any) -> None:
    found = dict(keys(load_schema(name)))
    assert len(found) > 5
    silent = [path for path, one in found.items() if " " not in one.get("description", "")]
    assert [
        path for path in silent if name == "schedules" or not path.endswith(("/items", "/additionalProperties"))
    ] == []


@pytest.mark.parametrize("name", ["schedules", "lock", "phrases"])
def test_the_examples_and_defaults_that_are_shown_are_valid(name: Any) -> None:
    schema = load_schema(name)
    for path, one in [("", schema), *keys(schema)]:
        for value in [*one.get("examples", []), *([one["default"]] if "default" in one else [])]:
            assert list(Draft202012Validator(one).iter_errors(value)) == [], path


@pytest.fixture
def shown(project: Project) -> dict[str, Any]:
    project.write(YAML)
    project.ok("compile", "--no-model")
    schema: dict[str, Any] = project.ok("schema").json
    return schema


def offered(one: dict[str, Any]) -> set[str]:
    return {snippet["body"] for snippet in one["defaultSnippets"]}


def test_a_project_finds_its_own_names_in_its_schema(shown: dict[str, Any]) -> None:
    schedule = shown["properties"]["schedules"]["additionalProperties"]
    assert schedule["properties"]["task"]["examples"] == ["mail", "pg_dump"]
    assert offered(schedule["properties"]["moved"]) == {"orders-backup"}
    values = {
        rule["if"]["properties"]["task"]["const"]: rule["then"]["properties"]["with"] for rule in schedule["allOf"]
    }
    assert list(values["pg_dump"]["properties"]) == ["database", "host"]
    assert "`morning` 08:30" in schedule["properties"]["when"]["description"]
    assert "Here: 08:30." in shown["properties"]["conventions"]["properties"]["morning"]["description"]


def test_every_zone_that_is_offered_exists_and_the_zones_of_the_examples_are_offered(shown: dict[str, Any]) -> None:
    zones = offered(shown["properties"]["timezone"])
    assert all(check_zone(zone) for zone in zones)
    assert {"UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Europe/Amsterdam"} <= zones
    assert len(zones) > 400


SAMPLES = [
    {"timezone": "Europe/Berlin", "schedules": {"a": {"when": "daily", "task": "mail"}}},
    {"schedules": {"a": {"when": "daily", "task": "not-declared-yet", "with": {"x": 1}}}},
    {"schedules": {"a": {"when": "daily", "task": "pg_dump", "with": {"another": "x"}, "moved": "old"}}},
    {"schedules": {"a": {"when": "daily", "task": "pg_dump", "run": ["x"]}}},
    {"schedules": {"a": {"when": "daily", "task": "pg_dump", "with": {"database": ["x"]}}}},
    {"schedules": {"a": {"when": "daily", "bogus": 1}}},
    {"timezone": ""},
    {"timezone": "Nowhere/Yet"},
]


@pytest.mark.parametrize("sample", SAMPLES, ids=json.dumps)
def test_it_accepts_what_the_published_schema_accepts(shown: dict[str, Any], sample: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(shown)
    assert Draft202012Validator(shown).is_valid(sample) == Draft202012Validator(load_schema("schedules")).is_valid(
        sample
    )


def test_the_published_schema_stays_as_it_is() -> None:
    before = json.dumps(load_schema("schedules"))
    project_schema(zones=zone_names(), tasks={}, ids=["a"], conventions=Conventions())
    assert json.dumps(load_schema("schedules")) == before


def test_before_there_are_schedules_the_zones_are_offered(tmp_path: Path) -> None:
    empty = Project(tmp_path)
    assert offered(empty.ok("schema").json["properties"]["timezone"]) >= {"UTC"}
    assert empty.ok("schema", "--plain").json == load_schema("schedules")


def test_what_is_no_schedule_is_refused_as_compile_refuses_it(project: Project) -> None:
    project.write("schedules: {a: {when: daily}}\n")
    assert project.run("schema").code == 3


def test_the_files_that_name_a_section_alone_are_read_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(YAML)
    (tmp_path / "b.yaml").write_text("policy: {max_runs_per_day: 10}\n")
    (tmp_path / "c.yaml").write_text("not: [valid\n")
    assert list(load_tasks(tmp_path)) == ["pg_dump", "mail"]
    assert load_policy(tmp_path) == Policy(None, 10)
    assert load_policy(tmp_path / "none") == Policy()
    (tmp_path / "c.yaml").write_text("policy: {max_runs_per_day: x}\n")
    with pytest.raises(InvalidInput):
        load_policy(tmp_path)
