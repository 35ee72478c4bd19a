"""`reconcile diff` in real git repositories: what it compares, how it fails, what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import YAML, Project, Result
from tests.sources.repo import Repo

FROM = ("--from", "2026-11-23T10:00")
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/diff.schema.json").read_text())


@pytest.fixture
def repo(compiled: Project) -> Repo:
    made = Repo(compiled.root)
    made.git("init", "-q", "-b", "main")
    made.commit("base")
    return made


def edit(project: Project, old: str, new: str, *, compile: bool = True) -> None:
    path = project.root / "schedules/schedules.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    if compile:
        project.ok("compile", "--no-model")


def document(project: Project, *arguments: str) -> dict[str, object]:
    found: dict[str, object] = project.ok("diff", *arguments, *FROM, "--format", "json").json
    Draft202012Validator(SCHEMA).validate(found)
    return found


def test_the_files_as_they_are_are_compared_with_a_revision(compiled: Project, repo: Repo) -> None:
    edit(compiled, "9am", "8:30am")
    out = compiled.ok("diff", "HEAD", *FROM).out
    sha = repo.git("rev-parse", "HEAD")[:10]
    assert out.splitlines()[:2] == [
        "nothing needs a look · runs/week 6, as before",
        f"1 changed · 2 unchanged · HEAD ({sha}) → working tree",
    ]
    assert "  + next      Tue 24 Nov 2026 08:30 CET (07:30Z)" in out


def test_two_revisions_are_compared_whatever_the_files_are(compiled: Project, repo: Repo) -> None:
    edit(compiled, "9am", "8:30am")
    repo.commit()
    compiled.lock.write_text("broken")
    assert compiled.ok("diff", "HEAD~1..HEAD", *FROM).out == compiled.ok("diff", "HEAD~1", "HEAD", *FROM).out
    assert compiled.lock.read_text() == "broken"


def test_without_a_base_a_branch_is_compared_with_where_it_left_origin(
    compiled: Project, repo: Repo, tmp_path: Path
) -> None:
    clone = Project(repo.clone(tmp_path / "clone").path)
    branch = Repo(clone.root)
    branch.git("checkout", "-q", "-b", "feature")
    edit(clone, "9am", "8:30am")
    branch.commit()
    edit(compiled, "3:30am", "4:30am")  # main moves on, which is not this branch's change
    repo.commit()
    branch.git("fetch", "-q", "origin")
    found = document(clone)
    assert str(found["base"]).startswith("merge base with origin/HEAD (")
    assert [one["id"] for one in found["changes"]] == ["db-backup"]  # type: ignore[attr-defined, index]


def test_a_merge_ref_in_a_shallow_clone_is_compared_with_its_first_parent(
    compiled: Project, repo: Repo, tmp_path: Path
) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    edit(compiled, "9am", "8:30am")
    repo.commit()
    repo.git("checkout", "-q", "--detach", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "merged", "feature")
    repo.git("update-ref", "refs/pull/1/merge", "HEAD")
    repo.git("checkout", "-q", "main")
    runner = Repo(tmp_path / "runner")
    runner.path.mkdir()
    for arguments in (
        ["init", "-q"],
        ["remote", "add", "origin", f"file://{repo.path}"],
        ["fetch", "-q", "--depth=1", "origin", "refs/pull/1/merge:refs/remotes/pull/1/merge"],
        ["checkout", "-q", "refs/remotes/pull/1/merge"],
    ):
        runner.git(*arguments)
    project = Project(runner.path)
    missing = project.run("diff", "HEAD^1")
    assert (missing.code, missing.out) == (7, "")
    assert "git fetch --deepen=1 origin" in missing.err
    no_base = project.run("diff")
    assert (no_base.code, no_base.out) == (7, "")
    assert "git fetch --depth=1 origin main:refs/remotes/origin/main" in no_base.err
    runner.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    told = project.ok("diff", "origin/main", *FROM).out
    assert "1 changed · 2 unchanged · origin/main (" in told
    assert project.ok("diff", *FROM).out == told  # the merge itself names its parents


def test_a_project_in_a_folder_is_told_by_its_path_in_the_repository(tmp_path: Path) -> None:
    project = Project(tmp_path / "repo" / "services" / "billing")
    project.root.mkdir(parents=True)
    project.write(YAML)
    project.ok("compile")
    repo = Repo(tmp_path / "repo")
    repo.git("init", "-q", "-b", "main")
    repo.commit()
    edit(project, "3:30am", "2:30am")
    out = project.ok("diff", "--format", "github", "--output", "summary.md", *FROM).out
    assert out.startswith(
        "::warning file=services/billing/schedules/schedules.yaml,line=7,col=11,title=clean-up%3A dst::"
    )
    above = Project(repo.path)
    assert above.ok("-C", "services/billing", "diff", *FROM).out == project.ok("diff", *FROM).out


def test_a_base_without_a_lockfile_is_told_and_never_silent(compiled: Project) -> None:
    repo = Repo(compiled.root)
    repo.git("init", "-q", "-b", "main")
    repo.git("commit", "-q", "--allow-empty", "-m", "nothing yet")
    out = compiled.ok("diff", "HEAD", *FROM).out
    assert "3 added · 0 unchanged" in out
    assert "has no lockfile: every schedule counts as added" in out


@pytest.mark.parametrize("side", ["base", "head", "files"])
def test_a_lock_that_cannot_be_read_is_named_by_file_and_revision(compiled: Project, repo: Repo, side: str) -> None:
    good = compiled.lock.read_text()
    compiled.lock.write_text(good.replace('"9"', '"10"'))
    if side != "files":
        repo.commit()
        compiled.lock.write_text(good)
    arguments = {"base": ["HEAD"], "head": ["HEAD~1..HEAD"], "files": ["HEAD"]}[side]
    result = compiled.run("diff", *arguments)
    assert (result.code, result.out) == (4, "")
    where = "schedules/schedules.lock:16:1: " if side == "files" else "HEAD:schedules/schedules.lock:16:1: "
    assert result.err.startswith(f"{where}db-backup: the entry does not match its checksum")


def test_no_lockfile_to_review_is_an_error(compiled: Project, repo: Repo) -> None:
    compiled.lock.unlink()
    result = compiled.run("diff", "HEAD")
    assert result.code == 4
    assert "working tree: there is no lockfile" in result.err


def test_a_change_of_the_yaml_alone_says_first_that_the_lock_is_stale(compiled: Project, repo: Repo) -> None:
    edit(compiled, "9am", "8:30am", compile=False)
    out = compiled.ok("diff", "HEAD", *FROM).out
    told = "the lock is stale: 1 phrase changed but not compiled"
    assert out.startswith(f"{told} · nothing changed in the lock")
    for form in ("markdown", "json", "github", "junit", "gitlab", "svg"):
        assert told in compiled.ok("diff", "HEAD", "--format", form).out.replace("`", "")


def test_a_stale_lock_of_a_revision_is_told_at_its_line(compiled: Project, repo: Repo) -> None:
    edit(compiled, "9am", "8:30am", compile=False)
    repo.commit()
    edit(compiled, "8:30am", "9am", compile=False)
    out = compiled.ok("diff", "HEAD~1..HEAD", "--format", "github", "--output", "s.md", *FROM).out
    assert "::error file=schedules/schedules.yaml,line=4,col=11,title=not-compiled::db-backup: the phrase is " in out
    assert "the lock is stale" not in compiled.ok("diff", "HEAD~1", *FROM).out


@pytest.mark.parametrize(
    ("run", "told"),
    [("runn: [echo, backup]", "line=5,col=5,title=invalid"), ("run: [echo, backup", "line=6,col=11,title=yaml")],
)
def test_yaml_that_cannot_be_read_is_told_and_the_lock_still_compared(
    compiled: Project, repo: Repo, run: str, told: str
) -> None:
    edit(compiled, "9am", "8:30am")
    edit(compiled, "run: [echo, backup]", run, compile=False)
    out = compiled.ok("diff", "HEAD", "--format", "github", "--output", "s.md", *FROM).out
    assert f"::error file=schedules/schedules.yaml,{told}::working tree: " in out
    assert "1 changed" in (compiled.root / "s.md").read_text()


def test_the_limits_are_those_of_the_base(compiled: Project, repo: Repo) -> None:
    path = compiled.root / "schedules/schedules.yaml"
    path.write_text("policy: {max_runs_per_day: 5}\n" + path.read_text())
    compiled.ok("compile", "--no-model")
    repo.commit()
    path.write_text(path.read_text().replace("max_runs_per_day: 5", "max_runs_per_day: 500"))
    edit(compiled, "every weekday at 9am", "every 10 minutes")
    found = compiled.ok("diff", "HEAD", *FROM).out
    assert "! it fires 144 times in a day, and the policy's `max_runs_per_day` is 5 [policy]" in found
    assert "warning: the policy changes; the limits used here are those of the base" in found


def test_history_tells_what_runs_longer_than_its_interval(compiled: Project, repo: Repo) -> None:
    edit(compiled, "run: [echo, backup]", "run: [sleep, '1.6']")
    compiled.ok()
    compiled.ok("run", "db-backup")
    edit(compiled, "every weekday at 9am", "every second")
    assert "[longer-than-interval]" in compiled.ok("diff", "HEAD", *FROM).out


@pytest.mark.parametrize(("old", "code"), [("9am", 2), ("every", 0)])
def test_the_detailed_exit_code_says_whether_anything_changed(
    compiled: Project, repo: Repo, old: str, code: int
) -> None:
    if code:
        edit(compiled, old, "8am")
    assert compiled.run("diff", "HEAD", "--detailed-exitcode").code == code


@pytest.mark.parametrize(
    "ref", ["--output=x", "-uevil", "@{-1}", "a...b", "a b", "x\n::error::y", "$(touch x)", "a..b..c"]
)
def test_a_hostile_ref_is_refused_and_leaves_nothing_behind(compiled: Project, repo: Repo, ref: str) -> None:
    before = {path: path.read_bytes() for path in compiled.root.rglob("*") if path.is_file()}
    result = compiled.run("diff", "--", ref)
    assert result.code in (7, 64)
    assert "\n::error::" not in result.err
    assert {path: path.read_bytes() for path in compiled.root.rglob("*") if path.is_file()} == before


def test_what_is_not_in_git_is_an_error_of_the_source(compiled: Project) -> None:
    result = compiled.run("diff")
    assert result.code == 7
    assert "not in a git repository" in result.err


def test_the_github_form_appends_the_summary_where_the_runner_says(compiled: Project, repo: Repo) -> None:
    summary = compiled.root / "summary.md"
    summary.write_text("before\n")
    edit(compiled, "3:30am", "2:30am")
    result = compiled.run("diff", "HEAD", "--format", "github", *FROM, GITHUB_STEP_SUMMARY=str(summary))
    assert result.code == 0, result.err
    assert all(line.startswith("::warning file=schedules/schedules.yaml,line=7,") for line in result.out.splitlines())
    assert summary.read_text().startswith("before\n<!-- reconcile:diff -->\n### 1 needs a look · ")


def test_the_other_forms_can_be_read_back(compiled: Project, repo: Repo) -> None:
    edit(compiled, "3:30am", "2:30am")

    def form(name: str) -> Result:
        return compiled.ok("diff", "HEAD", "--format", name, *FROM)

    junit = ET.fromstring(form("junit").out)
    assert (junit.get("tests"), junit.get("failures")) == ("1", "1")
    (first, _) = form("gitlab").json
    assert (first["location"]["path"], first["location"]["lines"]["begin"]) == ("schedules/schedules.yaml", 7)
    assert ET.fromstring(form("svg").out).tag == "{http://www.w3.org/2000/svg}svg"
    assert document(compiled, "HEAD") == compiled.ok("diff", "HEAD", "--json", *FROM).json


def test_the_report_goes_to_the_file_that_is_named(compiled: Project, repo: Repo) -> None:
    shown = compiled.ok("diff", "HEAD", "--format", "markdown", *FROM).out
    assert compiled.ok("diff", "HEAD", "--format", "markdown", "--output", "d.md", *FROM).out == ""
    assert (compiled.root / "d.md").read_text() == shown
    assert compiled.run("diff", "HEAD", "--output", "no/such/d.md").code == 3
