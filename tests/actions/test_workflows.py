"""Every workflow, action and template that is shipped, as the hosts' own schemas and zizmor see it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.actions.runner import INSTALL, ROOT, Runner

BIN = Path(sys.executable).parent
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "reconciler/cli/templates/workflow.yml"]
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
GITLAB = sorted((ROOT / "templates" / "gitlab").glob("*.yml"))
SCRIPTS = sorted((ROOT / ".github" / "actions").glob("*/*.sh"))
CI = [ROOT / ".ci" / name for name in ("run", "renew-constraints", "propose-constraints")]
SHIPPED = [*WORKFLOWS, *ACTIONS]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.tools
@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-workflows", WORKFLOWS), ("github-actions", ACTIONS), ("gitlab-ci", GITLAB)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fits_the_schema_of_its_host(schema: str, files: list[Path]) -> None:
    assert files
    argv = [BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.tools
def test_zizmor_finds_nothing_and_nothing_is_hidden_from_it(tmp_path: Path) -> None:
    argv = [BIN / "zizmor", "--offline", "--no-progress", "--no-ignores", "--persona", "regular", *SHIPPED]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    bad = tmp_path / ".github" / "workflows" / "bad.yml"  # it does look: what it must find, it finds
    bad.parent.mkdir(parents=True)
    bad.write_text(WORKFLOWS[0].read_text().replace("pull_request:", "pull_request_target:"))
    assert subprocess.run([*argv[:6], bad], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_a_workflow_is_safe_on_forks_and_asks_for_little(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    triggers = workflow[True]  # YAML 1.1 reads `on` so
    assert not {"workflow_run", "pull_request_target", "issue_comment"} & set(triggers)
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert "timeout-minutes" in job
        assert job["permissions"] in (
            {"contents": "read"},
            {"pull-requests": "write"},
            {"contents": "write"},
            {"contents": "write", "pull-requests": "write"},
        )
        if "pull_request" in triggers:
            assert job["permissions"].get("contents") != "write"
            assert "secrets." not in yaml.safe_dump(job)
            assert "environment" not in job
        if "secrets." in yaml.safe_dump(job):
            assert "environment" in job


@pytest.mark.parametrize("path", SHIPPED, ids=name)
def test_actions_are_pinned_and_no_script_holds_an_expression(path: Path) -> None:
    text = path.read_text()
    for used in re.findall(r"uses: (\S+.*)", text):
        assert re.match(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", used) or used.startswith("$/"), used
    steps = [step for one in _jobs(yaml.safe_load(text)) for step in one["steps"]]
    assert all("${{" not in step.get("run", "") for step in steps)


def _jobs(document: dict[str, object]) -> list[dict[str, list[dict[str, str]]]]:
    return list(document["jobs"].values()) if "jobs" in document else [document["runs"]]  # type: ignore[attr-defined, list-item]


@pytest.mark.parametrize("path", [WORKFLOWS[-1], *ACTIONS, *SCRIPTS, *GITLAB], ids=name)
def test_python_looks_for_no_module_where_somebody_else_put_files(path: Path) -> None:
    calls = re.findall(r"(?<![\w-])python3? (.*)", re.sub(r"(^|\s)#.*", "", path.read_text()))
    assert not [call for call in calls if not call.startswith("-I ")]


def test_one_version_of_each_action_is_used() -> None:
    used = {found for path in SHIPPED for found in re.findall(r"uses: ([\w/-]+@[0-9a-f]{40}) ", path.read_text())}
    assert len({one.split("@")[0] for one in used}) == len(used)


@pytest.mark.parametrize("path", [*SCRIPTS, *CI], ids=name)
def test_a_script_is_shell_that_parses_and_stops_at_errors(path: Path) -> None:
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
    assert "\nset -euo pipefail\n" in path.read_text()


@pytest.mark.nightly
@pytest.mark.index
@pytest.mark.timeout(600)
def test_an_action_installs_the_tool_of_its_own_commit(tmp_path: Path) -> None:
    """The first step alone, the same for both; it ends with a command that answers as this checkout does."""
    first, second = (
        yaml.safe_load((ROOT / ".github" / "actions" / action / "action.yml").read_text())["runs"]["steps"][0]
        for action in ("review", "compile")
    )
    assert first == second
    assert first["name"] == INSTALL
    runner = Runner(tmp_path, tmp_path)
    ran = runner.run("review", {}, install=True, branch="x", model="x")
    assert ran.steps[0] == INSTALL
    assert len(ran.steps) == 2, "nothing is checked out here, so that the second step is where it ends"
    shown = subprocess.run([tmp_path / "reconcile/bin/reconcile", "--help"], capture_output=True, text=True, check=True)
    assert "merge-lock" in shown.stdout
