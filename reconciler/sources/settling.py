"""Waiting for a lull in a burst of changes, so that one look serves them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

LULL = 0.1
"""Seconds without a change after which a file is believed: one save is several events."""
LONG_LULL = 0.5
"""The same, where something is gone or not all there any more: it may be in the middle of being written."""
LONGEST_LULL = 5.0
PATIENCE = 20.0
"""Seconds after which somebody looks although the changes go on."""
_CALM = 3.0  # seconds after a storm in which what comes still belongs to it
_PART = 4

Outlines: TypeAlias = Mapping[str, tuple[int, int, int]]


class Settling:
    """Tells when the files that *look* outlines (inode, size, time by name) have come to rest.

    A save is over in an instant; a storm, such as a checkout, pauses now and then, so the longer one goes on, the
    longer it has to be silent.
    """

    def __init__(
        self,
        look: Callable[[], Outlines],
        *,
        pause: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._pause = pause
        self._now = now
        self._rested: Outlines = {}
        self._storm: tuple[float, float] | None = None  # when it began, and when it was seen last

    def wait(self) -> None:
        """Return when nothing has changed for a lull, or at the latest after PATIENCE and one lull more."""
        began = self._now()
        before = self._look()
        while before != self._rested:
            self._pause(self._lull(before))
            found = self._look()
            if found == before or self._now() - began > PATIENCE:
                self._rested = found
            else:
                self._note_storm(began)
            before = found

    def rest(self, suffixes: tuple[str, ...]) -> None:
        """Take the files that end in one of *suffixes* as they are now: the caller wrote them."""
        own = {name: outline for name, outline in self._look().items() if name.endswith(suffixes)}
        self._rested = {**self._rested, **own}

    def _note_storm(self, began: float) -> None:
        now = self._now()
        goes_on = self._storm is not None and now - self._storm[1] < _CALM
        self._storm = (self._storm[0] if goes_on and self._storm is not None else began, now)

    def _lull(self, found: Outlines) -> float:
        lull = LONG_LULL if _less(self._rested, found) else LULL
        if self._storm is None or self._now() - self._storm[1] >= _CALM:
            return lull
        began, seen = self._storm
        return min(max(lull, (seen - began) / _PART), LONGEST_LULL)


def _less(before: Outlines, found: Outlines) -> bool:
    return any(name not in found or found[name][1] < size for name, (_, size, _) in before.items())
