"""Remotes over HTTP, up to those that never answer; and what nobody may ever see or run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reconciler.errors import SourceFailed
from reconciler.sources.git_mirror import Mirror
from tests.servers.git_server import authorization, git_over_http, never_answering, redirecting
from tests.sources.mirrors import lock, mirror, origin
from tests.sources.repo import Repo

ROOT = Path(__file__).parents[2]
TOKEN = "ghp_S3cret/+token="


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return origin(tmp_path / "origin")


def failure(made: Mirror) -> SourceFailed:
    with pytest.raises(SourceFailed) as raised:
        made.fetch()
    return raised.value


def shown(error: SourceFailed) -> str:
    return f"{error!r} {error} {error.problems[0].hint} {error.__cause__!r}"


def everything_below(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_a_token_opens_a_remote_and_is_written_nowhere(repo: Repo, tmp_path: Path) -> None:
    with git_over_http(tmp_path, token=TOKEN) as address:
        made = mirror(tmp_path / "mirror", f"{address}/origin", token=TOKEN)
        first = made.fetch()
        second = lock(repo, "two\n")
        assert made.fetch() == second
        assert made.descends(second, first)
    written = everything_below(tmp_path / "mirror")
    for secret in (TOKEN, authorization(TOKEN).removeprefix("Basic ")):
        assert secret.encode() not in written


@pytest.mark.parametrize("token", [None, "ghp_anotherSecret"])
def test_a_remote_that_asks_for_credentials_is_an_error_that_asks_nobody_and_names_the_variable(
    token: str | None, repo: Repo, tmp_path: Path
) -> None:
    with git_over_http(tmp_path, token=TOKEN) as address:
        error = failure(mirror(tmp_path / "mirror", f"{address}/origin", token=token))
    assert "asks for credentials" in str(error)
    assert "RECONCILE_GIT_TOKEN" in str(error.problems[0].hint)
    assert token is None or token not in shown(error)


def test_a_remote_that_echoes_the_token_does_not_get_it_shown(repo: Repo, tmp_path: Path) -> None:
    with git_over_http(tmp_path) as address:
        made = mirror(tmp_path / "mirror", f"{address}/{TOKEN}", token=TOKEN)
        assert TOKEN not in shown(failure(made))


def test_a_redirect_is_not_followed(repo: Repo, tmp_path: Path) -> None:
    with git_over_http(tmp_path) as address, redirecting(address) as other:
        error = failure(mirror(tmp_path / "mirror", f"{other}/origin"))
    assert "redirects to another address" in str(error)


def test_a_closed_port_is_an_error_that_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert "cannot be reached" in str(failure(mirror(tmp_path / "mirror", f"http://127.0.0.1:{port}/x")))


@pytest.mark.parametrize("endless", [False, True])
def test_a_remote_that_never_answers_is_given_up_at_the_deadline(endless: bool, tmp_path: Path) -> None:
    with never_answering(endless=endless) as (address, _):
        error = failure(mirror(tmp_path / "mirror", f"{address}/x", deadline=1))
    assert "did not finish in time" in str(error)


def test_a_fetch_that_runs_is_ended_at_once_with_its_children(tmp_path: Path) -> None:
    with never_answering() as (address, asked):
        made = mirror(tmp_path / "mirror", f"{address}/x")
        errors: list[SourceFailed] = []
        thread = threading.Thread(target=lambda: errors.append(failure(made)))
        thread.start()
        assert asked.wait(60)
        assert commands_with(address)
        made.cancel()
        thread.join(60)
        assert not thread.is_alive()
        assert "the daemon is stopping" in str(errors[0])
        gone(address)
    assert "the daemon is stopping" in str(failure(made))


def test_the_token_is_in_no_argument_of_any_process(tmp_path: Path) -> None:
    with never_answering() as (address, asked):
        made = mirror(tmp_path / "mirror", f"{address}/x", token=TOKEN)
        thread = threading.Thread(target=lambda: failure(made))
        thread.start()
        assert asked.wait(60)
        seen = commands_with(address)
        made.cancel()
        thread.join(60)
    assert any("remote-http" in command for command in seen)
    for secret in (TOKEN, authorization(TOKEN).removeprefix("Basic ")):
        assert not [command for command in seen if secret in command]


def test_another_fetch_of_a_daemon_that_was_killed_is_waited_for_and_never_joined(tmp_path: Path, repo: Repo) -> None:
    with never_answering() as (address, asked):
        stuck = mirror(tmp_path / "mirror", f"{address}/x")
        thread = threading.Thread(target=lambda: failure(stuck))
        thread.start()
        assert asked.wait(60)
        error = failure(mirror(tmp_path / "mirror", f"{address}/x", deadline=0.2))
        assert "another fetch" in str(error)
        stuck.cancel()
        thread.join(60)


def test_a_fetch_that_outlives_a_killed_daemon_ends_by_itself_and_the_next_one_succeeds(
    tmp_path: Path, repo: Repo
) -> None:
    with never_answering(endless=True) as (address, asked):
        program = (
            "import sys; from pathlib import Path; from tests.sources.mirrors import mirror;"
            "mirror(Path(sys.argv[1]), sys.argv[2], deadline=1).fetch()"
        )
        daemon = subprocess.Popen([sys.executable, "-c", program, tmp_path / "mirror", f"{address}/x"], cwd=ROOT)
        assert asked.wait(60)
        daemon.kill()
        daemon.wait()
        assert fetched_at_last(mirror(tmp_path / "mirror", repo)) == repo.git("rev-parse", "HEAD")
        gone(address)


def test_what_the_environment_says_to_git_does_not_matter(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {canary}\nexit 1\n")
    script.chmod(0o755)
    config = tmp_path / "evil.config"
    config.write_text(
        f'[core]\n\tfsmonitor = {script}\n\tsshCommand = {script}\n[url "/nowhere"]\n\tinsteadOf = file://\n'
    )
    hostile = {
        "GIT_DIR": str(tmp_path / "elsewhere"),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_INDEX_FILE": "/nonexistent/index",
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repo.path / ".git/objects"),
        "GIT_NAMESPACE": "x",
        "GIT_CONFIG_PARAMETERS": f"'core.sshCommand={script}' 'url./nowhere.insteadOf=file://'",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "url./nowhere.insteadOf",
        "GIT_CONFIG_VALUE_0": "file://",
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_SYSTEM": str(config),
        "GIT_CONFIG": str(config),
        "GIT_SSH_COMMAND": str(script),
        "GIT_SSH": str(script),
        "GIT_ASKPASS": str(script),
        "SSH_ASKPASS": str(script),
        "GIT_PROXY_COMMAND": str(script),
        "GIT_EXTERNAL_DIFF": str(script),
        "GIT_EXEC_PATH": str(tmp_path),
        "GIT_TEMPLATE_DIR": str(tmp_path),
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_TRACE2": str(tmp_path / "trace"),
        "GIT_TRACE_CURL": str(tmp_path / "trace"),
        "GIT_SHALLOW_FILE": str(tmp_path / "shallow"),
        "GIT_CEILING_DIRECTORIES": "/",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    made = mirror(tmp_path / "mirror", repo)
    assert made.lock_text(made.fetch()) == "one\n"
    assert not [name for name in ("canary", "trace", "objects", "shallow", "elsewhere") if (tmp_path / name).exists()]


def test_a_remote_that_needs_no_token_is_not_asked_for_by_any_other_protocol(tmp_path: Path, repo: Repo) -> None:
    marker = tmp_path / "ran"
    with pytest.raises(Exception, match="not allowed"):
        mirror(tmp_path / "mirror", f"ext::sh -c touch% {marker}")
    assert not marker.exists()


def commands_with(text: str) -> list[str]:
    """Return the command lines of the processes that name *text*, as anyone on the machine can read them."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if text in command:
                found.append(command)
    return found


def fetched_at_last(made: Mirror) -> str:
    """Fetch until no other fetch is in the way; return the tip."""
    end = time.monotonic() + 60
    while True:
        try:
            return made.fetch()
        except SourceFailed as error:
            if "another fetch" not in str(error) or time.monotonic() > end:
                raise


def gone(text: str) -> None:
    """Wait until no process names *text*."""
    end = time.monotonic() + 60
    while commands_with(text):
        assert time.monotonic() < end
        time.sleep(0.02)
