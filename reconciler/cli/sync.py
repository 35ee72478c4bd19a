"""`reconcile`: make the engine match the lockfile once; with --dry-run, say what that would do."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from reconciler import lockfile
from reconciler.cli.console import note, paint_out, say, say_json
from reconciler.cli.project import Project
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.protocol import Applied
from reconciler.errors import GuardRefused, Problem, StoreFailed
from reconciler.model import Lock, Plan
from reconciler.planning import plan
from reconciler.review.plan import plan_json, plan_text


def sync(
    project: Project,
    *,
    dry_run: bool,
    detailed_exitcode: bool,
    allow_deletes: int | None,
    adopt: frozenset[str],
    plan_digest: str | None,
) -> None:
    """Plan and, unless *dry_run*, apply; exit as the design's table says.

    Raises LockInvalid for a bad lock, GuardRefused when a limit is broken or the plan is not the one that
    *plan_digest* names, StoreFailed when the ledger cannot be used.
    """
    lock = lockfile.read(project.lock_path, name=project.lock_name)
    engine = EmbeddedEngine(project.state_dir)
    now = datetime.now(UTC)
    planned = plan(lock, engine.observe(), adopt=adopt, allow_deletes=allow_deletes)
    refused = bool(planned.breaches) or not _is_pinned(planned, plan_digest)
    applied = () if dry_run or refused else _apply(engine, planned, lock)
    _show(project, lock, planned, now, dry_run=dry_run, applied=bool(applied))
    _raise_refusals(planned, plan_digest)
    _raise_failures(applied)
    if dry_run and detailed_exitcode and planned.pending:
        sys.exit(2)


def _apply(engine: EmbeddedEngine, planned: Plan, lock: Lock) -> tuple[Applied, ...]:
    return engine.apply(planned.pending, lockfile.lock_digest(lock)) if planned.pending else ()


def _show(project: Project, lock: Lock, planned: Plan, now: datetime, *, dry_run: bool, applied: bool) -> None:
    if project.json:
        revision = lockfile.lock_digest(lock)
        say_json({**plan_json(planned, now=now, dry_run=dry_run, revision=revision), "applied": applied})
        return
    say(plan_text(planned, now=now, paint=paint_out(), applied=applied))
    if dry_run and planned.pending and not planned.breaches:
        note("Nothing was written. `reconcile` applies this plan.")


def _is_pinned(planned: Plan, plan_digest: str | None) -> bool:
    if plan_digest is None:
        return True
    wanted = plan_digest.removeprefix("sha256:")
    return len(wanted) >= 12 and planned.digest.removeprefix("sha256:").startswith(wanted)


def _raise_refusals(planned: Plan, plan_digest: str | None) -> None:
    if planned.breaches:
        raise GuardRefused(Problem(breach.message, None, breach.hint) for breach in planned.breaches)
    if not _is_pinned(planned, plan_digest):
        message = f"the plan is no longer the one with digest {plan_digest}"
        raise GuardRefused(message, hint=f"look at it again; it is now {planned.digest}")


def _raise_failures(applied: tuple[Applied, ...]) -> None:
    failed = [Problem(f"{one.id}: {one.action} failed: {one.error}") for one in applied if one.error]
    if failed:
        raise StoreFailed(failed)
