"""How long the command line takes: start-up against bare Python and click, and 10,000 schedules end to end.

Prints wall seconds, the median of several runs where a run is short, and the ratio to the peer named.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from make_schedules import write

COUNT = 10_000
RECONCILE = [sys.executable, "-m", "reconciler"]


def seconds(argv: list[str], *, cwd: Path | None = None, expect: int = 0) -> float:
    start = time.perf_counter()
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if done.returncode != expect:
        sys.exit(f"{argv} exited {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return took


def median(argv: list[str], runs: int = 11) -> float:
    seconds(argv)  # byte code is compiled once
    return statistics.median(seconds(argv) for _ in range(runs))


def start_up() -> None:
    bare = median([sys.executable, "-c", "pass"])
    click = median([sys.executable, "-c", "import click"])
    print(f"{'start-up':<44}{'ms':>8}  {'x python':>9}  {'x click':>8}")
    for name, argv in (
        ("python -c pass", [sys.executable, "-c", "pass"]),
        ("python -c 'import click'", [sys.executable, "-c", "import click"]),
        ("reconcile --help", [*RECONCILE, "--help"]),
        ("reconcile --version", [*RECONCILE, "--version"]),
        ("reconcile explain 'every weekday at 9am'", [*RECONCILE, "explain", "every weekday at 9am"]),
    ):
        took = median(argv)
        print(f"{name:<44}{took * 1000:>8.0f}  {took / bare:>9.1f}  {took / click:>8.1f}")


def ten_thousand() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, COUNT)
        print(f"\n{COUNT:,} schedules{'':<27}{'s':>8}")
        steps = [
            ("compile, cold, offline", ["compile", "--no-model"]),
            ("compile, nothing changed", ["compile", "--no-model"]),
            ("compile --check, nothing changed", ["compile", "--check"]),
            ("--dry-run, all to create", ["--dry-run"]),
            ("reconcile, all created", []),
            ("--dry-run, nothing to do", ["--dry-run"]),
            ("status", ["status"]),
        ]
        for name, arguments in steps:
            print(f"{name:<44}{seconds([*RECONCILE, '-C', folder, *arguments]):>8.2f}", flush=True)
        part = root / "schedules" / "part-000.yaml"
        part.write_text(part.read_text().replace("when: every weekday at 12:00am", "when: every weekday at 12:01am", 1))
        for name, arguments in [
            ("compile, one phrase changed", ["compile", "--no-model"]),
            ("reconcile, one changed", []),
        ]:
            print(f"{name:<44}{seconds([*RECONCILE, '-C', folder, *arguments]):>8.2f}", flush=True)


if __name__ == "__main__":
    start_up()
    ten_thousand()
