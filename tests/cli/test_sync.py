"""`reconcile` and `reconcile --dry-run`."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.cli.conftest import YAML, Project


def test_the_plan_says_what_why_and_when_next(compiled: Project) -> None:
    result = compiled.ok("--dry-run")
    assert "+ db-backup  new in the lockfile\n    at 09:00, Monday to Friday, Europe/Berlin\n" in result.out
    assert "    runs echo backup\n    next " in result.out
    assert "Plan: 3 to create, 0 unchanged" in result.out
    assert "Nothing was written" in result.err


def test_a_dry_run_leaves_no_trace(compiled: Project) -> None:
    compiled.ok("--dry-run")
    assert not (compiled.root / ".reconcile").exists()


@pytest.mark.parametrize("applied", [False, True], ids=["nothing applied yet", "all applied"])
def test_a_dry_run_opens_nothing_for_writing(compiled: Project, applied: bool) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if applied:
        compiled.ok()
        compiled.write(YAML.replace("9am", "10am"))
        compiled.ok("compile")
    trace = compiled.root.parent / "trace"
    calls = "open,openat,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,symlinkat"
    argv = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={calls},truncate,ftruncate,chmod,fchmod"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*argv, sys.executable, "-m", "reconciler", "--dry-run"],
        cwd=compiled.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Plan: " in done.stdout
    lines = trace.read_text().splitlines()
    assert any("schedules.lock" in line for line in lines)
    wrote = [
        line
        for line in lines
        if ("O_WRONLY" in line or "O_RDWR" in line or "O_CREAT" in line or " open" not in line)
        and "ENOENT" not in line
        and "/dev/null" not in line
        and ("open" not in line.split("(")[0] or "O_RDONLY" not in line)
    ]
    assert wrote == []


def test_applying_ends_in_sync_and_applying_again_does_nothing(compiled: Project) -> None:
    assert "Applied: 3 created" in compiled.ok().out
    assert compiled.ok().out == "Synced: 3 jobs, nothing to do\n"
    assert compiled.run("--dry-run", "--detailed-exitcode").code == 0


def test_pending_changes_are_exit_2_only_where_asked_for(compiled: Project) -> None:
    assert compiled.run("--dry-run").code == 0
    assert compiled.run("--dry-run", "--detailed-exitcode").code == 2


def test_a_change_shows_both_sentences(compiled: Project) -> None:
    compiled.ok()
    compiled.write(YAML.replace("9am", "10am"))
    compiled.ok("compile")
    out = compiled.ok("--dry-run").out
    assert "~ db-backup  changed in the lockfile\n" in out
    assert "  - at 09:00, Monday to Friday, Europe/Berlin\n  + at 10:00, Monday to Friday, Europe/Berlin\n" in out


def test_the_json_plan_has_actions_reasons_and_both_sides(compiled: Project) -> None:
    compiled.ok()
    compiled.write(YAML.replace("9am", "10am"))
    compiled.ok("compile")
    document = compiled.ok("--dry-run", "--json").json
    assert document["format_version"] == "1.0"
    assert document["sync"] == "OutOfSync"
    (change,) = document["changes"]
    assert (change["action"], change["id"], change["reason"]) == ("update", "db-backup", "changed")
    assert change["before"]["cron"][0]["hour"] == "9"
    assert change["after"]["cron"][0]["hour"] == "10"
    assert document["drift"] == []


def test_stopping_too_much_is_refused_after_the_plan_is_shown(compiled: Project) -> None:
    compiled.ok()
    compiled.write(YAML[: YAML.index("  clean-up:")])
    compiled.ok("compile")
    result = compiled.run()
    assert result.code == 9
    assert "- clean-up  no longer in the lockfile" in result.out
    assert "this would stop 2 of 3 jobs (67%)" in result.err
    assert "--allow-deletes 2" in result.err
    assert compiled.ok("status", "--json").json["sync"] == "OutOfSync"
    assert compiled.run("--dry-run").code == 9
    assert "2 deleted" in compiled.ok("--allow-deletes", "2").out


def test_a_plan_is_applied_only_under_its_own_digest(compiled: Project) -> None:
    digest = compiled.ok("--dry-run", "--json").json["digest"]
    refused = compiled.run("--plan-digest", "sha256:" + "0" * 64)
    assert refused.code == 9
    assert digest in refused.err
    assert compiled.run("--plan-digest", "").code == 9
    compiled.ok("--plan-digest", digest)
    assert compiled.run("--plan-digest", digest).code == 9


def test_no_lock_is_exit_4_and_changes_nothing(project: Project) -> None:
    result = project.run()
    assert result.code == 4
    assert "run `reconcile compile`" in result.err
    assert not (project.root / ".reconcile").exists()


def test_an_unreadable_lock_leaves_the_last_good_jobs(compiled: Project) -> None:
    compiled.ok()
    compiled.lock.write_text(compiled.lock.read_text()[:200])
    assert compiled.run().code == 4
    status = compiled.ok("status", "--json").json
    assert status["sync"] == "Unknown"
    assert [one["id"] for one in status["schedules"]] == ["clean-up", "db-backup", "report"]


def test_json_errors_are_json(project: Project) -> None:
    result = project.run("--dry-run", "--json")
    assert result.code == 4
    assert result.json["error"]["exit_code"] == 4


def test_a_rename_keeps_the_history(compiled: Project) -> None:
    compiled.ok()
    compiled.ok("run", "db-backup")
    compiled.write(YAML.replace("  db-backup:\n", "  nightly:\n    moved: db-backup\n"))
    compiled.ok("compile")
    assert "nightly (was db-backup)  renamed; history kept" in compiled.ok().out
    assert [run["schedule"] for run in compiled.ok("history", "--json").json["runs"]] == ["nightly"]


@pytest.mark.parametrize("argv", [["--nonsense"], ["serv"], ["explain"], ["compile", "some-id"]])
def test_a_wrong_command_line_is_exit_64(project: Project, argv: list[str]) -> None:
    assert project.run(*argv).code == 64


def test_a_mistyped_command_is_suggested(project: Project) -> None:
    assert "Did you mean 'serve'?" in project.run("serv").err
