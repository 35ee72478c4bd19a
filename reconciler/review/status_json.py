"""The status as JSON, enough to build a dashboard on, as `schemas/status.schema.json` explains it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reconciler.following import Condition, Following, Pin, Truth
from reconciler.lockfile import instant_text
from reconciler.model import Json, Pause, Run
from reconciler.review.status import JobStatus, Status, start_at

_WELL: dict[str, Truth] = {"Degraded": "False", "Missing": "False", "Unknown": "Unknown"}
_IN_SYNC: dict[str, Truth] = {"Synced": "True", "OutOfSync": "False"}


def status_json(status: Status) -> dict[str, Json]:
    """Return *status* as the versioned JSON document of `status --json`."""
    return {
        "format_version": "1.0",
        "sync": status.sync,
        "health": status.health,
        "message": status.message,
        "notes": list(status.notes),
        "daemon": None
        if status.daemon is None
        else {
            "pid": status.daemon.pid,
            "since": instant_text(status.daemon.since) if status.daemon.since else None,
            "last_sign_of_life": instant_text(status.daemon.beat),
            "store_error": status.daemon.store_error,
        },
        "source": _source_json(status.record.followed.following, status.record.ahead),
        "pin": _pin_json(status.record.followed.pin),
        "conditions": [_condition_json(one) for one in _conditions(status)],
        "revisions": [
            {
                "number": one.number,
                "at": instant_text(one.at),
                "revision": one.revision,
                "digest": one.digest,
                "summary": one.summary,
            }
            for one in status.record.revisions
        ],
        "removed": [
            {
                "id": one.id,
                "removed_at": instant_text(one.removed_at),
                "kept_until": instant_text(one.until),
                "paused": one.paused,
            }
            for one in status.record.removed
        ],
        "schedules": [_job_json(job, status) for job in status.jobs],
    }


def _source_json(following: Following | None, ahead: int | None) -> Json:
    if following is None:
        return None
    place = following.place
    return {
        "kind": place.kind,
        "where": place.where,
        "branch": place.branch or None,
        "path": place.path or None,
        "last_attempted_revision": following.attempted,
        "last_attempted_at": _instant(following.attempted_at),
        "commits_ahead": ahead,
        "error": following.error,
        "last_applied_revision": following.applied,
        "last_applied_at": _instant(following.applied_at),
    }


def _pin_json(pin: Pin | None) -> Json:
    if pin is None:
        return None
    return {
        "revision": pin.revision,
        "by": pin.by,
        "at": instant_text(pin.at),
        "reason": pin.reason,
        "until": _instant(pin.until),
    }


def _conditions(status: Status) -> Iterator[Condition]:
    """Yield what the daemon found last, and how the whole is doing now."""
    yield from status.record.followed.conditions.values()
    since = [at for job in status.jobs if job.health == status.health and (at := _health_since(job, status))]
    yield _healthy(status.health, status.notes[0] if status.notes else status.message, max(since, default=None))


def _healthy(health: str, message: str, since: datetime | None) -> Condition:
    truth = _WELL.get(health, "True")
    return Condition("Healthy", truth, health, message, since)


def _job_conditions(job: JobStatus, status: Status) -> Iterator[Condition]:
    applied = status.record.followed.following.applied_at if status.record.followed.following else None
    attempted = status.record.followed.following.attempted_at if status.record.followed.following else None
    truth = _IN_SYNC.get(job.sync, "Unknown")
    reason = {"Synced": "Applied", "OutOfSync": "ChangesPending"}.get(job.sync, "SourceUnreadable")
    yield Condition(
        "Synced", truth, reason, "" if truth == "True" else status.message, applied if truth == "True" else attempted
    )
    yield _healthy(job.health, job.message, _health_since(job, status))


def _health_since(job: JobStatus, status: Status) -> datetime | None:
    if job.job is not None and job.job.pause is not None:
        return job.job.pause.at
    if job.health == "Progressing" and job.last is not None:
        return job.last.started_at or job.last.scheduled_at
    return status.record.turned.get(job.id)


def _condition_json(condition: Condition) -> dict[str, Json]:
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "last_transition_time": _instant(condition.since),
    }


def _pause_json(pause: Pause | None) -> Json:
    if pause is None:
        return None
    return {"by": pause.by, "at": instant_text(pause.at), "reason": pause.reason, "until": _instant(pause.until)}


def _instant(at: datetime | None) -> str | None:
    return instant_text(at) if at else None


def _job_json(job: JobStatus, status: Status) -> dict[str, Json]:
    return {
        "id": job.id,
        "sync": job.sync,
        "health": job.health,
        "message": job.message,
        "means": job.entry.means,
        "timezone": job.entry.timing.timezone,
        "owner": job.entry.owner,
        "description": job.entry.description,
        "runbook": job.entry.runbook,
        "next": instant_text(job.next) if job.next else None,
        "next_start": instant_text(start) if (start := start_at(job)) else None,
        "last_run": run_json(job.last) if job.last else None,
        "pause": _pause_json(job.job.pause if job.job else None),
        "conditions": [_condition_json(one) for one in _job_conditions(job, status)],
    }


def run_json(run: Run) -> dict[str, Json]:
    """Return *run* for `--json`; instants in UTC, absent ones null."""

    return {
        "id": run.id,
        "schedule": run.job_id,
        "scheduled_at": _instant(run.scheduled_at),
        "last_scheduled_at": _instant(run.last_scheduled_at),
        "count": run.count,
        "trigger": run.trigger,
        "state": run.state.value,
        "reason": run.reason.value if run.reason else None,
        "attempts": run.attempts,
        "exit_code": run.exit_code,
        "signal": run.signal,
        "error": run.error,
        "started_at": _instant(run.started_at),
        "finished_at": _instant(run.finished_at),
    }
