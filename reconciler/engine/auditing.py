"""The ledger put before the history checker, a job at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from reconciler.audit import Audit, Span, check_job
from reconciler.engine import ledger_jobs, ledger_runs
from reconciler.engine.ledger_reading import reading
from reconciler.engine.ledger_schema import from_micros, has_table
from reconciler.lockfile import entry_from_json
from reconciler.model import parse_json


def audit_ledger(state_dir: Path) -> Audit:
    """Return how the due times in the ledger of *state_dir* are accounted for; write nothing.

    Each job is checked from when it was first held up to its account. Raises StoreFailed if the ledger cannot be read.
    """
    return reading(state_dir, _audit, Audit())


def _audit(connection: sqlite3.Connection) -> Audit:
    audit = Audit()
    if not has_table(connection, "held"):
        return audit
    accounts = {row.id: row.accounted_until for row in ledger_jobs.job_rows(connection)}
    for id, held in ledger_jobs.held_entries(connection).items():
        last = from_micros(accounts[id]) if id in accounts else held[-1][0]
        rows = ledger_runs.scheduled_runs(connection, id, held[0][0], last)
        check_job(audit, id, list(_spans(held, last)), rows)
    return audit


def _spans(held: list[tuple[datetime, str | None]], last: datetime) -> Iterator[Span]:
    ends = [since for since, _ in held[1:]] + [last]
    for (since, text), until in zip(held, ends, strict=True):
        if text is not None:
            fields = parse_json(text)
            entry = entry_from_json(fields.pop("id"), fields)
            yield Span(since, until, entry.timing)
