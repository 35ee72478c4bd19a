"""The script of the GitLab template, run as a job of a merge request."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.actions.conftest import Hosted
from tests.actions.runner import ROOT, Runner
from tests.cli.conftest import YAML

JOB = yaml.safe_load((ROOT / "templates/gitlab/reconcile.gitlab-ci.yml").read_text())["reconcile-review"]


def run_job(runner: Runner, base: str) -> subprocess.CompletedProcess[str]:
    runner.put_installed()
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join([JOB["before_script"][0], *JOB["script"]])],
        cwd=runner.workspace,
        env={
            "PATH": f"{runner.temporary}/reconcile/bin:{os.environ['PATH']}",
            "HOME": str(runner.temporary),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_merge_request_gets_a_report_and_code_quality(
    hosted: Hosted, proposed: Callable[..., dict[str, Any]]
) -> None:
    base = proposed("every weekday at 9am", "every weekday at 10am")["pull_request"]["base"]["sha"]
    runner = hosted.runner("refs/pull/7/merge", depth=1)  # the base is not in the clone
    done = run_job(runner, base)
    assert done.returncode == 0, done.stderr
    report = runner.workspace / JOB["artifacts"]["paths"][0]
    assert "db-backup" in (report / "report.md").read_text()
    quality = json.loads((runner.workspace / JOB["artifacts"]["reports"]["codequality"]).read_text())
    for one in quality:
        assert one.keys() >= {"description", "fingerprint", "severity", "location"}


def test_a_stale_lock_fails_after_the_report_was_written(
    hosted: Hosted, proposed: Callable[..., dict[str, Any]]
) -> None:
    base = proposed("every weekday at 9am", "every weekday at 10am", compiled=False)["pull_request"]["base"]["sha"]
    runner = hosted.runner("refs/pull/7/merge", depth=1)
    done = run_job(runner, base)
    assert done.returncode == 4
    assert "schedules/schedules.yaml:4:11: db-backup" in done.stderr
    assert (runner.workspace / "reconcile-report" / "report.md").exists()


def test_a_merge_request_is_held_to_the_policy_it_loosens(hosted: Hosted) -> None:
    hosted.commit("limits", limits__yaml="policy: {max_runs_per_day: 4}\n")
    hosted.push()
    hosted.branch("feature")
    hosted.work.write("policy: {max_runs_per_day: 40}\n", name="limits.yaml")
    hosted.work.write(YAML.replace("every weekday at 9am", "every hour"))
    hosted.work.ok("compile", "--no-model")
    hosted.commit()
    base = hosted.pull_request("feature")["pull_request"]["base"]["sha"]
    done = run_job(hosted.runner(), base)
    assert done.returncode == 4
    assert "`max_runs_per_day` is 4 where this is to be merged" in done.stderr


@pytest.mark.parametrize("planted", [".reconcile-venv", "reconcile-target", "reconcile-report"])
def test_a_directory_of_the_job_that_a_merge_request_planted_is_not_used(
    hosted: Hosted, proposed: Callable[..., dict[str, Any]], planted: str
) -> None:
    """A link to the checkout would let the target's files take the place of those under review."""
    proposed("every weekday at 9am", "every weekday at 10am")
    (hosted.work.root / planted).symlink_to(".")
    hosted.commit()
    base = hosted.pull_request("feature")["pull_request"]["base"]["sha"]
    runner = hosted.runner()
    done = run_job(runner, base)
    assert done.returncode == 0, done.stderr
    assert "1 changed" in done.stdout
    assert not list(runner.workspace.glob("*.md"))
