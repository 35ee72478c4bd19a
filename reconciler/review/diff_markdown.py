"""A diff for a pull request: one summary line, a table, the warnings, the proof folded away.

Hosts cut or refuse what is too long, so each part has a share of the size, and whatever does not fit is named
and counted at the end. What people wrote is only ever code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from reconciler.review.changes import Kind, Report, ScheduleChange, Side
from reconciler.review.concerns import Level
from reconciler.review.diff_words import effect, evidence, fields, kwargs, next_fires, phrase, runs, totals, verdict
from reconciler.review.escaping import code, html_code, in_fence, prose
from reconciler.review.text import moment, plural
from reconciler.timing import shown

COMMENT_BYTES = 60_000  # GitHub refuses a comment of more than 65,536 characters
SUMMARY_BYTES = 1_000_000  # GitHub drops a step summary of more than 1 MiB
T = TypeVar("T")
_MARKER = "<!-- reconcile:diff -->"
_SIGNS = {Kind.ADDED: "➕", Kind.CHANGED: "✏️", Kind.MOVED: "🚚", Kind.REMOVED: "➖"}  # noqa: RUF001  the signs GitHub shows
_LEVELS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTICE: "ℹ️"}  # noqa: RUF001  the sign GitHub shows


def diff_markdown(report: Report, *, limit: int = COMMENT_BYTES) -> str:
    """Return *report* as Markdown of at most *limit* bytes of UTF-8."""
    page = _Page(limit)
    page.add([_MARKER, f"### {verdict(report)}", ""])
    page.add([f"{totals(report)} · {code(report.before)} → {code(report.after)}", ""])
    page.some(0.15, report.notes, lambda note: [_note(note.level, note.message, note.origin, note.hint)], "notes")
    if report.changes:
        page.add(["", "| | Schedule | Before | After | Next fire | Runs |", "|---|---|---|---|---|---|"])
        left = page.some(0.5, report.changes, lambda change: [_row(change)])
        page.names("more changed", [one.id for one in left])
    page.some(0.55, report.hot_spots, lambda spot: [f"- **Hot spot**: {spot.before:,} → {spot.after:,} schedules "
              f"start at {moment(spot.minute, 'UTC')}"], "hot spots")  # fmt: skip
    looks = [one for one in report.changes if one.concerns]
    left = page.some(0.75, looks, _concerns)
    page.names("more need a look", [one.id for one in left])
    left = page.some(0.97, report.changes, _details)
    if left:
        page.add(["", f"The details of {plural(len(left), 'schedule')} are left out here for their size; "
                  "`reconcile diff --format json` has them all."])  # fmt: skip
    return page.text()


class _Page:
    """Lines that grow up to a size; what does not fit is handed back."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._lines: list[str] = []

    def add(self, lines: Sequence[str]) -> None:
        """Add *lines* whatever their size: they are few and ours."""
        self._lines += lines
        self._size += _size(lines)

    def some(self, share: float, items: Sequence[T], render: Callable[[T], list[str]], what: str = "") -> Sequence[T]:
        """Add items as long as the page stays within *share* of its limit; return those left, counted if *what*."""
        for at, item in enumerate(items):
            lines = render(item)
            if self._size + _size(lines) > self._limit * share:
                if what:
                    self.add([f"- and {len(items) - at:,} more {what}"])
                return items[at:]
            self.add(lines)
        return ()

    def names(self, what: str, ids: Sequence[str]) -> None:
        """Add a line that counts *ids* and names as many as a twentieth of the limit holds."""
        if not ids:
            return
        named: list[str] = []
        room = self._limit * 0.05
        for id in ids:
            room -= len(code(id).encode()) + 2
            if room < 0:
                break
            named.append(code(id))
        rest = len(ids) - len(named)
        self.add(["", f"**{len(ids):,} {what}**: {', '.join(named)}{f' and {rest:,} more' if rest else ''}", ""])

    def text(self) -> str:
        """Return what was added."""
        return "\n".join(self._lines).rstrip("\n") + "\n"


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _note(level: Level, message: str, origin: object, hint: str | None) -> str:
    where = f"{code(str(origin))} " if origin else ""
    return f"- {_LEVELS[level]} {where}{prose(message)}{f' ({prose(hint)})' if hint else ''}"


def _row(change: ScheduleChange) -> str:
    before, after = change.before, change.after
    name = code(change.id) + (f" {_LEVELS[change.concerns[0].level]}" if change.concerns else "")
    if change.previous_id:
        name += f" (was {code(change.previous_id)})"
    cells = [
        _SIGNS[change.kind],
        name,
        code(before.entry.means) if before else "-",
        _outcome(change),
        next_fires(after)[0] if after else "-",
        runs(change),
    ]
    return f"| {' | '.join(cells)} |"


def _outcome(change: ScheduleChange) -> str:
    if change.after is None:
        return "stops"
    told = prose(effect(change) or "")
    if change.fires_alike or change.after.entry.paused:
        return told or code(change.after.entry.means)
    return "; ".join(part for part in (code(change.after.entry.means), told) if part)


def _concerns(change: ScheduleChange) -> list[str]:
    lines = [f"- {_LEVELS[one.level]} {prose(one.message)} ({one.code})" for one in change.concerns]
    return ["", f"**{code(change.id)}** {code(str(change.origin))}", "", *lines]


def _details(change: ScheduleChange) -> list[str]:
    sides = [side for side in (change.before, change.after) if side is not None]
    head = f"<details><summary>{_SIGNS[change.kind]} {html_code(change.id)}: {change.kind.value}</summary>"
    lines = ["", head, "", _both(sides, phrase), ""]
    told = effect(change)
    if told:
        lines += [f"**{prose(told)}**", ""]
    lines += ["```diff", *_kwargs(change), "```", ""]
    lines += [f"- means: {_both(sides, lambda side: side.entry.means)}"]
    lines += [f"- zone: {_both(sides, lambda side: shown(side.entry.timing.timezone))}"]
    lines += [f"- evidence: {_both(sides, evidence)}"]
    if any(side.entry.assumptions for side in sides):
        lines += [f"- assumes: {_both(sides, lambda side: '; '.join(side.entry.assumptions) or 'nothing')}"]
    lines += [f"- {name}: {', '.join(next_fires(side))}" for name, side in _next(change)]
    lines += [f"- load: {runs(change)}"]
    lines += [f"- {code(name)}: {' → '.join(map(code, values))}" for name, values in fields(change)]
    return [*lines, "</details>"]


def _next(change: ScheduleChange) -> Iterator[tuple[str, Side]]:
    if change.before is not None and change.after is not None and change.before.next == change.after.next:
        yield "next, before and after", change.after
        return
    if change.before is not None:
        yield "next before", change.before
    if change.after is not None:
        yield "next after", change.after


def _both(sides: Sequence[Side], of: Callable[[Side], str]) -> str:
    return " → ".join(dict.fromkeys(code(of(side)) for side in sides))


def _kwargs(change: ScheduleChange) -> Iterator[str]:
    old = kwargs(change.before) if change.before else []
    new = kwargs(change.after) if change.after else []
    if old == new:
        yield from (f"  {in_fence(line)}" for line in new)
        return
    yield from (f"- {in_fence(line)}" for line in old)
    yield from (f"+ {in_fence(line)}" for line in new)
