"""How things stand after a look, in words and as conditions. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.durations import format_duration
from reconciler.errors import GuardRefused, ReconcileError
from reconciler.following import Condition, Truth
from reconciler.lockfile import instant_text
from reconciler.reconciling.look import Look
from reconciler.review.text import plural

_FEW = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sync status, its reason in one word, a sentence, and the exit code of a command that ends so."""

    sync: str
    reason: str
    message: str
    exit_code: int = 0


def verdict(look: Look) -> Verdict:
    """Return how things stand once all that is to be done now is done."""
    steered = look.steered
    if isinstance(look.wanted, ReconcileError):
        kind = type(look.wanted)
        return Verdict("Unknown", kind.__name__, f"{look.wanted}; the last good jobs go on", kind.exit_code)
    if look.planned is not None and steered.refused:
        reasons = "; ".join(f"{breach.message} ({breach.hint})" for breach in look.planned.breaches)
        message = f"refused: {reasons}; the last good jobs go on"
        return Verdict("OutOfSync", GuardRefused.__name__, message, GuardRefused.exit_code)
    if steered.frozen_until is not None:
        held = f"{plural(len(steered.frozen), 'change')} held back by the freeze"
        freeze = look.wanted.lock.freeze
        reason = f": {freeze.reason}" if freeze is not None and freeze.reason else ""
        message = f"{held} until {instant_text(steered.frozen_until)}{reason}"
        return Verdict("OutOfSync", "Frozen", message, GuardRefused.exit_code)
    if steered.drift:
        return Verdict("OutOfSync", "Drifted", _drift(look))
    return Verdict("Synced", "Applied", f"{plural(len(look.wanted.lock.entries), 'job')}{_where(look)}")


def _drift(look: Look) -> str:
    ids = [change.id for change in look.steered.drift]
    more = f" and {len(ids) - _FEW} more" if len(ids) > _FEW else ""
    names = f"{', '.join(ids[:_FEW])}{more}"
    verb = "was" if len(ids) == 1 else "were"
    at = look.steered.heals_at
    then = "left so, as drift is only reported" if at is None else f"put back in {_span(look.now, at)}"
    return f"{plural(len(ids), 'job')} {verb} changed outside git ({names}); {then}"


def _span(now: datetime, at: datetime) -> str:
    return format_duration(timedelta(seconds=max(1, round((at - now).total_seconds()))))


def _where(look: Look) -> str:
    if isinstance(look.wanted, ReconcileError):
        return ""
    if look.pin is not None:
        until = f" until {instant_text(look.pin.until)}" if look.pin.until else ""
        reason = f": {look.pin.reason}" if look.pin.reason else ""
        return f", pinned to {look.label(look.wanted.revision)} by {look.pin.by}{until}{reason}"
    return f" at {look.label(look.wanted.revision)}" if look.place.kind == "git" else ""


def conditions(look: Look, found: Verdict) -> tuple[Condition, ...]:
    """Return what is so, what is not and what is not known, as of the look."""
    return tuple(_conditions(look, found))


def _conditions(look: Look, found: Verdict) -> Iterator[Condition]:
    def one(type: str, status: Truth, reason: str, message: str) -> Condition:
        return Condition(type, status, reason, message, look.now)

    synced: dict[str, Truth] = {"Synced": "True", "OutOfSync": "False"}
    yield one("Synced", synced.get(found.sync, "Unknown"), found.reason, found.message)
    if isinstance(look.found, ReconcileError):
        yield one("SourceReady", "False", type(look.found).__name__, str(look.found))
    else:
        yield one("SourceReady", "True", "Read", f"{look.place} was read at {look.found.revision}")
    if look.pin is not None:
        yield one("Pinned", "True", "ByOperator", _where(look).removeprefix(", "))
    else:
        yield one("Pinned", "False", "Following", f"following {look.place}")
    if look.steered.frozen_until is not None:
        yield one("Frozen", "True", found.reason, found.message)
    else:
        yield one("Frozen", "False", "NothingHeldBack", "no change is held back by a freeze")
