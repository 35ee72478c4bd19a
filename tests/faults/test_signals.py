"""Signals to the daemon: stopped and continued, asked to end, asked twice."""

from __future__ import annotations

import signal
import time

import pytest

from reconciler.model import MissReason, RunState
from tests.cli.conftest import until
from tests.faults.world import NOTE, Faulty, assert_closed, eventually, living, reasons

YAML = f"""\
timezone: UTC
schedules:
  tick:
    when: every second
    run: [sh, -c, '{NOTE}']
  punctual:
    when: every second
    grace: 1s
    catch_up: all
    run: [sh, -c, '{NOTE}']
"""
BUSY = f"""\
timezone: UTC
schedules:
  quick:
    when: every second
    run: [sh, -c, '{NOTE}']
  long:
    when: every second
    run: [sh, -c, '{NOTE}; exec sleep 20']
  deaf:
    when: every second
    run: [sh, -c, 'trap "" TERM INT; {NOTE}; sleep 60 & sleep 60']
"""


@pytest.mark.nightly
def test_a_stopped_and_continued_daemon_accounts_for_the_time_it_stood_still(project: Faulty) -> None:
    project.hold(YAML)
    daemon = project.serving()
    eventually(project, RunState.SUCCEEDED)
    daemon.send_signal(signal.SIGSTOP)
    time.sleep(5)
    before = {job: project.states(job)[RunState.SUCCEEDED] for job in ("tick", "punctual")}
    daemon.send_signal(signal.SIGCONT)
    for job, count in before.items():
        eventually(project, RunState.SUCCEEDED, job, more_than=count + 2)
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert_closed(project, "stopped and continued")
    missed = [run for run in project.runs() if run.state is RunState.MISSED]
    assert len(missed) >= 6  # of ten due times in five seconds, some just before, some just after
    assert reasons(project) == {MissReason.LATE}


def test_asked_to_end_it_gives_what_runs_its_grace_and_leaves_nothing(project: Faulty) -> None:
    project.hold(BUSY)
    daemon = project.serving("--grace", "2s")
    until(lambda: {start.job_id for start in project.started()} == {"quick", "long", "deaf"})
    daemon.terminate()
    began = time.monotonic()
    until(lambda: "stopping" in project.daemon_log())
    started = len(project.started())
    assert daemon.wait(60) == 0
    assert time.monotonic() - began < 2 + 5 + 20  # grace, patience, a slow machine
    assert len(project.started()) <= started + 1  # one may have been on its way
    assert_closed(project, "SIGTERM")
    ended = {job: {run.state for run in project.runs(job)} - {RunState.MISSED} for job in ("long", "deaf")}
    assert ended == {"long": {RunState.INTERRUPTED}, "deaf": {RunState.INTERRUPTED}}
    signals = {run.signal for run in project.runs() if run.state is RunState.INTERRUPTED}
    assert signals == {signal.SIGTERM, signal.SIGKILL}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_twice_it_waits_for_no_grace_and_its_exit_code_says_so(project: Faulty, number: signal.Signals) -> None:
    project.hold(BUSY[: BUSY.index("  deaf:")])
    daemon = project.serving("--grace", "10m")
    until(lambda: "long" in {start.job_id for start in project.started()})
    daemon.send_signal(number)
    time.sleep(0.1)
    daemon.send_signal(number)
    assert daemon.wait(60) == 128 + number
    assert_closed(project, f"{number.name} twice")
    assert project.states("long")[RunState.INTERRUPTED] == 1
    assert "Traceback" not in project.daemon_log()


def test_a_hangup_is_a_hint_to_look_again_and_ends_nothing(project: Faulty) -> None:
    project.hold(BUSY[: BUSY.index("  deaf:")])
    daemon = project.serving("--grace", "100ms")
    until(lambda: list(living(project)))
    project.run("pause", "quick")
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "looking again" in project.daemon_log())
    assert daemon.poll() is None
    daemon.terminate()
    assert daemon.wait(60) == 0
    assert_closed(project, "SIGHUP")
