"""Which commits are taken under which policy, with keys and signatures that ssh-keygen and gpg made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import SourceFailed, UsageError
from reconciler.sources.git_mirror import Mirror
from reconciler.sources.signatures import SignaturePolicy, Signers
from tests.sources.mirrors import lock, mirror, origin
from tests.sources.repo import Repo
from tests.sources.signing import Gpg, Key, gpg_here, ssh_key

OFF, HEAD, STRICT = SignaturePolicy.OFF, SignaturePolicy.HEAD, SignaturePolicy.STRICT
needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return origin(tmp_path / "origin")


@pytest.fixture(scope="module")
def gpg() -> Iterator[Gpg]:
    with gpg_here() as here:
        yield here


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return ssh_key(tmp_path_factory.mktemp("keys") / "alice")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return ssh_key(tmp_path_factory.mktemp("keys") / "stranger")


def following(
    repo: Repo, tmp_path: Path, *signers: Key, policy: SignaturePolicy = HEAD, revoked: Path | None = None
) -> Mirror:
    files = tuple(one.signers(tmp_path / f"signers{number}") for number, one in enumerate(signers))
    return mirror(tmp_path / "mirror", repo, signers=Signers(policy, files, revoked))


def refused(made: Mirror, sha: str, *, since: str | None = None) -> str:
    made.fetch()
    with pytest.raises(SourceFailed) as raised:
        made.verify(sha, since=since)
    assert raised.value.problems[0].hint
    return str(raised.value)


def taken(made: Mirror, sha: str, *, since: str | None = None) -> None:
    made.fetch()
    made.verify(sha, since=since)


def test_a_commit_signed_by_a_signer_is_taken(repo: Repo, tmp_path: Path, key: Key) -> None:
    taken(following(repo, tmp_path, key), key.commit(repo, "two"))


def test_an_unsigned_commit_is_refused_by_its_hash_subject_and_author(repo: Repo, tmp_path: Path, key: Key) -> None:
    tip = lock(repo, "two")
    said = refused(following(repo, tmp_path, key), tip)
    assert f"commit {tip[:10]} 'lock: two' by a <a@example.org> is not signed" in said


def test_without_a_policy_an_unsigned_commit_is_taken(repo: Repo, tmp_path: Path) -> None:
    taken(following(repo, tmp_path, policy=OFF), lock(repo, "two"))


def test_the_right_address_with_a_wrong_key_is_refused_though_the_signature_is_good(
    repo: Repo, tmp_path: Path, key: Key, stranger: Key
) -> None:
    assert key.public.split()[0] == stranger.public.split()[0]
    assert "not among the signers" in refused(following(repo, tmp_path, key), stranger.commit(repo, "two"))


def test_each_of_several_signers_is_taken(repo: Repo, tmp_path: Path, key: Key, stranger: Key) -> None:
    made = following(repo, tmp_path, key, stranger)
    taken(made, key.commit(repo, "two"))
    taken(made, stranger.commit(repo, "three"))


def test_a_key_that_had_expired_when_it_signed_is_refused(repo: Repo, tmp_path: Path) -> None:
    expired = ssh_key(tmp_path / "expired", options='valid-before="20261001"')
    refused(following(repo, tmp_path, expired), expired.commit(repo, "two"))


def test_a_key_for_other_purposes_is_refused(repo: Repo, tmp_path: Path) -> None:
    other = ssh_key(tmp_path / "other", options='namespaces="file"')
    refused(following(repo, tmp_path, other), other.commit(repo, "two"))


def test_a_revoked_key_is_refused(repo: Repo, tmp_path: Path, key: Key, stranger: Key) -> None:
    revoked = tmp_path / "revoked"
    revoked.write_bytes(b" ".join(stranger.public.split()[1:]))
    made = following(repo, tmp_path, key, stranger, revoked=revoked)
    taken(made, key.commit(repo, "two"))
    refused(made, stranger.commit(repo, "three"))


def test_a_list_of_revoked_keys_that_is_not_there_refuses_all(repo: Repo, tmp_path: Path, key: Key) -> None:
    tip = key.commit(repo, "two")
    made = following(repo, tmp_path, key, revoked=tmp_path / "missing")
    made.fetch()
    with pytest.raises(SourceFailed, match="missing cannot be read"):
        made.verify(tip, since=None)


def test_a_signature_on_something_else_is_refused(repo: Repo, tmp_path: Path, key: Key) -> None:
    key.commit(repo, "two")
    signed = repo.git("cat-file", "commit", "HEAD")
    (tmp_path / "forged").write_text(signed.replace("lock two", "lock three") + "\n")
    forged = repo.git("hash-object", "-t", "commit", "-w", str(tmp_path / "forged"))
    repo.git("update-ref", "refs/heads/main", forged)
    assert "has a bad signature" in refused(following(repo, tmp_path, key), forged)


def test_a_bad_commit_below_a_good_one_is_refused_strictly_and_not_by_the_head_alone(
    repo: Repo, tmp_path: Path, key: Key
) -> None:
    since = key.commit(repo, "two")
    strict = following(repo, tmp_path, key, policy=STRICT)
    strict.fetch()
    bad = lock(repo, "bad")
    tip = key.commit(repo, "three")
    taken(following(repo, tmp_path, key, policy=HEAD), tip, since=since)
    said = refused(strict, tip, since=since)
    assert bad[:10] in said
    taken(strict, tip)
    taken(strict, tip, since=bad)
    taken(strict, tip, since=tip)


def test_what_a_merge_brings_is_held_to_the_policy_too(repo: Repo, tmp_path: Path, key: Key) -> None:
    since = key.commit(repo, "two")
    made = following(repo, tmp_path, key, policy=STRICT)
    made.fetch()
    repo.git("checkout", "-q", "-b", "side")
    (repo.path / "beside").write_text("x")
    bad = repo.commit("beside")
    repo.git("checkout", "-q", "main")
    key.commit(repo, "three")
    repo.git(*(part for option in key.options for part in ("-c", option)), "merge", "-q", "-S", "--no-edit", "side")
    assert bad[:10] in refused(made, repo.git("rev-parse", "HEAD"), since=since)


def test_what_is_older_than_the_last_one_applied_is_not_held_to_the_policy(
    repo: Repo, tmp_path: Path, key: Key
) -> None:
    repo.git("branch", "side")
    since = key.commit(repo, "two")
    made = following(repo, tmp_path, key, policy=STRICT)
    assert made.fetch() == since
    assert not made.knows(repo.git("rev-parse", "main~1"))
    repo.git("checkout", "-q", "side")
    (repo.path / "beside").write_text("x")
    repo.git("add", "-A")
    signing = [part for option in key.options for part in ("-c", option)]
    repo.git(*signing, "commit", "-q", "-S", "-m", "beside")
    repo.git("checkout", "-q", "main")
    repo.git(*signing, "merge", "-q", "-S", "--no-edit", "side")
    taken(made, repo.git("rev-parse", "HEAD"), since=since)


def test_a_history_that_does_not_come_after_the_last_one_applied_is_refused_strictly(
    repo: Repo, tmp_path: Path, key: Key
) -> None:
    since = key.commit(repo, "two")
    made = following(repo, tmp_path, key, policy=STRICT)
    made.fetch()
    repo.git("reset", "-q", "--hard", "main~1")
    tip = key.commit(repo, "other")
    made.fetch()
    with pytest.raises(SourceFailed, match="does not come after"):
        made.verify(tip, since=since)


def test_signers_in_the_repository_do_not_count(repo: Repo, tmp_path: Path, key: Key, stranger: Key) -> None:
    (repo.path / ".ssh").mkdir()
    for name in ("allowed_signers", ".gitsigners", ".ssh/allowed_signers"):
        (repo.path / name).write_bytes(stranger.public)
    repo.git("config", "gpg.ssh.allowedSignersFile", str(repo.path / "allowed_signers"))
    refused(following(repo, tmp_path, key), stranger.commit(repo, "two"))


def test_a_signer_who_is_taken_off_the_list_no_longer_counts(
    repo: Repo, tmp_path: Path, key: Key, stranger: Key
) -> None:
    tip = stranger.commit(repo, "two")
    made = following(repo, tmp_path, stranger)
    taken(made, tip)
    key.signers(tmp_path / "signers0")
    refused(made, tip)


def test_what_an_author_writes_cannot_pass_for_a_verdict(repo: Repo, tmp_path: Path, key: Key) -> None:
    repo.git("config", "user.name", "x\x1b[2J\u202e")
    tip = lock(repo, "two")
    repo.git(
        "commit",
        "-q",
        "--amend",
        "--author",
        f"{tip} <G@example.org>",
        "-m",
        f"a\x1b[2Jb\n\n{tip}\n{tip}\0G\n".replace("\0", " "),
    )
    said = refused(following(repo, tmp_path, key), repo.git("rev-parse", "HEAD"))
    assert "is not signed" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("policy", [HEAD, STRICT])
def test_a_policy_that_names_nobody_is_refused(policy: SignaturePolicy) -> None:
    with pytest.raises(UsageError, match="nobody is named"):
        Signers(policy)


@pytest.mark.parametrize("content", ["", "\n", "# nobody\n", "ssh-ed25519 AAAA\n", "nonsense", "a: 1\nb: 2\n"])
def test_a_file_that_names_nobody_is_refused(content: str, repo: Repo, tmp_path: Path, key: Key) -> None:
    tip = key.commit(repo, "two")
    made = following(repo, tmp_path, Key((), content.encode()))
    made.fetch()
    with pytest.raises(SourceFailed, match="signers0"):
        made.verify(tip, since=None)


def test_a_git_too_old_for_ssh_signatures_says_so(
    repo: Repo, tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = key.commit(repo, "two")
    made = following(repo, tmp_path, key)
    made.fetch()
    real = shutil.which("git")
    old = tmp_path / "bin/git"
    old.parent.mkdir()
    old.write_text(f'#!/bin/sh\ncase "$*" in *--version*) echo git version 2.30.2;; *) exec {real} "$@";; esac\n')
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    with pytest.raises(SourceFailed, match=r"git 2\.30 cannot check signatures of ssh keys") as raised:
        made.verify(tip, since=None)
    assert "2.34" in str(raised.value.problems[0].hint)


@needs_gpg
def test_a_commit_signed_by_an_openpgp_key_is_taken(repo: Repo, tmp_path: Path, gpg: Gpg) -> None:
    bob = gpg.key("bob")
    tip = bob.commit(repo, "two")
    taken(following(repo, tmp_path, bob), tip)
    binary = Key((), gpg("--export", gpg.fingerprint("bob")))
    assert not binary.public.startswith(b"-----")
    taken(following(repo, tmp_path, binary), tip)


@needs_gpg
def test_an_openpgp_key_that_is_not_named_is_refused_though_the_user_has_it(
    repo: Repo, tmp_path: Path, gpg: Gpg, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol, dave = gpg.key("carol"), gpg.key("dave")
    monkeypatch.setenv("GNUPGHOME", str(gpg.home))
    tip = carol.commit(repo, "two")
    for other in (dave, key):
        assert "not among the signers" in refused(following(repo, tmp_path, other), tip)
    taken(following(repo, tmp_path, key, carol), tip)


@needs_gpg
def test_an_openpgp_key_that_is_expired_is_refused(repo: Repo, tmp_path: Path, gpg: Gpg) -> None:
    eve = gpg.key("eve", expires="20250201T000000", at="20250101T000000")
    assert "expired" in refused(following(repo, tmp_path, eve), eve.commit(repo, "two"))


@needs_gpg
def test_an_openpgp_key_that_is_revoked_is_refused(repo: Repo, tmp_path: Path, gpg: Gpg) -> None:
    frank = gpg.key("frank")
    tip = frank.commit(repo, "two")
    revoked = tmp_path / "revoked"
    revoked.write_bytes(gpg.revocation("frank"))
    taken(following(repo, tmp_path, frank), tip)
    assert "revoked" in refused(following(repo, tmp_path, frank, revoked=revoked), tip)


@needs_gpg
def test_the_keys_of_the_signers_are_below_the_mirror_and_of_its_owner_alone(
    repo: Repo, tmp_path: Path, gpg: Gpg
) -> None:
    grace = gpg.key("grace")
    taken(following(repo, tmp_path, grace), grace.commit(repo, "two"))
    assert (tmp_path / "mirror/signers").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "mirror/signers/gnupg").stat().st_mode & 0o777 == 0o700
