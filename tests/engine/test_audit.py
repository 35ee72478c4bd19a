"""The history checker: it finds what is missing or too much, and agrees with what the engine really writes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.audit import Audit, Span, check_job
from reconciler.engine import ledger_jobs
from reconciler.engine.auditing import audit_ledger
from reconciler.engine.ledger import ledger_path, open_ledger, transaction
from reconciler.engine.ledger_schema import APPLICATION_ID, FORMATS, VERSION, expected_schema, schema_of
from reconciler.model import LockEntry, MissReason, Pause, Run, RunState
from tests.builders import timing
from tests.engine.world import NINE, Hand, World, create, delete, minutely, update

MINUTE = timedelta(minutes=1)
EVERY_MINUTE = timing("UTC", hour="*", minute="*")


def run(at: datetime, state: RunState = RunState.SUCCEEDED, count: int = 1) -> Run:
    last = at + (count - 1) * MINUTE if count > 1 else None
    reason = MissReason.DOWNTIME if state is RunState.MISSED else None
    return Run(1, "tick", at, state, reason=reason, count=count, last_scheduled_at=last)


def audited(rows: list[Run], minutes: int = 10) -> Audit:
    audit = Audit()
    check_job(audit, "tick", [Span(NINE, NINE + minutes * MINUTE, EVERY_MINUTE)], rows)
    return audit


@given(st.sets(st.integers(1, 10)), st.sets(st.integers(0, 600).filter(lambda second: second % 60), max_size=3))
def test_every_due_time_without_a_row_is_silent_and_every_row_without_one_is_too_many(
    there: set[int], odd: set[int]
) -> None:
    rows = [run(NINE + minute * MINUTE) for minute in there] + [run(NINE + timedelta(seconds=s)) for s in odd]
    audit = audited(sorted(rows, key=lambda row: row.scheduled_at))
    assert (audit.accounted, audit.silent, audit.doubled) == (len(there), 10 - len(there), len(odd))
    assert audit.clean == (len(there) == 10 and not odd)


@pytest.mark.parametrize(
    ("count", "silent", "doubled"),
    [(10, 0, 0), (8, 2, 0), (1, 9, 0)],
)
def test_a_row_for_many_due_times_stands_for_so_many_and_no_more(count: int, silent: int, doubled: int) -> None:
    audit = audited([run(NINE + MINUTE, RunState.MISSED, count)])
    assert (audit.silent, audit.doubled) == (silent, doubled)
    assert audit.states[RunState.MISSED] == count


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 15), st.integers(0, 15)), max_size=4),
    st.lists(st.integers(1, 39), max_size=2),
)
def test_counting_finds_what_taking_each_due_time_finds(claims: list[tuple[int, int, int]], changes: list[int]) -> None:
    """Rows for many due times, right or wrong, over entries that change: against a list of all due times."""
    rows = sorted(
        (
            Run(
                n,
                "tick",
                NINE + at * MINUTE,
                RunState.MISSED,
                count=count,
                last_scheduled_at=NINE + (at + last) * MINUTE,
            )
            if count > 1
            else run(NINE + at * MINUTE)
            for n, (at, count, last) in enumerate(claims)
        ),
        key=lambda row: row.scheduled_at,
    )
    edges = sorted({0, 40, *changes})
    spans = [Span(NINE + a * MINUTE, NINE + b * MINUTE, EVERY_MINUTE) for a, b in pairwise(edges)]
    whole, parts = Audit(), Audit()
    check_job(whole, "tick", spans, rows)
    check_job(parts, "tick", [Span(NINE + n * MINUTE, NINE + (n + 1) * MINUTE, EVERY_MINUTE) for n in range(40)], rows)
    assert (whole.accounted, whole.silent, whole.doubled) == (parts.accounted, parts.silent, parts.doubled)


def test_a_year_in_one_row_is_audited_at_once() -> None:
    second = timedelta(seconds=1)
    year = 365 * 86400
    row = Run(1, "tick", NINE + second, RunState.MISSED, count=year, last_scheduled_at=NINE + year * second)
    audit = Audit()
    check_job(audit, "tick", [Span(NINE, NINE + year * second, timing("UTC", hour="*", minute="*", second="*"))], [row])
    assert (audit.accounted, audit.silent, audit.doubled) == (year, 0, 0)


def test_a_row_that_claims_more_than_was_due_is_found() -> None:
    claims = Run(1, "tick", NINE + MINUTE, RunState.MISSED, count=9, last_scheduled_at=NINE + 5 * MINUTE)
    audit = audited([claims], minutes=5)
    assert (audit.silent, audit.doubled) == (0, 4)


def test_two_rows_for_one_due_time_are_one_too_many() -> None:
    audit = audited([run(NINE + MINUTE), run(NINE + MINUTE)], minutes=1)
    assert (audit.accounted, audit.silent, audit.doubled) == (1, 0, 1)


# ---------------------------------------------------------------- the ledger


def clean(world: World) -> Audit:
    audit = audit_ledger(world.state)
    assert audit.clean, audit.findings
    return audit


def test_what_an_engine_accounts_for_is_clean_through_changes_pauses_renames_and_removal(
    still: World, hand: Hand
) -> None:
    first = minutely()
    still.engine.apply([create(first)], "1")
    hand.pass_(minutes=7)
    second = minutely(paused=True)
    still.engine.apply([update(first, second)], "2")
    hand.pass_(hours=5)
    third = LockEntry(**{**_fields(first), "timing": timing("UTC", hour="*", minute="*/5")})
    still.engine.apply([update(second, third)], "3")
    still.engine.pause("tick", Pause("ann", hand.now))
    hand.pass_(days=2)
    still.engine.resume("tick")
    hand.pass_(minutes=31)
    still.engine.apply([delete(third)], "4")
    hand.pass_(days=1)
    still.engine.apply([create(first)], "5")
    hand.pass_(minutes=3)
    still.engine.apply([update(first, second)], "6")
    audit = clean(still)
    assert audit.accounted == 7 + 300 + 2 * 288 + 6 + 3


@pytest.mark.forged
def test_a_row_that_is_taken_away_or_added_behind_our_back_is_found(still: World, hand: Hand) -> None:
    entry = minutely()
    still.engine.apply([create(entry)], "1")
    hand.pass_(minutes=5)
    still.engine.apply([update(entry, minutely(paused=True))], "2")
    clean(still)
    with closing(open_ledger(still.state)) as ledger, transaction(ledger):
        ledger.execute("DELETE FROM runs WHERE id = 2")
        ledger.execute("UPDATE runs SET scheduled_at = scheduled_at + 1000000 WHERE id = 4")
    audit = audit_ledger(still.state)
    assert (audit.accounted, audit.silent, audit.doubled) == (3, 2, 1)
    assert not audit.clean


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_ledger_of_an_earlier_version_is_read_and_upgraded(still: World, hand: Hand, version: int) -> None:
    still.engine.apply([create(minutely())], "1")
    ids = [still.engine.request_run("tick").id for _ in range(3)]
    with closing(open_ledger(still.state)) as ledger:
        rows = {table: ledger.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES[version]}
        sequence = ledger.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    _write(still, version, rows, sequence)
    assert still.engine.observe().jobs
    assert [run.id for run in still.runs()] == ids
    assert audit_ledger(still.state).accounted == 0
    with closing(open_ledger(still.state)) as ledger:
        assert ledger.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert schema_of(ledger) == expected_schema()
        assert list(ledger_jobs.held_entries(ledger)) == ["tick"]
        assert sorted(ledger.execute("SELECT name, seq FROM sqlite_sequence").fetchall()) == sorted(sequence)
    assert [run.id for run in still.runs()] == ids


FIRST = ("meta", "jobs", "revisions", "applied", "runs")
TABLES = {1: FIRST, 2: (*FIRST, "held"), 3: (*FIRST, "held")}


def _write(world: World, version: int, rows: dict[str, list[tuple[object, ...]]], sequence: list[object]) -> None:
    """Write the ledger that the program of *version* would have written."""
    for file in world.state.glob("ledger.sqlite3*"):
        file.unlink()
    with closing(sqlite3.connect(ledger_path(world.state))) as ledger:
        ledger.executescript(FORMATS[version])
        for table, found in rows.items():
            marks = ", ".join("?" * len(found[0]))
            ledger.executemany(f"INSERT INTO {table} VALUES ({marks})", found)
        ledger.execute("DELETE FROM sqlite_sequence")
        ledger.executemany("INSERT INTO sqlite_sequence VALUES (?, ?)", sequence)
        ledger.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        ledger.execute(f"PRAGMA user_version = {version}")
        ledger.commit()


def test_no_ledger_is_nothing_to_find(still: World) -> None:
    assert audit_ledger(still.state) == Audit()


def _fields(entry: LockEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in LockEntry.__dataclass_fields__}
