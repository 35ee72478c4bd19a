"""The branch as the mirror has it: fetched, rewritten, deleted, killed in the middle, damaged."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from reconciler.errors import SourceFailed, UsageError
from reconciler.sources.git_mirror import Mirror, Remote
from tests.sources.mirrors import lock, mirror, origin
from tests.sources.repo import ENVIRONMENT, Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return origin(tmp_path / "origin")


@pytest.fixture
def made(repo: Repo, tmp_path: Path) -> Mirror:
    return mirror(tmp_path / "state/mirror", repo)


def hint(raised: pytest.ExceptionInfo[SourceFailed]) -> str:
    return str(raised.value.problems[0].hint)


def test_the_tip_is_fetched_and_its_lock_read_and_nothing_is_made_before(
    repo: Repo, made: Mirror, tmp_path: Path
) -> None:
    assert not (tmp_path / "state").exists()
    tip = made.fetch()
    assert tip == repo.git("rev-parse", "HEAD")
    assert made.lock_text(tip) == "one\n"


def test_the_mirror_is_of_its_owner_alone_and_bare(made: Mirror, tmp_path: Path) -> None:
    made.fetch()
    assert stat.S_IMODE((tmp_path / "state/mirror").stat().st_mode) == 0o700
    assert not list((tmp_path / "state/mirror").rglob("schedules*"))


def test_the_first_fetch_brings_one_commit_and_the_next_ones_all_since(repo: Repo, made: Mirror) -> None:
    first = repo.git("rev-parse", "HEAD")
    second = lock(repo, "two\n")
    assert made.fetch() == second
    assert not made.knows(first)
    third, fourth = lock(repo, "three\n"), lock(repo, "four\n")
    assert made.fetch() == fourth
    assert made.knows(third)
    assert made.descends(fourth, second)
    assert made.ahead(fourth, second) == 2
    assert made.lock_text(second) == "two\n"


def test_a_history_that_is_cut_off_is_fetched_before_it_counts_as_rewritten(repo: Repo, made: Mirror) -> None:
    first = repo.git("rev-parse", "HEAD")
    for number in range(5):
        lock(repo, f"{number}\n")
    tip = made.fetch()
    assert not made.knows(first)
    assert made.descends(tip, first)
    assert made.ahead(tip, first) == 5
    assert not made.descends(first, tip)


def test_a_force_push_of_an_unrelated_history_does_not_descend(repo: Repo, made: Mirror) -> None:
    before = made.fetch()
    repo.git("checkout", "-q", "--orphan", "other")
    lock(repo, "unrelated\n")
    repo.git("branch", "-q", "-M", "other", "main")
    after = made.fetch()
    assert after != before
    assert not made.descends(after, before)
    assert made.lock_text(before) == "one\n"


def test_a_branch_set_back_to_an_older_commit_does_not_descend_and_its_newer_one_stays_here(
    repo: Repo, made: Mirror
) -> None:
    first = made.fetch()
    second = lock(repo, "two\n")
    assert made.fetch() == second
    repo.git("reset", "-q", "--hard", first)
    assert made.fetch() == first
    assert not made.descends(first, second)
    assert made.lock_text(made.resolve(second)) == "two\n"


def test_a_merge_of_a_branch_that_left_before_the_first_fetch_descends(repo: Repo, made: Mirror) -> None:
    repo.git("branch", "side")
    second = lock(repo, "two\n")
    made.fetch()
    repo.git("checkout", "-q", "side")
    (repo.path / "beside").write_text("x")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-edit", "side")
    tip = made.fetch()
    assert made.descends(tip, second)
    assert made.ahead(tip, second) >= 2


def test_a_deleted_branch_is_an_error_that_says_so_and_leaves_what_was_fetched(repo: Repo, made: Mirror) -> None:
    tip = made.fetch()
    repo.git("checkout", "-q", "--detach")
    repo.git("update-ref", "-d", "refs/heads/main")
    with pytest.raises(SourceFailed, match="there is no such branch") as raised:
        made.fetch()
    assert "--branch" in hint(raised)
    assert made.lock_text(tip) == "one\n"


def test_a_repository_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="there is no such repository"):
        mirror(tmp_path / "mirror", f"file://{tmp_path}/nowhere").fetch()


def test_a_commit_is_named_by_its_hash_the_start_of_it_or_the_branch(repo: Repo, made: Mirror) -> None:
    first = made.fetch()
    second = lock(repo, "two\n")
    made.fetch()
    for name in (second, second[:8], "main", "HEAD", "origin/main", "refs/heads/main"):
        assert made.resolve(name) == second
    assert made.resolve("main~1") == first
    for name in ("elsewhere", "0" * 7, "main~40"):
        with pytest.raises(SourceFailed, match="names no commit") as raised:
            made.resolve(name)
        assert "full hash" in hint(raised)
    with pytest.raises(UsageError):
        made.resolve("--output=x")


def test_a_full_hash_that_is_not_here_is_asked_of_the_remote(repo: Repo, made: Mirror) -> None:
    first = repo.git("rev-parse", "HEAD")
    lock(repo, "two\n")
    tip = made.fetch()
    assert made.resolve(first) == first
    assert made.lock_text(first) == "one\n"
    assert made.descends(tip, first)
    with pytest.raises(SourceFailed, match="commit 1111111111"):
        made.resolve("1" * 40)


def test_a_commit_can_be_resolved_before_the_first_fetch(repo: Repo, made: Mirror) -> None:
    first = repo.git("rev-parse", "HEAD")
    assert made.resolve(first) == first


def test_what_a_killed_fetch_left_does_not_stop_the_next(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    made.fetch()
    at = tmp_path / "state/mirror"
    left = ["refs/reconcile/fetched.lock", "shallow.lock", "config.lock", "HEAD.lock", "packed-refs.lock",
            "objects/pack/tmp_pack_abc", "objects/pack/pack-1.keep"]  # fmt: skip
    for name in left:
        (at / name).write_text("")
    second = lock(repo, "two\n")
    assert made.fetch() == second
    assert not [name for name in left if (at / name).exists()]


def test_a_mirror_that_cannot_be_made_says_where(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for at in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(SourceFailed, match="cannot be made"):
            mirror(at, repo).fetch()
    assert (tmp_path / "file").read_text() == "mine"


def test_a_mirror_whose_making_was_killed_is_made_again(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    at = tmp_path / "state/mirror"
    (at / "objects").mkdir(parents=True)
    (at / "HEAD").write_text("nonsense")
    assert made.fetch() == repo.git("rev-parse", "HEAD")


@pytest.mark.parametrize("damage", ["objects", "packs", "refs", "HEAD", "config", "empty pack", "shallow"])
def test_a_damaged_mirror_is_thrown_away_and_fetched_again(
    damage: str, repo: Repo, made: Mirror, tmp_path: Path
) -> None:
    made.fetch()
    at = tmp_path / "state/mirror"
    match damage:
        case "objects" | "refs":
            shutil.rmtree(at / damage)
        case "HEAD" | "config" | "shallow":
            (at / damage).write_bytes(b"\0nonsense\n")
        case "packs":
            shutil.rmtree(at / "objects/pack")
        case _:
            for pack in (at / "objects/pack").glob("*.pack"):
                pack.chmod(0o600)
                os.truncate(pack, 40)
    second = lock(repo, "two\n")
    again = mirror(at, repo)
    assert again.fetch() == second
    assert again.lock_text(second) == "two\n"


def test_a_damaged_lockfile_is_fetched_again_though_the_branch_did_not_move(
    repo: Repo, made: Mirror, tmp_path: Path
) -> None:
    tip = made.fetch()
    at = tmp_path / "state/mirror"
    damage(at, repo.git("rev-parse", "HEAD:schedules/schedules.lock"))
    again = mirror(at, repo)
    assert again.fetch() == tip
    assert again.lock_text(tip) == "one\n"


def test_a_damaged_history_is_fetched_again_once_somebody_asked_for_it(
    repo: Repo, made: Mirror, tmp_path: Path
) -> None:
    first = made.fetch()
    second, third = lock(repo, "two\n"), lock(repo, "three\n")
    assert made.fetch() == third
    damage(tmp_path / "state/mirror", second).unlink()
    with pytest.raises(SourceFailed, match=r"the mirror of .* cannot be read"):
        made.ahead(third, first)
    assert made.fetch() == third
    assert made.descends(third, first)
    assert made.ahead(third, first) == 2


def damage(mirror: Path, sha: str) -> Path:
    """Take all objects out of their packs, and spoil one; return its file."""
    for pack in (mirror / "objects/pack").glob("*.pack"):
        elsewhere = pack.rename(mirror.parent / pack.name)
        with elsewhere.open("rb") as packed:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=mirror, env=ENVIRONMENT, stdin=packed, check=True)
    loose = mirror / "objects" / sha[:2] / sha[2:]
    loose.chmod(0o600)
    loose.write_bytes(b"damaged")
    return loose


def test_a_repository_of_longer_hashes_is_followed_too(tmp_path: Path) -> None:
    (tmp_path / "long").mkdir()
    long = Repo(tmp_path / "long")
    long.git("init", "-q", "-b", "main", "--object-format=sha256")
    first = lock(long, "one\n")
    made = mirror(tmp_path / "mirror", long)
    assert len(first) == 64
    assert made.fetch() == first
    second = lock(long, "two\n")
    assert made.fetch() == second
    assert made.descends(second, first)
    assert made.lock_text(second) == "two\n"


def test_a_mirror_of_another_branch_or_repository_is_made_anew(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    tip = made.fetch()
    other = origin(tmp_path / "other")
    theirs = lock(other, "theirs\n")
    (tmp_path / "state/mirror/mine").write_text("not git's")
    changed = mirror(tmp_path / "state/mirror", other)
    assert changed.fetch() == theirs
    assert not changed.knows(tip)
    assert (tmp_path / "state/mirror/mine").exists()


def test_what_many_fetches_leave_is_packed(repo: Repo, made: Mirror, tmp_path: Path) -> None:
    packs = tmp_path / "state/mirror/objects/pack"
    made.fetch()
    source = next(packs.glob("*.pack"))
    for number in range(60):
        for ending in (".pack", ".idx", ".promisor"):
            shutil.copy(source.with_suffix(ending), packs / f"pack-{number:040x}{ending}")
    tip = lock(repo, "two\n")
    assert made.fetch() == tip
    assert len(list(packs.glob("*.pack"))) < 10
    assert made.lock_text(tip) == "two\n"


@pytest.mark.parametrize(
    "branch",
    ["", "--output=x", "-uevil", "@{-1}", "a..b", "main~1", "a b", "a:b", "a\nb", "a\x1bb", "x.lock", ".a", "a/.b",
     "a//b", "/a", "a/", "a.", "@", "a*", "a?", "a[b", "a\\b", "a^", "refs/heads/main"],
)  # fmt: skip
def test_what_is_not_the_name_of_a_branch_is_refused(branch: str) -> None:
    with pytest.raises(UsageError):
        Remote("https://git.example.org/x", branch)


@pytest.mark.parametrize("branch", ["main", "release/1.2", "feature/x@y", "über", "a-b", "x.locks"])
def test_the_name_of_a_branch_is_taken_as_it_is(branch: str) -> None:
    assert Remote("https://git.example.org/x", branch).branch == branch


@pytest.mark.parametrize("path", ["", "/etc", "..", "a/../..", "a//b", "a/", "./a", "a\nb"])
def test_a_path_that_leaves_the_repository_is_refused(path: str) -> None:
    with pytest.raises(UsageError):
        Remote("https://git.example.org/x", "main", path)


def test_five_thousand_commits_are_not_fetched_to_read_the_last(tmp_path: Path) -> None:
    made = origin(tmp_path / "origin")
    stream = "".join(
        f"commit refs/heads/main\ncommitter a <a@example.org> {1700000000 + number} +0000\ndata 1\nx\n"
        + (f"from {made.git('rev-parse', 'HEAD')}\n" if number == 0 else "")
        + f"M 100644 inline schedules/schedules.lock\ndata {len(str(number))}\n{number}\n"
        for number in range(5000)
    )
    subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=made.path, input=stream.encode(), check=True)
    one = mirror(tmp_path / "mirror", made)
    tip = one.fetch()
    assert one.lock_text(tip) == "4999"
    assert one.ahead(tip, tip) == 0
    assert not one.knows(made.git("rev-parse", "main~1"))
    assert one.descends(tip, made.git("rev-parse", "main~4999"))
