"""Whether every due time is accounted for by exactly one run: the history checker. Pure.

It knows nothing of how the engine got there: from what each job was due by, and from when on, it works out
the due times once more and holds the rows of the runs against them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reconciler.model import Run, RunState, Timing
from reconciler.timing import count_fires, next_fire

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Span:
    """A job was due by *timing* after *since* and up to *until* (aware UTC)."""

    since: datetime
    until: datetime
    timing: Timing


@dataclass(frozen=True, slots=True)
class Finding:
    """A due time without a run (*silent*), or a run, *doubled*, that no due time of the job asks for."""

    job_id: str
    at: datetime
    silent: bool


@dataclass(slots=True)
class Audit:
    """How the due times ended, by run state, and what is wrong: how much of it, and the first of it by name."""

    accounted: int = 0
    states: Counter[RunState] = field(default_factory=Counter)
    silent: int = 0
    doubled: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether every due time has exactly one run."""
        return not (self.silent or self.doubled)

    def found(self, job_id: str, at: datetime, *, silent: bool, count: int = 1) -> None:
        """Add *count* due times without a run, or runs too many, the first of them at *at*."""
        if silent:
            self.silent += count
        else:
            self.doubled += count
        if len(self.findings) < _MOST_NAMED:
            self.findings.append(Finding(job_id, at, silent))


def check_job(audit: Audit, job_id: str, spans: Sequence[Span], rows: Iterable[Run]) -> None:
    """Add to *audit* what became of the due times of one job; *rows* are its scheduled runs by due time."""
    account = _Account(audit, job_id, rows)
    for span in spans:
        due = next_fire(span.timing, span.since)
        while due is not None and due <= span.until:
            account.due(due)
            # what one row stands for is counted: a year of downtime of a job due each second has one
            covered = min(account.covered_until or due, span.until)
            if covered > due:
                account.more(count_fires(span.timing, due, covered))
            due = next_fire(span.timing, covered)
    account.end()


class _Account:
    """The rows of one job, read alongside its due times."""

    def __init__(self, audit: Audit, job_id: str, rows: Iterable[Run]) -> None:
        self._audit = audit
        self._id = job_id
        self._rows = iter(rows)
        self._row = next(self._rows, None)
        self._many: Run | None = None
        self._left = 0

    def due(self, at: datetime) -> None:
        """Find the one row that stands for the due time *at*."""
        while self._row is not None and self._row.scheduled_at < at:
            self._too_many()
        self._close(at)
        if self._row is not None and self._row.scheduled_at == at:
            self._take(self._row)
        elif self._many is not None and self._left:
            self._left -= 1
        else:
            self._audit.found(self._id, at, silent=True)

    @property
    def covered_until(self) -> datetime | None:
        """Up to when a row for many due times is the only one there is, if there is such a row."""
        if self._many is None or self._many.last_scheduled_at is None:
            return None
        last = self._many.last_scheduled_at
        return last if self._row is None else min(last, self._row.scheduled_at - timedelta(microseconds=1))

    def more(self, count: int) -> None:
        """Let the row for many due times stand for *count* more of them."""
        assert self._many is not None
        self._left -= count
        if self._left < 0:
            self._audit.found(self._id, self._many.scheduled_at, silent=True, count=-self._left)
            self._left = 0

    def end(self) -> None:
        """Say what is left over after the last due time."""
        while self._row is not None:
            self._too_many()
        self._close(None)

    def _take(self, row: Run) -> None:
        self._audit.accounted += row.count
        self._audit.states[row.state] += row.count
        if row.count > 1:
            self._many, self._left = row, row.count - 1
        self._row = next(self._rows, None)

    def _too_many(self) -> None:
        assert self._row is not None
        self._audit.found(self._id, self._row.scheduled_at, silent=False, count=self._row.count)
        self._row = next(self._rows, None)

    def _close(self, at: datetime | None) -> None:
        """End a row that stands for many due times where *at* is beyond it; what it claims must have been due."""
        many = self._many
        if many is None or (at is not None and many.last_scheduled_at is not None and at <= many.last_scheduled_at):
            return
        if self._left:
            self._audit.found(self._id, many.scheduled_at, silent=False, count=self._left)
        self._many, self._left = None, 0
