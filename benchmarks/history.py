"""`reconcile status` with a million runs in the ledger, against the same jobs without any.

Run `python -m benchmarks.history [RUNS [JOBS]]` (1,000,000 runs of 100 jobs unless given). Prints the median
of seven processes, and what pruning to 5,000 runs a job takes.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler import lockfile
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.ledger import open_ledger, transaction
from reconciler.engine.ledger_schema import to_micros
from reconciler.engine.pruning import Pruner
from reconciler.engine.roster import Roster
from reconciler.engine.writer import Writer
from reconciler.model import Action, Change, Evidence, Lock, LockEntry, Reason, RunSpec, Timing
from reconciler.timing import cron_fields, english

_MINUTE = timedelta(minutes=1)


def project(root: Path, jobs: int) -> Path:
    """Make a project with a lockfile of so many minutely jobs, all of them applied."""
    timing = Timing("UTC", (cron_fields({"hour": "*", "minute": "*"}),))
    entries = {
        id: LockEntry(
            id, ("every minute",), english(timing), timing, Evidence.GRAMMAR, "grammar", RunSpec(("true",)), "a"
        )
        for id in (f"job-{number}" for number in range(jobs))
    }
    (root / "schedules").mkdir(parents=True)
    (root / "schedules" / "schedules.lock").write_text(lockfile.dumps(Lock(entries)))
    engine = EmbeddedEngine(root / ".reconcile")
    engine.apply([Change(Action.CREATE, id, Reason.ADDED, None, entry) for id, entry in entries.items()], "benchmark")
    return root


def fill(root: Path, runs: int, jobs: int) -> None:
    """Give each job its share of the runs, a minute apart, up to now."""
    now = datetime.now(UTC)
    with closing(open_ledger(root / ".reconcile")) as connection, transaction(connection):
        for number in range(jobs):
            share = (to_micros(now - _MINUTE * back) for back in range(runs // jobs))
            connection.executemany(
                "INSERT INTO runs (job_id, origin, scheduled_at, state, attempts, exit_code, started_at, finished_at)"
                " VALUES (?, 'schedule', ?, 'succeeded', 1, 0, ?, ?)",
                ((f"job-{number}", at, at, at) for at in share),
            )


def status(root: Path) -> float:
    """Return the median seconds of `reconcile status`, the process included."""
    took = []
    for _ in range(7):
        start = time.perf_counter()
        argv = [sys.executable, "-m", "reconciler", "-C", str(root), "status"]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - start)
    return statistics.median(took)


async def prune(root: Path) -> tuple[int, float]:
    """Return how many runs exceeded the default history, and the seconds it took to delete them."""
    writer, roster = Writer(root / ".reconcile"), Roster()
    await writer.open()
    await writer.read(roster.load)
    start = time.perf_counter()
    gone = await Pruner(writer, roster, lambda: datetime.now(UTC)).prune()
    took = time.perf_counter() - start
    await writer.close()
    return gone, took


def main(runs: int, jobs: int) -> None:
    """Print the two medians and their ratio."""
    with tempfile.TemporaryDirectory() as directory:
        empty, full = project(Path(directory) / "empty", jobs), project(Path(directory) / "full", jobs)
        fill(full, runs, jobs)
        without, with_runs = status(empty), status(full)
        print(f"status of {jobs:,} jobs, no runs     {without * 1000:8.0f} ms")
        print(f"status of {jobs:,} jobs, {runs:,} runs {with_runs * 1000:5.0f} ms  ({with_runs / without:.2f}x)")
        gone, took = asyncio.run(prune(full))
        print(f"pruned {gone:,} runs in {took:.1f} s")


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(*given, *(1_000_000, 100)[len(given) :])
