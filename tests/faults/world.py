"""A project under faults: real processes, faults at named system calls, and what must hold after each of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.engine.auditing import audit_ledger
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.model import MissReason, Run, RunState
from tests.cli.conftest import Project, until

NOTE = 'echo "$RECONCILE_JOB_ID $RECONCILE_SCHEDULED_AT $RECONCILE_RUN_ID $$" >> started'
"""What a job does first: one line in one write at the end of a file, which nobody else writes."""

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@dataclass(frozen=True)
class Start:
    """A process that a job says it was: what an engine that forgets it cannot deny."""

    job_id: str
    scheduled_at: str
    run_id: int
    pid: int


def tracing(*faults: str, only: Path | None = None) -> list[str]:
    """Return the command prefix that does *faults* (strace's `inject=`) to a process and its threads.

    Each thread counts its calls by itself; where *only* is given, those on that file, which has to be there.
    The process stays our child (`-D`), its own exit status included.
    """
    # With --seccomp-bpf only the calls that matter are slow, but a signal is then not delivered at all.
    quick = [] if any("signal=" in fault for fault in faults) else ["--seccomp-bpf"]
    calls = ",".join(fault.split(":", 1)[0] for fault in faults)
    injected = [part for fault in faults for part in ("-e", f"inject={fault}")]
    if only is not None:
        injected += ["-P", str(only)]
    return ["strace", "-D", "-f", *quick, "-qq", "-o", os.devnull, "-e", f"trace={calls}", *injected]


class Faulty(Project):
    """A project whose commands and daemons can be started under faults."""

    @property
    def state(self) -> Path:
        return self.root / ".reconcile"

    @property
    def engine(self) -> EmbeddedEngine:
        return EmbeddedEngine(self.state)

    def runs(self, job_id: str | None = None) -> list[Run]:
        return self.engine.runs(job_id, limit=100_000)

    def states(self, job_id: str | None = None) -> Counter[RunState]:
        return Counter(run.state for run in self.runs(job_id))

    def hold(self, yaml: str) -> None:
        """Compile and apply *yaml*, so that the daemons to come begin with jobs and not with a plan."""
        self.write(yaml)
        self.ok("compile")
        self.ok()

    def killed(self, fault: str, *arguments: str) -> bool:
        """Run a command to its end under *fault*; return whether that killed it."""
        code = self.under([fault], *arguments).returncode
        assert code in (0, -signal.SIGKILL), f"{fault}: exit {code}"
        return code != 0

    def under(self, faults: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end under *faults*."""
        return subprocess.run(
            [*tracing(*faults), sys.executable, "-m", "reconciler", *arguments],
            cwd=self.root,
            env=self._environment({}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def serve_under(self, faults: list[str], *arguments: str, only: Path | None = None) -> subprocess.Popen[str]:
        """Start a daemon under *faults*, where *only* is given those of that file."""
        with (self.root / f"daemon-{len(self.daemons)}.log").open("w") as log:
            daemon = subprocess.Popen(
                [*tracing(*faults, only=only), sys.executable, "-m", "reconciler", "serve", *arguments],
                cwd=self.root,
                env=self._environment({}),
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.daemons.append(daemon)
        return daemon

    def serving(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a daemon without faults and return when it is in sync."""
        daemon = self.serve(*arguments)
        until(lambda: "Synced" in self.daemon_log())
        return daemon

    def recovered(self, seconds: float = 2.5) -> None:
        """Let a daemon without faults run for *seconds* and end by itself."""
        done = self.run("serve", "--for", f"{int(seconds * 1000)}ms", "--grace", "5s")
        assert done.code == 0, done.err

    def started(self) -> list[Start]:
        """Return the processes that noted that they began."""
        path = self.root / "started"
        lines = path.read_text().splitlines() if path.exists() else []
        parts = [line.split() for line in lines]
        return [Start(job_id, at, int(run_id), int(pid)) for job_id, at, run_id, pid in parts]


def assert_accounted(project: Faulty, fault: str) -> None:
    """Hold the ledger to `0 silent, 0 doubled`, and to what the jobs themselves say was started."""
    audit = audit_ledger(project.state)
    assert audit.clean, f"{fault}: {audit.findings}"
    rows = {run.id: run for run in project.runs()}
    started = project.started()
    assert all(start.run_id in rows for start in started), f"{fault}: a process without a row"
    for id, count in Counter(start.run_id for start in started).items():
        assert count <= rows[id].attempts, f"{fault}: {count} processes in {rows[id]}"
    runs = {start.run_id: (start.job_id, start.scheduled_at) for start in started}
    due = Counter(what for id, what in runs.items() if rows[id].trigger == "schedule")
    twice = [what for what, count in due.items() if count > 1]
    assert not twice, f"{fault}: more than one run started for {twice}"
    seen = {start.run_id for start in started}
    denied = [run for run in rows.values() if run.id in seen and (run.error or "").startswith("could not start")]
    assert not denied, f"{fault}: started, but the ledger says they could not be: {denied}"
    unseen = [run for run in rows.values() if run.state is RunState.SUCCEEDED and run.id not in seen]
    assert not unseen, f"{fault}: succeeded without a process: {unseen}"


def assert_closed(project: Faulty, fault: str) -> None:
    """Hold what a daemon leaves behind that ended by itself: no run open, no process, no file of a torn write."""
    assert_accounted(project, fault)
    left = [run for run in project.runs() if run.state is RunState.RUNNING]
    assert not left, f"{fault}: {left}"
    assert not list(living(project)), f"{fault}: processes are left"
    strays = [path.name for path in project.root.rglob("*.tmp")]
    assert not strays, f"{fault}: {strays}"


def reasons(project: Faulty) -> set[MissReason | None]:
    """Return why due times were missed while there was a daemon."""
    missed = (run for run in project.runs() if run.state is RunState.MISSED)
    return {run.reason for run in missed} - {MissReason.DOWNTIME}


def living(project: Faulty) -> Iterator[int]:
    """Yield the processes of the project's jobs that are there now."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _is_job(entry, project.root.resolve()):
            yield int(entry.name)


def _is_job(process: Path, directory: Path) -> bool:
    try:
        here = (process / "cwd").readlink() == directory
        return here and b"RECONCILE_RUN_ID=" in (process / "environ").read_bytes()
    except OSError:  # it is gone, or not ours
        return False


def died(project: Faulty, daemon: subprocess.Popen[str], seconds: float) -> bool:
    """Return whether *daemon* is killed before it has been in sync for *seconds*, or else while it is told to end."""
    until(lambda: daemon.poll() is not None or "Synced" in project.daemon_log(), 60)
    with suppress(subprocess.TimeoutExpired):
        daemon.wait(seconds)
    daemon.terminate()
    code = daemon.wait(60)
    assert code in (0, -signal.SIGKILL), f"exit {code}"
    return code != 0


def eventually(project: Faulty, state: RunState, job_id: str | None = None, *, more_than: int = 0) -> None:
    """Return when more than *more_than* runs are in *state*."""
    until(lambda: project.states(job_id)[state] > more_than)
