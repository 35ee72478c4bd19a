"""What the ledger of a state directory remembers of following: for the daemon, and for those who operate it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from reconciler.engine import ledger_following
from reconciler.engine.ledger import writing
from reconciler.engine.ledger_reading import reading
from reconciler.following import Answer, Event, Followed, Order, Pin, Progress, Tombstone


class Records:
    """Every method raises StoreFailed if the ledger cannot be used; reading leaves no trace."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir

    def followed(self) -> Followed:
        """Return how far a source was followed, what holds it, what was found last."""
        return reading(self._state_dir, ledger_following.followed, Followed())

    def events(self, job_id: str | None = None, limit: int = 50) -> list[Event]:
        """Return what was done to the scheduler and by whom, newest first."""
        return reading(self._state_dir, lambda connection: ledger_following.events(connection, job_id, limit), [])

    def tombstones(self) -> list[Tombstone]:
        """Return what is kept of jobs that git no longer names."""
        return reading(self._state_dir, ledger_following.tombstones, [])

    def answered(self, order_id: str) -> Answer | None:
        """Return the daemon's answer to the order *order_id*, or None while there is none."""
        found: Answer | None = reading(self._state_dir, ledger_following.answer, None)
        return found if found is not None and found.order == order_id else None

    def record(self, progress: Progress) -> None:
        """Remember what one look found and did."""
        writing(self._state_dir, lambda connection: ledger_following.record(connection, progress))

    def ask(self, order: Order) -> bool:
        """Ask the daemon to look now; return False, having asked nothing, while it has another order to answer."""
        return writing(self._state_dir, lambda connection: ledger_following.set_order(connection, order))

    def withdraw(self, order_id: str) -> None:
        """Forget the order *order_id*, which nobody waits for any more."""
        writing(self._state_dir, lambda connection: ledger_following.withdraw(connection, order_id))

    def pin(self, pin: Pin | None, event: Event) -> None:
        """Hold the scheduler at a revision from the next look on, or no longer (None)."""

        def write(connection: sqlite3.Connection) -> None:
            ledger_following.set_pin(connection, pin)
            ledger_following.add_event(connection, event)

        writing(self._state_dir, write)
