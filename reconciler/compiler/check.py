"""Whether a lock means what its phrases say: the grammar reads them again, offline and free.

A checksum proves that an entry was not edited by accident. This proves that the answer belongs to the
question, also where somebody made the checksum fit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.compiler.compile import union_of
from reconciler.compiler.grammar import read
from reconciler.errors import Problem
from reconciler.lockfile import answers
from reconciler.model import Compiled, Conventions, Declaration, Evidence, Lock, LockEntry, Question, Reading, Schedule
from reconciler.timing import english, equal

_Pair = tuple[Schedule, LockEntry]
_WORTH_A_PROCESS = 1000


def misread(declaration: Declaration, lock: Lock) -> Iterator[Problem]:
    """Yield a problem for each entry that the grammar reads otherwise, or whose sentence is not its timing's.

    Entries that only a model could read have no second reader here; their sentence is checked all the same.
    Thousands of entries are shared out among the processors.
    """
    conventions = declaration.conventions
    pairs = [
        (schedule, entry)
        for schedule in declaration.schedules
        if (entry := lock.entries.get(schedule.id)) is not None and answers(entry, schedule, conventions)
    ]
    workers = min(os.cpu_count() or 1, len(pairs) // _WORTH_A_PROCESS)
    if workers < 2:
        yield from _misread(pairs, conventions)
        return
    from concurrent.futures import ProcessPoolExecutor

    shares = [pairs[first::workers] for first in range(workers)]
    with ProcessPoolExecutor(workers - 1) as pool:
        elsewhere = [pool.submit(_misread, share, conventions) for share in shares[1:]]
        yield from _misread(shares[0], conventions)
        for share in elsewhere:
            yield from share.result()


def _misread(pairs: Sequence[_Pair], conventions: Conventions) -> list[Problem]:
    problems = []
    for schedule, entry in pairs:
        wrong = _wrong_sentence(entry) or _wrong_answer(entry, schedule, conventions)
        if wrong:
            hint = f"run `reconcile compile --refresh {schedule.id}` and review the difference"
            problems.append(Problem(f"{schedule.id}: {wrong}", schedule.phrase_origins[0], hint))
    return problems


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
