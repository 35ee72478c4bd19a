"""Whether a lock means what its phrases say: the grammar reads them again, offline and free.

A checksum proves that an entry was not edited by accident. This proves that the answer belongs to the
question, also where somebody made the checksum fit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.compiler.compile import Ask, union_of
from reconciler.compiler.grammar import read
from reconciler.errors import Problem
from reconciler.lockfile import answers
from reconciler.model import Compiled, Conventions, Declaration, Evidence, Lock, LockEntry, Question, Reading, Schedule
from reconciler.timing import english, equal

_Readings = Mapping[Ask, "Reading | Question"]
_WORTH_A_PROCESS = 1000


def misread(declaration: Declaration, lock: Lock) -> Iterator[Problem]:
    """Yield a problem for each entry that the grammar reads otherwise, or whose sentence is not its timing's.

    Entries that only a model could read have no second reader here; their sentence is checked all the same.
    """
    conventions = declaration.conventions
    pairs = [
        (schedule, entry)
        for schedule in declaration.schedules
        if (entry := lock.entries.get(schedule.id)) is not None and answers(entry, schedule, conventions)
    ]
    asked = {ask for schedule, entry in pairs if entry.evidence is not Evidence.MODEL for ask in _asks(schedule)}
    readings = _read_all(sorted(asked, key=lambda ask: (ask.phrase, ask.timezone or "")), conventions)
    for schedule, entry in pairs:
        wrong = _wrong_sentence(entry) or _wrong_answer(entry, schedule, readings)
        if wrong:
            hint = f"run `reconcile compile --refresh {schedule.id}` and review the difference"
            yield Problem(f"{schedule.id}: {wrong}", schedule.phrase_origins[0], hint)


def _asks(schedule: Schedule) -> list[Ask]:
    return [Ask(phrase, schedule.timezone) for phrase in schedule.phrases]


def _read_all(asks: Sequence[Ask], conventions: Conventions) -> _Readings:
    """Read every phrase once; thousands of them are shared out among the processors."""
    workers = min(os.cpu_count() or 1, len(asks) // _WORTH_A_PROCESS)
    if workers < 2:
        return dict(zip(asks, _read_share(asks, conventions), strict=True))
    from concurrent.futures import ProcessPoolExecutor

    shares = [asks[first::workers] for first in range(workers)]
    readings: dict[Ask, Reading | Question] = {}
    with ProcessPoolExecutor(workers - 1) as pool:
        elsewhere = [pool.submit(_read_share, share, conventions) for share in shares[1:]]
        readings |= zip(shares[0], _read_share(shares[0], conventions), strict=True)
        for share, done in zip(shares[1:], elsewhere, strict=True):
            readings |= zip(share, done.result(), strict=True)
    return readings


def _read_share(asks: Sequence[Ask], conventions: Conventions) -> list[Reading | Question]:
    return [read(ask.phrase, timezone=ask.timezone, conventions=conventions) for ask in asks]


def _wrong_sentence(entry: LockEntry) -> str | None:
    """Return what is wrong with `means`; an older program's wording is fine as long as it says the same."""
    now = english(entry.timing)
    if entry.means == now:
        return None
    again = read(entry.means, timezone=None, conventions=Conventions())
    if isinstance(again, Reading) and equal(replace(again.timing, dst=entry.timing.dst), entry.timing):
        return None
    return f'the lockfile says "{entry.means}", but its fields mean "{now}"'


def _wrong_answer(entry: LockEntry, schedule: Schedule, known: _Readings) -> str | None:
    if entry.evidence is Evidence.MODEL:
        return None
    readings = [known[ask] for ask in _asks(schedule)]
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
