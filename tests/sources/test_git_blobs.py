"""Files of a revision, out of real repositories: shallow, merged, nested, hostile."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import SourceFailed, UsageError
from reconciler.sources.git_blobs import Repository, check_ref, names_of
from tests.sources.repo import Repo, init


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = init(tmp_path / "origin")
    write(made, "one")
    made.commit()
    return made


def write(repo: Repo, text: str, where: str = "schedules") -> None:
    folder = repo.path / where
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.yaml").write_text(text)


def read(at: Path, ref: str) -> dict[str, bytes]:
    repository = Repository(at)
    return repository.files(repository.commit(ref), "schedules", suffixes=(".yaml",))


def test_a_revision_is_read_and_the_work_tree_left_alone(repo: Repo) -> None:
    write(repo, "not committed")
    assert read(repo.path, "HEAD") == {"a.yaml": b"one"}
    assert (repo.path / "schedules/a.yaml").read_text() == "not committed"


def test_a_project_in_a_folder_of_the_repository_has_its_own_files(repo: Repo) -> None:
    write(repo, "nested", "services/b c/schedules")
    repo.commit()
    at = repo.path / "services" / "b c"
    assert read(at, "HEAD") == {"a.yaml": b"nested"}
    assert Repository(at).prefix == "services/b c/"


def test_a_revision_without_the_folder_has_no_files(tmp_path: Path) -> None:
    made = init(tmp_path / "empty")
    made.commit()
    assert read(made.path, "HEAD") == {}


def test_a_second_worktree_reads_its_own_head(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    other = Repo(tmp_path / "tree")
    write(other, "two")
    other.commit()
    assert read(other.path, "HEAD") == {"a.yaml": b"two"}
    assert read(repo.path, "HEAD") == {"a.yaml": b"one"}


def test_the_git_dir_of_a_hook_does_not_lead_elsewhere(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = init(tmp_path / "other")
    write(other, "wrong")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent/index")
    assert read(repo.path, "HEAD") == {"a.yaml": b"one"}


def test_a_merge_ref_and_its_first_parent_are_revisions(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    write(repo, "two")
    repo.commit()
    repo.git("checkout", "-q", "--detach", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "merged", "feature")
    repo.git("update-ref", "refs/pull/1/merge", "HEAD")
    assert read(repo.path, "refs/pull/1/merge") == {"a.yaml": b"two"}
    assert read(repo.path, "refs/pull/1/merge^1") == {"a.yaml": b"one"}


def test_a_branch_that_only_origin_has_is_found_there(repo: Repo, tmp_path: Path) -> None:
    repo.git("branch", "release")
    clone = repo.clone(tmp_path / "clone")
    assert read(clone.path, "release") == {"a.yaml": b"one"}


@pytest.mark.parametrize(
    ("ref", "command"),
    [
        ("main", "git fetch --depth=1 origin main:refs/remotes/origin/main"),
        ("origin/main", "git fetch --depth=1 origin main:refs/remotes/origin/main"),
        ("refs/pull/1/merge", "git fetch --depth=1 origin refs/pull/1/merge:refs/pull/1/merge"),
    ],
)
def test_a_base_that_a_shallow_clone_lacks_is_an_error_whose_command_fetches_it(
    repo: Repo, tmp_path: Path, ref: str, command: str
) -> None:
    repo.git("update-ref", "refs/pull/1/merge", "HEAD")
    repo.git("checkout", "-q", "-b", "feature")
    write(repo, "two")
    repo.commit()
    clone = repo.clone(tmp_path / "clone", "--depth=1", "--branch=feature", "--single-branch")
    with pytest.raises(SourceFailed) as raised:
        read(clone.path, ref)
    assert f"`{command}`" in str(raised.value.problems[0].hint)
    clone.git(*command.split()[1:])
    assert read(clone.path, ref) == {"a.yaml": b"one"}


def test_a_cut_off_history_names_how_much_to_deepen(repo: Repo, tmp_path: Path) -> None:
    write(repo, "two")
    repo.commit()
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    with pytest.raises(SourceFailed) as raised:
        read(clone.path, "HEAD^1")
    assert "git fetch --deepen=1 origin" in str(raised.value.problems[0].hint)
    clone.git("fetch", "-q", "--deepen=1", "origin")
    assert read(clone.path, "HEAD^1") == {"a.yaml": b"one"}


def test_a_step_back_that_is_cut_off_never_becomes_that_of_another_branch(repo: Repo, tmp_path: Path) -> None:
    write(repo, "two")
    repo.commit()
    clone = repo.clone(tmp_path / "clone")
    clone.git("checkout", "-q", "--orphan", "alone")
    write(clone, "alone")
    clone.commit()
    with pytest.raises(SourceFailed):
        read(clone.path, "HEAD~1")
    clone.git("branch", "-q", "-f", "main", "alone")
    with pytest.raises(SourceFailed):
        read(clone.path, "main~1")


def test_a_commit_that_is_not_there_names_its_fetch(repo: Repo, tmp_path: Path) -> None:
    clone = repo.clone(tmp_path / "clone")
    with pytest.raises(SourceFailed) as raised:
        read(clone.path, "1" * 40)
    assert f"git fetch --depth=1 origin {'1' * 40}" in str(raised.value.problems[0].hint)


def test_a_branch_that_is_nowhere_is_an_error_where_nothing_can_be_fetched(repo: Repo) -> None:
    with pytest.raises(SourceFailed) as raised:
        read(repo.path, "nowhere")
    assert "no remote named origin" in str(raised.value.problems[0].hint)


def test_a_repository_without_a_commit_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="nothing is committed here yet"):
        Repository(init(tmp_path / "new").path).default_base()


def test_the_default_base_is_where_the_branch_left_origin(repo: Repo, tmp_path: Path) -> None:
    first = repo.git("rev-parse", "HEAD")
    clone = repo.clone(tmp_path / "clone")
    write(repo, "main moved on")
    repo.commit()
    clone.git("checkout", "-q", "-b", "feature")
    write(clone, "two")
    clone.commit()
    clone.git("fetch", "-q", "origin")
    base = Repository(clone.path).default_base()
    assert (base.sha, base.name) == (first, "merge base with origin/HEAD")


def test_the_default_base_is_head_where_there_is_no_origin(repo: Repo) -> None:
    assert Repository(repo.path).default_base().sha == repo.git("rev-parse", "HEAD")


def test_the_default_base_of_a_clone_too_shallow_is_an_error_and_never_head(repo: Repo, tmp_path: Path) -> None:
    repo.git("checkout", "-q", "-b", "feature")
    write(repo, "two")
    repo.commit()
    repo.commit("and another")
    repo.git("checkout", "-q", "main")
    clone = repo.clone(tmp_path / "clone", "--depth=1", "--branch=feature", "--single-branch")
    with pytest.raises(SourceFailed, match="no branch of origin to compare with"):
        Repository(clone.path).default_base()
    clone.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(SourceFailed, match="does not reach back to where it left origin/main"):
        Repository(clone.path).default_base()


def test_what_is_not_a_repository_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="not in a git repository"):
        Repository(tmp_path)


@pytest.mark.parametrize(
    "ref",
    ["--output=x", "-u", "@{-1}", "main@{1}", "a..b", "a...b", "^main", "", "a b", "a\nb", "a:b", ":/text", "a\x1b[2Jb",
     "HEAD^{/x}", "@", "a\u202eb", "x" * 501],
)  # fmt: skip
def test_a_hostile_or_option_like_ref_is_refused_before_git_sees_it(ref: str, repo: Repo) -> None:
    before = sorted(repo.path.rglob("*"))
    with pytest.raises(UsageError):
        Repository(repo.path).commit(ref)
    assert sorted(repo.path.rglob("*")) == before


def test_two_revisions_are_named_apart_or_as_a_range() -> None:
    assert names_of("a", "b") == names_of("a..b") == ("a", "b")
    assert names_of("a..") == ("a", "HEAD")
    assert names_of("a") == ("a",)
    with pytest.raises(UsageError):
        names_of("a...b")
    assert check_ref("refs/pull/1/merge") == "refs/pull/1/merge"


def test_a_branch_named_like_an_option_after_all_is_not_run(repo: Repo) -> None:
    (repo.path / ".git/refs/heads/--upload-pack=touch x").write_text(repo.git("rev-parse", "HEAD") + "\n")
    with pytest.raises(UsageError):
        read(repo.path, "--upload-pack=touch x")


def test_what_a_hostile_configuration_names_never_runs(repo: Repo, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {canary}\nexit 1\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "diff.external", "gpg.program", "gpg.ssh.program",
                "core.askPass", "core.editor", "diff.x.textconv", "filter.x.smudge", "filter.x.clean",
                "alias.rev-parse", "uploadpack.packObjectsHook", "credential.helper"):  # fmt: skip
        repo.git("config", key, str(script))
    hooks = repo.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
        (hooks / name).write_text(script.read_text())
        (hooks / name).chmod(0o755)
    (repo.path / ".git/info/attributes").write_text("* diff=x filter=x\n")
    assert read(repo.path, "HEAD") == {"a.yaml": b"one"}
    Repository(repo.path).default_base()
    assert not canary.exists()


def test_what_a_partial_clone_left_out_is_an_error_and_never_fetched(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    with pytest.raises(SourceFailed, match="cannot be read: fatal: could not fetch") as raised:
        read(clone.path, "HEAD")
    assert "`git fetch --refetch --no-filter origin`" in str(raised.value.problems[0].hint)
    clone.git("fetch", "-q", "--refetch", "--no-filter", "origin")
    assert read(clone.path, "HEAD") == {"a.yaml": b"one"}


def test_a_folder_that_a_partial_clone_left_out_is_not_taken_for_an_empty_one(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = repo.clone(tmp_path / "clone", "--filter=tree:0", "--no-checkout")
    with pytest.raises(SourceFailed, match="the folder cannot be read: fatal: could not fetch"):
        read(clone.path, "HEAD")


def test_a_worktree_set_elsewhere_does_not_hide_the_folder(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "core.worktree", str(tmp_path.parent))
    assert read(repo.path, "HEAD") == {"a.yaml": b"one"}


def test_a_folder_that_is_a_link_is_an_error(repo: Repo) -> None:
    (repo.path / "schedules").rename(repo.path / "elsewhere")
    (repo.path / "schedules").symlink_to("elsewhere")
    repo.commit()
    with pytest.raises(SourceFailed, match="schedules is a link or a file, not a directory"):
        read(repo.path, "HEAD")


def test_a_link_is_not_followed(repo: Repo) -> None:
    (repo.path / "schedules/b.yaml").symlink_to("/etc/passwd")
    repo.commit()
    with pytest.raises(SourceFailed, match=r"b\.yaml is a link"):
        read(repo.path, "HEAD")
