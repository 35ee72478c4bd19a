"""`reconcile`: make the engine match the lockfile once; with --dry-run, say what that would do."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from reconciler.cli.console import note, paint_out, say, say_json
from reconciler.cli.project import Project
from reconciler.cli.source import found_by, source_of
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.protocol import Applied
from reconciler.engine.records import Records
from reconciler.errors import GuardRefused, Problem, ReconcileError, SourceFailed, StoreFailed
from reconciler.following import Allowances, Place
from reconciler.model import Plan
from reconciler.reconciling.look import Look
from reconciler.reconciling.reconciler import Asked, Reconciler
from reconciler.reconciling.verdict import verdict
from reconciler.review.plan import plan_json, plan_text


def once(
    project: Project,
    *,
    allowances: Allowances,
    dry_run: bool = False,
    detailed_exitcode: bool = False,
    adopt: frozenset[str] = frozenset(),
    plan_digest: str | None = None,
) -> None:
    """Plan and, unless *dry_run*, apply; exit as the design's table says.

    Raises LockInvalid for a bad lock, SourceFailed for a branch that cannot be read, GuardRefused when a limit is
    broken, a freeze holds, or the plan is not the one that *plan_digest* names, StoreFailed when the ledger cannot
    be used.
    """
    engine, records = EmbeddedEngine(project.state_dir), Records(project.state_dir)
    followed = records.followed()
    source = source_of(project, followed)
    if source.place.kind == "git" and not dry_run:
        raise _only_the_daemon(source.place)
    reconciler = Reconciler(engine, records, source)
    asked = Asked(allowances, adopt=adopt)
    look = reconciler.look(found_by(source, followed), datetime.now(UTC), asked)
    planned = _planned(look)
    refused = bool(planned.breaches) or not _is_pinned(planned, plan_digest)
    applied = () if dry_run or refused else reconciler.carry_out(look, asked).applied
    _show(project, look, planned, dry_run=dry_run, applied=bool(applied))
    _raise_refusals(planned, plan_digest)
    _raise_failures(applied)
    if look.steered.frozen and not dry_run:
        raise GuardRefused(verdict(look).message, hint="`reconcile --during-freeze` applies them nevertheless")
    if dry_run and detailed_exitcode and planned.pending:
        sys.exit(2)


def _only_the_daemon(place: Place) -> SourceFailed:
    return SourceFailed(
        f"this scheduler follows {place}, and only its daemon verifies and applies that",
        hint="`reconcile serve --git …` runs it, `reconcile --dry-run` shows what it would do; "
        "a scheduler of your own needs a state directory of its own: --state",
    )


def _planned(look: Look) -> Plan:
    if isinstance(look.wanted, ReconcileError):
        raise look.wanted
    assert look.planned is not None
    return look.planned


def _show(project: Project, look: Look, planned: Plan, *, dry_run: bool, applied: bool) -> None:
    if isinstance(look.wanted, ReconcileError):
        return
    if project.json:
        document = plan_json(planned, now=look.now, dry_run=dry_run, revision=look.wanted.revision, pauses=look.pauses)
        say_json({**document, "applied": applied})
        return
    say(plan_text(planned, now=look.now, paint=paint_out(), pauses=look.pauses, applied=applied))
    if look.pin is not None:
        note(f"Pinned to {look.pin.revision[:10]} by {look.pin.by}; `reconcile rollback --unpin` follows git again.")
    if dry_run and planned.pending and not planned.breaches:
        held = verdict(look).message if look.steered.frozen else ""
        note(f"Nothing was written. {held}." if held else "Nothing was written. `reconcile` applies this plan.")


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
