"""What docs/pull-requests.md shows is what happens: its YAML is held to the hosts' schemas, its commands are run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "pull-requests.md").read_text()
BIN = Path(sys.executable).parent
BLOCKS = {
    section.split("\n")[0]: re.findall(r"```yaml\n(.*?)```", section, re.DOTALL) for section in TEXT.split("\n## ")
}


@pytest.mark.tools
@pytest.mark.parametrize(("section", "schema"), [("GitHub", "github-workflows"), ("GitLab", "gitlab-ci")])
def test_its_workflows_fit_the_schema_of_the_host(section: str, schema: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.yml" for number, _ in enumerate(BLOCKS[section])]
    for file, text in zip(files, BLOCKS[section], strict=True):
        file.write_text(text)
    argv = [BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert files
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.tools
def test_zizmor_finds_nothing_in_its_workflows(tmp_path: Path) -> None:
    for number, text in enumerate(BLOCKS["GitHub"]):
        (tmp_path / f"{number}.yml").write_text(text)
    argv = [BIN / "zizmor", "--offline", "--no-progress", *tmp_path.glob("*.yml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("text", BLOCKS["GitHub"])
def test_a_caller_grants_what_the_called_jobs_ask_for_and_gives_what_they_need(text: str) -> None:
    """GitHub refuses to start a called workflow that asks for more than its caller has."""
    (job,) = yaml.safe_load(text)["jobs"].values()
    called = re.fullmatch(r"OWNER/REPO/(\.github/workflows/\w+\.yml)@0{40}", job["uses"])
    assert called
    workflow = yaml.safe_load((ROOT / called[1]).read_text())
    asked = [one["permissions"] for one in workflow["jobs"].values()]
    assert job["permissions"] == {key: value for permissions in asked for key, value in permissions.items()}
    wanted = (workflow[True]["workflow_call"] or {}).get("inputs", {})
    assert job.get("with", {}).keys() == wanted.keys()


def test_its_hooks_are_those_there_are() -> None:
    (text,) = BLOCKS["Before the commit"]
    used = [hook["id"] for hook in yaml.safe_load(text)["repos"][0]["hooks"]]
    assert used == [hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())]


def test_the_files_it_names_are_there() -> None:
    for path in re.findall(r"(?:templates|\.github/actions)/[\w/.-]*\w", TEXT):
        assert (ROOT / path).exists(), path


def test_its_commands_do_what_is_shown(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for folder in ("schedules", "schemas"):
        (tmp_path / folder).mkdir()
    yaml_text = "timezone: UTC\nschedules: {a: {when: daily at noon, run: [date]}}\n"
    (tmp_path / "schedules" / "schedules.yaml").write_text(yaml_text)
    sessions = re.findall(r"```console\n\$ (.*?)\n(.*?)```", TEXT, re.DOTALL)
    assert len(sessions) == 2
    for command, expected in sessions:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path,
            env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout + done.stderr == expected
    assert json.loads((tmp_path / "schemas" / "schedules.schema.json").read_text())["properties"]
