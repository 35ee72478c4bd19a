"""`reconcile wait`: for scripts that need to know when a change has arrived."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.cli.conftest import Project
from tests.cli.test_serve import EVERY_SECOND, serving


def test_it_waits_until_the_daemon_has_applied_the_lockfile(project: Project) -> None:
    project.write(EVERY_SECOND)
    project.ok("compile")
    argv = [sys.executable, "-m", "reconciler", "wait", "--for", "healthy", "--timeout", "30s"]
    waiting = subprocess.Popen(argv, cwd=project.root)
    time.sleep(1.5)
    assert waiting.poll() is None
    serving(project)
    assert waiting.wait(60) == 0
    assert project.ok("wait", "--json").json["reached"] is True


def test_in_vain_it_says_what_is_amiss_and_ends_with_2(project: Project) -> None:
    project.write(EVERY_SECOND)
    project.ok("compile")
    result = project.run("wait", "--timeout", "1s")
    assert result.code == 2
    assert "not synced after 1s: OutOfSync" in result.err
    assert "2 changes to apply" in result.err
    project.ok()
    result = project.run("wait", "--for", "healthy", "--timeout", "0s", "--json")
    assert (result.code, result.json["reached"]) == (2, False)
    assert "no daemon is running" in result.json["message"]


def test_a_lockfile_that_cannot_be_read_is_not_in_sync(project: Project) -> None:
    project.ok("compile")
    project.ok()
    project.lock.write_text("nonsense\n")
    result = project.run("wait", "--timeout", "0s")
    assert result.code == 2
    assert "Unknown" in result.err
