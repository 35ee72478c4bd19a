"""What becomes of the processes of jobs under a real daemon: their children, their secrets, their exit codes."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.engine.leftovers import end_leftovers, installation_id
from tests.cli.conftest import Project, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


@pytest.fixture(autouse=True)
def _nothing_outlives_a_test(tmp_path: Path) -> Iterator[None]:
    """End what the jobs of daemons left that the test killed; torn down after the projects are."""
    yield
    for state in tmp_path.glob("*/.reconcile"):
        asyncio.run(end_leftovers(installation_id(state), timedelta(seconds=1)))


def declare(project: Project, **jobs: dict[str, Any]) -> None:
    """Declare *jobs*, due every second unless they say otherwise, and compile them."""
    schedules = {id: {"when": "every second", "timezone": "UTC", **job} for id, job in jobs.items()}
    project.write(json.dumps({"schedules": schedules}))
    project.ok("compile")


def serving(project: Project, **environment: str) -> None:
    project.serve("--grace", "1s", **environment)
    until(lambda: "Synced" in project.daemon_log())


def runs(project: Project, id: str, state: str) -> list[dict[str, Any]]:
    return [run for run in project.ok("history", "--json", id).json["runs"] if run["state"] == state]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def below(pid: int) -> list[tuple[int, str]]:
    """Return the children of *pid* with their states."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [(int(child), Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]) for child in children]


def written(project: Project, name: str) -> list[int]:
    path = project.root / name
    return [int(word) for word in path.read_text().split()] if path.exists() else []


ESCAPE = "setsid sh -c 'setsid sleep 300 & echo $! >> escaped'"


def test_a_timeout_ends_a_child_that_daemonised_and_the_history_names_it(project: Project) -> None:
    declare(project, wild={"run": ["sh", "-c", f"{ESCAPE}; sleep 300"], "timeout": "1s"})
    serving(project)
    (*_, run) = until(lambda: runs(project, "wild", "timed_out"))
    first = written(project, "escaped")[0]
    pattern = rf"the timeout ended it; ended 1 process it left behind: (setsid|sh|sleep) \(pid {first}\)"
    assert re.fullmatch(pattern, run["error"])
    assert not alive(first)
    assert [state for _, state in below(project.daemons[0].pid) if state == "Z"] == []
    assert run["error"] in project.run("logs", str(run["id"])).err


def test_a_job_that_leaves_a_daemon_behind_succeeds_without_it(project: Project) -> None:
    declare(project, tidy={"run": ["sh", "-c", ESCAPE]})
    serving(project)
    (*_, run) = until(lambda: runs(project, "tidy", "succeeded"))
    escaped = written(project, "escaped")[0]
    assert re.fullmatch(rf"ended 1 process it left behind: (setsid|sh|sleep) \(pid {escaped}\)", run["error"])
    assert not alive(escaped)


def test_a_stop_of_the_daemon_leaves_no_process_of_a_job(project: Project) -> None:
    declare(project, wild={"run": ["sh", "-c", f"{ESCAPE}; sleep 300"]})
    serving(project)
    until(lambda: written(project, "escaped"))
    project.daemons[0].terminate()
    assert project.daemons[0].wait(60) == 0
    assert not any(map(alive, written(project, "escaped")))


def test_what_a_killed_daemon_left_is_ended_at_the_next_start_and_named(project: Project) -> None:
    declare(project, wild={"run": ["sh", "-c", f"{ESCAPE}; exec sleep 300"]})
    serving(project)
    (escaped,) = until(lambda: written(project, "escaped"))
    until(lambda: runs(project, "wild", "running"))
    project.daemons[0].kill()
    project.daemons[0].wait()
    assert alive(escaped)
    serving(project)
    (run, *_) = until(lambda: runs(project, "wild", "interrupted"))
    assert not alive(escaped)
    pattern = rf"ended 2 processes it left behind: .*sleep \(pid {escaped}\).*"
    assert re.fullmatch(f"the daemon ended while it ran; {pattern}", run["error"])
    assert re.search(f"run {run['id']} of a daemon that ended: {pattern}", project.daemon_log())


def test_a_killed_daemon_of_another_project_keeps_what_it_left(project: Project, tmp_path: Path) -> None:
    declare(project, wild={"run": ["sh", "-c", f"{ESCAPE}; exec sleep 300"]})
    serving(project)
    (escaped,) = until(lambda: written(project, "escaped"))
    project.daemons[0].kill()
    project.daemons[0].wait()
    other = Project(tmp_path / "other")
    other.root.mkdir()
    declare(other, calm={"run": ["true"]})
    try:
        serving(other)
        until(lambda: runs(other, "calm", "succeeded"))
        assert alive(escaped)
    finally:
        other.daemons[0].terminate()
        other.daemons[0].wait(60)
    serving(project)
    assert not alive(escaped)


def test_a_run_by_hand_ends_what_it_leaves_too(project: Project) -> None:
    declare(project, tidy={"run": ["sh", "-c", ESCAPE], "when": "every day at 3am"})
    project.ok()
    assert project.run("run", "tidy").code == 0
    assert not any(map(alive, written(project, "escaped")))


CANARIES = {
    "OPENAI_API_KEY": "canary-openai-1",
    "GITHUB_TOKEN": "canary-github-2",
    "TOKEN": "canary-token-3",
    "DAEMON_ONLY": "canary-daemon-4",
}


def test_no_secret_reaches_jobs_logs_ledger_or_the_traceback_of_a_crash(project: Project) -> None:
    declare(
        project,
        shows={"run": ["sh", "-c", "env; echo $TOKEN | base64; exit 3"], "secrets": ["TOKEN"]},
        lost={"run": ["/nonexistent"], "secrets": ["TOKEN"]},
    )
    serving(project, **CANARIES, PYTHONFAULTHANDLER="1", PYTHONASYNCIODEBUG="1")
    (run, *_) = until(lambda: runs(project, "shows", "failed"))
    until(lambda: runs(project, "lost", "failed"))
    shown = project.ok("logs", str(run["id"])).out
    assert "TOKEN=***\n" in shown
    assert shown.endswith("***\n")
    project.daemons[0].send_signal(signal.SIGABRT)
    # the fault handler walks the stacks of threads that go on running, and may crash at it
    assert project.daemons[0].wait(60) in (-signal.SIGABRT, -signal.SIGSEGV)
    assert "Fatal Python error" in project.daemon_log()
    kept = [
        path.read_bytes() for path in project.root.rglob("*") if path.is_file() and not path.name.startswith("core")
    ]
    assert len(kept) > 4
    assert not any(b"canary" in content for content in kept)
    assert "secrets: " not in project.lock.read_text()
    assert '"secrets": ["TOKEN"]' in project.lock.read_text()


def test_a_failure_shows_its_exit_code_and_a_program_that_is_missing_its_cause(project: Project) -> None:
    rare = {"when": "every day at 3am"}
    declare(
        project,
        failing={"run": ["sh", "-c", "setsid sleep 300 & exit 3"], **rare},
        lost={"run": ["./nowhere"], **rare},
        short={"run": ["true"], "secrets": ["PIN"], **rare},
    )
    project.ok()
    assert "failed, exit 3" in project.run("run", "failing").err + project.run("logs", "failing").err
    assert "could not start ./nowhere: No such file or directory" in project.run("run", "lost").err
    assert "not started: PIN has fewer than 4 characters" in project.run("run", "short", PIN="12").err


def test_an_unknown_key_near_secrets_is_told_what_was_meant(project: Project) -> None:
    project.write("schedules: {a: {when: every day at 9am, timezone: UTC, run: [x], secret: [TOKEN]}}")
    result = project.run("compile")
    assert result.code == 3
    assert "write `secrets: [TOKEN]`" in result.err
    project.write("schedules: {a: {when: every day at 9am, timezone: UTC, run: [x], secrets: TOKEN}}")
    assert "write a list of words: [TOKEN]" in project.run("compile").err
