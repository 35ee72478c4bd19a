"""The job that renews the development environment proposes what it found, once, and nothing where nothing changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.actions.runner import ROOT, git

FILE = ".ci/constraints.txt"
GH = """#!/bin/sh
echo "$1 $2" >> "$CALLS"
[ "$2" = list ] && cat "$OPEN"
exit 0
"""


class Clone:
    """A clone as the job has it, and a `gh` that writes down what it is called for."""

    def __init__(self, here: Path) -> None:
        self.here, self.root, self.origin = here, here / "clone", here / "origin.git"
        git(here, "init", "-q", "--bare", str(self.origin))
        (self.root / ".ci").mkdir(parents=True)
        for name in ("constraints.txt", "propose-constraints"):
            shutil.copy(ROOT / ".ci" / name, self.root / ".ci" / name)
        git(self.root, "init", "-q", "-b", "main")
        git(self.root, "remote", "add", "origin", f"file://{self.origin}")
        git(self.root, "add", ".")
        git(self.root, "commit", "-qm", "main")
        (here / "gh").write_text(GH)
        (here / "gh").chmod(0o755)
        (here / "open").touch()

    def propose(self) -> list[str]:
        """Run the script; return what it had `gh` do."""
        calls = self.here / "calls"
        calls.write_text("")
        environment = {**os.environ, "PATH": f"{self.here}:{os.environ['PATH']}", "CALLS": str(calls)}
        environment |= {"OPEN": str(self.here / "open"), "GH_TOKEN": "x"}
        subprocess.run([self.root / ".ci" / "propose-constraints"], env=environment, check=True, capture_output=True)
        return calls.read_text().splitlines()

    def renew(self, line: str) -> None:
        (self.root / FILE).write_text((self.root / FILE).read_text() + line)

    def proposed(self) -> str:
        return git(self.origin, "show", f"constraints:{FILE}")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_what_is_new_is_pushed_and_proposed(clone: Clone) -> None:
    clone.renew("zzz==1\n")
    assert clone.propose() == ["pr list", "pr create"]
    assert clone.proposed().endswith("zzz==1")
    assert git(clone.origin, "diff", "--name-only", "constraints~", "constraints") == FILE


def test_an_open_proposal_is_brought_up_to_date(clone: Clone) -> None:
    clone.renew("zzz==1\n")
    clone.propose()
    git(clone.root, "reset", "-q", "--hard", "HEAD~")
    (clone.here / "open").write_text("7\n")
    clone.renew("zzz==2\n")
    assert clone.propose() == ["pr list"]
    assert clone.proposed().endswith("zzz==2")


def test_where_nothing_changed_nothing_is_proposed(clone: Clone) -> None:
    assert clone.propose() == []
    assert git(clone.origin, "branch", "--list") == ""
