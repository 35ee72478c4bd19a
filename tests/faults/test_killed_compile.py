"""kill -9 of `reconcile compile` at each of its writes: the lock is the old or the new one, and nothing is left."""

from __future__ import annotations

from itertools import count

import pytest

from tests.faults.world import Faulty, needs_strace

YAML = """\
timezone: UTC
schedules:
  one:
    when: every day at 3am
    run: [echo, one]
"""


@pytest.mark.nightly
@needs_strace
def test_killed_at_any_call_it_leaves_the_old_or_the_new_lock_and_the_next_compile_sweeps_up(project: Faulty) -> None:
    project.write(YAML)
    project.ok("compile")
    old = project.lock.read_bytes()
    project.write(YAML.replace("am\n", "pm\n"))
    project.ok("compile")
    new = project.lock.read_bytes()
    for call in ("write", "fsync", "/^rename"):
        for n in count(1):
            project.lock.write_bytes(old)
            fault = f"compile killed at {call} {n}"
            killed = project.killed(f"{call}:signal=KILL:when={n}", "compile")
            assert project.lock.read_bytes() in ((old, new) if killed else (new,)), fault
            if not killed:
                assert n > 1, f"nothing was killed: `compile` does not call {call}"
                break
            project.ok("compile")
            assert project.lock.read_bytes() == new, fault
            left = sorted(path.name for path in project.lock.parent.iterdir())
            assert left == ["schedules.lock", "schedules.yaml"], fault


@needs_strace
def test_what_a_killed_compile_left_is_swept_also_where_the_lock_is_already_right(project: Faulty) -> None:
    project.write(YAML)
    project.ok("compile")
    project.write(YAML.replace("am\n", "pm\n"))
    assert project.killed("fsync:signal=KILL:when=1", "compile")
    assert list(project.lock.parent.glob(".*.tmp"))
    project.write(YAML)
    project.ok("compile")
    assert not list(project.lock.parent.glob(".*.tmp"))
