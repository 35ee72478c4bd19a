"""The words that all forms of a diff share: the verdict, the totals, what a change does."""

from __future__ import annotations

import json

from reconciler.model import Evidence
from reconciler.review.change_notes import Note
from reconciler.review.changes import Kind, Report, ScheduleChange, Side, beside_timing
from reconciler.review.concerns import Level
from reconciler.review.plan import held_words
from reconciler.review.text import moment

SIGNS = {Kind.ADDED: "+", Kind.CHANGED: "~", Kind.MOVED: ">", Kind.REMOVED: "-"}
EVIDENCE = {
    Evidence.AGREED: "grammar and model agree",
    Evidence.GRAMMAR: "read by the grammar",
    Evidence.MODEL: "read by a model only",
}
_IN_MEANS = frozenset({"start", "end", "except"})
_NAMES = {"with": "arguments", "except": "left out"}


def verdict(report: Report) -> str:
    """Return the first line of every form: what is wrong with all of it, what needs a look, what the load becomes."""
    first = list(dict.fromkeys(filter(None, map(_in_verdict, report.notes))))
    if not report.changes:
        return " · ".join([*first, "nothing changed in the lock", f"runs/week {report.runs_after:,}"])
    look = report.need_a_look
    calm = "nothing else needs a look" if first else "nothing needs a look"
    looks = f"{look:,} {'needs' if look == 1 else 'need'} a look" if look else calm
    return " · ".join([*first, looks, load(report)])


def _in_verdict(note: Note) -> str | None:
    if note.code == "stale":
        return note.message
    if note.code == "guard":
        return note.message.partition(", ")[0]
    if note.code == "yaml" and note.level is Level.ERROR:
        return "the YAML cannot be read"
    if note.code == "invalid" and note.level is Level.ERROR:
        return "there are invalid schedules"
    return "the policy changes" if note.code == "policy-changed" else None


def load(report: Report) -> str:
    """Return `runs/week 978 → 1,824 (+846)`."""
    more = report.runs_after - report.runs_before
    if not more:
        return f"runs/week {report.runs_after:,}, as before"
    return f"runs/week {report.runs_before:,} → {report.runs_after:,} ({more:+,})"


def totals(report: Report) -> str:
    """Return `1 added, 2 changed, 1 removed · 41 unchanged`."""
    parts = [f"{count:,} {kind.value}" for kind in Kind if (count := report.count(kind))]
    return f"{', '.join(parts) or 'no change'} · {report.unchanged:,} unchanged"


def phrase(side: Side) -> str:
    """Return the phrases of *side*, as written."""
    return " + ".join(f'"{one}"' for one in side.entry.when)


def effect(change: ScheduleChange) -> str | None:
    """Return what a change does that is not told by the two sentences about when it fires."""
    if change.before is None or change.after is None:
        return None
    before, after = change.before.entry, change.after.entry
    if (before.paused, before.paused_until) != (after.paused, after.paused_until):
        return _pausing(change.before, change.after)
    if change.fires_alike:
        told = "the phrase changed; no fire time changes" if before.when != after.when else "no fire time changes"
        return "; ".join(filter(None, [told, _changing(change)]))
    changing = _changing(change)
    return f"{changing} too" if changing else None


def _pausing(before: Side, after: Side) -> str:
    """Return what a change of the pause in git does; one that is over, or ends before the next fire, does nothing."""
    words = held_words(after.entry) if after.entry.paused else "no longer paused"
    if before.next and before.next == after.next:
        return f"{words}: the next fires stay as they are"
    if not after.entry.paused:
        return f"{words}: it fires again"
    if before.entry.paused:
        return f"{words}; before: {held_words(before.entry)}"
    return f"{words}: it stops firing" if after.entry.paused_until else "paused: it stops firing"


def _changing(change: ScheduleChange) -> str | None:
    """Return `command and timeout change`, which a reader of fire times alone would miss; None where it is all told."""
    names = [_name(one.name) for one in change.fields if one.name not in _IN_MEANS]
    if not names:
        return None
    *most, last = names
    return f"{', '.join(most)} and {last} change" if most else f"{last} changes"


def runs(change: ScheduleChange) -> str:
    """Return the runs a day of the coming week, before and after: `96 → 216 runs/day (+120)`."""
    old, new = change.before, change.after
    if old is None or new is None:
        side = change.side
        sign = "+" if old is None else "-"
        return f"{sign}{_a_day(side.runs)}" if side.runs else "no runs in the coming week"
    if old.runs == new.runs:
        return f"{_a_day(new.runs)}, as before" if new.runs else "no runs in the coming week"
    more = new.runs - old.runs
    return f"{per_day(old.runs)} → {per_day(new.runs)} runs/day ({'+' if more > 0 else '-'}{per_day(abs(more))})"


def _a_day(week: int) -> str:
    day = per_day(week)
    return f"{day} {'run' if day == '1' else 'runs'}/day"


def per_day(week: int) -> str:
    """Return a week's runs as runs a day: `1,430`, `0.7`."""
    day = week / 7
    return f"{day:,.0f}" if day >= 100 or week % 7 == 0 else f"{day:.1f}" if day >= 0.1 else f"{day:.2f}"


def next_fires(side: Side) -> list[str]:
    """Return the next fires in the schedule's zone and in UTC, or why there are none."""
    if side.entry.paused and not side.next:
        return ["paused in git"]
    return [moment(due, side.entry.timing.timezone) for due in side.next] or ["does not fire again"]


def kwargs(side: Side) -> list[str]:
    """Return the kwargs or the interval, a line of JSON each, with the timezone."""
    return [json.dumps(one, ensure_ascii=False) for one in side.fields]


def evidence(side: Side) -> str:
    """Return who vouches for the meaning."""
    return f"{EVIDENCE[side.entry.evidence]} ({side.entry.compiled_by})"


def fields(change: ScheduleChange) -> list[tuple[str, tuple[str, ...]]]:
    """Return what is not about when: a changed field with its two values, or each field of what is new or gone."""
    if change.before is None or change.after is None:
        return [(_name(name), (value,)) for name, value in beside_timing(change.side.entry).items()]
    return [(_name(one.name), (one.before or "default", one.after or "default")) for one in change.fields]


def _name(field: str) -> str:
    return _NAMES.get(field, field)
