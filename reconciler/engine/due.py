"""What is owed for a span of time: every due time of a job becomes a run to start or a miss with its reason. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, groupby, islice
from operator import itemgetter

from reconciler.model import CatchUp, Job, MissReason
from reconciler.timing import fires, next_fire, start_of

ON_TIME = timedelta(minutes=1)
"""A due time seen within a minute is on time: no catching up is needed to run it."""
ROWS_EACH = 100
"""More misses than this in a row, with one reason, share a row."""
CATCH_UP_MOST = 1000
"""`catch_up: all` runs at the most so many due times of one span, the latest ones."""

ReasonAt = Callable[[datetime], MissReason]


@dataclass(frozen=True, slots=True)
class Due:
    """A due time, or with *count* above 1 several up to *last*.

    *missed* says why it does not run; if it does (None), *starts* says from when on (None: at once).
    """

    at: datetime
    missed: MissReason | None = None
    starts: datetime | None = None
    count: int = 1
    last: datetime | None = None


def paused_at(job: Job, instant: datetime) -> bool:
    """Return whether *job* is paused at *instant*, by its lock entry or by hand."""
    if job.entry.paused:
        return True
    pause = job.pause
    return pause is not None and pause.at < instant and (pause.until is None or instant < pause.until)


def next_due(job: Job, after: datetime) -> datetime | None:
    """Return the first due time of *job* after *after* at which it is not paused, or None."""
    due = next_fire(job.entry.timing, after)
    if due is None or not paused_at(job, due):
        return due
    until = job.pause.until if job.pause else None
    if job.entry.paused or until is None:
        return None
    return next_fire(job.entry.timing, until - timedelta(microseconds=1))


def account(job: Job, since: datetime, now: datetime, reason_at: ReasonAt) -> tuple[Due, ...]:
    """Return what is owed for the due times of *job* in (*since*, *now*], in order.

    By `catch_up`, and never later than `grace`: `all` runs each; `latest` the last one; `skip` the last
    one if it is on time. The others are missed; *reason_at* says why a due time that nobody paused is.
    """
    # A due time seen at once is always in time, also with a grace shorter than the clock is exact.
    grace = max(job.entry.run.grace, timedelta(seconds=1))
    too_old = max(since, now - grace - timedelta(microseconds=1))
    recent = list(fires(job.entry.timing, too_old, now))
    able = [at for at in recent if not paused_at(job, at)]
    running = frozenset(able[len(able) - _catch_up(job, able, now) :])

    def missed(at: datetime) -> MissReason | None:
        if at in running:
            return None
        return MissReason.PAUSED if paused_at(job, at) else reason_at(at)

    every = chain(fires(job.entry.timing, since, too_old), recent)
    return tuple(_rows(job, ((missed(at), at) for at in every)))


def _start(job: Job, due: datetime) -> datetime | None:
    jitter = job.entry.run.jitter
    return start_of(job.id, job.entry.timing, due, jitter) if jitter else None


def _catch_up(job: Job, able: list[datetime], now: datetime) -> int:
    """Return how many of *able*, counted from the last, run."""
    match job.entry.run.catch_up:
        case CatchUp.ALL:
            return min(len(able), CATCH_UP_MOST)
        case CatchUp.LATEST:
            return min(len(able), 1)
        case CatchUp.SKIP:
            return 1 if able and now - able[-1] <= ON_TIME else 0


def _rows(job: Job, due: Iterable[tuple[MissReason | None, datetime]]) -> Iterator[Due]:
    """Yield the rows for *due*, holding no more of a long run of misses than gets a row each."""
    for missed, group in groupby(due, key=itemgetter(0)):
        instants = (at for _, at in group)
        if missed is None:
            yield from (Due(at, starts=_start(job, at)) for at in instants)
            continue
        first = list(islice(instants, ROWS_EACH + 1))
        # One pause is one row, however long: it is one decision of one person.
        if len(first) <= (1 if missed is MissReason.PAUSED else ROWS_EACH):
            yield from (Due(at, missed) for at in first)
            continue
        ((count, last),) = deque(enumerate(chain(first, instants), 1), maxlen=1)
        yield Due(first[0], missed, count=count, last=last)
