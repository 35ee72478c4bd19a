"""Plan and apply: this reconciler, octoDNS with as many records, and APScheduler with all jobs added anew.

Run `python -m benchmarks.reconcile [--sizes N ...] [--patient]`; with 100, 1000, 10000 and 100000, the default, it
takes four minutes, as peers are left out where they take longer unless `--patient`. Each row is a process of its own.
What is timed begins with the files on disk: *first* applies all to nothing, *no-op* finds nothing to do, *one*
applies a single change. octoDNS copies a zone of A records between two YAML providers; APScheduler cannot compare, so
whatever changed, it removes all jobs and adds them again. Then `reconcile serve` with 1,000 schedules: from
saving the lockfile to the scheduler holding the changed job.
The peers need `pip install 'octodns>=1.22,<2' 'sqlalchemy>=2,<3'`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from reconciler import lockfile
from reconciler.model import CronFields, Evidence, Lock, LockEntry, RunSpec, Timing
from reconciler.timing import cron_fields, english

SIZES = (100, 1_000, 10_000, 100_000)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SAVES, WATCHED = 40, 1_000
Steps = dict[str, float]


def kwargs(number: int, shift: int = 0) -> dict[str, str]:
    """Return the cron fields of job *number*: 10,080 different ones, and with *shift* another."""
    minute = number + shift
    return {"day_of_week": DAYS[number % 7], "hour": str(minute // 60 % 24), "minute": str(minute % 60)}


@cache
def timing_of(fields: CronFields) -> tuple[Timing, str]:
    timing = Timing("Europe/Berlin", (fields,))
    return timing, english(timing)


def entry(number: int, shift: int = 0) -> LockEntry:
    timing, means = timing_of(cron_fields(kwargs(number, shift)))
    run = RunSpec(("echo", str(number)))
    source = f"schedules/part-{number // 1000:03}.yaml"
    return LockEntry(f"job-{number:06}", ("then",), means, timing, Evidence.GRAMMAR, "grammar", run, source)


def lock_of(count: int) -> Lock:
    return Lock({one.id: one for one in map(entry, range(count))})


def change_one(lock: Lock, number: int, shift: int = 7) -> Lock:
    changed = entry(number, shift)
    return replace(lock, entries={**lock.entries, changed.id: changed})


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# ---------------------------------------------------------------- the contenders


def ours(root: Path, count: int) -> Steps:
    from reconciler.engine.embedded import EmbeddedEngine
    from reconciler.planning import plan

    path, engine = root / "schedules.lock", EmbeddedEngine(root / ".reconcile")
    parts: dict[str, float] = {}

    def step(expected: int) -> Callable[[], None]:
        def reconcile() -> None:
            desired = lockfile.read(path)
            parts["read"] = time.perf_counter()
            planned = plan(desired, engine.observe())
            parts["plan"] = time.perf_counter()
            assert len(planned.pending) == expected
            assert not any(one.error for one in engine.apply(planned.pending, "benchmark"))

        return reconcile

    def timed(expected: int, name: str) -> Steps:
        start = time.perf_counter()
        took = seconds(step(expected))
        read, planned = parts["read"] - start, parts["plan"] - parts["read"]
        return {name: took, f"{name} read": read, f"{name} plan": planned, f"{name} apply": took - read - planned}

    found = timed(count, "first") | timed(0, "no-op")
    lockfile.write(path, change_one(lock_of(count), count // 2))
    return found | timed(1, "one")


def prepare_ours(root: Path, count: int) -> None:
    lockfile.write(root / "schedules.lock", lock_of(count))


def octodns(root: Path, _count: int) -> Steps:
    from octodns.manager import Manager

    logging.disable(logging.WARNING)
    source = root / "source" / "example.org.yaml"

    def sync() -> None:
        with Path(os.devnull).open("w") as nowhere:
            Manager(str(root / "config.yaml")).sync(dry_run=False, force=True, plan_output_fh=nowhere)

    found = {"first": seconds(sync), "no-op": seconds(sync)}
    source.write_text(source.read_text().replace("192.0.2.1\n", "192.0.2.2\n", 1))
    found["one"] = seconds(sync)
    assert "192.0.2.2\n" in (root / "target" / "example.org.yaml").read_text()
    return found


def prepare_octodns(root: Path, count: int) -> None:
    for folder in ("source", "target"):
        (root / folder).mkdir()
    provider = "{{class: octodns.provider.yaml.YamlProvider, directory: {0}, default_ttl: 3600, enforce_order: false}}"
    (root / "config.yaml").write_text(
        f"providers:\n  source: {provider.format(root / 'source')}\n  target: {provider.format(root / 'target')}\n"
        "zones:\n  example.org.:\n    sources: [source]\n    targets: [target]\n"
    )
    lines = (f"job-{n:06}:\n  ttl: {300 + n % 60}\n  type: A\n  value: 192.0.2.1\n" for n in range(count))
    (root / "source" / "example.org.yaml").write_text("---\n" + "".join(lines))


def apscheduler(_root: Path, count: int, url: str | None = None) -> Steps:
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.cron import CronTrigger

    scheduler = BackgroundScheduler(timezone="Europe/Berlin")
    if url is not None:
        scheduler.add_jobstore("sqlalchemy", url=url)
    scheduler.start(paused=True)

    def add_all() -> None:
        scheduler.remove_all_jobs()
        for number in range(count):
            trigger = CronTrigger(**kwargs(number), timezone="Europe/Berlin")
            scheduler.add_job("benchmarks.reconcile:lock_of", trigger, args=[0], id=f"job-{number:06}")

    found = {"first": seconds(add_all)}
    again = seconds(add_all)
    scheduler.shutdown()
    return found | {"no-op": again, "one": again}


def apscheduler_sqlite(root: Path, count: int) -> Steps:
    return apscheduler(root, count, f"sqlite:///{root}/jobs.sqlite")


def nothing(root: Path, count: int) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Contender:
    """Who: *prepare* writes its files, *run* times it, *needs* is its package, *most* how many take a minute or two."""

    prepare: Callable[[Path, int], None]
    run: Callable[[Path, int], Steps]
    needs: str | None = None
    most: int = sys.maxsize


CONTENDERS = {
    "this reconciler": Contender(prepare_ours, ours),
    "octoDNS, YAML": Contender(prepare_octodns, octodns, "octodns", 10_000),
    "APScheduler, memory": Contender(nothing, apscheduler, most=10_000),
    "APScheduler, SQLite": Contender(nothing, apscheduler_sqlite, "sqlalchemy", 1_000),
}


def child(name: str, root: Path, count: int) -> None:
    """Run one contender, and print its times, and the peak of this process's memory in MB, as JSON."""
    found = CONTENDERS[name].run(root, count)
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps(found | {"memory": int(peak.split()[1]) / 1024}))


def measured(name: str, count: int) -> Steps:
    with tempfile.TemporaryDirectory() as root:
        CONTENDERS[name].prepare(Path(root), count)
        argv = [sys.executable, "-m", "benchmarks.reconcile", "--child", name, root, str(count)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{name}, {count:,}:\n{done.stderr[-2000:]}")
        found: Steps = json.loads(done.stdout.splitlines()[-1])
        return found


def row(name: str, count: int, found: Steps, base: Steps) -> str:
    cells = [f"{found[step]:>9.3f} {'' if found is base else f'x{found[step] / base[step]:.1f}':>7}" for step in STEPS]
    return f"{name:<22}{count:>8,}{''.join(cells)}{found['memory']:>8.0f}"


STEPS = ("first", "no-op", "one")


def table(sizes: list[int], *, patient: bool) -> None:
    head = "".join(f"{step + ', s':>9}{'':>8}" for step in STEPS)
    print(f"{'':<22}{'jobs':>8}{head}{'MB':>8}")
    for count in sizes:
        base: Steps = {}
        for name, contender in CONTENDERS.items():
            if contender.needs and find_spec(contender.needs) is None:
                print(f"{name:<22}{count:>8,}  needs {contender.needs}, see --help")
                continue
            if count > contender.most and not patient:
                print(f"{name:<22}{count:>8,}  takes minutes: --patient")
                continue
            found = measured(name, count)
            base = base or found
            print(row(name, count, found, base), flush=True)
            for step in STEPS if found is base else ():
                parts = ", ".join(f"{part} {found[f'{step} {part}']:.3f}" for part in ("read", "plan", "apply"))
                print(f"  {step}: {parts}")


# ---------------------------------------------------------------- from saving to holding


def from_save_to_held() -> list[float]:
    """Return the seconds of each save, until a daemon says that it holds the changed job."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "schedules").mkdir()
        path, lock = root / "schedules" / "schedules.lock", lock_of(WATCHED)
        lockfile.write(path, lock)
        argv = [sys.executable, "-m", "reconciler", "serve", "--grace", "1s"]
        daemon = subprocess.Popen(argv, cwd=root, stderr=subprocess.PIPE, text=True)
        assert daemon.stderr is not None
        try:
            for line in daemon.stderr:
                if "Synced" in line:
                    break
            took = []
            for number in range(SAVES):
                lock = change_one(lock, number * 7)
                time.sleep(0.3 + number % 5 * 0.1)  # not always at the same point of the daemon's turn
                took.append(_save(path, lock, f"job-{number * 7:06}", daemon.stderr))
        finally:
            daemon.terminate()
            daemon.communicate()
        return took


def _save(path: Path, lock: Lock, id: str, log: Iterable[str]) -> float:
    """Save the lockfile, and return the seconds from the beginning of that to the line that names the job."""
    data = lockfile.dumps(lock).encode()
    start = time.perf_counter()
    lockfile.write_atomically(path, data)
    next(line for line in log if id in line)
    return time.perf_counter() - start


def main() -> None:
    """Print a row for each size and contender, and how soon a save is held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--patient", action="store_true", help="Measure every peer at every size.")
    parser.add_argument("--child", nargs=3, metavar=("NAME", "DIR", "COUNT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        name, root, count = arguments.child
        child(name, Path(root), int(count))
        return
    table(arguments.sizes, patient=arguments.patient)
    took = sorted(from_save_to_held())
    p50, p99 = statistics.median(took) * 1000, took[int(len(took) * 0.99)] * 1000
    print(f"\nfrom save to held, {WATCHED:,} schedules, {SAVES} saves: p50 {p50:.0f} ms, p99 {p99:.0f} ms")


if __name__ == "__main__":
    main()
