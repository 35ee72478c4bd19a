"""`reconcile serve` with real jobs, signals and neighbours."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Project, until

EVERY_SECOND = """\
timezone: UTC
schedules:
  tick:
    when: every second
    run: [echo, tick]
  nightly:
    when: every day at 3am
    run: [echo, nightly]
"""


@pytest.fixture
def ticking(project: Project) -> Project:
    project.write(EVERY_SECOND)
    project.ok("compile")
    return project


def runs(project: Project, *arguments: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = project.ok("history", "--json", *arguments).json["runs"]
    return found


def succeeded(project: Project, id: str) -> list[dict[str, object]]:
    return [run for run in runs(project, id) if run["state"] == "succeeded"]


def serving(project: Project, *arguments: str) -> None:
    project.serve(*arguments)
    until(lambda: "Synced" in project.daemon_log())


def test_it_becomes_synced_runs_what_is_due_and_records_it(ticking: Project) -> None:
    serving(ticking)
    until(lambda: succeeded(ticking, "tick"))
    status = ticking.ok("status", "--json").json
    assert status["sync"] == "Synced"
    assert status["daemon"]["pid"] == ticking.daemons[0].pid
    assert ticking.ok("logs", "tick").out == "tick\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(ticking: Project, number: int) -> None:
    serving(ticking)
    until(lambda: succeeded(ticking, "tick"))
    ticking.daemons[0].send_signal(number)
    assert ticking.daemons[0].wait(60) == 0
    assert {run["state"] for run in runs(ticking)} <= {"succeeded", "waiting", "missed"}


def test_a_running_job_gets_its_grace_and_then_ends_with_its_children(project: Project) -> None:
    project.write(EVERY_SECOND.replace("run: [echo, tick]", "run: [sh, -c, 'sleep 300 & sleep 300']"))
    project.ok("compile")
    serving(project, "--grace", "1s")
    until(lambda: [run for run in runs(project, "tick") if run["state"] == "running"])
    before = time.monotonic()
    project.daemons[0].terminate()
    assert project.daemons[0].wait(100) == 0
    assert time.monotonic() - before < 60
    assert "running" not in {run["state"] for run in runs(project)}
    assert "interrupted" in {run["state"] for run in runs(project)}
    assert not [
        pid
        for pid in Path("/proc").iterdir()
        if pid.name.isdigit() and "RECONCILE_JOB_ID=tick\0" in _environ(pid) and str(project.root) in _cwd(pid)
    ]


def _environ(pid: Path) -> str:
    try:
        return (pid / "environ").read_text()
    except OSError:
        return ""


def _cwd(pid: Path) -> str:
    try:
        return str((pid / "cwd").readlink())
    except OSError:
        return ""


def test_a_second_signal_does_not_wait_for_the_grace(project: Project) -> None:
    project.write(EVERY_SECOND.replace("run: [echo, tick]", "run: [sleep, '300']"))
    project.ok("compile")
    serving(project, "--grace", "10m")
    until(lambda: [run for run in runs(project, "tick") if run["state"] == "running"])
    project.daemons[0].terminate()
    until(lambda: "stopping" in project.daemon_log())
    project.daemons[0].terminate()
    project.daemons[0].wait(60)
    assert "running" not in {run["state"] for run in runs(project)}


def test_a_second_daemon_is_told_who_is_there(ticking: Project) -> None:
    serving(ticking)
    second = ticking.run("serve")
    assert second.code == 8
    assert f"pid {ticking.daemons[0].pid}" in second.err


def test_a_change_of_the_lock_is_followed_long_before_the_next_full_look(ticking: Project) -> None:
    serving(ticking)
    ticking.write(EVERY_SECOND.replace("every day at 3am", "every second"))
    ticking.ok("compile")
    until(lambda: "update nightly" in ticking.daemon_log(), seconds=30)
    until(lambda: succeeded(ticking, "nightly"))


def test_a_broken_lock_changes_nothing_and_is_said_once(ticking: Project) -> None:
    serving(ticking)
    good = ticking.lock.read_text()
    ticking.lock.write_text(good.replace('"hour": "3"', '"hour": "4"'))
    until(lambda: "the last good jobs go on" in ticking.daemon_log())
    count = len(succeeded(ticking, "tick"))
    until(lambda: len(succeeded(ticking, "tick")) > count)
    assert ticking.daemon_log().count("the last good jobs go on") == 1
    ticking.lock.write_text(good)
    until(lambda: ticking.daemon_log().count("Synced") == 2)


def test_an_emptied_lock_is_refused_and_the_jobs_go_on(ticking: Project) -> None:
    serving(ticking)
    ticking.lock.write_text(ticking.lock.read_text()[: ticking.lock.read_text().index("\nnightly:")])
    until(lambda: "refused" in ticking.daemon_log())
    assert len(ticking.ok("status", "--json").json["schedules"]) == 2


def test_a_pause_by_hand_takes_effect_and_survives_a_sync_and_a_restart(ticking: Project) -> None:
    serving(ticking)
    until(lambda: succeeded(ticking, "tick"))
    ticking.ok("pause", "tick", "--reason", "migration")
    time.sleep(2)
    count = len(succeeded(ticking, "tick"))
    ticking.write(EVERY_SECOND.replace("[echo, tick]", "[echo, tock]"))
    ticking.ok("compile")
    until(lambda: "update tick" in ticking.daemon_log())
    ticking.daemons[0].terminate()
    ticking.daemons[0].wait(60)
    serving(ticking)
    time.sleep(2)
    assert len(succeeded(ticking, "tick")) == count
    assert "paused by" in ticking.ok("status").out
    assert "migration" in ticking.ok("status").out
    ticking.ok("resume", "tick")
    until(lambda: len(succeeded(ticking, "tick")) > count, seconds=30)
    assert ticking.ok("logs", "tick").out == "tock\n"
    assert [run["reason"] for run in runs(ticking, "tick", "--missed")][:1] == ["paused"]


def test_run_now_goes_through_the_daemon(ticking: Project) -> None:
    serving(ticking)
    result = ticking.ok("run", "nightly")
    assert result.out == "nightly\n"
    (run,) = runs(ticking, "nightly")
    assert (run["trigger"], run["state"]) == ("manual", "succeeded")


def test_run_now_without_a_daemon_runs_here(ticking: Project) -> None:
    ticking.ok()
    assert ticking.ok("run", "nightly").out == "nightly\n"
    assert ticking.run("run", "no-such-job").code == 3


def test_a_failing_run_by_hand_is_exit_1_and_shows_in_the_health(project: Project) -> None:
    project.write(EVERY_SECOND.replace("[echo, nightly]", "[sh, -c, 'echo broken >&2; exit 3']"))
    project.ok("compile")
    project.ok()
    result = project.run("run", "nightly")
    assert result.code == 1
    assert "failed, exit 3" in result.err
    assert "broken" in project.ok("logs", "nightly").out
    assert [one["health"] for one in project.ok("status", "--json").json["schedules"] if one["id"] == "nightly"] == [
        "Degraded"
    ]


def test_with_compile_a_saved_phrase_reaches_the_scheduler(project: Project) -> None:
    project.write(EVERY_SECOND)
    serving(project, "--compile")
    project.write(EVERY_SECOND.replace("every day at 3am", "every second"))
    until(lambda: succeeded(project, "nightly"))
    project.daemons[0].terminate()
    assert project.daemons[0].wait(60) == 0


def test_the_compiler_beside_a_killed_daemon_ends_too(project: Project) -> None:
    project.write(EVERY_SECOND)
    serving(project, "--compile")
    mark = f"--parent\0{project.daemons[0].pid}".encode()
    project.daemons[0].kill()
    project.daemons[0].wait()
    until(lambda: not [pid for pid in Path("/proc").iterdir() if pid.name.isdigit() and mark in _command_line(pid)])


def _command_line(pid: Path) -> bytes:
    try:
        return (pid / "cmdline").read_bytes()
    except OSError:
        return b""


def test_killed_in_the_middle_of_a_run_it_comes_back_and_says_interrupted(project: Project) -> None:
    project.write(EVERY_SECOND.replace("run: [echo, tick]", "run: [sleep, '2']"))
    project.ok("compile")
    serving(project)
    until(lambda: [run for run in runs(project, "tick") if run["state"] == "running"])
    project.daemons[0].kill()
    project.daemons[0].wait()
    serving(project)
    until(lambda: [run for run in runs(project, "tick") if run["state"] == "interrupted"])
    due = [run["scheduled_at"] for run in runs(project, "tick") if run["trigger"] == "schedule"]
    assert len(due) == len(set(due))


def test_a_state_directory_that_cannot_be_written_is_a_store_failure(ticking: Project) -> None:
    (ticking.root / "state").write_text("not a directory")
    for arguments in ([], ["serve"], ["pause", "tick"]):
        result = ticking.run("--state", "state", *arguments)
        assert result.code == 6, result.err
        assert "state" in result.err
