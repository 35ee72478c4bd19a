"""What a commit may hold where the lockfile is to be: files; never links, submodules, pointers or too much."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from reconciler.errors import SourceFailed
from reconciler.sources import git_mirror, git_objects
from reconciler.sources.git_mirror import Mirror
from tests.sources.mirrors import lock, mirror, origin
from tests.sources.repo import Repo, init


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return origin(tmp_path / "origin")


@pytest.fixture
def made(repo: Repo, tmp_path: Path) -> Mirror:
    return mirror(tmp_path / "mirror", repo)


def refused(made: Mirror) -> str:
    tip = made.fetch()
    with pytest.raises(SourceFailed) as raised:
        made.lock_text(tip)
    return str(raised.value)


def replace_lock(repo: Repo) -> Path:
    path = repo.path / "schedules/schedules.lock"
    path.unlink()
    return path


def test_a_commit_without_the_lockfile_or_its_folder_has_none(repo: Repo, made: Mirror) -> None:
    replace_lock(repo)
    (repo.path / "schedules/a.yaml").write_text("x")
    assert made.lock_text(repo.commit() and made.fetch()) is None
    repo.git("rm", "-q", "-r", "schedules")
    assert made.lock_text(repo.commit() and made.fetch()) is None


@pytest.mark.parametrize("target", ["/etc/passwd", "../secret", "other.lock"])
def test_a_lockfile_that_is_a_link_is_refused_by_name_and_not_followed(target: str, repo: Repo, made: Mirror) -> None:
    (repo.path / "schedules/other.lock").write_text("secret")
    replace_lock(repo).symlink_to(target)
    repo.commit()
    said = refused(made)
    assert ":schedules/schedules.lock is a link" in said
    assert "secret" not in said


def test_a_folder_that_is_a_link_is_refused_also_above(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    (repo.path / "schedules").rename(repo.path / "elsewhere")
    (repo.path / "schedules").symlink_to("elsewhere")
    repo.commit()
    assert "schedules is a link or a file" in refused(made)
    deep = mirror(tmp_path / "deep", repo, path="schedules/below")
    assert "schedules is a link or a file" in refused(deep)


def test_a_folder_that_is_a_submodule_is_refused_and_not_fetched(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    sub = init(tmp_path / "sub")
    lock(sub, "theirs\n")
    repo.git("rm", "-q", "-r", "schedules")
    (repo.path / ".gitmodules").write_text(
        f'[submodule "schedules"]\n\tpath = schedules\n\turl = ext::sh -c touch% {canary}\n'
    )
    repo.git("add", ".gitmodules")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{sub.git('rev-parse', 'HEAD')},schedules")
    repo.git("commit", "-q", "-m", "submodule")
    assert "schedules is a submodule" in refused(made)
    assert not canary.exists()


def test_a_lockfile_that_is_a_directory_or_a_submodule_is_refused(repo: Repo, made: Mirror) -> None:
    replace_lock(repo).mkdir()
    (repo.path / "schedules/schedules.lock/x").write_text("x")
    commit = repo.commit()
    assert "schedules.lock is a directory" in refused(made)
    repo.git("rm", "-q", "-r", "schedules/schedules.lock")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},schedules/schedules.lock")
    repo.git("commit", "-q", "-m", "submodule")
    assert "schedules.lock is a submodule" in refused(made)


def test_a_pointer_of_git_lfs_is_refused_by_name(repo: Repo, made: Mirror) -> None:
    lock(repo, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")
    assert "schedules.lock is a pointer of git LFS" in refused(made)


def test_filters_that_attributes_name_do_not_act(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    (repo.path / ".gitattributes").write_text("schedules/* filter=evil diff=evil working-tree-encoding=UTF-16 ident\n")
    repo.git("add", ".gitattributes")
    repo.git("commit", "-q", "-m", "attributes")
    for key in ("filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv"):
        repo.git("config", key, f"touch {canary}")
    assert made.lock_text(made.fetch()) == "one\n"
    assert not canary.exists()


def test_a_lockfile_that_is_not_utf8_is_refused(repo: Repo, made: Mirror) -> None:
    (repo.path / "schedules/schedules.lock").write_bytes(b"\xff\xfeo\0")
    repo.commit()
    assert "not UTF-8 text (byte 0)" in refused(made)


def test_a_big_file_beside_is_not_fetched_and_does_not_matter(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    (repo.path / "schedules/movie").write_bytes(bytes(git_objects.MOST_BYTES + 2))
    tip = repo.commit()
    assert made.lock_text(made.fetch()) == "one\n"
    sha = repo.git("rev-parse", f"{tip}:schedules/movie")
    assert Repo(tmp_path / "mirror").git("rev-list", "--objects", "--missing=print", tip).splitlines()[-1] == f"?{sha}"


def test_a_lockfile_that_is_too_large_is_refused_and_fetched_no_second_time(
    repo: Repo, made: Mirror, tmp_path: Path
) -> None:
    lock(repo, "x" * (git_objects.MOST_BYTES + 2))
    assert "is it larger than 64 MiB?" in refused(made)
    before = (tmp_path / "mirror/objects").stat()
    assert "is it larger than 64 MiB?" in refused(made)
    assert (tmp_path / "mirror/objects").stat().st_ino == before.st_ino


def test_a_lockfile_that_is_too_large_is_refused_where_the_remote_sends_it_all_the_same(
    repo: Repo, made: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_objects, "MOST_BYTES", 3)
    assert "schedules.lock is larger than" in refused(made)


def test_a_repository_that_is_too_large_is_given_up_and_fetched_once_it_is_smaller(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_mirror, "MOST_STORED", 1 << 20)
    made = mirror(tmp_path / "mirror", repo)
    small = made.fetch()
    (repo.path / "large").write_bytes(random.Random(1).randbytes(2 << 20))
    repo.commit()
    with pytest.raises(SourceFailed, match="it is too large"):
        made.fetch()
    repo.git("rm", "-q", "large")
    tip = repo.commit()
    assert made.fetch() == tip
    assert not made.knows(small)


def test_the_content_is_that_of_the_commit_that_was_verified_wherever_the_branch_goes(repo: Repo, made: Mirror) -> None:
    verified = made.fetch()
    made.verify(verified, since=None)
    lock(repo, "moved\n")
    made.fetch()
    assert made.lock_text(verified) == "one\n"


def test_the_lockfile_may_be_at_the_top_or_deep_below(repo: Repo, tmp_path: Path) -> None:
    (repo.path / "schedules.lock").write_text("top\n")
    (repo.path / "a b/ü").mkdir(parents=True)
    (repo.path / "a b/ü/schedules.lock").write_text("deep\n")
    tip = repo.commit()
    for number, (path, text) in enumerate({".": "top\n", "a b/ü": "deep\n", "*": None}.items()):
        one = mirror(tmp_path / str(number), repo, path=path)
        assert one.fetch() == tip
        assert one.lock_text(tip) == text


def test_the_configuration_and_the_hooks_of_a_remote_run_nothing(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {canary}\nexit 1\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "core.pager", "diff.external", "gpg.program", "gpg.ssh.program",
                "core.askPass", "core.editor", "core.alternateRefsCommand", "alias.upload-pack",
                "uploadpack.packObjectsHook", "credential.helper", "gc.recentObjectsHook"):  # fmt: skip
        repo.git("config", key, str(script))
    hooks = repo.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-checkout", "pre-auto-gc", "post-update", "update"):
        (hooks / name).write_text(script.read_text())
        (hooks / name).chmod(0o755)
    assert made.lock_text(made.fetch()) == "one\n"
    assert not canary.exists()
