"""A daemon that follows a branch of a real repository."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import socket
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Project, until
from tests.cli.test_operating import ONE, TWO, condition, kinds, status
from tests.sources.repo import Repo, init


@dataclass
class Origin:
    """The repository that people push to, and the project whose daemon follows it: an empty directory."""

    authors: Project
    repo: Repo
    project: Project

    def commit(self, yaml: str, *options: str) -> str:
        self.authors.write(yaml)
        self.authors.ok("compile")
        self.repo.git("add", "-A")
        self.repo.git(*options, "commit", "-q", "--allow-empty", "-m", "a change")
        return self.repo.git("rev-parse", "HEAD")

    def serve(self, *options: str, **environment: str) -> None:
        url = f"file://{self.repo.path}"
        self.project.serve("--git", url, "--allow-local", "--interval", "1s", *options, **environment)

    def applied(self) -> str | None:
        source = status(self.project)["source"]
        return source and str(source["last_applied_revision"])

    def jobs(self) -> list[str]:
        return [one["id"] for one in status(self.project)["schedules"]]


@pytest.fixture
def origin(project: Project, tmp_path: Path) -> Origin:
    (project.root / "schedules" / "schedules.yaml").unlink()
    (project.root / "schedules").rmdir()
    path = tmp_path / "origin"
    authors = Project(path)
    path.mkdir()
    return Origin(authors, init(path), project)


def test_the_scheduler_is_what_the_branch_says(origin: Origin) -> None:
    first = origin.commit(TWO.replace("[echo, tick]", "[ls]"))
    origin.serve()
    until(lambda: origin.applied() == first)
    second = origin.commit(ONE)
    until(lambda: origin.applied() == second)
    assert origin.jobs() == ["tick"]
    source = status(origin.project)["source"]
    assert (source["branch"], source["path"], source["last_attempted_revision"]) == ("main", "schedules", second)
    assert status(origin.project)["sync"] == "Synced"
    third = origin.commit(ONE)
    assert origin.project.ok("wait", "--for", "synced", "--revision", third[:12])
    assert origin.applied() == third
    assert f"  {third[:10]} applied " in origin.project.ok("status").out
    revisions = [one["revision"] for one in status(origin.project)["revisions"]]
    assert revisions == [f"main@sha1:{second}", f"main@sha1:{first}"]
    assert not (origin.project.root / "schedules").exists(), "nothing is checked out"
    assert "1 delete at main@" in origin.project.ok("events").out


def test_what_cannot_be_read_changes_nothing_until_it_can(origin: Origin) -> None:
    first = origin.commit(TWO)
    origin.serve()
    until(lambda: origin.applied() == first)
    lock = origin.repo.path / "schedules" / "schedules.lock"
    lock.write_text(lock.read_text().replace("tick", "tock", 1))
    broken = origin.repo.commit("edited by hand")
    until(lambda: condition(origin.project, "SourceReady")["reason"] == "LockInvalid")
    assert status(origin.project)["sync"] == "Unknown"
    assert f"{broken[:10]}:schedules/schedules.lock:" in status(origin.project)["message"]
    lock.unlink()
    origin.repo.commit("no lock")
    until(lambda: "there is no lockfile" in condition(origin.project, "SourceReady")["message"])
    assert origin.jobs() == ["nightly", "tick"]
    last = origin.commit(ONE)
    until(lambda: origin.applied() == last)
    assert condition(origin.project, "SourceReady")["status"] == "True"


def test_a_branch_that_is_gone_is_not_an_empty_one(origin: Origin) -> None:
    first = origin.commit(TWO)
    origin.serve()
    until(lambda: origin.applied() == first)
    origin.repo.git("checkout", "-q", "--detach")
    origin.repo.git("branch", "-D", "main")
    until(lambda: condition(origin.project, "SourceReady")["status"] == "False")
    assert status(origin.project)["sync"] == "Unknown"
    assert "main" in status(origin.project)["message"]
    assert origin.jobs() == ["nightly", "tick"]
    told = origin.project.run("sync")
    assert told.code == 7
    assert origin.project.run("--dry-run").code == 7
    shutil.rmtree(origin.repo.path)
    origin.project.daemons[0].terminate()
    assert origin.project.daemons[0].wait(60) == 0
    origin.serve()
    before = len(origin.project.ok("history", "tick", "--json").json["runs"])
    until(lambda: len(origin.project.ok("history", "tick", "-n", "500", "--json").json["runs"]) > before + 2)
    assert origin.jobs() == ["nightly", "tick"]


def test_a_rewritten_branch_is_refused_until_it_is_allowed_by_name(origin: Origin) -> None:
    first = origin.commit(ONE)
    second = origin.commit(TWO)
    origin.serve()
    until(lambda: origin.applied() == second)
    origin.repo.git("reset", "-q", "--hard", first)
    until(lambda: condition(origin.project, "SourceReady")["reason"] == "HistoryRewritten")
    refused = origin.project.run("sync")
    assert refused.code == 7
    assert f"{first[:10]} does not come after {second[:10]}, which was applied last" in refused.out
    assert origin.applied() == second
    assert origin.project.run("sync", "--allow-rewind", second).code == 7
    assert origin.project.run("sync", "--allow-rewind", first[:10]).code == 0
    assert (origin.applied(), origin.jobs()) == (first, ["tick"])
    third = origin.commit(TWO)
    until(lambda: origin.applied() == third)
    assert "HistoryRewritten" in kinds(origin.project)


@pytest.mark.nightly
def test_a_pin_holds_while_the_branch_goes_on(origin: Origin) -> None:
    first = origin.commit(ONE)
    origin.serve()
    until(lambda: origin.applied() == first)
    second = origin.commit(TWO)
    until(lambda: origin.applied() == second)
    origin.project.ok("rollback", first, "--reason", "trouble")
    assert (origin.applied(), origin.jobs()) == (first, ["tick"])
    third = origin.commit(TWO.replace("tick]", "tock]"))
    until(lambda: status(origin.project)["source"]["last_attempted_revision"] == third)
    assert (origin.applied(), status(origin.project)["sync"]) == (first, "Synced")
    assert status(origin.project)["source"]["commits_ahead"] == 2
    assert f"which is at {third[:10]}, 2 commits ahead" in origin.project.ok("status").out
    origin.project.daemons[0].terminate()
    origin.project.daemons[0].wait(60)
    assert origin.project.ok("--dry-run").out.startswith("Synced: 1 job")
    origin.serve()
    until(lambda: "pinned to" in origin.project.daemon_log())
    origin.project.ok("rollback", "--unpin")
    assert (origin.applied(), origin.jobs()) == (third, ["nightly", "tick"])


@pytest.mark.nightly
def test_another_place_is_not_held_by_the_pin_of_the_one_before(origin: Origin) -> None:
    first = origin.commit(ONE)
    origin.serve()
    until(lambda: origin.applied() == first)
    origin.project.ok("rollback", first)
    origin.project.daemons[0].terminate()
    assert origin.project.daemons[0].wait(60) == 0
    origin.project.write(TWO)
    origin.project.ok("compile")
    origin.project.serve()
    until(lambda: origin.jobs() == ["nightly", "tick"])
    assert (status(origin.project)["pin"], status(origin.project)["source"]["kind"]) == (None, "directory")
    assert "unpinned" in kinds(origin.project)


def test_only_signed_commits_are_applied_where_that_is_asked(origin: Origin, tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"a@example.org {key.with_suffix('.pub').read_text()}")
    signing = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "-c", "commit.gpgsign=true")
    first = origin.commit(ONE, *signing)
    origin.serve("--signatures", "strict", "--signers", str(signers))
    until(lambda: origin.applied() == first)
    unsigned = origin.commit(TWO)
    until(lambda: condition(origin.project, "SourceReady")["reason"] == "NotVerified")
    assert unsigned[:7] in condition(origin.project, "SourceReady")["message"]
    origin.commit(TWO, *signing)
    assert origin.project.run("sync").code == 7
    assert (origin.applied(), origin.jobs()) == (first, ["tick"])


def test_a_signed_webhook_brings_the_news_at_once(origin: Origin) -> None:
    secret = "a secret that is long enough"
    first = origin.commit(ONE)
    origin.project.serve(
        "--git",
        f"file://{origin.repo.path}",
        "--allow-local",
        "--interval",
        "1h",
        "--webhook",
        "127.0.0.1:0",
        RECONCILE_WEBHOOK_SECRET=secret,
    )
    until(lambda: origin.applied() == first)
    (address,) = set(re.findall(r"http://127\.0\.0\.1:\d+/webhook", origin.project.daemon_log()))
    second = origin.commit(TWO)
    body = json.dumps({"ref": "refs/heads/main"}).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": signature, "X-GitHub-Event": "push", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, body, headers)) as answer:
        assert answer.status == 202
    until(lambda: origin.applied() == second)
    assert secret not in origin.project.daemon_log()


def test_a_daemon_ends_at_once_though_the_server_never_answers(origin: Origin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/repo"
        origin.project.serve("--git", url, "--allow-local")
        asking, _ = silent.accept()
        with asking:
            origin.project.daemons[0].terminate()
            assert origin.project.daemons[0].wait(30) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--git", "/srv/repo"), "--allow-local"),
        (("--git", "ext::sh -c true"), "ext"),
        (("--git", "https://me:secret@host/repo"), "RECONCILE_GIT_TOKEN"),
        (("--git", "https://host/repo", "--signatures", "head"), "--signers"),
        (("--git", "https://host/repo", "--branch", "--output=x"), "branch"),
        (("--webhook", "127.0.0.1:0"), "--git"),
        (("--git", "https://host/repo", "--compile"), "--compile"),
    ],
)
def test_what_cannot_be_followed_is_a_mistake_in_the_command_line(
    project: Project, options: tuple[str, ...], said: str
) -> None:
    told = project.run("serve", *options)
    assert told.code == 64
    assert said in told.err
    assert "secret" not in told.err
