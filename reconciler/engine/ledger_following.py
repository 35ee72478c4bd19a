"""What is followed, pinned, asked for and found: small facts of the ledger. Writers are called in a `transaction`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from reconciler.engine.ledger_schema import from_micros, has_table, to_micros
from reconciler.following import (
    KEPT,
    PATIENCE,
    Allowances,
    Answer,
    Condition,
    Event,
    Followed,
    Following,
    Order,
    Pin,
    Place,
    Progress,
    Tombstone,
)

MOST_EVENTS = 10_000
MOST_REVISIONS = 1000


def followed(connection: sqlite3.Connection) -> Followed:
    """Return all that is remembered."""
    return Followed(following(connection), pin(connection), order(connection), conditions(connection))


def record(connection: sqlite3.Connection, progress: Progress) -> None:
    """Remember what one look found and did."""
    set_following(connection, progress.following)
    set_conditions(connection, progress.conditions)
    for event in progress.events:
        add_event(connection, event)
    if progress.answer is not None:
        set_answer(connection, progress.answer)
    if progress.unpinned:
        set_pin(connection, None)


def following(connection: sqlite3.Connection) -> Following | None:
    """Return what is followed, or None where nothing was yet."""
    value = _fact(connection, "following")
    if value is None:
        return None
    times = {name: _instant(value[name]) for name in ("attempted_at", "applied_at")}
    return Following(**{**value, **times, "place": Place(**value["place"])})


def set_following(connection: sqlite3.Connection, found: Following) -> None:
    """Remember what is followed and how far."""
    _set_fact(connection, "following", asdict(found))


def pin(connection: sqlite3.Connection) -> Pin | None:
    """Return what the scheduler is held at, expired or not, or None."""
    value = _fact(connection, "pin")
    if value is None:
        return None
    return Pin(**{**value, "at": _instant(value["at"]), "until": _instant(value["until"])})


def set_pin(connection: sqlite3.Connection, held: Pin | None) -> None:
    """Hold the scheduler at a revision, or no longer (None)."""
    _set_fact(connection, "pin", None if held is None else asdict(held))


def order(connection: sqlite3.Connection) -> Order | None:
    """Return what the daemon was asked for last and has not answered, or None."""
    value = _fact(connection, "order")
    if value is None:
        return None
    allowed = value["allowances"]
    allowances = Allowances(**{**allowed, "stopped": frozenset(allowed["stopped"])})
    return Order(**{**value, "at": _instant(value["at"]), "allowances": allowances})


def set_order(connection: sqlite3.Connection, asked: Order) -> bool:
    """Ask the daemon to look; return False, having asked nothing, while it has another order to answer."""
    before = order(connection)
    if before is not None and before.at > asked.at - PATIENCE and before.id != asked.id:
        return False
    value = asdict(asked)
    value["allowances"]["stopped"] = sorted(asked.allowances.stopped)
    _set_fact(connection, "order", value)
    return True


def withdraw(connection: sqlite3.Connection, order_id: str) -> None:
    """Forget the order *order_id*, which nobody waits for any more."""
    asked = order(connection)
    if asked is not None and asked.id == order_id:
        _set_fact(connection, "order", None)


def answer(connection: sqlite3.Connection) -> Answer | None:
    """Return the daemon's last answer."""
    value = _fact(connection, "answer")
    return None if value is None else Answer(**value)


def set_answer(connection: sqlite3.Connection, given: Answer) -> None:
    """Answer an order, which is then done with."""
    asked = order(connection)
    if asked is not None and asked.id == given.order:
        _set_fact(connection, "order", None)
    _set_fact(connection, "answer", asdict(given))


def conditions(connection: sqlite3.Connection) -> dict[str, Condition]:
    """Return what the daemon found last, by type."""
    found = _fact(connection, "conditions") or []
    return {one["type"]: Condition(**{**one, "since": _instant(one["since"])}) for one in found}


def set_conditions(connection: sqlite3.Connection, found: Iterable[Condition]) -> None:
    """Remember what the daemon found."""
    _set_fact(connection, "conditions", [asdict(one) for one in found])


def add_event(connection: sqlite3.Connection, event: Event) -> None:
    """Add *event*; its number is the ledger's."""
    connection.execute(
        "INSERT INTO events (at, kind, job_id, actor, message) VALUES (?, ?, ?, ?, ?)",
        (to_micros(event.at), event.kind, event.job_id, event.actor, event.message),
    )


def events(connection: sqlite3.Connection, job_id: str | None, limit: int) -> list[Event]:
    """Return the latest events, newest first, of one job or of all."""
    if not has_table(connection, "events"):
        return []
    where = "WHERE job_id = ? " if job_id is not None else ""
    rows = connection.execute(
        f"SELECT number, at, kind, job_id, actor, message FROM events {where}ORDER BY number DESC LIMIT ?",  # noqa: S608 -- constants
        (limit,) if job_id is None else (job_id, limit),
    )
    return [Event(from_micros(at), kind, text, id, actor, number) for number, at, kind, id, actor, text in rows]


def bury(connection: sqlite3.Connection, id: str, now: datetime) -> None:
    """Keep of the job *id*, which is about to be deleted, what a revert would bring back."""
    connection.execute(
        "INSERT OR REPLACE INTO tombstones"
        " SELECT id, ?, entry, pause_by, pause_at, pause_reason, pause_until FROM jobs WHERE id = ?",
        (to_micros(now), id),
    )


def raise_up(connection: sqlite3.Connection, id: str, now: datetime) -> None:
    """Give the job *id*, which is held again, the pause by hand that it had, if that is not over."""
    row = connection.execute(
        "SELECT pause_by, pause_at, pause_reason, pause_until FROM tombstones WHERE id = ?", (id,)
    ).fetchone()
    if row is None:
        return
    if row[0] is not None and (row[3] is None or row[3] > to_micros(now)):
        connection.execute(
            "UPDATE jobs SET pause_by = ?, pause_at = ?, pause_reason = ?, pause_until = ?"
            " WHERE id = ? AND pause_by IS NULL",
            (*row, id),
        )
    connection.execute("DELETE FROM tombstones WHERE id = ?", (id,))


def tombstones(connection: sqlite3.Connection) -> list[Tombstone]:
    """Return what is kept of jobs that git no longer names, by id."""
    if not has_table(connection, "tombstones"):
        return []
    rows = connection.execute("SELECT id, removed_at, pause_by IS NOT NULL FROM tombstones ORDER BY id")
    return [Tombstone(id, from_micros(at), bool(paused)) for id, at, paused in rows]


def prune_following(connection: sqlite3.Connection, now: datetime) -> None:
    """Forget tombstones whose time is over, and the oldest of too many events and revisions."""
    connection.execute("DELETE FROM tombstones WHERE removed_at <= ?", (to_micros(now - KEPT),))
    connection.execute(
        "DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?",
        (MOST_EVENTS,),
    )
    connection.execute(
        "DELETE FROM revisions WHERE number <= (SELECT max(number) FROM revisions) - ?"
        " AND number NOT IN (SELECT revision FROM applied)",
        (MOST_REVISIONS,),
    )


def _fact(connection: sqlite3.Connection, key: str) -> Any:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else json.loads(row[0])


def _set_fact(connection: sqlite3.Connection, key: str, value: object) -> None:
    if value is None:
        connection.execute("DELETE FROM meta WHERE key = ?", (key,))
        return
    text = json.dumps(value, default=datetime.isoformat)
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, text))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
