"""Ending processes: ask each once, kill what stays, and say who it was."""

from __future__ import annotations

import asyncio
import signal as signals
import time
from collections.abc import Callable, Sequence

from reconciler.engine.processes import Process, send

_UNKILLABLE = 2.0  # seconds that a process gets to vanish after SIGKILL
_FIRST_LOOK = 0.005
_LONGEST_LOOK = 0.05
_MOST_NAMED = 8


class Ending:
    """Ends what *find* finds: asks each process once, and kills what is left; *named* are those it had to end."""

    def __init__(self, find: Callable[[], list[Process]]) -> None:
        self._find = find
        self.asked: set[tuple[int, int]] = set()
        self.named: dict[tuple[int, int], Process] = {}

    async def end(self, grace: float) -> list[Process]:
        """Return what still lives some time after SIGKILL."""
        kill_at = time.monotonic() + grace
        pause = _FIRST_LOOK
        while found := self._find():
            now = time.monotonic()
            if now > kill_at + _UNKILLABLE:
                return found
            self.signal(found, signals.SIGTERM if now < kill_at else signals.SIGKILL)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK)
        return []

    def signal(self, processes: Sequence[Process], signal: signals.Signals) -> None:
        """Send *signal*, a SIGTERM only to those that had none."""
        for process in processes:
            if signal is signals.SIGTERM and process.key in self.asked:
                continue
            self.asked.add(process.key)
            self.named[process.key] = process
            send(process, signal)


def told(ended: Sequence[Process], survivors: Sequence[Process]) -> str | None:
    """Return who was *ended*, and who of them survived it, as one line; None if there is nothing to tell. Pure."""
    alive = {process.key for process in survivors}
    gone = [process for process in ended if process.key not in alive]
    parts = []
    if gone:
        parts.append(f"ended {_count(gone)} it left behind: {_names(gone)}")
    if survivors:
        parts.append(f"could not end {_count(survivors)} it left behind: {_names(survivors)}")
    return "; ".join(parts) or None


def _count(processes: Sequence[Process]) -> str:
    return "1 process" if len(processes) == 1 else f"{len(processes)} processes"


def _names(processes: Sequence[Process]) -> str:
    shown = ", ".join(map(str, processes[:_MOST_NAMED]))
    more = len(processes) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
