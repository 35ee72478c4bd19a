"""Sync and health: is the engine what git says, and are the jobs well? Two questions, two answers.

The names are Argo CD's: sync is `Synced`, `OutOfSync` or `Unknown`; health is `Healthy`, `Progressing`,
`Degraded`, `Suspended`, `Missing` or `Unknown`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reconciler.durations import format_duration
from reconciler.following import KEPT, Followed, Revision, Tombstone
from reconciler.lockfile import instant_text
from reconciler.model import Job, LockEntry, MissReason, Observed, Plan, Run, RunState
from reconciler.review.plan import held_words, pause_words
from reconciler.review.text import Paint, ago, columns, moment, plural, safe
from reconciler.timing import next_unpaused, paused_in_git, start_of

_HEALTH_COLOURS = {
    "Healthy": "green",
    "Progressing": "blue",
    "Degraded": "red",
    "Suspended": "yellow",
    "Missing": "yellow",
    "Unknown": "yellow",
}
_SILENT = timedelta(seconds=60)
_FEW = 5
_WORST_FIRST = ("Degraded", "Missing", "Unknown", "Progressing", "Suspended", "Healthy")


@dataclass(frozen=True, slots=True)
class Daemon:
    """The process that runs the jobs: its pid, if known, since when, and its last sign of life (UTC).

    *store_error* is what it finds wrong with the ledger.
    """

    pid: int | None
    since: datetime | None
    beat: datetime
    store_error: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the ledger remembers beside jobs and runs.

    *turned* is since when each job that ran is as well or ill as it is, *set_aside* the names of broken ledgers.
    *ahead* is how many commits the source has that are not in force, if that can be told.
    """

    followed: Followed = field(default_factory=Followed)
    revisions: Sequence[Revision] = ()
    removed: Sequence[Tombstone] = ()
    turned: Mapping[str, datetime] = field(default_factory=dict)
    set_aside: Sequence[str] = ()
    ahead: int | None = None


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One schedule: whether it is as the lock says, how it is doing, why, and what comes next (UTC)."""

    id: str
    entry: LockEntry
    sync: str
    health: str
    message: str
    next: datetime | None
    last: Run | None
    job: Job | None


@dataclass(frozen=True, slots=True)
class Status:
    """The whole: *message* explains a sync that is not `Synced`, *notes* what is wrong with the daemon or ledger."""

    sync: str
    health: str
    message: str
    daemon: Daemon | None
    jobs: tuple[JobStatus, ...]
    notes: tuple[str, ...] = ()
    record: Record = field(default_factory=Record)


def status_of(
    *,
    entries: Mapping[str, LockEntry] | None,
    planned: Plan | None,
    unreadable: str | None,
    observed: Observed,
    latest: Mapping[str, Run],
    daemon: Daemon | None,
    now: datetime,
    held: str | None = None,
    record: Record = Record(),
) -> Status:
    """Return the status from the lock's *entries* and the plan against them, or from why the lock is *unreadable*.

    *held* says why what is planned waits, if it does.
    """
    pending = {change.id for change in planned.pending} if planned else set()
    shown = dict(entries or {})
    shown |= {id: job.entry for id, job in observed.jobs.items() if id not in shown}
    jobs = tuple(
        _job_status(entry, observed.jobs.get(id), latest.get(id), _sync(id, pending, unreadable), now, daemon)
        for id, entry in sorted(shown.items())
    )
    sync, health, message = _whole_sync(planned, unreadable, held, jobs, daemon)
    if daemon is not None and daemon.store_error:
        health = "Degraded"
    elif daemon is not None and now - daemon.beat > _SILENT and health != "Degraded":
        health = "Unknown"
    return Status(sync, health, message, daemon, jobs, tuple(_notes(daemon, record, now)), record)


def _notes(daemon: Daemon | None, record: Record, now: datetime) -> Iterator[str]:
    if daemon is not None and daemon.store_error:
        yield f"the daemon cannot use its ledger, and starts nothing until it can: {daemon.store_error}"
    if daemon is not None and now - daemon.beat > _SILENT:
        silent = timedelta(seconds=round((now - daemon.beat).total_seconds()))
        yield f"the daemon has shown no sign of life for {format_duration(silent)}"
    yield from _following_notes(record, now)
    for name in record.set_aside:
        yield f"a broken ledger was replaced; the history until then is in {name}, and this note ends with that file"


def _following_notes(record: Record, now: datetime) -> Iterator[str]:
    pin, ready = record.followed.pin, record.followed.conditions.get("SourceReady")
    of_git = record.followed.following is not None and record.followed.following.place.kind == "git"
    if pin is not None and pin.holds(now):
        until = f" until {instant_text(pin.until.replace(microsecond=0))}" if pin.until else ""
        reason = f": {pin.reason}" if pin.reason else ""
        yield f"pinned to {pin.revision[:10]} by {pin.by}{until}{reason}; `reconcile rollback --unpin` ends that"
    if of_git and ready is not None and ready.status == "False" and ready.since is not None:
        yield f"the source cannot be used, since {ago(ready.since, now)}: {ready.message}"
    if record.removed:
        ids = [one.id for one in record.removed]
        more = f" and {len(ids) - _FEW} more" if len(ids) > _FEW else ""
        yield f"no longer in git, and kept for {KEPT.days} days in case they return: {', '.join(ids[:_FEW])}{more}"


def _sync(id: str, pending: set[str], unreadable: str | None) -> str:
    if unreadable:
        return "Unknown"
    return "OutOfSync" if id in pending else "Synced"


def _whole_sync(
    planned: Plan | None, unreadable: str | None, held: str | None, jobs: tuple[JobStatus, ...], daemon: Daemon | None
) -> tuple[str, str, str]:
    health = next((name for name in _WORST_FIRST if any(job.health == name for job in jobs)), "Healthy")
    if daemon is None and health != "Degraded":
        health = "Unknown"
    if unreadable or planned is None:
        return "Unknown", health, f"{unreadable}; the last good state stays"
    if planned.breaches:
        return "OutOfSync", health, f"refused: {planned.breaches[0].message}"
    if planned.pending:
        return "OutOfSync", health, held or _pending(planned)
    return "Synced", health, ""


def _pending(planned: Plan) -> str:
    changes = f"{plural(len(planned.changes), 'change')} to apply" if planned.changes else ""
    drift = f"{plural(len(planned.drift), 'job')} changed outside git" if planned.drift else ""
    return "; ".join(filter(None, (changes, drift)))


def _job_status(
    entry: LockEntry, job: Job | None, last: Run | None, sync: str, now: datetime, daemon: Daemon | None
) -> JobStatus:
    health, message = _health(entry, job, last, now)
    held = entry if job is None else job.entry
    due = None if job is None or _is_paused(job, now) else next_unpaused(held, now)
    if daemon is None and health in ("Healthy", "Progressing"):
        health, message = "Unknown", "no daemon is running"
    return JobStatus(entry.id, held, sync, health, message, due, last, job)


def _is_paused(job: Job, now: datetime) -> bool:
    by_hand = job.pause is not None and (job.pause.until is None or job.pause.until > now)
    return by_hand or (job.entry.paused and job.entry.paused_until is None)


def _health(entry: LockEntry, job: Job | None, last: Run | None, now: datetime) -> tuple[str, str]:
    if job is None:
        return "Missing", "not applied yet"
    if job.pause is not None:
        return "Suspended", pause_words(job.pause)
    if paused_in_git(entry, now):
        return "Suspended", held_words(entry)
    if last is None:
        return "Healthy", "has not run yet"
    match last.state:
        case RunState.WAITING | RunState.RUNNING:
            return "Progressing", last.state.value
        case RunState.SUCCEEDED:
            return "Healthy", "succeeded"
        case RunState.MISSED if last.reason is MissReason.PAUSED:
            return "Healthy", outcome(last)
        case _:
            return "Degraded", outcome(last)


def outcome(run: Run) -> str:
    """Return what became of *run* in a few words: `failed, exit 1`, `missed: overlap`, `timed out`."""
    match run.state:
        case RunState.MISSED:
            times = f" ({run.count:,} times)" if run.count > 1 else ""
            return f"missed: {run.reason}{times}"
        case RunState.FAILED if run.exit_code is None and run.signal is None:
            return run.error or "failed"
        case RunState.FAILED if run.signal:
            return f"failed, signal {run.signal}"
        case RunState.FAILED:
            return f"failed, exit {run.exit_code}"
        case _:
            return run.state.value.replace("_", " ")


def status_text(status: Status, *, now: datetime, paint: Paint) -> str:
    """Return *status* for people: the two answers first, then a line a schedule."""
    sync_colour = {"Synced": "green", "OutOfSync": "yellow"}.get(status.sync, "red")
    head = f"{paint(status.sync, sync_colour, 'bold')} · {paint(status.health, _HEALTH_COLOURS[status.health], 'bold')}"
    head += f" · {plural(len(status.jobs), 'schedule')}"
    if status.daemon:
        since = f", started {ago(status.daemon.since, now)}" if status.daemon.since else ""
        head += f" · daemon {status.daemon.pid or 'running'}{since}"
    else:
        head += " · no daemon is running: `reconcile serve` runs the jobs"
    lines = [head, *_source_lines(status.record, now)]
    lines += [f"  {safe(text)}" for text in (status.message, *status.notes) if text]
    if status.jobs:
        title = [paint(name, "dim") for name in ("SCHEDULE", "SYNC", "HEALTH", "NEXT", "LAST", "OWNER")]
        lines += ["", *columns([title, *(_row(job, now, paint) for job in status.jobs)])]
    return "\n".join(lines) + "\n"


def _source_lines(record: Record, now: datetime) -> Iterator[str]:
    following = record.followed.following
    if following is None or following.place.kind != "git":
        return
    applied = "nothing applied yet"
    if following.applied is not None and following.applied_at is not None:
        applied = f"{following.applied[:10]} applied {ago(following.applied_at, now)}"
    behind = ""
    if following.attempted not in (None, following.applied):
        commits = f", {plural(record.ahead, 'commit')} ahead" if record.ahead else ""
        behind = f", which is at {str(following.attempted)[:10]}{commits}"
    yield f"  {applied} of {safe(str(following.place))}{behind}"


def _row(job: JobStatus, now: datetime, paint: Paint) -> list[str]:
    due = f"{moment(job.next, job.entry.timing.timezone)}, {ago(job.next, now)}{_jitter(job)}" if job.next else "-"
    last = f"{outcome(job.last)}, {ago(job.last.scheduled_at, now)}" if job.last else "-"
    if job.health in ("Suspended", "Missing"):
        last = job.message
    return [
        paint(safe(job.id), "bold"),
        job.sync,
        paint(job.health, _HEALTH_COLOURS[job.health]),
        due,
        safe(last),
        safe(job.entry.owner or "-"),
    ]


def start_at(job: JobStatus) -> datetime | None:
    """Return when the next due time's run starts, jitter included."""
    if job.next is None:
        return None
    return start_of(job.id, job.entry.timing, job.next, job.entry.run.jitter)


def _jitter(job: JobStatus) -> str:
    start = start_at(job)
    if start is None or job.next is None or start == job.next:
        return ""
    return f" (jitter: starts {format_duration(timedelta(seconds=round((start - job.next).total_seconds())))} later)"
