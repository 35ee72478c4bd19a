"""What operators do with a running scheduler: drift, removal and return, rollback, asking for a look."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Project, until
from tests.sources.repo import Repo, init

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[2] / "schemas/status.schema.json").read_text()))
TWO = """\
timezone: UTC
schedules:
  tick:
    when: every second
    run: [echo, tick]
  nightly:
    when: every day at 3am
    run: [echo, nightly]
"""
ONE = TWO.partition("  nightly:")[0]


@pytest.fixture
def two(project: Project) -> Project:
    project.write(TWO)
    project.ok("compile")
    return project


def status(project: Project) -> Any:
    found = project.ok("status", "--json").json
    SCHEMA.validate(found)
    assert found.keys() == SCHEMA.schema["properties"].keys(), "the schema explains every key"
    return found


def condition(project: Project, type: str) -> Any:
    (found,) = (one for one in status(project)["conditions"] if one["type"] == type)
    return found


def kinds(project: Project) -> list[str]:
    return [one["kind"] for one in project.ok("events", "--json").json["events"]]


def edit_behind_our_back(project: Project) -> None:
    with closing(sqlite3.connect(project.root / ".reconcile" / "ledger.sqlite3", timeout=30)) as ledger, ledger:
        ledger.execute("UPDATE jobs SET entry = replace(entry, '\"nightly\"]', '\"daily\"]') WHERE id = 'nightly'")


def synced(project: Project) -> bool:
    return bool(status(project)["sync"] == "Synced")


def test_a_job_that_returns_after_its_removal_has_its_history_and_its_pause(two: Project) -> None:
    two.ok()
    two.ok("run", "nightly")
    two.ok("pause", "nightly", "--reason", "holiday")
    assert "= nightly  paused by " in two.ok("--dry-run").out
    assert "holiday" in two.ok("--dry-run", "--json").json["paused_by_hand"]["nightly"]
    two.write(ONE)
    two.ok("compile")
    two.ok()
    (gone,) = status(two)["removed"]
    assert (gone["id"], gone["paused"]) == ("nightly", True)
    assert "kept for 7 days in case they return: nightly" in two.ok("status").out
    two.write(TWO)
    two.ok("compile")
    assert "+ nightly  back in the lockfile; history and pause kept" in two.ok("--dry-run").out
    two.ok()
    found = status(two)
    assert found["removed"] == []
    (nightly,) = (one for one in found["schedules"] if one["id"] == "nightly")
    assert (nightly["pause"]["reason"], nightly["health"]) == ("holiday", "Suspended")
    assert [run["trigger"] for run in two.ok("history", "nightly", "--json").json["runs"]] == ["manual"]


def test_what_was_changed_outside_git_is_told_and_then_put_back(two: Project) -> None:
    two.serve("--heal-after", "2s")
    until(lambda: synced(two))
    edit_behind_our_back(two)
    until(lambda: "(nightly); put back in" in two.daemon_log())
    until(lambda: "healed" in kinds(two))
    until(lambda: synced(two))
    assert kinds(two)[:3] == ["healed", "Drifted", "applied"]
    assert "Applied" in condition(two, "Synced")["reason"]


def test_without_healing_it_is_only_told(two: Project) -> None:
    two.serve("--no-heal")
    until(lambda: synced(two))
    edit_behind_our_back(two)
    until(lambda: condition(two, "Synced")["reason"] == "Drifted")
    assert "left so, as drift is only reported" in two.daemon_log()
    since = condition(two, "Synced")["last_transition_time"]
    answer = two.ok("sync", "--json").json
    assert (answer["sync"], condition(two, "Synced")["last_transition_time"]) == ("OutOfSync", since)
    assert "1 job changed outside git" in two.ok("status").out
    two.ok()
    assert synced(two)


@pytest.fixture
def versions(two: Project) -> tuple[Project, Repo, str]:
    """Return a project whose first commit has two schedules and whose second has one."""
    repo = init(two.root)
    (two.root / ".gitignore").write_text(".reconcile/\n*.log\n")
    first = repo.commit("two")
    two.write(ONE)
    two.ok("compile")
    repo.commit("one")
    return two, repo, first


def test_a_rollback_holds_an_earlier_revision_until_it_is_unpinned(versions: tuple[Project, Repo, str]) -> None:
    project, _, first = versions
    project.serve()
    until(lambda: synced(project))
    assert [one["id"] for one in status(project)["schedules"]] == ["tick"]
    told = project.ok("rollback", "HEAD~1", "--reason", "nightly is needed")
    assert "2 jobs" in told.err
    found = status(project)
    assert (found["sync"], found["pin"]["revision"], found["pin"]["reason"]) == ("Synced", first, "nightly is needed")
    assert [one["id"] for one in found["schedules"]] == ["nightly", "tick"]
    assert condition(project, "Pinned")["status"] == "True"
    project.write(ONE.replace("tick]", "tock]"))
    project.ok("compile")
    project.ok("sync")
    assert [one["id"] for one in status(project)["schedules"]] == ["nightly", "tick"]
    project.daemons[0].terminate()
    assert project.daemons[0].wait(30) == 0
    assert project.ok("--dry-run").out.startswith("Synced: 2 jobs")
    project.ok("rollback", "--unpin")
    assert [one["id"] for one in status(project)["schedules"]] == ["tick"]
    assert status(project)["pin"] is None
    assert "unpinned" in kinds(project)


def test_a_pin_ends_by_itself(versions: tuple[Project, Repo, str]) -> None:
    project, _, first = versions
    project.ok()
    project.ok("rollback", first, "--for", "4s")
    assert len(status(project)["schedules"]) == 2
    project.serve()
    until(lambda: len(status(project)["schedules"]) == 1)
    assert status(project)["pin"] is None
    assert "the pin to" in project.ok("events").out


def test_a_rollback_to_what_is_no_commit_changes_nothing(versions: tuple[Project, Repo, str]) -> None:
    project, _, _ = versions
    project.ok()
    assert project.run("rollback", "no-such-branch").code == 7
    assert project.run("rollback").code == 64
    assert project.run("rollback", "--unpin").code == 64
    assert status(project)["pin"] is None


def test_what_the_daemon_refuses_can_be_allowed_once(project: Project) -> None:
    project.ok("compile")
    project.serve()
    until(lambda: synced(project))
    project.write("timezone: UTC\nschedules:\n  other: {when: every day at 3am, run: ['true']}\n")
    project.ok("compile")
    until(lambda: condition(project, "Synced")["reason"] == "GuardRefused")
    refused = project.run("sync")
    assert refused.code == 9
    assert "this would stop 3 of 3 jobs" in refused.out
    assert project.run("sync", "--allow-deletes", "2").code == 9
    assert project.run("sync", "--allow-deletes", "3").out == "Synced: 1 job\n"


def test_without_a_daemon_there_is_nobody_to_ask(two: Project) -> None:
    told = two.run("sync")
    assert told.code == 1
    assert "no daemon is running here\n    `reconcile serve` runs one" in told.err


def test_a_protected_job_is_stopped_only_by_name(two: Project) -> None:
    two.write(TWO.replace("every day at 3am", "every day at 3am\n    protected: true"))
    two.ok("compile")
    two.ok()
    two.write(ONE)
    two.ok("compile")
    refused = two.run("--allow-deletes", "1")
    assert refused.code == 9
    assert "this would stop what is protected: nightly\n    if that is meant, repeat with --allow-deletes nightly" in (
        refused.err
    )
    assert "Applied: 1 deleted" in two.ok("--allow-deletes", "nightly").out


def test_a_pause_in_git_says_when_it_ends(two: Project) -> None:
    two.write(ONE + "    paused_until: 2099-12-24\n")
    two.ok("compile")
    assert "paused in git until 2099-12-24 00:00; next Thu 24 Dec 2099 00:00 UTC" in two.ok().out
    two.serve()
    until(lambda: synced(two))
    (tick,) = status(two)["schedules"]
    assert (tick["health"], tick["message"]) == ("Suspended", "paused in git until 2099-12-24 00:00")
    assert tick["next"] == "2099-12-24T00:00:00Z"


def test_what_somebody_allowed_in_vain_is_not_allowed_later(two: Project) -> None:
    two.serve()
    until(lambda: synced(two))
    two.daemons[0].send_signal(signal.SIGSTOP)
    two.write("timezone: UTC\nschedules:\n  other: {when: every day at 3am, run: ['true']}\n")
    two.ok("compile")
    asked = two.run("sync", "--allow-deletes", "2", "--timeout", "1s")
    assert asked.code == 2
    assert "the daemon did not answer within 1s" in asked.err
    two.daemons[0].send_signal(signal.SIGCONT)
    until(lambda: condition(two, "Synced")["reason"] == "GuardRefused")
    assert len(status(two)["schedules"]) == 3
