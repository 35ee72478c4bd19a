"""What a compile did, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.lockfile import rule_to_json
from reconciler.model import Evidence, Json, Lock, LockEntry
from reconciler.review.text import Paint, plural, safe
from reconciler.timing import calendar_warnings, pause_warnings, warnings_at, warnings_for

_SIGNS = {"added": ("+", "green"), "compiled": ("~", "yellow"), "renewed": ("~", "yellow"), "removed": ("-", "red")}
_WORDS = {"added": "added", "compiled": "compiled again", "renewed": "brought up to date", "removed": "removed"}
_INVALID = "invalid"
_MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class CompileReport:
    """The ids that were added, compiled again, renewed, removed or invalid, and how many stayed alike; at *now*.

    *held* counts the invalid ones that have an entry, which stays.
    """

    lock: Lock
    previous: Lock
    changed: Mapping[str, Sequence[str]]
    unchanged: int
    questions: int
    now: datetime
    held: int = 0

    @property
    def total(self) -> int:
        """Return how many entries the lock holds."""
        return len(self.lock.entries)


def compile_text(report: CompileReport, *, lock_name: str, paint: Paint) -> str:
    """Return the report: a line or two a changed schedule, the totals last."""
    shown = [(kind, id) for kind in _SIGNS for id in report.changed.get(kind, ())]
    lines: list[str] = list(_freeze_lines(report, paint))
    for kind, id in shown[:_MOST_SHOWN]:
        lines += _lines(kind, id, report, paint)
    if len(shown) > _MOST_SHOWN:
        lines.append(f"… and {len(shown) - _MOST_SHOWN:,} more")
    changed = {id for _, id in shown}
    for id, warning in dated_warnings(report.lock, report.now):
        if id not in changed:
            lines.append(paint(f"! {safe(id)}: {safe(warning)}", "yellow"))
    return "\n".join([*lines, _totals(report, lock_name, paint)]) + "\n"


def _freeze_lines(report: CompileReport, paint: Paint) -> Iterator[str]:
    before, after = report.previous.freeze, report.lock.freeze
    if before == after:
        return
    shown = after or before
    assert shown is not None
    sign, colour = _SIGNS["removed" if after is None else "compiled" if before else "added"]
    phrases = " + ".join(f'"{safe(phrase)}"' for phrase in shown.when)
    yield f"{paint(sign, colour, 'bold')} {paint('change freeze', 'bold')}  {phrases}"
    if after is not None:
        yield f"    {safe(after.means)}"


def _lines(kind: str, id: str, report: CompileReport, paint: Paint) -> Iterator[str]:
    sign, colour = _SIGNS[kind]
    entry = report.lock.entries.get(id) or report.previous.entries[id]
    phrases = " + ".join(f'"{safe(phrase)}"' for phrase in entry.when)
    yield f"{paint(sign, colour, 'bold')} {paint(safe(id), 'bold')}  {phrases}"
    if kind == "removed":
        return
    yield f"    {safe(entry.means)}"
    for assumption in entry.assumptions:
        yield paint(f"    assumes {safe(assumption)}", "dim")
    for warning in _warnings(entry, report.now):
        yield paint(f"    warning: {safe(warning)}", "yellow")
    if entry.evidence is Evidence.MODEL:
        yield paint("    only a model could read this: check it", "yellow")


def _warnings(entry: LockEntry, now: datetime) -> tuple[str, ...]:
    return (*warnings_for(entry.timing), *warnings_at(entry.timing, now), *pause_warnings(entry, now))


def dated_warnings(lock: Lock, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield (id, warning) for what time brings: a holiday calendar that ends soon, or guesses; a pause that is over."""
    for id, entry in lock.entries.items():
        for warning in (*calendar_warnings(entry.timing, now), *pause_warnings(entry, now)):
            yield id, warning


def _totals(report: CompileReport, lock_name: str, paint: Paint) -> str:
    parts = [f"{len(ids):,} {_WORDS[kind]}" for kind in _SIGNS if (ids := report.changed.get(kind))]
    parts.append(f"{report.unchanged:,} unchanged")
    parts += [paint(text, "red") for text in _invalid(report)]
    if report.questions:
        parts.append(paint(plural(report.questions, "open question"), "red"))
    return f"{paint(lock_name, 'bold')}: {', '.join(parts)}"


def _invalid(report: CompileReport) -> Iterator[str]:
    """Yield how many schedules are invalid and have the entry of before, and how many have none."""
    left_out = len(report.changed.get(_INVALID, ())) - report.held
    if report.held:
        yield f"{report.held:,} invalid, kept as {'it was' if report.held == 1 else 'they were'}"
    if left_out:
        yield f"{left_out:,} invalid, left out"


def compile_json(
    report: CompileReport,
    *,
    written: bool,
    questions: Sequence[Mapping[str, Json]],
    errors: Sequence[Mapping[str, Json]],
) -> dict[str, Json]:
    """Return the document that `compile --json` prints."""
    return {
        "format_version": "1.0",
        "written": written,
        **{kind: list(report.changed.get(kind, ())) for kind in (*_SIGNS, _INVALID)},
        "unchanged": report.unchanged,
        "total": report.total,
        "entries": {
            id: _entry(report.lock.entries[id], report.now)
            for kind in ("added", "compiled")
            for id in report.changed.get(kind, ())
        },
        "freeze": None if report.lock.freeze is None else report.lock.freeze.means,
        "questions": list(questions),
        "errors": list(errors),
    }


def _entry(entry: LockEntry, now: datetime) -> dict[str, Json]:
    return {
        "when": list(entry.when),
        "means": entry.means,
        "timezone": entry.timing.timezone,
        **rule_to_json(entry.timing),
        "evidence": entry.evidence.value,
        "assumptions": list(entry.assumptions),
        "warnings": list(_warnings(entry, now)),
    }
