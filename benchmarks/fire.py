"""Many jobs due in one second: this engine, stock APScheduler in memory, and stock APScheduler on SQLite.

Run `python -m benchmarks.fire [N ...]` (100, 1000 and 10000 unless given). Every job starts `/bin/true`, at most
16 at a time. Lateness is from the due time to the start of the process; lost is what was due and never ran,
whether anybody said so or not. The SQLite row needs SQLAlchemy (`pip install sqlalchemy`).
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.service import EngineService
from reconciler.model import Action, Change, Evidence, LockEntry, Reason, RunSpec, RunState, Timing
from reconciler.timing import cron_fields, english

SLOTS = 16
PROGRAM = "/bin/true"
GIVE_UP = 240.0  # seconds after the due time

starts: list[float] = []
_lock = threading.Lock()


@dataclass(frozen=True)
class Result:
    """Seconds late of each job that ran, seconds until the last one had, and what was recorded of the others."""

    late: list[float]
    took: float
    recorded_missed: int


def job() -> None:
    """Start the program and note when; at module level, so that the SQL store can name it."""
    with _lock:
        starts.append(time.time())
    subprocess.run([PROGRAM], check=True)


def due_in(seconds: float) -> datetime:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)


def clock_fields(due: datetime) -> dict[str, str]:
    return {"month": f"{due:%b}".lower(), "day": str(due.day), "hour": str(due.hour)} | {
        "minute": str(due.minute),
        "second": str(due.second),
    }


def ours(count: int, lead: float) -> Result:
    return asyncio.run(_ours(count, lead))


async def _ours(count: int, lead: float) -> Result:
    with tempfile.TemporaryDirectory() as root:
        state, due = Path(root) / ".reconcile", due_in(lead)
        timing = Timing("UTC", (cron_fields(clock_fields(due)),))
        entries = [
            LockEntry(
                f"job-{n}", ("then",), english(timing), timing, Evidence.GRAMMAR, "grammar", RunSpec((PROGRAM,)), "a"
            )
            for n in range(count)
        ]
        engine = EmbeddedEngine(state)
        engine.apply([Change(Action.CREATE, one.id, Reason.ADDED, None, one) for one in entries], "benchmark")
        service = EngineService(state, Path(root), slots=SLOTS)
        await service.start()
        while (datetime.now(UTC) - due).total_seconds() < GIVE_UP:
            await asyncio.sleep(0.5)
            runs = engine.runs(limit=count + 1)
            if len(runs) >= count and all(run.state.final for run in runs):
                break
        await service.stop(timedelta(seconds=5))
        runs = engine.runs(limit=count + 1)
    late = [(run.started_at - due).total_seconds() for run in runs if run.started_at]
    ended = [run.finished_at for run in runs if run.finished_at]
    took = (max(ended) - due).total_seconds() if ended else 0.0
    return Result(late, took, sum(run.state is RunState.MISSED for run in runs))


def stock(count: int, lead: float, *, url: str | None = None) -> Result:
    """Run stock APScheduler with its defaults but for the size of its pool."""
    starts.clear()
    missed: list[object] = []
    scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(SLOTS)})
    if url is not None:
        scheduler.add_jobstore("sqlalchemy", url=url)
    scheduler.add_listener(missed.append, mask=2**14)  # EVENT_JOB_MISSED
    due = due_in(lead)
    trigger = CronTrigger(**clock_fields(due), timezone="UTC")
    for number in range(count):
        scheduler.add_job("benchmarks.fire:job", trigger, id=f"job-{number}")
    scheduler.start()
    while (datetime.now(UTC) - due).total_seconds() < GIVE_UP and len(starts) + len(missed) < count:
        time.sleep(0.2)
    took = (datetime.now(UTC) - due).total_seconds()
    scheduler.shutdown(wait=True)
    return Result([one - due.timestamp() for one in starts], took, len(missed))


def on_sqlite(count: int, lead: float) -> Result:
    with tempfile.TemporaryDirectory() as root:
        return stock(count, lead, url=f"sqlite:///{root}/jobs.sqlite")


CONTENDERS: dict[str, Callable[[int, float], Result]] = {
    "this engine": ours,
    "apscheduler, memory": stock,
    "apscheduler, sqlite": on_sqlite,
}


def row(name: str, count: int, result: Result) -> str:
    late = sorted(result.late) or [float("nan")]
    p50, p99 = statistics.median(late), late[min(len(late) - 1, int(len(late) * 0.99))]
    lost = count - len(result.late)
    told = f" ({result.recorded_missed:,} of them recorded)" if lost else ""
    rate = len(result.late) / result.took if result.took else 0.0
    return f"{name:<22}{count:>8,}{rate:>12,.0f}{p50:>10.2f}{p99:>10.2f}{lost:>8,}{told}"


def main(counts: list[int]) -> None:
    """Print a row for each contender and number of jobs."""
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    print(f"{'':<22}{'jobs':>8}{'runs/s':>12}{'p50 late':>10}{'p99 late':>10}{'lost':>8}")
    for count in counts:
        for name, contender in CONTENDERS.items():
            if contender is on_sqlite and find_spec("sqlalchemy") is None:
                print(f"{name:<22}{count:>8,}  needs SQLAlchemy: pip install sqlalchemy")
                continue
            # long enough for the jobs to be added before they are due
            print(row(name, count, contender(count, 3 + count / 300)), flush=True)


if __name__ == "__main__":
    from benchmarks import fire

    fire.main([int(one) for one in sys.argv[1:]] or [100, 1000, 10_000])
