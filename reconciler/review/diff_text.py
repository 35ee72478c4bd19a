"""A diff for a terminal or a log: the verdict first, then a block for each schedule."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from reconciler.review.changes import Kind, Report, ScheduleChange, Side
from reconciler.review.concerns import Level
from reconciler.review.diff_words import (
    SIGNS,
    effect,
    evidence,
    fields,
    kwargs,
    next_fires,
    phrase,
    runs,
    totals,
    verdict,
)
from reconciler.review.escaping import for_log
from reconciler.review.text import Paint, moment
from reconciler.timing import shown

_COLOURS = {Kind.ADDED: "green", Kind.CHANGED: "yellow", Kind.MOVED: "blue", Kind.REMOVED: "red"}
_LEVELS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTICE: "dim"}
_MOST = 200
_COMMAND = re.compile(r"^(\s*)::")  # GitHub reads a line that begins so as its own


def diff_text(report: Report, *, paint: Paint, width: int | None = None) -> str:
    """Return *report* as lines, folded at *width* where one is given."""
    page = _Page(paint, width)
    page.line("", verdict(report), "bold")
    page.line("", f"{totals(report)} · {report.before} → {report.after}", "dim")
    for note in report.notes:
        where = f"{note.origin}: " if note.origin else ""
        hint = f" ({note.hint})" if note.hint else ""
        if note.code != "stale":
            page.line(f"{note.level.value}: ", f"{where}{note.message}{hint}", _LEVELS[note.level])
    for spot in report.hot_spots:
        page.line("hot spot: ", f"{spot.before:,} → {spot.after:,} schedules at {moment(spot.minute, 'UTC')}", "yellow")
    for change in report.changes[:_MOST]:
        page.blank()
        _block(page, change)
    if len(report.changes) > _MOST:
        page.blank()
        page.line("", f"and {len(report.changes) - _MOST:,} more; `--format json` has them all", "bold")
    return page.text()


def change_text(change: ScheduleChange) -> str:
    """Return the block of one schedule, without colour."""
    page = _Page(Paint(), None)
    _block(page, change)
    return page.text()


class _Page:
    """Lines that grow: each is escaped, folded, and only then coloured."""

    def __init__(self, paint: Paint, width: int | None) -> None:
        self._paint = paint
        self._width = width
        self._lines: list[str] = []

    def line(self, label: str, text: str, *styles: str) -> None:
        """Add *text* after *label*, which is ours and which the lines that follow are indented by."""
        whole = f"{label}{for_log(text)}"
        folded = [whole]
        if self._width is not None and len(whole) > self._width:
            indent = " " * len(label) or "  "
            width = max(self._width, 40)
            folded = textwrap.wrap(whole, width, subsequent_indent=indent, break_on_hyphens=False)
            folded[1:] = [_COMMAND.sub(r"\1:\\x3a", one) for one in folded[1:]]
        self._lines += [self._paint(one, *styles) for one in folded]

    def blank(self) -> None:
        """Add an empty line."""
        self._lines.append("")

    def text(self) -> str:
        """Return what was added."""
        return "\n".join(self._lines) + "\n"


def _block(page: _Page, change: ScheduleChange) -> None:
    was = f" (was {change.previous_id})" if change.previous_id else ""
    page.line(f"{SIGNS[change.kind]} ", f"{change.id}{was}  {change.kind.value}", _COLOURS[change.kind], "bold")
    for concern in change.concerns:
        page.line("  ! ", f"{concern.message} [{concern.code}]", _LEVELS[concern.level])
    sides = [(sign, side) for sign, side in (("-", change.before), ("+", change.after)) if side is not None]
    rows = list(_rows(change))
    for label, values in rows:
        if (len(values) == 2 and values[0] == values[1]) or len(values) == 1:
            page.line(f"    {label:<9} ", values[0])
        else:
            for (sign, _), value in zip(sides, values, strict=True):
                page.line(f"  {sign} {label:<9} ", value, "red" if sign == "-" else "green")
    told = effect(change)
    if told:
        page.line("    ", told, "bold")
    page.line("    load      ", runs(change))
    for name, told_values in fields(change):
        page.line("    ", f"{name}: {' → '.join(told_values)}")


def _rows(change: ScheduleChange) -> Iterator[tuple[str, list[str]]]:
    sides = [side for side in (change.before, change.after) if side is not None]
    yield "phrase", [phrase(side) for side in sides]
    yield "means", [side.entry.means for side in sides]
    yield "zone", [shown(side.entry.timing.timezone) for side in sides]
    yield "kwargs", [", ".join(kwargs(side)) for side in sides]
    yield "evidence", [evidence(side) for side in sides]
    if any(side.entry.assumptions for side in sides):
        yield "assumes", [_assumptions(side) for side in sides]
    yield "next", [", ".join(next_fires(side)) for side in sides]


def _assumptions(side: Side) -> str:
    return "; ".join(side.entry.assumptions) or "nothing"
