"""Why a due time was not seen in time: the spans in which nobody could look."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from reconciler.model import MissReason

_REMEMBERED = 100
_INSTANT = timedelta(microseconds=1)


class Gaps:
    """Spans of wall time with a reason: before the start, across a step of the clock, while the store failed."""

    def __init__(self, started: datetime) -> None:
        self._started = started
        self._spans: deque[tuple[datetime, datetime, MissReason]] = deque(maxlen=_REMEMBERED)
        self._corrected: deque[tuple[datetime, datetime]] = deque(maxlen=_REMEMBERED)
        self._open: tuple[datetime, MissReason] | None = None

    def add(self, start: datetime, end: datetime, reason: MissReason) -> None:
        """Remember that nobody could look from *start* to *end*."""
        self._spans.append((start, end, reason))

    def correct(self, start: datetime, end: datetime) -> None:
        """Remember that the clock was wrong and put right from *start* to *end*: nothing was due in between."""
        self.add(start, end, MissReason.CLOCK)
        self._corrected.append((start, end))

    def begin(self, start: datetime, reason: MissReason) -> None:
        """Remember that nobody can look since *start*, until `end`; a span already begun goes on."""
        self._open = self._open or (start, reason)

    def end(self, now: datetime) -> None:
        """Remember that one can look again."""
        if self._open is not None:
            self.add(self._open[0], now, self._open[1])
            self._open = None

    def edges(self) -> Iterator[datetime]:
        """Yield the instants after which `reason_at` may give another answer."""
        yield self._started
        for start, end, _ in tuple(self._spans):  # read in the ledger's thread
            yield start - _INSTANT
            yield end
        if self._open is not None:
            yield self._open[0] - _INSTANT

    def runnable(self, due: datetime) -> bool:
        """Return whether *due* may run late, if its job wants that."""
        return not any(start < due <= end for start, end in tuple(self._corrected))

    def reason_at(self, due: datetime) -> MissReason:
        """Return why *due* was not seen in time: `late` if we were there and only slow."""
        if due <= self._started:
            return MissReason.DOWNTIME
        if self._open is not None and due >= self._open[0]:
            return self._open[1]
        return next((reason for start, end, reason in tuple(self._spans) if start <= due <= end), MissReason.LATE)
