"""Looks, decides and applies; whoever calls it says what is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler import lockfile
from reconciler.engine.applying import summary
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.protocol import Applied
from reconciler.engine.records import Records
from reconciler.errors import ReconcileError, SourceFailed
from reconciler.following import Allowances, Answer, Condition, Event, Following, Order, Pin, Progress, carried
from reconciler.model import Freeze, Reason, parse_json
from reconciler.planning import plan
from reconciler.reconciling.look import Look
from reconciler.reconciling.verdict import Verdict, conditions, verdict
from reconciler.review.plan import plan_line
from reconciler.sources.protocol import Snapshot, Source
from reconciler.steering import Healing, steer
from reconciler.timing import frozen_until

_OWN = (Reason.DRIFT, Reason.MISSING)
NOTHING = Allowances()
AT_ONCE = Healing()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is special about one look: what an operator allows or adopts, who asked, and how patient it is with drift.

    *drifted* says since when each job has been seen to drift. *mended* are jobs that the clock had lost and has again.
    """

    allowances: Allowances = NOTHING
    adopt: frozenset[str] = frozenset()
    healing: Healing = AT_ONCE
    drifted: Mapping[str, datetime] | None = None
    order: Order | None = None
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a look: the changes and their results, and how things stand now."""

    applied: tuple[Applied, ...]
    verdict: Verdict

    @property
    def failed(self) -> tuple[Applied, ...]:
        """The changes that could not be carried out; then none was."""
        return tuple(one for one in self.applied if one.error)


class Reconciler:
    """Brings the engine of a state directory to what a source says."""

    def __init__(self, engine: EmbeddedEngine, records: Records, source: Source) -> None:
        self._engine = engine
        self._records = records
        self._source = source

    def look(self, found: Snapshot | ReconcileError, now: datetime, asked: Asked = Asked()) -> Look:
        """Return what is to be done about *found*; write nothing. Raise StoreFailed if the ledger cannot be used."""
        remembered = self._records.followed()
        known, place = remembered.pin, self._source.place
        elsewhere = remembered.following is not None and not remembered.following.place.is_same(place)
        pin = known if known is not None and known.holds(now) and not elsewhere else None
        wanted = found if pin is None else self._pinned(pin)
        observed = self._engine.observe()
        look = Look(place, now, remembered, found, wanted, observed, pin, expired=known is not None and pin is None)
        if look.lock is None:
            return look
        allowed = asked.allowances
        planned = plan(look.lock, observed, adopt=asked.adopt, allow_deletes=allowed.stops, allow_stops=allowed.stopped)
        steered = steer(
            planned,
            now=now,
            frozen_until=None if allowed.frozen or pin is not None else _frozen_until(look),
            healing=asked.healing,
            drifted=asked.drifted or {},
        )
        return replace(look, planned=planned, steered=steered)

    def _pinned(self, pin: Pin) -> Snapshot | ReconcileError:
        try:
            return self._source.at(pin.revision)
        except ReconcileError as error:
            return SourceFailed(f"pinned to {pin.revision[:10]}, which cannot be read: {error}")

    def carry_out(self, look: Look, asked: Asked = Asked()) -> Done:
        """Apply what is to be applied now, and record how things stand; what is not new is not written.

        Raises StoreFailed if the ledger cannot be used; nothing is changed then.
        """
        found = verdict(look)
        progress = _progress(look, found, asked)
        now = look.steered.now
        if not now and progress is None:
            return Done((), found)
        revision = look.named(look.wanted.revision) if isinstance(look.wanted, Snapshot) else ""
        return Done(self._engine.apply(now, revision, progress=progress), found)


def _frozen_until(look: Look) -> datetime | None:
    """Return until when the freeze of the new lock or of the one in force holds changes back, None if neither does.

    Where nothing was ever applied there is nothing to hold: jobs begin.
    """
    if not look.observed.applied:
        return None
    freezes = [look.lock.freeze if look.lock else None, _freeze_in_force(look)]
    ends = [frozen_until(one.timing, look.now) for one in freezes if one is not None]
    return max((end for end in ends if end is not None), default=None)


def _freeze_in_force(look: Look) -> Freeze | None:
    text = look.following.freeze
    try:
        return None if text is None else lockfile.freeze_from_json(parse_json(text))
    except (ValueError, KeyError, TypeError):  # written by another release
        return None


def _progress(look: Look, found: Verdict, asked: Asked) -> Progress | None:
    """Return what is to be remembered of *look*, or None if it is what is remembered already."""
    following = _following(look, found)
    fresh = carried(conditions(look, found), look.remembered.conditions)
    events = tuple(_events(look, fresh, asked))
    answer = None
    if asked.order is not None:
        revision = look.wanted.revision if isinstance(look.wanted, Snapshot) else None
        answer = Answer(asked.order.id, found.sync, found.message, found.exit_code, revision)
    same = following == look.remembered.following and {one.type: one for one in fresh} == look.remembered.conditions
    if same and not events and answer is None and not look.expired:
        return None
    return Progress(following, fresh, events, answer, look.expired)


def _following(look: Look, found: Verdict) -> Following:
    known = look.following
    attempted = look.found.revision if isinstance(look.found, Snapshot) else known.attempted
    error = str(look.found) if isinstance(look.found, ReconcileError) else None
    if error is None and found.sync == "OutOfSync" and found.exit_code:
        error = found.message
    if (attempted, error) != (known.attempted, known.error):
        known = replace(known, attempted=attempted, attempted_at=look.now, error=error)
    if not isinstance(look.wanted, Snapshot) or look.steered.refused or look.steered.frozen:
        return known
    freeze = look.wanted.lock.freeze
    known = replace(known, freeze=None if freeze is None else lockfile.freeze_text(freeze))
    if look.pin is None:
        known = replace(known, followed=look.wanted.revision)
    if look.wanted.revision != known.applied:
        known = replace(known, applied=look.wanted.revision, applied_at=look.now)
    return known


def _events(look: Look, fresh: tuple[Condition, ...], asked: Asked) -> Iterator[Event]:
    """Yield what is worth an entry in the log of operations: what is applied now, and what turned."""
    actor = None if asked.order is None else asked.order.by
    for id in asked.mended:
        yield Event(look.now, "mended", "lost by the clock, and put back", id)
    changes = tuple(change for change in look.steered.now if change.reason not in _OWN)
    if changes and isinstance(look.wanted, Snapshot):
        text = f"{summary(changes)} at {look.label(look.wanted.revision)}"
        yield Event(look.now, "applied", text, actor=actor)
    for change in look.steered.now:
        if change.reason in _OWN:
            yield Event(look.now, "healed", plan_line(change), change.id)
    if look.expired and look.remembered.pin is not None:
        yield Event(look.now, "unpinned", f"the pin to {look.remembered.pin.revision[:10]} is over")
    for condition in fresh:
        before = look.remembered.conditions.get(condition.type)
        turned = before is None or (before.status, before.reason) != (condition.status, condition.reason)
        if turned and condition.type in ("Synced", "SourceReady") and condition.status != "True":
            yield Event(look.now, condition.reason, condition.message)
