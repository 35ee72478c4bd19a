"""A diff as workflow annotations of GitHub: `::error file=…,line=…,title=…::message`, a line each.

The host shows ten of a kind for a step and drops the rest without a word, so the worst come first and the last
of a kind counts those that are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.model import Origin
from reconciler.review.annotations import MOST, annotation
from reconciler.review.changes import Report
from reconciler.review.concerns import Level


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to show at a line of the YAML: how bad, what kind, about whom, where and what."""

    level: Level
    code: str
    title: str
    origin: Origin | None
    message: str


def remarks(report: Report) -> list[Remark]:
    """Return everything in *report* that belongs to a line, the worst first."""
    found = [*_of_notes(report), *_of_changes(report)]
    return sorted(found, key=lambda one: one.level.rank)


def _of_notes(report: Report) -> Iterator[Remark]:
    for note in report.notes:
        message = f"{note.message} ({note.hint})" if note.hint else note.message
        yield Remark(note.level, note.code, note.code, note.origin, message)


def _of_changes(report: Report) -> Iterator[Remark]:
    for change in report.changes:
        for one in change.concerns:
            yield Remark(one.level, one.code, f"{change.id}: {one.code}", change.origin, one.message)


def diff_github(report: Report) -> str:
    """Return the annotations for *report*: errors first, at most ten of a kind; nothing where there are none."""
    found = remarks(report)
    lines: list[str] = []
    for level in Level:
        lines += _annotations([one for one in found if one.level is level])
    return "".join(f"{line}\n" for line in lines)


def _annotations(found: Sequence[Remark]) -> Iterator[str]:
    if len(found) <= MOST:
        yield from map(_annotation, found)
        return
    yield from map(_annotation, found[: MOST - 1])
    left = found[MOST - 1 :]
    message = f"{len(left):,} more of this kind are in the summary, {left[0].title} first"
    yield _annotation(Remark(left[0].level, "more", "more", None, message))


def _annotation(remark: Remark) -> str:
    return annotation(remark.level.value, [remark.message], title=remark.title, origin=remark.origin)
