"""What the runs of a daemon that was killed left behind, found by the mark in their environment."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from reconciler.engine.ending import Ending, told
from reconciler.engine.process_tree import FAMILY
from reconciler.engine.processes import Process, ancestors, every_pid, marker_of, of_own_user, read


def installation_id(state_dir: Path) -> str:
    """Return what tells the jobs of the existing *state_dir* from those of every other: 16 hex digits.

    The inode is in it because another container may have a directory of the same name.
    """
    found = state_dir.stat()
    return hashlib.sha256(f"{state_dir.resolve()}\0{found.st_dev}\0{found.st_ino}".encode()).hexdigest()[:16]


async def end_leftovers(installation: str, grace: timedelta) -> dict[int, str]:
    """End the processes that runs of a daemon which is gone left behind; return what was ended, as text by run id.

    They are known by the mark in their environment, and only those of our own user are looked at. The caller
    holds the lease of the installation. A process without a mark, or one whose environment was wiped, is not found.
    """
    assert installation  # without one, runs that nobody marked would do
    spared = set(ancestors(os.getpid()))
    runs: dict[tuple[int, int], int] = {}

    def find() -> list[Process]:
        found = [*_marked(installation, spared)]
        runs.update((process.key, run) for process, run in found)
        return [process for process, _ in found]

    ending = Ending(find)
    survivors = await ending.end(grace.total_seconds())
    texts: dict[int, str] = {}
    for run in sorted(set(runs.values())):
        named = [process for key, process in ending.named.items() if runs[key] == run]
        text = told(named, [process for process in survivors if runs[process.key] == run])
        if text is not None:
            texts[run] = text
    return texts


def _marked(installation: str, spared: set[int]) -> Iterator[tuple[Process, int]]:
    for pid in every_pid():
        marker = marker_of(pid) if pid not in spared and of_own_user(pid) else None
        if marker is None or marker.installation != installation or FAMILY.has_run(marker):
            continue
        process = read(pid)
        if process is not None and not process.zombie and marker.run.isdecimal():
            yield process, int(marker.run)
