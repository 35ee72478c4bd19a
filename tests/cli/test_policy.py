"""`policy:` holds back what fires too often, when it is compiled and when it is checked."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Project

YAML = """\
timezone: Europe/Berlin
{policy}
schedules:
  heartbeat:
    when: {when}
    run: [echo, alive]
"""


def write(project: Project, policy: str, when: str) -> None:
    project.write(YAML.format(policy=policy, when=when))


@pytest.mark.parametrize(
    ("policy", "when", "says"),
    [
        ("policy: {min_interval: 1m}", "every 30 seconds", "it fires 30s apart, and the policy's `min_interval` is 1m"),
        ("policy: {max_runs_per_day: 100}", "every 10 minutes", "144 times in a day, and the policy's"),
        ("policy: {min_interval: 1h}", "every 7 minutes", "it fires 7m apart"),
    ],
)
def test_what_fires_too_often_is_asked_back_and_the_entry_stays_as_it_was(
    project: Project, policy: str, when: str, says: str
) -> None:
    write(project, policy, "every day at 9am")
    assert project.run("compile").code == 0
    before = project.lock.read_bytes()
    write(project, policy, when)
    asked = project.run("compile")
    assert asked.code == 5
    assert says in asked.err
    assert "schedules/schedules.yaml:5:11" in asked.err
    assert project.lock.read_bytes() == before


def test_a_new_policy_is_held_against_what_was_compiled_before(project: Project) -> None:
    write(project, "", "every minute")
    assert project.run("compile").code == 0
    write(project, "policy: {min_interval: 5m}", "every minute")
    checked = project.run("compile", "--check")
    assert checked.code == 4
    assert "the policy's `min_interval` is 5m" in checked.err
    write(project, "policy: {min_interval: 1m, max_runs_per_day: 1500}", "every minute")
    assert project.run("compile", "--check").code == 0


def test_a_policy_stands_in_one_file(project: Project) -> None:
    write(project, "policy: {min_interval: 1m}", "every day at 9am")
    project.write("policy: {min_interval: 2m}\n", name="other.yaml")
    refused = project.run("compile")
    assert refused.code == 3
    assert "policy in a second file" in refused.err


def test_a_change_is_held_to_the_policy_of_where_it_is_to_be_merged(project: Project) -> None:
    base = project.root / "base"
    base.mkdir()
    (base / "limits.yaml").write_text("policy: {min_interval: 5m}\n")
    write(project, "policy: {min_interval: 10s}", "every minute")
    assert project.run("compile").code == 0
    assert project.run("compile", "--check").code == 0
    checked = project.run("compile", "--check", "--policy-from", "base")
    assert checked.code == 4
    assert "schedules/schedules.yaml:5:11: heartbeat: it fires 1m apart" in checked.err
    assert "`min_interval` is 5m where this is to be merged" in checked.err
    write(project, "policy: {min_interval: 10s}", "every 5 minutes")
    assert project.run("compile").code == 0
    assert project.run("compile", "--check", "--policy-from", "base").code == 0


def test_a_policy_that_the_change_makes_stricter_holds_for_it(project: Project) -> None:
    base = project.root / "base"
    base.mkdir()
    (base / "limits.yaml").write_text("policy: {min_interval: 10s}\n")
    write(project, "", "every minute")
    assert project.run("compile").code == 0
    write(project, "policy: {min_interval: 5m}", "every minute")
    checked = project.run("compile", "--check", "--policy-from", "base")
    assert checked.code == 4
    assert checked.err.count("heartbeat") == 1


@pytest.mark.parametrize("key", ['"policy":', "'policy':", "policy :", "? policy\n:", '"policy" :', r'"pol\u0069cy":'])
def test_the_policy_to_be_held_to_is_found_however_its_key_is_written(project: Project, key: str) -> None:
    base = project.root / "base"
    base.mkdir()
    (base / "limits.yaml").write_text(f"{key} {{min_interval: 5m}}\n")
    write(project, "", "every minute")
    assert project.run("compile").code == 0
    assert project.run("compile", "--check", "--policy-from", "base").code == 4


def test_a_base_without_schedules_limits_nothing(project: Project) -> None:
    write(project, "", "every minute")
    assert project.run("compile").code == 0
    base = project.root / "base"
    base.mkdir()
    assert project.run("compile", "--check", "--policy-from", "base").code == 0
    assert project.run("compile", "--check", "--policy-from", "misspelt").code == 64
    assert project.run("compile", "--policy-from", "base").code == 64


def test_a_policy_to_be_held_to_that_cannot_be_read_is_said_to_be_that_of_the_base(project: Project) -> None:
    base = project.root / "base"
    base.mkdir()
    (base / "limits.yaml").write_text("policy: {min_interval: 5m\n")
    write(project, "", "every minute")
    assert project.run("compile").code == 0
    checked = project.run("compile", "--check", "--policy-from", "base", "--format", "github")
    assert checked.code == 3
    assert "::error title=schedules::the policy to be held to: limits.yaml:2:1: not YAML" in checked.out
