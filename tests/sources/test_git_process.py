"""How git is run: bounded in time and output, ended with all it started, never taken to have succeeded by mistake."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from reconciler.sources import git_process
from reconciler.sources.git_process import Git, Outcome, Stop
from tests.sources.repo import Repo, init


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = init(tmp_path / "repo")
    made.commit("one")
    return made


def test_a_command_tells_how_it_ended_and_what_it_printed(repo: Repo) -> None:
    git = Git(repo.path / ".git")
    assert git("rev-parse", "HEAD").text == repo.git("rev-parse", "HEAD")
    failed = git("rev-parse", "--verify", "nowhere")
    assert failed.failed
    assert "fatal" in failed.error


def test_what_a_command_started_ends_with_it(repo: Repo, tmp_path: Path) -> None:
    stop = Stop()
    started = tmp_path / "pid"
    hang = f"alias.hang=!echo $$ >{started}.new; mv {started}.new {started}; sleep 1000 & wait"
    ended: list[Outcome] = []
    thread = threading.Thread(
        target=lambda: ended.append(Git(repo.path / ".git", settings=(hang,), stop=stop, seconds=300)("hang"))
    )
    thread.start()
    end = time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    stop.now()
    thread.join(60)
    assert ended[0].failed
    wait_for_the_end_of(int(started.read_text()))


def test_a_command_that_takes_too_long_is_ended(repo: Repo) -> None:
    outcome = Git(repo.path / ".git", settings=("alias.hang=!sleep 1000",), seconds=0.1)("hang")
    assert outcome.timed_out
    assert "did not finish within 0.1 s" in outcome.error


def test_what_a_command_leaves_behind_does_not_outlive_it(repo: Repo, tmp_path: Path) -> None:
    left = f"alias.leave=!sleep 1000 >/dev/null 2>&1 & echo $! >{tmp_path}/pid"
    assert not Git(repo.path / ".git", settings=(left,))("leave").failed
    wait_for_the_end_of(int((tmp_path / "pid").read_text()))


def test_a_command_that_never_stops_talking_is_ended(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_process, "_MOST_OUTPUT", 1 << 20)
    for where in ("1", "2"):
        outcome = Git(repo.path / ".git", settings=(f"alias.talk=!yes >&{where}",))("talk")
        assert outcome.failed
        assert "printed too much" in outcome.error
        assert len(outcome.out) + len(outcome.error) <= 2 << 20


def test_a_command_that_somebody_else_waited_for_has_not_succeeded(repo: Repo) -> None:
    class Thief(Stop):
        def started(self, process: subprocess.Popen[bytes]) -> None:
            os.waitpid(process.pid, 0)

    outcome = Git(repo.path / ".git", stop=Thief())("rev-parse", "HEAD")
    assert outcome.failed
    assert "nobody knows how it ended" in outcome.error


def test_a_command_is_not_started_for_long_after_the_stop(repo: Repo) -> None:
    stop = Stop()
    stop.now()
    assert Git(repo.path / ".git", settings=("alias.hang=!sleep 1000",), stop=stop)("hang").failed


def wait_for_the_end_of(pid: int) -> None:
    end = time.monotonic() + 60
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < end
        time.sleep(0.02)
