"""What `status` says of the daemon and its ledger, beside the jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.model import Observed, Plan
from reconciler.review.status import Daemon, Record, Status, status_of, status_text
from reconciler.review.status_json import status_json
from reconciler.review.text import Paint

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SYNCED = Plan((), (), 0, (), "sha256:0")


def status(daemon: Daemon | None, *set_aside: str) -> Status:
    return status_of(
        entries={},
        planned=SYNCED,
        unreadable=None,
        observed=Observed({}, frozenset(), {}),
        latest={},
        daemon=daemon,
        now=NOW,
        record=Record(set_aside=set_aside),
    )


@pytest.mark.parametrize(
    ("daemon", "set_aside", "health", "notes"),
    [
        (Daemon(7, NOW, NOW), (), "Healthy", []),
        (None, (), "Unknown", []),
        (Daemon(7, NOW, NOW - timedelta(seconds=59)), (), "Healthy", []),
        (Daemon(7, NOW, NOW - timedelta(minutes=5)), (), "Unknown", ["the daemon has shown no sign of life for 5m"]),
        (
            Daemon(7, NOW, NOW, "ledger.sqlite3: locked"),
            (),
            "Degraded",
            ["the daemon cannot use its ledger, and starts nothing until it can: ledger.sqlite3: locked"],
        ),
        (
            Daemon(7, NOW, NOW),
            ("ledger.sqlite3.broken-20261123T100000Z",),
            "Healthy",
            [
                "a broken ledger was replaced; the history until then is in ledger.sqlite3.broken-20261123T100000Z,"
                " and this note ends with that file"
            ],
        ),
    ],
)
def test_a_daemon_that_hangs_and_a_store_that_fails_are_noted(
    daemon: Daemon | None, set_aside: tuple[str, ...], health: str, notes: list[str]
) -> None:
    found = status(daemon, *set_aside)
    assert (found.sync, found.health, list(found.notes)) == ("Synced", health, notes)
    assert status_json(found)["notes"] == notes
    assert all(note in status_text(found, now=NOW, paint=Paint()) for note in notes)
