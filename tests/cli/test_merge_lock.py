"""The lockfile in real merges and rebases, with git set up by `reconcile init --git`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.lockfile import loads
from reconciler.model import LockEntry
from tests.cli.conftest import YAML, Project

IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")


class Repository:
    """A project under git."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.git("init", "-q")

    def git(self, *arguments: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["git", *IDENTITY, *arguments]
        done = subprocess.run(command, cwd=self.project.root, capture_output=True, text=True, check=False)
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done

    def commit(self) -> None:
        self.project.ok("compile")
        self.git("add", ".")
        self.git("commit", "-qm", "x")

    def edit(self, *changes: tuple[str, str]) -> None:
        """Commit with each of *changes*, an old text and its new one, made to the YAML, and the lock compiled."""
        yaml = self.project.root / "schedules" / "schedules.yaml"
        for old, new in changes:
            assert old in yaml.read_text()
            yaml.write_text(yaml.read_text().replace(old, new))
        self.commit()

    def on(self, branch: str, *changes: tuple[str, str]) -> None:
        self.git("checkout", "-qb", branch, "main")
        self.edit(*changes)

    @property
    def entries(self) -> dict[str, LockEntry]:
        return loads(self.project.lock.read_text(), file="lock").entries


@pytest.fixture
def repository(project: Project) -> Repository:
    made = Repository(project)
    project.ok("init", "--git")
    made.commit()
    return made


NINE, TEN, ELEVEN = "weekday at 9am", "weekday at 10am", "weekday at 11am"


def test_neighbours_that_two_branches_add_in_one_gap_merge_and_are_fresh(repository: Repository) -> None:
    """git's own merge finds a conflict here, in both files; in the YAML they are apart, so that the lock decides."""
    for branch, id in (("one", "cc"), ("two", "cd")):
        repository.git("checkout", "-qb", branch, "main")
        text = f"timezone: UTC\nschedules:\n  {id}: {{when: every hour, run: [date]}}\n"
        repository.project.write(text, name=f"{branch}.yaml")
        repository.commit()
    repository.git("merge", "-q", "--no-edit", "one")
    assert list(repository.entries) == ["cc", "cd", "clean-up", "db-backup", "report"]
    repository.project.ok("compile", "--check")


def test_without_the_driver_the_same_merge_conflicts(repository: Repository) -> None:
    repository.git("config", "--local", "--unset", "merge.reconcile-lock.driver")
    for branch, id in (("one", "cc"), ("two", "cd")):
        repository.git("checkout", "-qb", branch, "main")
        repository.project.write(
            f"timezone: UTC\nschedules:\n  {id}: {{when: every hour, run: [date]}}\n", name=f"{branch}.yaml"
        )
        repository.commit()
    assert repository.git("merge", "--no-edit", "one", ok=False).returncode == 1


def test_an_entry_that_both_changed_is_the_only_conflict_and_compiling_settles_it(repository: Repository) -> None:
    repository.on("theirs", (NINE, TEN), ("day of the month at 18:00", "day of the month at 19:00"))
    repository.git("checkout", "-q", "main")
    repository.edit((NINE, ELEVEN), ("Sunday at 3:30am", "Sunday at 4:30am"))
    merged = repository.git("merge", "theirs", ok=False)
    assert merged.returncode == 1
    assert "schedules/schedules.lock: 1 conflict: db-backup" in merged.stdout + merged.stderr
    text = repository.project.lock.read_text()
    assert text.count("<<<<<<< ours\ndb-backup:\n") == text.count("<<<<<<<") == 1
    stale = repository.project.run("compile", "--check")
    assert stale.code == 3  # the YAML first
    repository.git("checkout", "--theirs", "schedules/schedules.yaml")
    yaml = repository.project.root / "schedules" / "schedules.yaml"
    yaml.write_text(yaml.read_text().replace("Sunday at 3:30am", "Sunday at 4:30am"))
    stale = repository.project.run("compile", "--check")
    assert stale.code == 4
    assert "unresolved merge conflict" in stale.err
    healed = repository.project.ok("compile")
    assert "kept 2 entries whose checksum holds" in healed.err
    assert [one.means[:8] for one in repository.entries.values()] == ["at 04:30", "at 10:00", "at 19:00"]
    repository.project.ok("compile", "--check")


def test_changed_here_and_removed_there_is_a_conflict_that_the_yaml_settles(repository: Repository) -> None:
    yaml = repository.project.root / "schedules" / "schedules.yaml"
    repository.git("checkout", "-qb", "theirs", "main")
    kept = yaml.read_text().replace("  db-backup:\n    when: every weekday at 9am\n    run: [echo, backup]\n", "")
    yaml.write_text(kept)
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.edit((NINE, ELEVEN))
    assert repository.git("merge", "theirs", ok=False).returncode == 1
    assert "=======\n>>>>>>> theirs\n" in repository.project.lock.read_text()
    yaml.write_text(kept)
    repository.project.ok("compile")
    assert list(repository.entries) == ["clean-up", "report"]


def test_a_rebase_carries_each_commit_over(repository: Repository) -> None:
    repository.on("feature", (NINE, TEN))
    repository.edit((TEN, ELEVEN))
    repository.git("checkout", "-q", "main")
    repository.edit(("Sunday at 3:30am", "Sunday at 4:30am"))
    repository.git("checkout", "-q", "feature")
    repository.git("rebase", "-q", "main")
    assert [one.means[:8] for one in repository.entries.values()] == ["at 04:30", "at 11:00", "at 18:00"]
    repository.project.ok("compile", "--check")


def test_a_merge_of_merged_ancestors_never_loses_a_change_silently(repository: Repository) -> None:
    """Criss-cross: two ancestors that conflict with each other, so that the common version holds markers."""
    yaml = repository.project.root / "schedules" / "schedules.yaml"
    repository.on("one", (NINE, TEN))
    repository.on("two", (NINE, ELEVEN))
    heads = {branch: repository.git("rev-parse", branch).stdout.strip() for branch in ("one", "two")}
    for branch, other, hour in (("one", "two", TEN), ("two", "one", ELEVEN)):
        repository.git("checkout", "-q", branch)
        repository.git("merge", heads[other], ok=False)
        yaml.write_text(YAML.replace(NINE, hour))
        repository.commit()
    merged = repository.git("merge", "one", ok=False)
    assert merged.returncode == 1
    assert "db-backup" in merged.stdout + merged.stderr
    assert "<<<<<<< ours\ndb-backup:" in repository.project.lock.read_text()


def test_a_side_that_is_no_lockfile_leaves_ours_and_says_so(repository: Repository, tmp_path: Path) -> None:
    lock = repository.project.lock
    before = lock.read_bytes()
    broken = tmp_path / "theirs.lock"
    broken.write_bytes(before.replace(b'"hour": "9"', b'"hour": "8"'))
    arguments = ("merge-lock", str(lock), str(lock), str(broken), "schedules/schedules.lock")
    refused = repository.project.run(*arguments)
    assert refused.code == 4
    assert "schedules/schedules.lock (theirs):" in refused.err
    assert "does not match its checksum" in refused.err
    assert lock.read_bytes() == before


def test_in_a_real_merge_a_side_that_was_edited_by_hand_is_a_conflict(repository: Repository) -> None:
    repository.git("checkout", "-qb", "theirs")
    lock = repository.project.lock
    lock.write_text(lock.read_text().replace('"hour": "9"', '"hour": "8"'))
    repository.git("commit", "-qam", "by hand")
    repository.git("checkout", "-q", "main")
    repository.edit((NINE, ELEVEN))
    before = lock.read_bytes()
    merged = repository.git("merge", "theirs", ok=False)
    assert merged.returncode == 1
    assert "does not match its checksum" in merged.stdout + merged.stderr
    assert lock.read_bytes() == before
    assert "UU schedules/schedules.lock" in repository.git("status", "--porcelain").stdout


def test_a_lock_that_both_branches_began_merges_by_entry(project: Project) -> None:
    repository = Repository(project)
    project.ok("init", "--git")
    yaml = project.root / "schedules" / "schedules.yaml"
    yaml.unlink()
    repository.git("add", "."), repository.git("commit", "-qm", "nothing yet")
    for branch in ("one", "two"):
        repository.git("checkout", "-qb", branch, "main")
        project.write(
            f"timezone: UTC\nschedules:\n  {branch}: {{when: every hour, run: [date]}}\n", name=f"{branch}.yaml"
        )
        repository.commit()
    repository.git("merge", "-q", "--no-edit", "one")
    assert list(repository.entries) == ["one", "two"]
    project.ok("compile", "--check")


def test_setting_up_twice_changes_nothing_and_says_so(repository: Repository) -> None:
    attributes = (repository.project.root / ".gitattributes").read_text()
    config = (repository.project.root / ".git" / "config").read_text()
    assert "set up already" in repository.project.ok("init", "--git").err
    assert (repository.project.root / ".gitattributes").read_text() == attributes
    assert (repository.project.root / ".git" / "config").read_text() == config
    assert repository.project.run("init", "--git", "--json").json == {
        "format_version": "1.0",
        "written": [],
        "configured": {},
    }


def test_a_clone_gets_the_driver_and_keeps_the_attributes(repository: Repository, tmp_path: Path) -> None:
    repository.git("clone", "-q", str(repository.project.root), str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    done = clone.ok("init", "--git")
    assert "set   merge.reconcile-lock.driver" in done.err
    assert "wrote" not in done.err
    assert not (clone.root / ".github").exists()


def test_git_treats_the_lock_as_the_attributes_say(repository: Repository) -> None:
    asked = repository.git("check-attr", "-a", "schedules/schedules.lock").stdout
    for line in ("eol: lf", "merge: reconcile-lock", "linguist-language: YAML", "linguist-generated: false"):
        assert line in asked


def test_a_folder_named_like_this_program_is_not_run_by_a_merge(repository: Repository) -> None:
    package = repository.project.root / "reconciler"
    repository.on("theirs", (NINE, TEN))
    repository.git("checkout", "-q", "main")
    package.mkdir()
    for name in ("__init__.py", "__main__.py"):
        (package / name).write_text("import pathlib; pathlib.Path('ran').touch()\n")
    repository.git("add", ".")
    repository.git("commit", "-qm", "a trap")
    driver = repository.git("config", "merge.reconcile-lock.driver").stdout.strip()
    copies = "base", "ours", "theirs"
    for name in copies:
        (repository.project.root / name).write_bytes(repository.project.lock.read_bytes())
    command = driver
    for mark, name in (*zip(("%O", "%A", "%B"), copies, strict=True), ("%P", "x")):
        command = command.replace(mark, name)
    subprocess.run(["sh", "-c", command], cwd=repository.project.root, check=True)
    assert not (repository.project.root / "ran").exists()


def test_outside_a_repository_it_says_what_to_do(project: Project) -> None:
    refused = project.run("init", "--git", GIT_CEILING_DIRECTORIES=str(project.root.parent))
    assert refused.code == 6
    assert "git init" in refused.err
    assert not (project.root / ".gitattributes").exists()
