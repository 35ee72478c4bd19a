"""The log of operations: what was done to the scheduler, when and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.following import Event
from reconciler.lockfile import instant_text
from reconciler.model import Json
from reconciler.review.text import Paint, columns, safe


def events_text(events: Sequence[Event], *, paint: Paint) -> str:
    """Return *events*, a line each."""
    if not events:
        return "nothing has been done yet\n"
    title = [paint(name, "dim") for name in ("AT", "WHAT", "SCHEDULE", "BY", "")]
    return "\n".join(columns([title, *(_row(event, paint) for event in events)])) + "\n"


def _row(event: Event, paint: Paint) -> list[str]:
    return [
        instant_text(event.at.replace(microsecond=0)),
        paint(safe(event.kind), "bold"),
        safe(event.job_id or "-"),
        safe(event.actor or "-"),
        safe(event.message),
    ]


def event_json(event: Event) -> dict[str, Json]:
    """Return *event* for `--json`."""
    return {
        "number": event.number,
        "at": instant_text(event.at),
        "kind": event.kind,
        "schedule": event.job_id,
        "by": event.actor,
        "message": event.message,
    }
