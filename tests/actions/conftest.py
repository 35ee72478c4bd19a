"""A repository with a main branch, pull requests to it, and runners that check them out as GitHub's do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.actions.runner import Ran, Runner, git
from tests.cli.conftest import YAML, Project

ZEROS = "0" * 40


@dataclass
class Hosted:
    """A bare repository, a clone in which people work, and the directory that holds both."""

    here: Path
    origin: Path
    work: Project

    def commit(self, message: str = "x", **files: str) -> str:
        """Commit the worktree, with *files* (names under schedules/, `__` for a dot) written; return the commit."""
        for name, text in files.items():
            self.work.write(text, name=name.replace("__", "."))
        git(self.work.root, "add", ".")
        git(self.work.root, "commit", "-qm", message)
        return git(self.work.root, "rev-parse", "HEAD")

    def push(self) -> None:
        git(self.work.root, "push", "-q", "-f", "origin", "HEAD")

    def branch(self, name: str) -> None:
        git(self.work.root, "checkout", "-q", "-b", name, "main")

    def pull_request(self, name: str, *, fork: bool = False) -> dict[str, Any]:
        """Return the event of a pull request of branch *name*, whose merge commit GitHub made and checks out."""
        base, head = (git(self.work.root, "rev-parse", one) for one in ("main", name))
        git(self.work.root, "checkout", "-q", "--detach", "main")
        git(self.work.root, "merge", "-q", "--no-ff", "--no-edit", "-X", "theirs", name)
        git(self.work.root, "push", "-q", "-f", "origin", "HEAD:refs/pull/7/merge", "main:refs/heads/main")
        git(self.work.root, "checkout", "-q", name)
        owner = "stranger" if fork else "owner"
        return {
            "action": "synchronize",
            "pull_request": {
                "number": 7,
                "base": {"sha": base, "ref": "main"},
                "head": {"sha": head, "ref": name, "repo": {"full_name": f"{owner}/project"}},
            },
        }

    def runner(self, reference: str = "refs/pull/7/merge", *, depth: int = 2) -> Runner:
        """Return a runner that has checked *reference* out as actions/checkout does: shallow and detached."""
        workspace, temporary = self.here / "workspace", self.here / "runner"
        for directory in (workspace, temporary):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
        git(workspace, "init", "-q")
        git(workspace, "remote", "add", "origin", f"file://{self.origin}")
        git(
            workspace,
            "fetch",
            "-q",
            "--no-tags",
            f"--depth={depth}",
            "origin",
            f"+{reference}:refs/remotes/pull/7",
        )
        git(workspace, "checkout", "-q", "--detach", "refs/remotes/pull/7")
        return Runner(workspace, temporary)

    def reviewed(self, branch: str, *, fork: bool = False) -> Ran:
        """Run the review action for a pull request of *branch*."""
        event = self.pull_request(branch, fork=fork)
        return self.runner().run("review", event)


@pytest.fixture
def hosted(tmp_path: Path) -> Hosted:
    origin, root = tmp_path / "origin.git", tmp_path / "work"
    root.mkdir()
    git(tmp_path, "init", "-q", "--bare", str(origin))
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub does
    git(root, "init", "-q")
    git(root, "remote", "add", "origin", f"file://{origin}")
    made = Hosted(tmp_path, origin, Project(root))
    made.work.write(YAML)
    made.work.ok("compile", "--no-model")
    made.commit("main")
    made.push()
    return made


@pytest.fixture
def proposed(hosted: Hosted) -> Callable[..., dict[str, Any]]:
    """Return a way to propose a change of the YAML: from a text to another, compiled unless told otherwise."""

    def propose(old: str, new: str, *, compiled: bool = True, fork: bool = False) -> dict[str, Any]:
        hosted.branch("feature")
        assert old in YAML
        hosted.work.write(YAML.replace(old, new))
        if compiled:
            hosted.work.ok("compile", "--no-model")
        hosted.commit("feature")
        return hosted.pull_request("feature", fork=fork)

    return propose
