"""What is installed to develop is pinned, whole, and what users install has floors that are tried."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONSTRAINTS = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
EXTRAS = PROJECT["optional-dependencies"]
USERS = [*PROJECT["dependencies"], *(one for name in EXTRAS.keys() - {"test", "dev"} for one in EXTRAS[name])]
EVERYBODY = [
    Requirement(one) for one in [*PROJECT["dependencies"], *(one for given in EXTRAS.values() for one in given)]
]


def pinned(lines: list[str]) -> dict[str, Version]:
    found = [re.fullmatch(r"([a-z0-9-]+)==([^ ]+)", line) for line in lines if not line.startswith("#")]
    return {one[1]: Version(one[2]) for one in found if one is not None}


def needed() -> set[str]:
    """Return the names of all that the development environment needs here, what it needs itself included."""
    names: set[str] = set()
    left = [("schedule-reconciler", frozenset({"dev"}))]
    seen = set(left)
    while left:
        name, extras = left.pop()
        names.add(name)
        for requirement in map(Requirement, distribution(name).requires or ()):
            wanted = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if requirement.marker is None or any(map(requirement.marker.evaluate, wanted)):
                found = canonicalize_name(requirement.name), frozenset(requirement.extras)
                if found not in seen:
                    seen.add(found)
                    left.append(found)
    return names - {"schedule-reconciler"}


def test_every_direct_dependency_is_pinned_within_its_bounds() -> None:
    held = pinned(CONSTRAINTS)
    for one in EVERYBODY:
        if one.name != PROJECT["name"]:
            assert held[canonicalize_name(one.name)] in one.specifier, one


@pytest.mark.tools
def test_what_the_dependencies_need_is_pinned_too() -> None:
    assert needed() - pinned(CONSTRAINTS).keys() == set()


def test_a_line_pins_a_release_and_names_no_place() -> None:
    lines = [line for line in CONSTRAINTS if not line.startswith("#")]
    assert len(pinned(CONSTRAINTS)) == len(lines) > 50
    assert lines == sorted(lines)


def test_the_lowest_constraints_hold_every_dependency_of_users_at_its_floor() -> None:
    shown = subprocess.run([sys.executable, ROOT / ".ci" / "lowest"], capture_output=True, text=True, check=True).stdout
    lowest = pinned(shown.splitlines())
    floors = {one.name: one.specifier for one in map(Requirement, USERS)}
    assert len(floors) >= 11
    for name, allowed in floors.items():
        assert lowest[name] in allowed
        assert [Version(one.version) for one in allowed if one.operator == ">="] == [lowest[name]]
    others = pinned(CONSTRAINTS).keys() - floors.keys()
    assert {name: lowest[name] for name in others} == {name: pinned(CONSTRAINTS)[name] for name in others}


def test_what_the_tests_import_is_a_dependency_and_no_luck() -> None:
    """Of the extra `test`, that is: what only `dev` has is run as a program."""
    found = {
        name
        for path in [*ROOT.glob("tests/**/*.py"), *ROOT.glob("docs/*.py")]
        for name in re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
    }
    foreign = found - sys.stdlib_module_names - {"reconciler", "tests", "docs", "benchmarks"}
    owners = packages_distributions()
    tested = {canonicalize_name(Requirement(one).name) for one in [*USERS, *EXTRAS["test"]]}
    assert {
        name for name in foreign if name in owners and not tested & set(map(canonicalize_name, owners[name]))
    } == set()
