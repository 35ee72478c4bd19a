"""Every step of the compile action: the model is asked, the lockfile alone is committed, to the branch alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.actions.conftest import Hosted
from tests.actions.runner import Ran, git
from tests.cli.conftest import YAML
from tests.cli.test_compile_model import KEY, NINE
from tests.servers.openai_server import Scripted, fails, serving

BY_GRAMMAR = "every weekday at 9am"
BY_MODEL = "on each working morning at the stroke of nine"


@pytest.fixture
def branch(hosted: Hosted) -> Hosted:
    """Return the host with a branch `feature` on it whose phrase is beyond the grammar."""
    hosted.branch("feature")
    hosted.work.write(YAML.replace(BY_GRAMMAR, BY_MODEL))
    hosted.commit("feature")
    hosted.push()
    return hosted


def compile_branch(
    hosted: Hosted, server: Scripted, between: Callable[[Path], object] = lambda _: None, *, name: str = "feature"
) -> Ran:
    runner = hosted.runner(f"refs/heads/{name}", depth=1)
    project = runner.workspace / "project"
    runner.workspace.rename(hosted.here / "moved")
    runner.workspace.mkdir()
    (hosted.here / "moved").rename(project)
    between(project)
    return runner.run("compile", {}, branch=name, model="test-model", base_url=server.url, api_key=KEY)


def test_what_the_model_reads_is_committed_to_the_branch_and_nothing_else(branch: Hosted) -> None:
    with serving(NINE, NINE) as server:
        ran = compile_branch(branch, server)
    assert ran.code == 0, ran.log
    assert ran.steps == ["Compile", "Commit the lockfile", "Say what is still open"]
    assert set(server.phrases) == {BY_MODEL}
    assert git(branch.origin, "show", "--format=%an %s", "--name-only", "feature").split("\n") == [
        "github-actions[bot] Compile schedules.lock",
        "",
        "schedules/schedules.lock",
    ]
    git(branch.work.root, "pull", "-q", "--ff-only", "origin", "feature")
    branch.work.ok("compile", "--check")
    assert "Compiled with a model" in ran.summary


def test_neither_key_nor_token_reaches_the_log_the_commit_or_the_clone(branch: Hosted) -> None:
    with serving(NINE, NINE) as server:
        ran = compile_branch(branch, server)
    config = (branch.here / "workspace" / "project" / ".git" / "config").read_text()
    shown = git(branch.origin, "log", "-p", "--all")
    for secret in (KEY, "token-of-the-job"):
        assert secret not in ran.log + ran.summary + config + shown


def test_other_files_that_lie_about_are_not_committed(branch: Hosted) -> None:
    def litter(project: Path) -> None:
        (project / "stray.txt").write_text("x")
        hook = project / ".git" / "hooks" / "pre-commit"
        hook.write_text(f"#!/bin/sh\ntouch {branch.here}/hooked\n")
        hook.chmod(0o755)

    with serving(NINE, NINE) as server:
        assert compile_branch(branch, server, litter).code == 0
    assert "stray" not in git(branch.origin, "ls-tree", "-r", "--name-only", "feature")
    assert not (branch.here / "hooked").exists()


def test_a_branch_that_went_on_meanwhile_is_left_alone(branch: Hosted) -> None:
    def go_on(_: Path) -> None:
        branch.commit("went on", more__yaml="timezone: UTC\n")
        branch.push()

    with serving(NINE, NINE) as server:
        ran = compile_branch(branch, server, go_on)
    assert ran.code != 0
    assert git(branch.origin, "log", "-1", "--format=%s", "feature") == "went on"


@pytest.mark.parametrize("name", ["a;touch${IFS}x", "$(touch${IFS}x)", "`touch${IFS}x`", "it's", '"', "--force"])
def test_a_branch_of_any_name_is_pushed_to_and_never_run(branch: Hosted, name: str) -> None:
    git(branch.work.root, "update-ref", f"refs/heads/{name}", "feature")
    git(branch.work.root, "push", "-q", "origin", f"refs/heads/{name}:refs/heads/{name}")
    with serving(NINE, NINE) as server:
        ran = compile_branch(branch, server, name=name)
    assert ran.code == 0, ran.log
    assert git(branch.origin, "log", "-1", "--format=%s", f"refs/heads/{name}") == "Compile schedules.lock"
    assert not list(branch.here.rglob("x"))


def test_questions_stay_open_and_what_compiled_is_committed(branch: Hosted) -> None:
    more = "timezone: UTC\nschedules: {late: {when: every day at 5, run: [date]}}\n"
    branch.commit("ambiguous", more__yaml=more)
    branch.push()
    with serving(NINE) as server:  # also for `every day at 5`, so that grammar and model differ
        ran = compile_branch(branch, server)
    assert ran.code == 1
    assert ran.outputs["compile"] == {"open": "true"}
    assert "late" in ran.summary
    lock = git(branch.origin, "show", "feature:schedules/schedules.lock")
    assert BY_MODEL in lock
    assert "late:" not in lock


def test_a_lock_that_is_fresh_is_no_commit(hosted: Hosted) -> None:
    hosted.branch("feature")
    hosted.push()
    before = git(hosted.origin, "rev-parse", "feature")
    with serving() as server:
        ran = compile_branch(hosted, server)
    assert ran.code == 0
    assert "nothing to commit" in ran.log
    assert git(hosted.origin, "rev-parse", "feature") == before
    assert server.requests == []


def test_a_model_that_fails_for_all_says_so_and_commits_nothing_new(branch: Hosted) -> None:
    before = git(branch.origin, "rev-parse", "feature")
    with serving(fails(401)) as server:
        ran = compile_branch(branch, server)
    assert ran.code != 0
    assert git(branch.origin, "rev-parse", "feature") == before
