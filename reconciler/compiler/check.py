"""Whether a lock means what its phrases say: the grammar reads them again, offline and free.

A checksum proves that an entry was not edited by accident. This proves that the answer belongs to the
question, also where somebody made the checksum fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.compiler.compile import union_of
from reconciler.compiler.grammar import read
from reconciler.errors import Problem
from reconciler.lockfile import answers
from reconciler.model import Compiled, Conventions, Declaration, Evidence, Lock, LockEntry, Question, Reading, Schedule
from reconciler.timing import english, equal


def misread(declaration: Declaration, lock: Lock) -> Iterator[Problem]:
    """Yield a problem for each entry that the grammar reads otherwise, or whose sentence is not its timing's.

    Entries that only a model could read have no second reader here; their sentence is checked all the same.
    """
    for schedule in declaration.schedules:
        entry = lock.entries.get(schedule.id)
        if entry is None or not answers(entry, schedule, declaration.conventions):
            continue
        wrong = _wrong_sentence(entry) or _wrong_answer(entry, schedule, declaration.conventions)
        if wrong:
            hint = f"run `reconcile compile --refresh {schedule.id}` and review the difference"
            yield Problem(f"{schedule.id}: {wrong}", schedule.phrase_origins[0], hint)


def _wrong_sentence(entry: LockEntry) -> str | None:
    """Return what is wrong with `means`; an older program's wording is fine as long as it says the same."""
    now = english(entry.timing)
    if entry.means == now:
        return None
    again = read(entry.means, timezone=None, conventions=Conventions())
    if isinstance(again, Reading) and equal(replace(again.timing, dst=entry.timing.dst), entry.timing):
        return None
    return f'the lockfile says "{entry.means}", but its fields mean "{now}"'


def _wrong_answer(entry: LockEntry, schedule: Schedule, conventions: Conventions) -> str | None:
    if entry.evidence is Evidence.MODEL:
        return None
    readings = [read(phrase, timezone=schedule.timezone, conventions=conventions) for phrase in schedule.phrases]
    found = [Compiled(one, entry.evidence, entry.compiled_by) for one in readings if isinstance(one, Reading)]
    union = union_of(found) if len(found) == len(readings) else None
    if union is None or isinstance(union, Question):
        return f"the lockfile says the grammar read {_quoted(schedule)}, but it does not"
    timing = replace(union.reading.timing, dst=schedule.dst)
    if timing == entry.timing or equal(timing, entry.timing):
        return None
    return f'the lockfile says "{entry.means}", but {_quoted(schedule)} means "{english(timing)}"'


def _quoted(schedule: Schedule) -> str:
    return " + ".join(f'"{phrase}"' for phrase in schedule.phrases)
