"""Whether a lock means what its phrases say: the grammar reads them again, offline and free.

A checksum proves that an entry was not edited by accident. This proves that the answer belongs to the
question, also where somebody made the checksum fit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from reconciler.compiler.compile import Ask, union_of
from reconciler.compiler.earlier import Asked, conventions_of
from reconciler.compiler.grammar import read
from reconciler.compiler.grammar.zones import as_once_read
from reconciler.errors import Problem
from reconciler.lockfile import answers, as_declared, calendars_of, own_timing
from reconciler.model import (
    Compiled,
    Conventions,
    Declaration,
    Evidence,
    Lock,
    LockEntry,
    MonthDays,
    Question,
    Reading,
    Schedule,
    Timing,
)
from reconciler.timing import english, equal
from reconciler.timing.positions import as_written_out

Readings = Mapping[Ask, "Reading | Question"]
_WORTH_A_PROCESS = 500


@contextmanager
def reading_ahead(declaration: Declaration) -> Iterator[Callable[[], Readings]]:
    """Read every phrase of *declaration* once, and give a way to fetch the readings by phrase and zone.

    Thousands of phrases are read by other processes while this one goes on, to parse the lockfile for example.
    """
    asks = sorted({ask for schedule in declaration.schedules for ask in _asks(schedule)}, key=_ask_order)
    conventions = declaration.conventions
    workers = min((os.cpu_count() or 1) - 1, len(asks) // _WORTH_A_PROCESS)
    if workers < 1:
        yield lambda: dict(zip(asks, _read_share(asks, conventions), strict=True))
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        shares = [asks[first::workers] for first in range(workers)]
        running = [(share, pool.submit(_read_share, share, conventions)) for share in shares]
        yield lambda: {ask: one for share, done in running for ask, one in zip(share, done.result(), strict=True)}


def _asks(schedule: Schedule) -> list[Ask]:
    return [Ask(phrase, schedule.timezone) for phrase in schedule.phrases]


def _ask_order(ask: Ask) -> tuple[str, str]:
    return (ask.phrase, ask.timezone or "")


def _read_share(asks: Sequence[Ask], conventions: Conventions) -> list[Reading | Question]:
    return [read(ask.phrase, timezone=ask.timezone, conventions=conventions) for ask in asks]


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading the phrases again has found: the entries that are *wrong*, and the phrases *asked back* today.

    The entry of a phrase that is asked back is of an earlier release, and may stay until its author has answered.
    """

    wrong: tuple[Problem, ...]
    asked_back: tuple[Problem, ...]


def reread(declaration: Declaration, lock: Lock, readings: Readings) -> Reread:
    """Return which entries of *lock* the grammar reads otherwise, or have a sentence that is not their timing's.

    *readings* are those of `reading_ahead`. Entries that only a model could read have no second reader here;
    their sentence is checked all the same.
    """
    conventions = declaration.conventions
    wrong, asked_back = list[Problem](), list[Problem]()
    for schedule in declaration.schedules:
        entry = lock.entries.get(schedule.id)
        if entry is None or not answers(entry, schedule, conventions):
            continue
        found = _wrong_sentence(entry) or _wrong_answer(entry, schedule, readings, conventions)
        refresh = f"`reconcile compile --refresh {schedule.id}`"
        if isinstance(found, str):
            hint = f"run {refresh} and review the difference"
            wrong.append(Problem(f"{schedule.id}: {found}", schedule.phrase_origins[0], hint))
        elif found is not None:
            asked = f'{schedule.id}: "{schedule.phrases[found.number]}" is asked back today ({found.question.message})'
            message = f"{asked}; its entry is of an earlier release: {refresh} asks its author"
            asked_back.append(Problem(message, schedule.phrase_origins[found.number]))
    return Reread(tuple(wrong), tuple(asked_back))


@dataclass(frozen=True, slots=True)
class _AskedBack:
    """Which phrase of a schedule is asked back, counted from 0, and the question."""

    number: int
    question: Question


def _wrong_sentence(entry: LockEntry) -> str | None:
    """Return what is wrong with `means`; an older program's wording is fine as long as it says the same."""
    now = english(entry.timing)
    if entry.means == now:
        return None
    known = calendars_of(entry)
    again = read(as_once_read(entry.means), timezone=None, conventions=Conventions())
    if isinstance(again, Reading):
        calendars = tuple(known.get(one.code, one) for one in again.timing.calendars)
        if _alike(replace(again.timing, calendars=calendars), entry.timing):
            return None
    return f'the lockfile says "{entry.means}", but its fields mean "{now}"'


def _wrong_answer(
    entry: LockEntry, schedule: Schedule, known: Readings, conventions: Conventions
) -> str | _AskedBack | None:
    """Return what else the phrases mean, or which of them is asked back today; None where the entry answers them.

    What an earlier release read in a name of a zone, or took for the first day of a week, is right, too.
    """
    if entry.evidence is Evidence.MODEL:
        return None
    asks = _asks(schedule)
    once = conventions_of(entry, conventions)
    found = [known[ask] for ask in asks] if once == conventions else _read_share(asks, once)
    timing = _meant(schedule, entry, found)
    if timing is not None and _alike(timing, entry.timing):
        return None
    zoned = [replace(ask, phrase=as_once_read(ask.phrase)) for ask in asks]
    if zoned != asks:
        before = _meant(schedule, entry, _read_share(zoned, once))
        if before is not None and _alike(before, entry.timing):
            return None
    if timing is not None:
        return f'the lockfile says "{entry.means}", but {_quoted(schedule)} means "{english(timing)}"'
    asked = Asked(schedule.phrases, tuple(found), schedule.timezone, once)
    back = next((_AskedBack(number, one) for number, one in enumerate(found) if isinstance(one, Question)), None)
    if back is not None and _may_be_earlier(entry, schedule, asked):
        return back
    return f"the lockfile says the grammar read {_quoted(schedule)}, but it does not"


def _may_be_earlier(entry: LockEntry, schedule: Schedule, asked: Asked) -> bool:
    """Return whether an earlier release may have compiled *entry* from phrases of which some are *asked* back today."""
    together = (_meant(schedule, entry, readings) for readings in asked.combinations())
    if any(timing is not None and _alike(timing, entry.timing) for timing in together):
        return True
    return asked.nothing_contradicts(own_timing(entry))


def _meant(schedule: Schedule, entry: LockEntry, readings: Sequence[Reading | Question]) -> Timing | None:
    """Return what *readings*, those of the phrases of *schedule*, mean together, or None where one is a question."""
    found = [Compiled(one, entry.evidence, entry.compiled_by) for one in readings if isinstance(one, Reading)]
    union = union_of(found) if len(found) == len(readings) else None
    if union is None or isinstance(union, Question):
        return None
    return as_declared(union.reading.timing, schedule, calendars_of(entry))[0]


def _alike(read_now: Timing, held: Timing) -> bool:
    """Return whether *held*, an entry's timing, is what was *read_now*, as far as its release could say it."""
    if read_now == held or equal(read_now, held):
        return True
    return _counts(read_now) and not _counts(held) and equal(as_written_out(read_now), as_written_out(held))


def _counts(timing: Timing) -> bool:
    return isinstance(timing.rule, tuple) and any(isinstance(member, MonthDays) for member in timing.rule)


def _quoted(schedule: Schedule) -> str:
    return " + ".join(f'"{phrase}"' for phrase in schedule.phrases)
