"""A diff for programs: one versioned document, described by `schemas/diff.schema.json`."""

from __future__ import annotations

from reconciler.lockfile import instant_text, rule_to_json, run_to_json
from reconciler.model import Json
from reconciler.review.changes import Kind, Report, ScheduleChange, Side
from reconciler.review.diff_words import effect, verdict
from reconciler.timing import on_wall

FORMAT_VERSION = "1.0"


def diff_json(report: Report) -> dict[str, Json]:
    """Return *report* as JSON; readers must tolerate new codes and keys. What people wrote is unescaped here."""
    return {
        "format_version": FORMAT_VERSION,
        "verdict": verdict(report),
        "base": report.before,
        "head": report.after,
        "from": instant_text(report.now),
        "summary": {
            **{kind.value: report.count(kind) for kind in Kind},
            "unchanged": report.unchanged,
            "need_a_look": report.need_a_look,
            "runs_per_week": {"before": report.runs_before, "after": report.runs_after},
        },
        "notes": [
            {
                "level": note.level.value,
                "code": note.code,
                "message": note.message,
                "hint": note.hint,
                "file": note.origin.file if note.origin else None,
                "line": note.origin.line if note.origin else None,
                "column": note.origin.column if note.origin else None,
            }
            for note in report.notes
        ],
        "hot_spots": [
            {"minute": instant_text(spot.minute), "before": spot.before, "after": spot.after}
            for spot in report.hot_spots
        ],
        "changes": [_change(change) for change in report.changes],
    }


def _change(change: ScheduleChange) -> dict[str, Json]:
    origin = change.origin
    return {
        "kind": change.kind.value,
        "id": change.id,
        "previous_id": change.previous_id,
        "file": origin.file,
        "line": origin.line,
        "column": origin.column,
        "fires_alike": change.fires_alike,
        "effect": effect(change),
        "more_runs_per_week": change.more_runs,
        "before": _side(change.before),
        "after": _side(change.after),
        "fields": [{"name": one.name, "before": one.before, "after": one.after} for one in change.fields],
        "warnings": [{"level": one.level.value, "code": one.code, "message": one.message} for one in change.concerns],
    }


def _side(side: Side | None) -> dict[str, Json] | None:
    if side is None:
        return None
    entry = side.entry
    return {
        "when": list(entry.when),
        "means": entry.means,
        "timezone": entry.timing.timezone,
        **rule_to_json(entry.timing),
        "evidence": entry.evidence.value,
        "compiled_by": entry.compiled_by,
        "assumptions": list(entry.assumptions),
        "conventions": dict(entry.conventions),
        "paused": entry.paused,
        "paused_until": f"{entry.paused_until:%Y-%m-%d %H:%M}" if entry.paused_until else None,
        "protected": entry.protected,
        "run": run_to_json(entry.run),
        "runs_per_week": side.runs,
        "next": [
            {"utc": instant_text(due), "local": on_wall(due, entry.timing.timezone).isoformat()} for due in side.next
        ],
    }
