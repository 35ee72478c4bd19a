"""`reconcile init`: from an empty repository to running jobs."""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.conftest import Project, until


@pytest.fixture
def empty(project: Project) -> Project:
    (project.root / "schedules" / "schedules.yaml").unlink()
    (project.root / "schedules").rmdir()
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    return project


def test_what_it_writes_compiles_plans_and_runs(empty: Project) -> None:
    empty.ok("init")
    empty.ok("compile")
    empty.ok("compile", "--check")
    assert "3 to create" in empty.ok("--dry-run").out
    empty.serve("--for", "20s")
    until(lambda: '"succeeded"' in empty.ok("history", "--json").out)
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=empty.root, capture_output=True, text=True, check=True
    )
    assert ".reconcile" not in status.stdout


def test_what_is_there_stays(empty: Project) -> None:
    empty.write("timezone: UTC\nschedules: {mine: {when: every hour, run: [true]}}\n")
    (empty.root / ".gitignore").write_text("node_modules/")
    result = empty.ok("init")
    assert "kept  schedules/schedules.yaml" in result.err
    assert "mine" in (empty.root / "schedules" / "schedules.yaml").read_text()
    assert (empty.root / ".gitignore").read_text() == "node_modules/\n.reconcile/\n"
    empty.ok("init")
    assert (empty.root / ".gitignore").read_text() == "node_modules/\n.reconcile/\n"


def test_before_init_the_commands_say_to_run_it(empty: Project) -> None:
    result = empty.run("compile")
    assert result.code == 3
    assert "reconcile init" in result.err


def test_a_project_that_is_not_the_top_of_its_repository_is_told_what_to_move(empty: Project) -> None:
    assert "not the top" not in empty.ok("init").err
    said = empty.ok("init", "-C", "services/billing").err
    assert "not the top of its repository" in said
    assert "`reconcile -C services/billing/`" in said
