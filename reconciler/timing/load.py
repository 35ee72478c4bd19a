"""How much a timing fires in the coming week: how often, and in which of its minutes."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from reconciler.model import Timing
from reconciler.timing.counting import due_seconds

WEEK = timedelta(days=7)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Load:
    """*runs* in the seven days from a start on; *minutes* are those, counted from the start, in which any begin."""

    runs: int
    minutes: array[int] = field(default_factory=lambda: array("H"))


@lru_cache(maxsize=16384)
def week_load(timing: Timing, start: datetime) -> Load:
    """Return the load of *timing* in the seven days from *start* (aware, a whole minute) on."""
    first = int(start.timestamp())
    due = list(due_seconds(timing, start - _TICK, start + WEEK - _TICK))
    return Load(len(due), array("H", sorted({(second - first) // 60 for second in due})))
