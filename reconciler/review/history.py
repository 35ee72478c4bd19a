"""Runs as text: what ran, what failed, what was missed and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from reconciler.model import Run, RunState
from reconciler.review.status import outcome
from reconciler.review.text import Paint, columns, moment, safe

_COLOURS = {
    RunState.SUCCEEDED: "green",
    RunState.RUNNING: "blue",
    RunState.WAITING: "blue",
    RunState.MISSED: "yellow",
    RunState.INTERRUPTED: "yellow",
    RunState.FAILED: "red",
    RunState.TIMED_OUT: "red",
}


def history_text(runs: Sequence[Run], *, timezones: Mapping[str, str], paint: Paint) -> str:
    """Return *runs* as a table in the order given; due times are shown in each schedule's zone of *timezones*."""
    if not runs:
        return "No runs yet.\n"
    title = [paint(name, "dim") for name in ("RUN", "SCHEDULE", "DUE", "OUTCOME", "TRIES", "TOOK")]
    rows = [_row(run, timezones.get(run.job_id, "UTC"), paint) for run in runs]
    return "\n".join(columns([title, *rows])) + "\n"


def _row(run: Run, timezone: str, paint: Paint) -> list[str]:
    by_hand = {"manual": " by hand", "ahead": " by a clock that was ahead"}.get(run.trigger, "")
    return [
        str(run.id),
        paint(safe(run.job_id), "bold"),
        moment(run.scheduled_at, timezone) + by_hand,
        paint(safe(outcome(run)), _COLOURS[run.state]),
        str(run.attempts or "-"),
        took(run.started_at, run.finished_at),
    ]


def output_text(head: bytes, tail: bytes, dropped: int, *, escape: bool) -> str:
    """Return what a process wrote, the part that was not kept named.

    With *escape*, as for a terminal, control characters are shown and do not act.
    """
    gap = f"\n[… {dropped:,} bytes left out …]\n".encode() if dropped else b""
    text = (head + gap + tail).decode(errors="replace")
    if escape:
        text = "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)
    return text


def took(start: datetime | None, end: datetime | None) -> str:
    """Return the time between two instants as people say it: `20 ms`, `1.5 s`, `3 min 20 s`, `-` if one is missing."""
    if start is None or end is None:
        return "-"
    seconds = (end - start).total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
