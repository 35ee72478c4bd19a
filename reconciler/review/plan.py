"""A plan as text for people and as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.lockfile import checksum, entry_to_json, instant_text
from reconciler.model import Action, Change, Json, LockEntry, Pause, Plan, Reason, RunSpec
from reconciler.review.text import Paint, command_line, moment, plural, safe
from reconciler.timing import next_unpaused, paused_in_git

FORMAT_VERSION = "1.0"
_SIGNS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.RESUME: (">", "green"),
    Action.PAUSE: ("=", "yellow"),
    Action.DELETE: ("-", "red"),
}
_WHY = {
    Reason.ADDED: "new in the lockfile",
    Reason.CHANGED: "changed in the lockfile",
    Reason.REMOVED: "no longer in the lockfile",
    Reason.DRIFT: "edited outside git",
    Reason.MISSING: "lost by the engine",
    Reason.RESTORED: "back in the lockfile; history and pause kept",
    Reason.MOVED: "renamed; history kept",
    Reason.ADOPTED: "taken over",
}
_FIELD_NAMES = {"with": "arguments", "run": "runs", "when": "phrase", "means": "fires"}


def plan_text(
    plan: Plan, *, now: datetime, paint: Paint, pauses: Mapping[str, Pause] | None = None, applied: bool = False
) -> str:
    """Return *plan* for a terminal or a log: what changes, why, when it fires next, and the totals last.

    *pauses* are those set by hand, which a plan never ends.
    """
    lines: list[str] = []
    for change in plan.changes:
        lines += [*_change(change, now, paint), ""]
    if plan.drift:
        lines += [paint("Drift: the engine was changed outside git, and goes back to what git says", "bold"), ""]
        for change in plan.drift:
            lines += [*_change(change, now, paint), ""]
    for id, pause in sorted((pauses or {}).items()):
        lines += [f"{paint('=', 'yellow', 'bold')} {paint(safe(id), 'bold')}  {safe(pause_words(pause))}; kept", ""]
    lines.append(_summary(plan, paint, applied=applied))
    for breach in plan.breaches:
        lines += ["", paint(f"Refused: {safe(breach.message)}", "red", "bold")]
        lines += [f"  {safe(id)}" for id in breach.ids[:20]]
        if len(breach.ids) > 20:
            lines.append(f"  and {len(breach.ids) - 20} more")
        lines.append(f"  {breach.hint}")
    return "\n".join(lines) + "\n"


def _summary(plan: Plan, paint: Paint, *, applied: bool) -> str:
    if not plan.pending:
        return paint("Synced", "green", "bold") + f": {plural(plan.unchanged, 'job')}, nothing to do"
    counts = Counter(change.action for change in plan.pending)
    verbs = ("created", "updated", "resumed", "paused", "deleted") if applied else (
        "to create", "to update", "to resume", "to pause", "to delete"
    )  # fmt: skip
    parts = [f"{counts[action]} {verb}" for action, verb in zip(_SIGNS, verbs, strict=True) if counts[action]]
    title = "Applied" if applied else "Plan"
    short = plan.digest.removeprefix("sha256:")[:12]
    return f"{paint(title, 'bold')}: {', '.join(parts)}, {plan.unchanged} unchanged  {paint(f'digest {short}', 'dim')}"


def _change(change: Change, now: datetime, paint: Paint) -> Iterator[str]:
    sign, colour = _SIGNS[change.action]
    renamed = f" (was {safe(change.previous_id)})" if change.previous_id else ""
    name = paint(safe(change.id), "bold")
    yield f"{paint(sign, colour, 'bold')} {name}{renamed}  {paint(_WHY[change.reason], 'dim')}"
    entry = change.after or change.before
    if entry is None:
        yield "    a record without a job; forgotten"
        return
    if change.before is None or change.after is None:
        yield f"    {safe(entry.means)}"
        yield f"    runs {what_runs(entry.run)}"
    else:
        yield from _differences(change.before, change.after, paint)
    if change.after is not None:
        yield f"    {_next(change.after, now)}"


def pause_words(pause: Pause) -> str:
    """Return who paused a job by hand, until when and why."""
    until = f" until {instant_text(pause.until)}" if pause.until else ""
    return f"paused by {pause.by}{until}" + (f": {pause.reason}" if pause.reason else "")


def plan_line(change: Change) -> str:
    """Return *change* as one line for a log."""
    entry = change.after or change.before
    means = f": {safe(entry.means)}" if entry else ""
    return f"{change.action.value} {safe(change.id)} ({_WHY[change.reason]}){means}"


def _differences(before: LockEntry, after: LockEntry, paint: Paint) -> Iterator[str]:
    if before.means != after.means or before.timing != after.timing:
        yield paint(f"  - {safe(before.means)}", "red")
        yield paint(f"  + {safe(after.means)}", "green")
    elif before.when != after.when:
        yield f"    the phrase changed, the fire times do not: {safe(after.means)}"
    if before.run.command != after.run.command or before.run.python != after.run.python:
        yield paint(f"  - runs {what_runs(before.run)}", "red")
        yield paint(f"  + runs {what_runs(after.run)}", "green")
    old, new = entry_to_json(before), entry_to_json(after)
    old_run, new_run = _as_mapping(old.pop("run")), _as_mapping(new.pop("run"))
    shown = {"when", "means", "cron", "month_days", "interval", "timezone", "timezone_from", "command", "python"}
    for key in {**old, **new, **old_run, **new_run}:
        was, now = old.get(key, old_run.get(key)), new.get(key, new_run.get(key))
        if was != now and key not in shown:
            yield f"    {_FIELD_NAMES.get(key, key)}: {_value(was)} -> {_value(now)}"
    if checksum(before) == checksum(after):
        yield "    the engine already holds this; only the record is brought up to date"


def _as_mapping(value: Json) -> dict[str, Json]:
    return dict(value) if isinstance(value, dict) else {}


def _value(value: Json) -> str:
    match value:
        case None:
            return "(default)"
        case str():
            return safe(value)
        case list():
            return ", ".join(_value(item) for item in value)
        case dict():
            return ", ".join(f"{safe(key)} {_value(item)}" for key, item in value.items())
        case _:
            return str(value)


def what_runs(run: RunSpec) -> str:
    """Return what *run* starts, in one line."""
    if run.python:
        arguments = ", ".join(f"{safe(key)}={safe(value)!r}" for key, value in run.arguments)
        return f"python {safe(run.python)}({arguments})"
    return command_line(run.command)


def _next(entry: LockEntry, now: datetime) -> str:
    due = next_unpaused(entry, now)
    held = f"{held_words(entry)}; " if paused_in_git(entry, now) else ""
    if due is None:
        return held.removesuffix("; ") or "does not fire again"
    return f"{held}next {moment(due, entry.timing.timezone)}"


def held_words(entry: LockEntry) -> str:
    """Return how long git pauses *entry*."""
    return f"paused in git until {entry.paused_until:%Y-%m-%d %H:%M}" if entry.paused_until else "paused in git"


def plan_json(
    plan: Plan, *, now: datetime, dry_run: bool, revision: str, pauses: Mapping[str, Pause] | None = None
) -> dict[str, Json]:
    """Return *plan* as the versioned JSON document that `--json` prints; readers must tolerate new reasons."""
    return {
        "format_version": FORMAT_VERSION,
        "dry_run": dry_run,
        "revision": revision,
        "digest": plan.digest,
        "sync": "OutOfSync" if plan.pending or plan.breaches else "Synced",
        "summary": {
            **{action.value: sum(1 for one in plan.pending if one.action is action) for action in _SIGNS},
            "unchanged": plan.unchanged,
        },
        "changes": [_change_json(change, now) for change in plan.changes],
        "drift": [_change_json(change, now) for change in plan.drift],
        "paused_by_hand": {id: pause_words(pause) for id, pause in sorted((pauses or {}).items())},
        "refused": [
            {"message": breach.message, "hint": breach.hint, "ids": list(breach.ids)} for breach in plan.breaches
        ],
    }


def _change_json(change: Change, now: datetime) -> dict[str, Json]:
    due = next_unpaused(change.after, now) if change.after else None
    return {
        "action": change.action.value,
        "id": change.id,
        "previous_id": change.previous_id,
        "reason": change.reason.value,
        "before": entry_to_json(change.before) if change.before else None,
        "after": entry_to_json(change.after) if change.after else None,
        "next": instant_text(due) if due else None,
    }
