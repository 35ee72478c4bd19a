"""Which part of a plan is carried out now, and what is held back: limits, freezes, the patience with drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model import Action, Change, Plan, Reason


@dataclass(frozen=True, slots=True)
class Healing:
    """How long drift is only reported before it is undone; None: it is never undone."""

    after: timedelta | None = timedelta(0)


@dataclass(frozen=True, slots=True)
class Steered:
    """The changes to apply *now*, in their order, those *frozen* until an end, and the *drift* that is left as it is.

    *heals_at* is when the first of that drift is to be undone, None where none ever is. Nothing is to be done of
    a *refused* plan.
    """

    now: tuple[Change, ...] = ()
    frozen: tuple[Change, ...] = ()
    frozen_until: datetime | None = None
    drift: tuple[Change, ...] = ()
    heals_at: datetime | None = None
    refused: bool = False


def steer(
    planned: Plan,
    *,
    now: datetime,
    frozen_until: datetime | None,
    healing: Healing,
    drifted: Mapping[str, datetime],
) -> Steered:
    """Return what is to be done of *planned* at *now*.

    A freeze that ends at *frozen_until* holds changes back, but not the undoing of drift: that brings back what was
    reviewed. *drifted* says since when each job has been seen to drift.
    """
    if planned.breaches:
        return Steered(refused=True, drift=planned.drift)
    frozen = planned.changes if frozen_until is not None else ()
    due = {change.id: _heals_at(change, drifted, healing, now) for change in planned.drift}
    healing_now = {id for id, at in due.items() if at is not None and at <= now}
    healed = tuple(change for change in planned.drift if change.id in healing_now)
    left = tuple(change for change in planned.drift if change.id not in healing_now)
    heals = [at for change in left if (at := due[change.id]) is not None]
    changes = () if frozen else planned.changes
    return Steered(changes + healed, frozen, frozen_until if frozen else None, left, heals_at=min(heals, default=None))


def _heals_at(change: Change, drifted: Mapping[str, datetime], healing: Healing, now: datetime) -> datetime | None:
    if change.reason is Reason.MISSING and change.action is Action.DELETE:
        return now  # a record of nothing, which disturbs nobody
    return None if healing.after is None else drifted.get(change.id, now) + healing.after
