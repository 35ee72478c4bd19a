"""A declaration and the lock of before make the lock of now.

What is unchanged is copied, never asked again; what is new is read, once per phrase and zone, and judged.
A schedule whose phrase stays a question keeps the entry it had, and everything else still compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from reconciler.compiler.expect import broken
from reconciler.compiler.freezing import read_freeze
from reconciler.compiler.sanity import sound_timing
from reconciler.errors import Problem
from reconciler.lockfile import answers, clash, entry_id, freeze_answers, held, new_entry, own_timing, renewed
from reconciler.model import (
    Compiled,
    Conventions,
    Declaration,
    DstPolicy,
    Evidence,
    Freeze,
    Lock,
    LockEntry,
    Origin,
    Policy,
    Question,
    Reading,
    Schedule,
)
from reconciler.timing import asked_key, rule_union
from reconciler.timing.policy import breaches


class Outcome(StrEnum):
    """What compiling did to one schedule."""

    ADDED = "added"
    COMPILED = "compiled"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    QUESTION = "question"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Ask:
    """A phrase to be read in the zone that its schedule declares."""

    phrase: str
    timezone: str | None


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question about one phrase of one schedule, at its place in the YAML."""

    schedule: str
    phrase: str
    origin: Origin
    question: Question


@dataclass(frozen=True, slots=True)
class Compilation:
    """The new lock, what happened to each schedule by id, and the questions that stay open."""

    lock: Lock
    outcomes: dict[str, Outcome]
    questions: tuple[OpenQuestion, ...]

    def ids(self, outcome: Outcome) -> list[str]:
        """Return the ids of the schedules that *outcome* happened to, sorted."""
        return sorted(id for id, one in self.outcomes.items() if one is outcome)


_Result = LockEntry | list[OpenQuestion]
Judge = Callable[[Sequence[Ask], Conventions], Sequence[Compiled | Question]]


def compile_declaration(
    declaration: Declaration,
    previous: Lock,
    judge: Judge,
    *,
    now: datetime,
    refresh: frozenset[str] = frozenset(),
) -> Compilation:
    """Return the lock for *declaration*, reading only what *previous* does not answer.

    *judge* reads many phrases at once. The ids in *refresh* are read again in any case. *now*
    decides whether a timing still fires.
    """
    kept = {
        schedule.id: entry
        for schedule in declaration.schedules
        if (entry := previous.entries.get(schedule.id)) is not None
        and answers(entry, schedule, declaration.conventions)
        and schedule.id not in refresh
    }
    fresh = [schedule for schedule in declaration.schedules if schedule.id not in kept]
    asks = list(dict.fromkeys(Ask(phrase, schedule.timezone) for schedule in fresh for phrase in schedule.phrases))
    answered = dict(zip(asks, judge(asks, declaration.conventions), strict=True)) if asks else {}

    results: dict[str, _Result] = {}
    for schedule in declaration.schedules:
        if (entry := kept.get(schedule.id)) is not None:
            result = _kept(schedule, entry, now)
        else:
            before = previous.entries.get(schedule.id)
            given = [answered[Ask(phrase, schedule.timezone)] for phrase in schedule.phrases]
            result = _answer(schedule, given, None if schedule.id in refresh else before, now)
            result = _still_agreed(before, result) if isinstance(result, LockEntry) else result
        results[schedule.id] = _checked(schedule, result, declaration.policy)
    compilation = _compilation(declaration, results, previous, kept=kept.keys())
    freeze, questions = _freeze(declaration, previous.freeze)
    return replace(
        compilation,
        lock=replace(compilation.lock, freeze=freeze),
        questions=(*compilation.questions, *questions),
    )


def _freeze(declaration: Declaration, previous: Freeze | None) -> tuple[Freeze | None, list[OpenQuestion]]:
    """Return the freeze, copied where it answers what is declared; an open question keeps the one there was."""
    declared = declaration.freeze
    if declared is None:
        return None, []
    if previous is not None and freeze_answers(previous, declared):
        return replace(previous, reason=declared.reason, source=declared.origins[0].file), []
    found = read_freeze(declared, declaration.conventions)
    if isinstance(found, Freeze):
        return found, []
    about = zip(declared.phrases, declared.origins, found, strict=False)
    return previous, [OpenQuestion("freeze", phrase, at, one) for phrase, at, one in about if one is not None]


def _compilation(
    declaration: Declaration, results: Mapping[str, _Result], previous: Lock, *, kept: Collection[str]
) -> Compilation:
    """Put *results* together; what is invalid and what leaves questions keeps the entry it had."""
    entries = held(declaration, previous)
    outcomes = dict.fromkeys((one.id for one in declaration.invalid), Outcome.INVALID)
    questions: list[OpenQuestion] = []
    for schedule in declaration.schedules:
        id, result = schedule.id, results[schedule.id]
        if isinstance(result, LockEntry):
            entries[id] = result
            outcomes[id] = _outcome(previous.entries.get(id), result, kept=id in kept)
            continue
        questions += result
        outcomes[id] = Outcome.QUESTION
        before = entry_id(id, schedule.moved, previous)
        if before is not None:
            entries[before] = previous.entries[before]
    gone = previous.entries.keys() - entries.keys()
    outcomes |= dict.fromkeys(gone, Outcome.REMOVED)
    return Compilation(Lock(dict(sorted(entries.items()))), outcomes, tuple(questions))


def _outcome(before: LockEntry | None, after: LockEntry, *, kept: bool) -> Outcome:
    if before is None:
        return Outcome.ADDED
    if before == after:
        return Outcome.UNCHANGED
    return Outcome.RENEWED if kept else Outcome.COMPILED


def _kept(schedule: Schedule, entry: LockEntry, now: datetime) -> _Result:
    """Return *entry* as *schedule* declares it today, or what is wrong with it now."""
    after = renewed(entry, schedule)
    if after.timing == entry.timing and not after.timing.calendars:
        return after
    return _settled(schedule, after, now)


def _answer(
    schedule: Schedule, answered: Sequence[Compiled | Question], before: LockEntry | None, now: datetime
) -> _Result:
    """Return the entry for *schedule* from the answers to its phrases, or the questions that are left."""
    about = zip(schedule.phrases, schedule.phrase_origins, answered, strict=True)
    open_ = [OpenQuestion(schedule.id, phrase, at, one) for phrase, at, one in about if isinstance(one, Question)]
    if open_:
        return open_
    union = union_of([one for one in answered if isinstance(one, Compiled)])
    if isinstance(union, Question):
        return _asked(schedule, union)
    against = None if union.reading.zone_in_phrase else asked_key(union.reading.timing.timezone)
    if against is not None:
        return _asked(schedule, Question(f"timezone: {against}", against.hint))
    if union.reading.timing.dst != DstPolicy():
        return _asked(schedule, Question("a phrase cannot say what happens when the clock changes", _DST))
    return _settled(schedule, new_entry(schedule, union, before=before), now)


def _still_agreed(before: LockEntry | None, after: LockEntry) -> LockEntry:
    """Return *after* with the evidence of *before* where a model once agreed to just this and was not heard now."""
    if before is None or after.evidence is not Evidence.GRAMMAR or before.evidence is not Evidence.AGREED:
        return after
    same = before.when == after.when and before.timing == after.timing
    return replace(after, evidence=before.evidence, compiled_by=before.compiled_by) if same else after


def _settled(schedule: Schedule, entry: LockEntry, now: datetime) -> _Result:
    """Return *entry* with its holidays looked up, or why its limits leave no schedule."""
    against = clash(own_timing(entry), schedule)
    if against is not None:
        return _asked(schedule, Question(against, "say it in one place, and once"))
    found = sound_timing(entry.timing, now)
    return _asked(schedule, found) if isinstance(found, Question) else replace(entry, timing=found)


def _asked(schedule: Schedule, question: Question) -> list[OpenQuestion]:
    return [OpenQuestion(schedule.id, schedule.phrases[0], schedule.phrase_origins[0], question)]


def _checked(schedule: Schedule, result: _Result, policy: Policy) -> _Result:
    """Return *result*, or its author's expectations and the project's limits that an entry does not meet."""
    return (isinstance(result, LockEntry) and list(_unmet(schedule, result, policy))) or result


def union_of(parts: Sequence[Compiled]) -> Compiled | Question:
    """Return the one answer that a list of phrases means together."""
    if len(parts) == 1:
        return parts[0]
    readings = [part.reading for part in parts]
    rules = [reading.timing.rule for reading in readings]
    frames = {replace(reading.timing, rule=()) for reading in readings}
    if any(not isinstance(rule, tuple) for rule in rules):
        return Question("an interval that is counted from an anchor cannot be one of several phrases", _SPLIT)
    if len(frames) > 1:
        return Question("the phrases differ in timezone, limits or exceptions", _SPLIT)
    members = [member for rule in rules if isinstance(rule, tuple) for member in rule]
    timing = replace(readings[0].timing, rule=rule_union(members))
    return Compiled(
        Reading(
            timing,
            assumptions=_merged(reading.assumptions for reading in readings),
            warnings=_merged(reading.warnings for reading in readings),
            zone_in_phrase=readings[0].zone_in_phrase and all(reading.zone_in_phrase for reading in readings),
            conventions=tuple(dict(pair for reading in readings for pair in reading.conventions).items()),
        ),
        evidence=_weakest(parts),
        compiled_by=", ".join(_merged((part.compiled_by.split(", ")) for part in parts)),
    )


_DST = "write `dst: {gap: skip, overlap: both}` beside `when:`"
_SPLIT = "make two schedules of it"


def _merged(texts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for part in texts for text in part))


def _weakest(parts: Sequence[Compiled]) -> Evidence:
    strength = (Evidence.MODEL, Evidence.GRAMMAR, Evidence.AGREED)
    return min((part.evidence for part in parts), key=strength.index)


def _unmet(schedule: Schedule, entry: LockEntry, policy: Policy) -> Iterable[OpenQuestion]:
    for sentence in breaches(policy, entry.timing):
        yield from _asked(schedule, Question(sentence, "change the phrase, or `policy:` with those who set it"))
    for sentence in broken(schedule.expect, entry.timing):
        question = Question(sentence, f"`{schedule.phrases[0]}` means {entry.means}; change the phrase or `expect`")
        yield OpenQuestion(schedule.id, schedule.phrases[0], schedule.phrase_origins[0], question)


def unmet_expectations(declaration: Declaration, lock: Lock) -> Iterable[Problem]:
    """Yield a problem for each `expect` and each limit of `policy` that the lock's entries do not meet."""
    for schedule in declaration.schedules:
        if schedule.id in lock.entries:
            for one in _unmet(schedule, lock.entries[schedule.id], declaration.policy):
                yield Problem(f"{schedule.id}: {one.question.message}", one.origin, one.question.hint)


def over_policy(policy: Policy, declaration: Declaration, lock: Lock) -> Iterable[Problem]:
    """Yield a problem for each limit of *policy*, which is not the declaration's own, that the lock's entries break."""
    hint = "change the phrase; a looser `policy:` has to be merged first, on its own"
    for schedule in declaration.schedules:
        if policy != declaration.policy and schedule.id in lock.entries:
            for sentence in breaches(policy, lock.entries[schedule.id].timing):
                yield Problem(f"{schedule.id}: {sentence} where this is to be merged", schedule.phrase_origins[0], hint)
