"""The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit in real commits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Project

ROOT = Path(__file__).parent.parent.parent
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
BIN = Path(sys.executable).parent
pytestmark = pytest.mark.tools


def git(where: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *IDENTITY, *arguments],
        cwd=where,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return this project as a repository of hooks, and its commit."""
    here = tmp_path_factory.mktemp("hooks")
    for name in ("reconciler", "schemas"):
        shutil.copytree(ROOT / name, here / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, here / name)
    git(here, "init", "-q")
    git(here, "add", ".")
    assert git(here, "commit", "-qm", "hooks").returncode == 0
    return here, git(here, "rev-parse", "HEAD").stdout.strip()


def use(project: Project, hooks: tuple[Path, str], *ids: str, **override: str) -> dict[str, str]:
    """Make *project* a repository with the hooks *ids* installed; return the environment to commit in."""
    config = {"repos": [{"repo": str(hooks[0]), "rev": hooks[1], "hooks": [{"id": id, **override} for id in ids]}]}
    (project.root / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    environment = {"PRE_COMMIT_HOME": str(project.root.parent / "pre-commit")}
    git(project.root, "init", "-q")
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"],
        cwd=project.root,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    return environment


def commit(project: Project, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    git(project.root, "add", ".")
    return git(project.root, "commit", "-m", "schedules", **environment)


def test_a_phrase_without_its_lock_is_compiled_and_committed_the_second_time(
    project: Project, hooks: tuple[Path, str]
) -> None:
    environment = use(project, hooks, "reconcile-compile", "reconcile-check", language="system")
    first = commit(project, environment)
    assert first.returncode == 1
    assert "compile schedules" in first.stderr
    assert "Did you forget to 'git add'?" in first.stderr
    second = commit(project, environment)
    assert second.returncode == 0, second.stderr
    assert "schedules.lock" in git(project.root, "show", "--stat", "HEAD").stdout


def test_a_lock_that_the_hook_has_to_compile_again_stops_the_commit_once(
    compiled: Project, hooks: tuple[Path, str]
) -> None:
    environment = use(compiled, hooks, "reconcile-compile", language="system")
    assert commit(compiled, environment).returncode == 0
    compiled.write((compiled.root / "schedules" / "schedules.yaml").read_text().replace("at 9am", "at 10am"))
    stopped = commit(compiled, environment)
    assert stopped.returncode == 1
    assert "files were modified by this hook" in stopped.stderr
    assert commit(compiled, environment).returncode == 0
    compiled.ok("compile", "--check")


def test_the_hook_of_init_does_the_same(project: Project) -> None:
    shutil.rmtree(project.root / "schedules")
    project.ok("init")
    git(project.root, "init", "-q")
    git(project.root, "add", ".")
    run = ["-m", "pre_commit", "run", "--all-files"]
    argv = [sys.executable, *run]
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(project.root.parent / "home"),
    }
    codes = []
    for _ in range(2):
        codes.append(
            subprocess.run(argv, cwd=project.root, env=environment, capture_output=True, check=False).returncode
        )
        git(project.root, "add", ".")
    assert codes == [1, 0]


def test_a_phrase_that_cannot_be_read_stops_the_commit_and_says_why(project: Project, hooks: tuple[Path, str]) -> None:
    environment = use(project, hooks, "reconcile-compile", language="system")
    project.write("timezone: UTC\nschedules: {a: {when: every day at 5, run: [date]}}\n")
    refused = commit(project, environment)
    assert refused.returncode == 1
    assert "may be morning or evening" in refused.stderr


def test_a_lock_that_was_edited_by_hand_stops_the_commit(compiled: Project, hooks: tuple[Path, str]) -> None:
    environment = use(compiled, hooks, "reconcile-check", language="system")
    compiled.lock.write_text(compiled.lock.read_text().replace('"hour": "9"', '"hour": "8"'))
    refused = commit(compiled, environment)
    assert refused.returncode == 1
    assert "does not match its checksum" in refused.stderr


def test_a_commit_of_other_files_runs_no_hook(compiled: Project, hooks: tuple[Path, str]) -> None:
    environment = use(compiled, hooks, "reconcile-check", language="system")
    assert commit(compiled, environment).returncode == 0
    (compiled.root / "notes.txt").write_text("x")
    done = commit(compiled, environment)
    assert done.returncode == 0
    assert "no files to check" in done.stderr


@pytest.mark.nightly
@pytest.mark.index
@pytest.mark.timeout(600)
def test_pre_commit_installs_the_hooks_by_itself(compiled: Project, hooks: tuple[Path, str]) -> None:
    environment = {
        **use(compiled, hooks, "reconcile-compile", "reconcile-check"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
    assert shutil.which("reconcile", path=environment["PATH"]) is None
    done = commit(compiled, environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Passed") == 2
