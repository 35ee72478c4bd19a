"""A real daemon in real time with one random fault after another: `python -m tests.soak [--hours 24] [--seed N]`.

Ends with exit code 1 as soon as the history checker finds a due time that is silent or doubled, or when the
daemon's memory, descriptors or threads grow without end. What the jobs themselves wrote down is held against
the ledger too. Prints a line a minute; the directory stays where something was found.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.engine.auditing import audit_ledger
from reconciler.errors import StoreFailed
from tests.faults.world import NOTE, Faulty, assert_accounted

YAML = f"""\
timezone: Europe/Berlin
schedules:
  quick:
    when: every second
    run: [sh, -c, '{NOTE}']
  slow:
    when: every 7 seconds
    on_overlap: queue
    run: [sh, -c, '{NOTE}; sleep 3']
  flaky:
    when: every 20 seconds
    retries: {{attempts: 3, backoff: 1s}}
    run: [sh, -c, '{NOTE}; exit 1']
  again:
    when: every 30 seconds
    on_interrupt: rerun
    run: [sh, -c, '{NOTE}; sleep 5']
  hanging:
    when: every minute
    timeout: 2s
    run: [sh, -c, 'trap "" TERM; {NOTE}; setsid sleep 600 & sleep 600']
  nightly:
    when: every day at 2:30am
    run: [sh, -c, '{NOTE}']
"""


@dataclass(frozen=True)
class Size:
    """What the daemon takes of the machine."""

    kilobytes: int
    descriptors: int
    threads: int


def size(pid: int) -> Size:
    """Return the size of the process, from /proc."""
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Size(int(status["VmRSS"].split()[0]), descriptors, int(status["Threads"]))


class Soak:
    """A project, its daemon, and what can happen to it."""

    def __init__(self, root: Path, seed: int) -> None:
        self.project = Faulty(root)
        self.chance = random.Random(seed)
        self.happened: Counter[str] = Counter()
        self.sizes: list[Size] = []
        self.project.write(YAML)
        self.project.ok("compile")
        self.daemon = self.project.serving()

    def run(self, until: float, every: float) -> None:
        """Let things happen, *every* so many seconds, until the clock shows *until*."""
        said = 0.0
        while time.time() < until:
            self.live(every)
            fault = self.chance.choice(self.faults())
            self.happened[fault.__name__] += 1
            fault()
            self.check(fault.__name__)
            if time.time() - said >= 60:
                said = time.time()
                self.say()
        self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(60) == 0
        self.check("the end")
        self.say()

    def live(self, seconds: float) -> None:
        time.sleep(seconds * self.chance.uniform(0.5, 1.5))
        self.sizes.append(size(self.daemon.pid))

    def check(self, what: str) -> None:
        for _ in range(5):
            with suppress(StoreFailed):  # an audit at the moment of a write may have to look again
                assert_accounted(self.project, what)
                return
            time.sleep(1)
        assert_accounted(self.project, what)

    def say(self) -> None:
        audit, now = audit_ledger(self.project.state), self.sizes[-1]
        things = ", ".join(f"{count} {name}" for name, count in sorted(self.happened.items()))
        print(
            f"{datetime.now(UTC):%H:%M:%S} {audit.accounted:,} due: {audit.silent} silent, {audit.doubled} doubled"
            f"; {now.kilobytes // 1024} MB, {now.descriptors} descriptors, {now.threads} threads; {things}",
            flush=True,
        )

    # ------------------------------------------------------------ what can happen

    def faults(self) -> list[Callable[[], None]]:
        return [
            self.killed,
            self.ended,
            self.stopped,
            self.locked,
            self.edited,
            self.paused,
            self.asked,
            self.left_alone,
        ]

    def killed(self) -> None:
        self.daemon.kill()
        self.daemon.wait()
        time.sleep(self.chance.choice([0, 0, 3]))
        self.daemon = self.project.serving()

    def ended(self) -> None:
        self.daemon.terminate()
        assert self.daemon.wait(60) == 0
        self.daemon = self.project.serving()

    def stopped(self) -> None:
        self.daemon.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.1, 6))
        self.daemon.send_signal(signal.SIGCONT)

    def locked(self) -> None:
        with closing(sqlite3.connect(self.project.state / "ledger.sqlite3", isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(self.chance.uniform(0.1, 12))

    def edited(self) -> None:
        self.project.write(YAML.replace("2:30am", f"{self.chance.randint(1, 11)}:30am"))
        self.project.ok("compile")

    def paused(self) -> None:
        id = self.chance.choice(["quick", "slow", "flaky"])
        self.project.run("pause", id)
        time.sleep(self.chance.uniform(0, 3))
        self.project.run("resume", id)

    def asked(self) -> None:
        self.project.run("run", "slow")

    def left_alone(self) -> None:
        """Do nothing: most days are like that."""


def grown(sizes: list[Size]) -> str | None:
    """Say what the second half of *sizes* has more of than the first, beyond what a cache may; None if nothing."""
    half = len(sizes) // 2
    early, late = sizes[half // 2 : half], sizes[half + half // 2 :]
    if len(early) < 10:
        return None
    for name, most in (("kilobytes", 1.3), ("descriptors", 1.5), ("threads", 1.5)):
        before, after = (sorted(getattr(one, name) for one in part)[len(part) // 2] for part in (early, late))
        if after > before * most:
            return f"{name} grew from {before} to {after}"
    return None


def main() -> int:
    """Run the soak; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two faults")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"seed {options.seed}, in {root}", flush=True)
    soak = Soak(root, options.seed)
    try:
        soak.run(time.time() + options.hours * 3600, options.every)
    except AssertionError as found:
        print(f"FOUND: {found}", flush=True)
        return 1
    finally:
        if soak.daemon.poll() is None:
            soak.daemon.kill()
            soak.daemon.wait()
    if found_grown := grown(soak.sizes):
        print(f"FOUND: {found_grown}", flush=True)
        return 1
    shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
