"""A plan carried out on the ledger, inside one transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from reconciler.engine import ledger_following, ledger_jobs, ledger_runs
from reconciler.engine.due import account
from reconciler.engine.gaps import Gaps
from reconciler.engine.ledger import installation
from reconciler.engine.protocol import Applied
from reconciler.lockfile import checksum
from reconciler.model import Action, Change, LockEntry, MissReason, Reason

_NEW = (Reason.ADDED, Reason.RESTORED)


class Refused(Exception):
    """A change cannot be carried out on what the ledger holds now."""


class Incomplete(Exception):
    """The plan was not carried out; *results* say why."""

    def __init__(self, results: tuple[Applied, ...]) -> None:
        super().__init__("the plan was not carried out")
        self.results = results


def effective(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes that do something."""
    return tuple(change for change in changes if change.action is not Action.NOOP)


def apply(connection: sqlite3.Connection, changes: Sequence[Change], revision: str, now: datetime) -> None:
    """Carry out *changes*; raise Incomplete, with nothing to be committed, if one of them cannot be."""
    number = ledger_jobs.add_revision(connection, revision, summary(changes), now)
    owner = installation(connection)
    errors: dict[int, str] = {}
    for at, change in enumerate(changes):
        try:
            _apply_one(connection, change, owner, number, now)
        except Refused as refused:
            errors[at] = str(refused)
    if errors:
        rest = "not applied, because the plan is applied whole or not at all"
        raise Incomplete(tuple(Applied(c.id, c.action, errors.get(at, rest)) for at, c in enumerate(changes)))
    ledger_jobs.seal_revision(connection, number)


def summary(changes: Sequence[Change]) -> str:
    """Return what *changes* do in a few words (`2 create, 1 delete`)."""
    counts = Counter(change.action.value for change in changes)
    return ", ".join(f"{counts[action.value]} {action.value}" for action in Action if counts[action.value])


def _apply_one(connection: sqlite3.Connection, change: Change, owner: str, number: int, now: datetime) -> None:
    _check_unchanged(connection, change, owner)
    if change.previous_id is not None:
        settle(connection, change.previous_id, now)
        ledger_jobs.rename_job(connection, change.previous_id, change.id)
    if change.after is None:
        _remove(connection, change.id, now)
        ledger_jobs.set_applied(connection, change.id, None, number)
        return
    # What was due under the old entry and not yet seen by a clock is settled under the old entry.
    if change.before is None or _owes_differently(change.before, change.after):
        settle(connection, change.id, now)
    applied = ledger_jobs.put_job(connection, change.after, owner, since=now)
    ledger_following.raise_up(connection, change.id, now)
    ledger_jobs.remember_entry(connection, change.id)
    ledger_jobs.set_applied(connection, change.id, applied, number)


def _check_unchanged(connection: sqlite3.Connection, change: Change, owner: str) -> None:
    """Refuse a change that was planned for something else than the ledger holds now."""
    held = ledger_jobs.job_row(connection, change.previous_id or change.id)
    if held is None:
        if change.before is not None and change.after is not None and change.action is not Action.CREATE:
            raise Refused("the job is gone since the plan was made; plan again")
        return
    if held.owner != owner and change.reason is not Reason.ADOPTED:
        raise Refused("the job belongs to someone else")
    if change.action is Action.CREATE and change.before is None and change.reason in _NEW:
        raise Refused("the job was created by someone else since the plan was made; plan again")
    if change.before is not None and not _same(held, change.before):
        raise Refused("the job changed since the plan was made; plan again")


def _same(held: ledger_jobs.JobRow, before: LockEntry) -> bool:
    try:
        return held.held().job.checksum == checksum(before) or held.held().entry == before
    except (ValueError, KeyError, TypeError):
        return True  # unreadable: there is nothing it could be mistaken for


def _owes_differently(before: LockEntry, after: LockEntry) -> bool:
    return (before.timing, before.paused, before.paused_until) != (after.timing, after.paused, after.paused_until)


def settle(connection: sqlite3.Connection, id: str, now: datetime) -> None:
    """Write the rows of every due time of the job up to *now* that has none, by the entry and pause it has now."""
    row = ledger_jobs.job_row(connection, id)
    if row is None:
        return
    try:
        held = row.held()
    except (ValueError, KeyError, TypeError):
        return
    if held.accounted_until < now:
        owed = account(held.job, held.accounted_until, now, Gaps(now))
        ledger_runs.add_due(connection, id, owed, now)
        ledger_jobs.set_accounted(connection, id, now)


def _remove(connection: sqlite3.Connection, id: str, now: datetime) -> None:
    settle(connection, id, now)
    ledger_runs.end_waiting(connection, id, MissReason.REMOVED, now)
    ledger_jobs.forget_entry(connection, id)
    ledger_following.bury(connection, id, now)
    ledger_jobs.delete_job(connection, id)
