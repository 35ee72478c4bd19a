"""Every step of the review action, in real clones of real pull requests."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.actions.conftest import ZEROS, Hosted
from tests.actions.runner import ROOT, git
from tests.cli.conftest import YAML

Propose = Callable[..., dict[str, Any]]
NINE, TEN = "every weekday at 9am", "every weekday at 10am"
ALL_STEPS = ["Find the base", "Check the lockfile", "Report the difference", "Say whether the lockfile is fresh"]


def test_a_branch_with_a_fresh_lock_passes_and_is_reported(hosted: Hosted, proposed: Propose) -> None:
    event = proposed(NINE, TEN)
    runner = hosted.runner()
    ran = runner.run("review", event)
    assert ran.code == 0, ran.log
    assert ran.steps == ALL_STEPS
    assert ran.errors() == []
    assert ran.outputs["check"] == {"fresh": "true"}
    assert ran.outputs["base"]["commit"] == git(hosted.work.root, "rev-parse", "main")
    report = (runner.temporary / "reconcile-report" / "report.md").read_text()
    for text in (report, ran.summary):
        assert "db-backup" in text
        assert "10:00" in text
        assert "clean-up" not in text  # what did not change is not shown
    assert (runner.temporary / "reconcile-report" / "week.svg").read_text().startswith("<svg")
    assert not (runner.temporary / "reconcile-report" / "unchanged").exists()


def test_no_python_of_the_pull_request_runs(hosted: Hosted) -> None:
    """`python3 -` and `python3 -m` look for modules in the checkout first, unless told not to."""
    hosted.branch("feature")
    for module in ("json", "logging", "os", "re", "reconciler", "sitecustomize", "subprocess", "venv"):
        (hosted.work.root / f"{module}.py").write_text(f"open({str(hosted.here / 'ran')!r}, 'a').write({module!r})\n")
    hosted.commit()
    ran = hosted.reviewed("feature")
    assert ran.code == 0, ran.log
    assert not (hosted.here / "ran").exists()


def test_a_branch_that_changes_no_schedule_passes_and_says_so(hosted: Hosted) -> None:
    hosted.branch("feature")
    (hosted.work.root / "README.md").write_text("more")
    hosted.commit()
    ran = hosted.reviewed("feature")
    assert ran.code == 0, ran.log
    assert (hosted.here / "runner" / "reconcile-report" / "unchanged").exists()


def test_a_fork_needs_no_secret_and_a_phrase_beyond_the_grammar_waits_for_a_maintainer(
    hosted: Hosted, proposed: Propose
) -> None:
    phrase = "when the cock crows over the harbour"
    event = proposed(NINE, phrase, compiled=False, fork=True)
    runner = hosted.runner()
    runner.environment |= {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "RECONCILE_MODEL": "", "GITHUB_TOKEN": ""}
    ran = runner.run("review", event)
    assert ran.code == 1
    assert ran.steps == ALL_STEPS
    (error,) = ran.errors()
    assert error[:2] == ("schedules/schedules.yaml", "4")
    assert phrase in error[2]
    assert "a maintainer compiles" in ran.summary


def test_a_stale_lock_fails_after_it_was_reported_with_an_error_on_the_line(hosted: Hosted, proposed: Propose) -> None:
    event = proposed(NINE, TEN, compiled=False)
    ran = hosted.runner().run("review", event)
    assert ran.code == 1
    assert ran.outputs["check"] == {"fresh": "false"}
    assert ran.steps == ALL_STEPS
    ((file, line, text),) = ran.errors()
    assert (file, line) == ("schedules/schedules.yaml", "4")
    assert "run `reconcile compile` and commit the lockfile" in text
    assert "### The lockfile does not hold" in ran.summary


def test_a_lock_that_was_edited_by_hand_fails_on_its_line(hosted: Hosted) -> None:
    hosted.branch("feature")
    text = hosted.work.lock.read_text().replace('"hour": "9"', '"hour": "8"')
    hosted.work.lock.write_text(text)
    hosted.commit()
    ran = hosted.reviewed("feature")
    line = text.split("\n").index("db-backup:") + 1
    assert ran.code != 0
    assert ("schedules/schedules.lock", str(line)) in [error[:2] for error in ran.errors()]
    assert "does not match its checksum" in ran.summary
    report = hosted.here / "runner" / "reconcile-report" / "report.md"
    assert "cannot be compared" in report.read_text()  # so that no comment keeps an older verdict


@pytest.mark.parametrize("name", ["schedules.lock", "schedules.yaml"])
def test_a_conflict_that_was_committed_fails_on_its_line(hosted: Hosted, name: str) -> None:
    hosted.branch("feature")
    path = hosted.work.root / "schedules" / name
    path.write_text(path.read_text() + "\n<<<<<<< ours\n=======\n>>>>>>> theirs\n")
    line = path.read_text().split("\n").index("<<<<<<< ours") + 1
    hosted.commit()
    ran = hosted.reviewed("feature")
    assert ran.code != 0
    errors = [error for error in ran.errors() if error[:2] == (f"schedules/{name}", str(line))]
    assert "unresolved merge conflict" in errors[0][2]


def test_a_pull_request_is_held_to_the_policy_it_loosens(hosted: Hosted, proposed: Propose) -> None:
    hosted.commit("limits", limits__yaml="policy: {max_runs_per_day: 4}\n")
    hosted.push()
    hosted.branch("feature")
    hosted.work.write("policy: {max_runs_per_day: 40}\n", name="limits.yaml")
    hosted.work.write(YAML.replace(NINE, "every hour"))
    hosted.work.ok("compile", "--no-model")
    hosted.commit()
    ran = hosted.reviewed("feature")
    assert ran.code == 1
    assert "`max_runs_per_day` is 4 where this is to be merged" in ran.errors()[0][2]


def test_the_base_is_the_parent_of_the_merge_where_main_went_on(hosted: Hosted, proposed: Propose) -> None:
    event = proposed(NINE, TEN)
    git(hosted.work.root, "checkout", "-q", "main")
    newer = hosted.commit("main went on", more__yaml="timezone: UTC\n")
    hosted.pull_request("feature")
    ran = hosted.runner().run("review", event)
    assert event["pull_request"]["base"]["sha"] != newer
    assert ran.outputs["base"]["commit"] == newer


@pytest.mark.parametrize("named", [{"merge_group": {"base_sha": "B"}}, {"before": "B"}, {}])
def test_other_events_name_their_base_or_are_asked_for_one(
    hosted: Hosted, proposed: Propose, named: dict[str, Any]
) -> None:
    base = proposed(NINE, TEN)["pull_request"]["base"]["sha"]
    event = {key: {"base_sha": base} if key == "merge_group" else base for key in named}
    runner = hosted.runner("refs/pull/7/merge", depth=1)
    ran = runner.run("review", event)
    if named:
        assert ran.outputs["base"] == {"commit": base}  # fetched, since a clone of depth 1 does not have it
    else:
        assert ran.code == 1
        assert ran.errors() == [
            (None, None, "The event names no base to compare with: give the action the input 'base'.")
        ]


def test_a_base_that_cannot_be_had_is_asked_for_and_never_empty(hosted: Hosted, proposed: Propose) -> None:
    event = proposed(NINE, TEN)
    runner = hosted.runner(depth=1)
    git(runner.workspace, "remote", "set-url", "origin", f"file://{hosted.here}/gone")
    ran = runner.run("review", event)
    assert ran.code == 1
    assert ran.steps == ["Find the base"]
    assert "check out with 'fetch-depth: 2'" in ran.errors()[0][2]


def test_a_new_branch_that_has_no_before_is_asked_for_a_base(hosted: Hosted, proposed: Propose) -> None:
    proposed(NINE, TEN)
    assert hosted.runner().run("review", {"before": ZEROS}).code == 1


@pytest.mark.parametrize(
    "base", ["--output=x", "-c", "main;touch x", "$(touch x)", "a b", "::error::x", "HEAD:schedules"]
)
def test_a_base_that_is_no_plain_revision_is_refused(hosted: Hosted, proposed: Propose, base: str) -> None:
    event = proposed(NINE, TEN)
    runner = hosted.runner()
    ran = runner.run("review", event, base=base)
    assert ran.code == 1
    assert [text for _, _, text in ran.errors()] == ["The input 'base' is no plain revision."]
    assert not list(runner.workspace.glob("x*"))


def test_a_first_pull_request_with_schedules_is_compared_with_nothing(hosted: Hosted) -> None:
    git(hosted.work.root, "checkout", "-q", "--orphan", "before")
    git(hosted.work.root, "rm", "-rqf", "schedules")
    (hosted.work.root / "README.md").write_text("a project")
    hosted.commit("no schedules yet")
    git(hosted.work.root, "branch", "-f", "main", "before")
    hosted.branch("feature")
    hosted.work.write(YAML)
    hosted.work.ok("compile", "--no-model")
    hosted.commit()
    ran = hosted.reviewed("feature")
    assert ran.code == 0, ran.log
    assert "report" in ran.summary


def test_a_thousand_stale_schedules_fit_a_summary_and_ten_annotations(hosted: Hosted) -> None:
    hosted.branch("feature")
    many = "".join(f"  {'x' * 80}-{n}: {{when: every day at {n % 24}:{n % 60:02}, run: [date]}}\n" for n in range(2000))
    hosted.commit("many", many__yaml=f"timezone: UTC\nschedules:\n{many}")
    ran = hosted.reviewed("feature")
    assert ran.code == 1
    assert len(ran.errors()) == 10
    assert "1,991 more problems" in ran.errors()[-1][2]
    assert len(ran.summary.encode()) < 1_000_000  # GitHub refuses more than 1 MiB
    assert "and more: see the log" in ran.summary
    assert "-1999: " in ran.log


CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)|<code>.*?</code>")
HOSTILE = [
    "every day at 9am ::error::owned",
    "::add-mask::every",
    "##[add-mask]every",
    "::stop-commands::x",
    "![x](https://example.org/x.png) @everyone <img src=x> </details>",
    "```\\n# owned",
    "every\\n::warning::owned\\n##[error]owned",
    "\\x1b]8;;https://example.org\\x07owned",
    "every day \\u202eat 9am",
]


@pytest.mark.parametrize("phrase", HOSTILE)
def test_what_a_stranger_writes_is_no_command_to_the_runner(hosted: Hosted, phrase: str) -> None:
    hosted.branch("feature")
    hosted.work.write(YAML.replace(f"when: {NINE}", f'when: "{phrase}"'))
    hosted.commit()
    ran = hosted.reviewed("feature", fork=True)
    assert ran.code == 1
    assert {name for name, _, _ in ran.commands} == {"error"}
    assert not [text for _, _, text in ran.commands if text.startswith("owned")]
    assert all(char.isprintable() or char == "\n" for char in ran.log + ran.summary)
    prose = [CODE.sub("", line) for line in ran.summary.split("\n") if not line.startswith("    ")]
    assert not [line for line in prose for word in ("owned", "example.org", "@", "<img", "![") if word in line]


def test_the_workflow_that_init_writes_checks_and_reports(hosted: Hosted, proposed: Propose) -> None:
    workflow = yaml.safe_load((ROOT / "reconciler/cli/templates/workflow.yml").read_text())
    steps = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]
    assert "pip install" in steps.pop(0)
    proposed(NINE, TEN, compiled=False)
    runner = hosted.runner()
    runner.put_installed()
    summary = runner.temporary / "summary"
    environment = {
        "PATH": f"{runner.temporary}/reconcile/bin:{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    codes = [
        subprocess.run(
            ["bash", "-e", "-c", step], cwd=runner.workspace, env=environment, capture_output=True, check=False
        ).returncode
        for step in steps
    ]
    assert codes == [4, 0]
    assert "the lock is stale" in summary.read_text()
