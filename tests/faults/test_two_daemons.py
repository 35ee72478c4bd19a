"""Two daemons on one state, two compilers, two reconcilers: one of them works, and the other says so or waits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import lockfile
from reconciler.engine.lease import FILENAME
from tests.cli.conftest import until
from tests.faults.world import NOTE, Faulty, assert_accounted, needs_strace

BY_WHOM = f"""\
timezone: UTC
schedules:
  tick:
    when: every second
    run: [sh, -c, '{NOTE}; echo $PPID $RECONCILE_SCHEDULED_AT >> launched']
  again:
    when: every second
    run: [sh, -c, '{NOTE}; echo $PPID $RECONCILE_SCHEDULED_AT >> launched; exit 1']
    retries: {{attempts: 2, backoff: 300ms}}
"""


def launched(project: Faulty, by: int) -> list[str]:
    """Return what the daemon with that pid started, by its processes' own account."""
    path = project.root / "launched"
    lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return [at for pid, at in lines if int(pid) == by]


def test_a_stopped_daemon_whose_lease_another_took_launches_nothing_when_it_is_continued(project: Faulty) -> None:
    project.hold(BY_WHOM)
    first = project.serving("--grace", "2s")
    until(lambda: launched(project, first.pid), 60)
    refused = project.run("serve")
    assert refused.code == 8
    assert f"by the daemon with pid {first.pid}" in refused.err
    first.send_signal(signal.SIGSTOP)
    (project.state / FILENAME).unlink()
    second = project.serving("--grace", "2s")
    until(lambda: len(launched(project, second.pid)) > 3, 60)
    before = launched(project, first.pid)
    first.send_signal(signal.SIGCONT)
    assert first.wait(60) == 6
    assert launched(project, first.pid) == before
    assert f"{FILENAME}: removed or replaced" in project.daemon_log(0)
    assert second.poll() is None
    second.terminate()
    assert second.wait(60) == 0
    assert_accounted(project, "two daemons")
    assert "Traceback" not in project.daemon_log(0) + project.daemon_log(1)


@needs_strace
@pytest.mark.parametrize("arguments", [("serve",), ("compile",)], ids=lambda found: found[0])
def test_where_the_file_system_has_no_locks_it_says_so_and_starts_nothing(
    project: Faulty, arguments: tuple[str, ...]
) -> None:
    project.write(BY_WHOM)
    project.ok("compile")
    project.write(BY_WHOM.replace("exit 1", "exit 2"))
    before = project.lock.read_bytes()
    done = project.under(["flock:error=EOPNOTSUPP"], *arguments)
    assert done.returncode == 6, done.stderr
    assert "Operation not supported" in done.stderr
    assert "a file system with locks" in done.stderr
    assert "Traceback" not in done.stderr
    assert project.lock.read_bytes() == before
    assert not (project.root / "launched").exists()


def together(project: Faulty, scripts: list[str]) -> list[subprocess.CompletedProcess[str]]:
    """Run shell *scripts* at the same time, `$RECONCILE` being the program, and return how they ended."""
    environment = {**os.environ, "RECONCILE": f"{sys.executable} -m reconciler"}
    running = [
        subprocess.Popen(
            ["sh", "-c", script],
            cwd=project.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for script in scripts
    ]
    outputs = [one.communicate(timeout=120) for one in running]
    return [
        subprocess.CompletedProcess(one.args, one.returncode, *output)
        for one, output in zip(running, outputs, strict=True)
    ]


@pytest.mark.nightly
def test_twenty_compilers_at_once_end_where_one_after_the_other_would(project: Faulty) -> None:
    def file(number: int) -> str:
        # every second one has the same phrase, under an id of its own
        hour = number % 12 + 1 if number % 2 else 7
        return f"timezone: UTC\\nschedules: {{job-{number:02}: {{when: every day at {hour}am, run: [echo]}}}}\\n"

    (project.root / "schedules").mkdir()
    done = together(
        project, [f"printf '{file(number)}' > schedules/{number:02}.yaml && $RECONCILE compile" for number in range(20)]
    )
    # a neighbour's file may be read while it is being written, which is refused; its own compile comes after
    assert {one.returncode for one in done} <= {0, 3}, [one.stderr for one in done]
    found = project.lock.read_bytes()
    assert [f"job-{number:02}" for number in range(20)] == list(lockfile.read(project.lock).entries)
    project.lock.unlink()
    project.ok("compile")
    assert project.lock.read_bytes() == found
    assert not list(Path(project.lock.parent).glob("*.tmp"))


def test_several_reconcilers_at_once_apply_a_plan_once(project: Faulty) -> None:
    project.write(BY_WHOM)
    project.ok("compile")
    done = together(project, ["$RECONCILE"] * 4)
    assert 0 in {one.returncode for one in done}
    for one in done:
        assert one.returncode in (0, 6), one.stderr
        assert one.returncode == 0 or "plan again" in one.stderr
        assert "Traceback" not in one.stderr
    assert [revision.summary for revision in project.engine.revisions()] == ["2 create"]
    assert project.engine.observe().jobs.keys() == {"tick", "again"}
