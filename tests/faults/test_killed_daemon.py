"""kill -9 of `reconcile serve` at each stage of a run: no due time is lost or doubled, and no run stays open.

Each daemon is the restart of the one killed before it, so every stage is also recovered from.
"""

from __future__ import annotations

from itertools import count

import pytest

from reconciler.model import RunState
from tests.faults.world import NOTE, Faulty, assert_accounted, assert_closed, died, needs_strace

YAML = f"""\
timezone: UTC
schedules:
  quick:
    when: every second
    run: [sh, -c, '{NOTE}']
  slow:
    when: every 2 seconds
    on_overlap: queue
    run: [sh, -c, '{NOTE}; sleep 0.6']
  again:
    when: every 2 seconds
    on_interrupt: rerun
    run: [sh, -c, '{NOTE}; sleep 0.4']
  flaky:
    when: every 3 seconds
    retries: {{attempts: 3, backoff: 500ms}}
    run: [sh, -c, '{NOTE}; exit 1']
"""
SECONDS = 1.0
"""How long a daemon may live in sync before its call counts as not reached."""


@pytest.mark.nightly
@needs_strace
@pytest.mark.parametrize(
    ("call", "stride"),
    [("pwrite64", 17), ("fdatasync", 2), ("/^(vfork|fork|clone3?)$", 2)],
    ids=["pwrite64", "fdatasync", "spawn"],
)
def test_killed_at_any_call_the_daemon_comes_back_to_a_whole_history(project: Faulty, call: str, stride: int) -> None:
    project.hold(YAML)
    for n in count(1, stride):
        daemon = project.serve_under([f"{call}:signal=KILL:when={n}"], "--grace", "5s")
        killed = died(project, daemon, SECONDS)
        assert_accounted(project, f"serve killed at {call} {n}")
        if not killed:
            break
    assert n > 2 * stride, f"hardly anything was killed: serve does not call {call}"
    project.recovered()
    assert_closed(project, f"after serve was killed at {call}")
    assert {run.attempts for job in ("quick", "slow") for run in project.runs(job)} <= {0, 1}, "started again unasked"
    states = project.states()
    assert states[RunState.SUCCEEDED] > 0
    assert states[RunState.WAITING] <= 1  # the flaky one, between two attempts
    assert project.ok("audit").out.endswith("0 silent, 0 doubled\n")
