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
