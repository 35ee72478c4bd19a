"""What is owed for a span of time: every due time of a job becomes a run to start or a miss with its reason. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple, Protocol

from reconciler.model import CatchUp, Job, MissReason
from reconciler.timing import (
    count_fires,
    fires,
    last_fire,
    next_fire,
    pause_end,
    paused_in_git,
    start_of,
    start_of_latest,
)

ON_TIME = timedelta(minutes=1)
"""A due time seen within a minute is on time: no catching up is needed to run it."""
ROWS_EACH = 100
"""More misses than this in a row, with one reason, share a row."""
CATCH_UP_MOST = 1000
"""`catch_up: all` runs at the most so many due times of one span, the latest ones."""

_INSTANT = timedelta(microseconds=1)


class Reasons(Protocol):
    """Why a due time was not seen in time."""

    def reason_at(self, due: datetime) -> MissReason:
        """Return why *due* was not."""
        ...

    def runnable(self, due: datetime) -> bool:
        """Return whether *due* may run late, if its job wants that."""
        ...

    def edges(self) -> Iterable[datetime]:
        """Return the instants after which the reason may be another."""
        ...


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
    if paused_in_git(job.entry, instant):
        return True
    pause = job.pause
    return pause is not None and pause.at < instant and (pause.until is None or instant < pause.until)


def next_due(job: Job, after: datetime) -> datetime | None:
    """Return the first due time of *job* after *after* at which it is not paused, or None."""
    due = next_fire(job.entry.timing, after)
    while due is not None and paused_at(job, due):
        end = _end_of_pause(job, due)
        due = None if end is None else next_fire(job.entry.timing, end - _INSTANT)
    return due


def _end_of_pause(job: Job, paused: datetime) -> datetime | None:
    """Return when one of the pauses at *paused* ends, None if it never does."""
    if paused_in_git(job.entry, paused):
        return pause_end(job.entry)
    return job.pause.until if job.pause else None


def account(job: Job, since: datetime, now: datetime, reasons: Reasons) -> tuple[Due, ...]:
    """Return what is owed for the due times of *job* in (*since*, *now*], in order.

    By `catch_up`, and never later than `grace`: `all` runs each; `latest` the last one; `skip` the last
    one if it is on time. The others are missed; *reasons* says why a due time that nobody paused is.
    What is missed is counted, not taken one by one: a year of downtime of a job due each second costs
    no more than its days.
    """
    following = next_fire(job.entry.timing, since)
    if following is None or following > now:
        return ()
    second = next_fire(job.entry.timing, following)
    if second is None or second > now:
        return (_alone(job, following, now, reasons),)
    spans = list(_spans(job, since, now, reasons))
    starting = _to_run(job, spans, now)
    return tuple(_rows(job, _divided(spans, starting), starting))


def _alone(job: Job, due: datetime, now: datetime, reasons: Reasons) -> Due:
    """Return what a single due time owes: what the rest of this module says of many, at a quarter of the cost."""
    late = now - due
    if paused_at(job, due):
        return Due(due, MissReason.PAUSED)
    if not reasons.runnable(due) or late > _grace(job) or (job.entry.run.catch_up is CatchUp.SKIP and late > ON_TIME):
        return Due(due, reasons.reason_at(due))
    return Due(due, starts=_start(job, due))


def _grace(job: Job) -> timedelta:
    """Return how late a run may start; a due time seen at once is in time, however exact the clock is."""
    return max(job.entry.run.grace, timedelta(seconds=1))


class _Span(NamedTuple):
    """The due times after *since* and up to *until*: missed for *reason*, or (None) to be run.

    *runnable*: they may run, if that is not too late.
    """

    since: datetime
    until: datetime
    reason: MissReason | None
    runnable: bool


def _spans(job: Job, since: datetime, now: datetime, reasons: Reasons) -> Iterator[_Span]:
    """Yield spans with one reason each, were nothing of them to run."""
    edges = {now, *reasons.edges()}
    end = pause_end(job.entry)
    if end is not None:
        edges.add(end - _INSTANT)
    if job.pause is not None:
        edges.add(job.pause.at)
        if job.pause.until is not None:
            edges.add(job.pause.until - _INSTANT)
    for edge in sorted(edge for edge in edges if since < edge <= now):
        if paused_at(job, edge):
            yield _Span(since, edge, MissReason.PAUSED, runnable=False)
        else:
            yield _Span(since, edge, reasons.reason_at(edge), reasons.runnable(edge))
        since = edge


def _to_run(job: Job, spans: list[_Span], now: datetime) -> list[datetime]:
    """Return the due times that run, by `catch_up` and within the grace."""
    timing, catch_up = job.entry.timing, job.entry.run.catch_up
    oldest = now - _grace(job) - _INSTANT
    most = CATCH_UP_MOST if catch_up is CatchUp.ALL else 1
    found: list[datetime] = []
    for span in reversed(spans):
        since = max(span.since, oldest)
        if span.runnable and since < span.until and len(found) < most:
            start = start_of_latest(timing, since, span.until, most - len(found))
            found = [*fires(timing, start, span.until), *found]
    if catch_up is CatchUp.SKIP and found and now - found[-1] > ON_TIME:
        return []
    return found


def _divided(spans: list[_Span], starting: list[datetime]) -> Iterator[_Span]:
    """Yield *spans* cut where the due times that run begin; these are the last ones of their span."""
    for span in spans:
        begin = next((at for at in starting if span.since < at <= span.until), None)
        if begin is None:
            yield span
        else:
            yield span._replace(until=begin - _INSTANT)
            yield span._replace(since=begin - _INSTANT, reason=None)


def _rows(job: Job, spans: Iterable[_Span], starting: list[datetime]) -> Iterator[Due]:
    """Yield the rows for *spans*; a long run of misses with one reason shares one."""
    timing = job.entry.timing
    counted = ((span, count_fires(timing, span.since, span.until)) for span in spans)
    for reason, group in groupby((one for one in counted if one[1]), key=lambda one: one[0].reason):
        members = list(group)
        since, until = members[0][0].since, members[-1][0].until
        count = sum(found for _, found in members)
        if reason is None:
            yield from (Due(at, starts=_start(job, at)) for at in starting if since < at <= until)
        # One pause is one row, however long: it is one decision of one person.
        elif count <= (1 if reason is MissReason.PAUSED else ROWS_EACH):
            yield from (Due(at, reason) for at in fires(timing, since, until))
        else:
            first = next_fire(timing, since)
            assert first is not None
            yield Due(first, reason, count=count, last=last_fire(timing, since, until))


def _start(job: Job, due: datetime) -> datetime | None:
    jitter = job.entry.run.jitter
    return start_of(job.id, job.entry.timing, due, jitter) if jitter else None
