"""`reconcile wait`."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.durations import DURATION
from reconciler.cli.project import Project, project_options
from reconciler.cli.status import status
from reconciler.durations import format_duration
from reconciler.errors import StoreFailed
from reconciler.review.status import Status
from reconciler.review.text import safe

_EVERY = 0.5
_IN_VAIN = 2
_SHORTEST = 7
_WELL = ("Healthy", "Progressing", "Suspended")


@click.command("wait")
@click.option(
    "--for",
    "wanted",
    type=click.Choice(["synced", "healthy"]),
    default="synced",
    show_default=True,
    help="synced: the scheduler holds what the lockfile says. healthy: also, a daemon runs and no job is Degraded.",
)
@click.option("--revision", metavar="REV", help="Also, this is the commit that is applied (its hash or its beginning).")
@click.option("--timeout", type=DURATION, default="60s", show_default=True, help="How long to wait at the most.")
@project_options
def command(project: Project, wanted: str, revision: str | None, timeout: timedelta) -> None:
    """Wait until the scheduler is as wanted, for scripts and deployments.

    Exit code 2 if it is not in time; what is amiss is said then.
    """
    deadline = time.monotonic() + timeout.total_seconds()
    while True:
        reached, why = _look(project, wanted, revision)
        if reached or time.monotonic() >= deadline:
            break
        time.sleep(_EVERY)
    if project.json:
        say_json({"format_version": "1.0", "for": wanted, "reached": reached, "message": why})
    elif not reached:
        note(f"not {wanted} after {format_duration(timeout)}: {why}")
    if not reached:
        sys.exit(_IN_VAIN)


def _look(project: Project, wanted: str, revision: str | None) -> tuple[bool, str]:
    """Return whether it is as *wanted*, at *revision* if one is named, and how things stand."""
    try:
        found = status(project, datetime.now(UTC))
    except StoreFailed as error:  # for a moment, or for good: the time tells
        return False, str(error)
    reached = found.sync == "Synced" and (wanted == "synced" or (found.daemon is not None and found.health in _WELL))
    following = found.record.followed.following
    applied = (following.applied if following else None) or ""
    if reached and revision is not None and not (len(revision) >= _SHORTEST and applied.startswith(revision.lower())):
        return False, f"{applied[:10] or 'nothing'} is applied"
    return reached, safe(_how(found))


def _how(found: Status) -> str:
    amiss = [f"{job.id}: {job.message}" for job in found.jobs if job.health not in _WELL]
    parts = [f"{found.sync}, {found.health}", found.message, *found.notes, *amiss[:3]]
    return "; ".join(part for part in parts if part)
