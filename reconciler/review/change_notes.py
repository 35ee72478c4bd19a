"""What is to be said about a comparison as a whole, before any schedule: a stale lock, YAML that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.errors import Problem
from reconciler.lockfile import stale
from reconciler.model import Declaration, Freeze, Lock, Origin, Policy
from reconciler.review.concerns import Level
from reconciler.review.text import plural


@dataclass(frozen=True, slots=True)
class Version:
    """One side of a comparison: its *name* for people, its lock, and what of its YAML could be read.

    *problems* say why there is no *declaration*, or which of its schedules are invalid; without either, nobody asked.
    """

    name: str
    lock: Lock
    has_lock: bool = True
    declaration: Declaration | None = None
    policy: Policy = Policy()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say about the comparison as a whole, with a code for programs."""

    level: Level
    code: str
    message: str
    origin: Origin | None = None
    hint: str | None = None


def in_repository(origin: Origin, prefix: str) -> Origin:
    """Return *origin* from the top of the repository that has the project at *prefix*."""
    return replace(origin, file=prefix + origin.file)


def notes(before: Version, after: Version, prefix: str, lock_name: str) -> Iterator[Note]:
    """Yield what is to be said first, the stale lock before all."""
    if after.declaration is not None:
        yield from _stale(after.declaration, after.lock, prefix, lock_name)
        if before.has_lock and after.declaration.policy != before.policy:
            what = "the policy changes; the limits used here are those of the base"
            yield Note(Level.WARNING, "policy-changed", what)
    yield from _freeze(before.lock.freeze, after.lock.freeze)
    for version in (after, before):
        for problem in version.problems:
            where = None if problem.origin is None else in_repository(problem.origin, prefix)
            level = Level.ERROR if version is after else Level.NOTICE
            code = "yaml" if version.declaration is None else "invalid"
            yield Note(level, code, f"{version.name}: {problem.message}", where, problem.hint)
    if not before.has_lock:
        yield Note(Level.NOTICE, "no-lock", f"{before.name} has no lockfile: every schedule counts as added")


def _freeze(before: Freeze | None, after: Freeze | None) -> Iterator[Note]:
    if before == after:
        return
    if after is None:
        yield Note(Level.WARNING, "freeze", f"no change is held back any more: {before.means if before else ''}")
    elif before is None:
        yield Note(Level.WARNING, "freeze", f"changes are to be held back: {after.means}")
    else:
        yield Note(Level.WARNING, "freeze", f"changes are held back at other times: {before.means} → {after.means}")


def _stale(declaration: Declaration, lock: Lock, prefix: str, lock_name: str) -> Iterator[Note]:
    problems = list(stale(declaration, lock, lock_file=lock_name))
    if not problems:
        return
    entries = lock.entries
    phrases = sum(1 for one in declaration.schedules if one.id not in entries or entries[one.id].when != one.phrases)
    parts = [f"{plural(phrases, 'phrase')} changed but not compiled"] if phrases else []
    others = len(problems) - phrases
    if others:
        parts.append(f"{plural(others, 'other change')} not compiled")
    yield Note(Level.ERROR, "stale", f"the lock is stale: {', '.join(parts)}", hint="run `reconcile compile`")
    for problem in problems:
        where = None if problem.origin is None else in_repository(problem.origin, prefix)
        yield Note(Level.ERROR, "not-compiled", problem.message, where, problem.hint)
