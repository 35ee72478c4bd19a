from __future__ import annotations

import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.engine.ledger import FILENAME, installation, open_ledger, transaction
from reconciler.engine.ledger_schema import VERSION
from reconciler.engine.roster import Roster
from reconciler.errors import StoreFailed
from reconciler.model import Observed
from tests.engine.world import World, minutely


@pytest.fixture
def connection(world: World) -> Iterator[sqlite3.Connection]:
    with closing(open_ledger(world.state)) as opened:
        yield opened


def test_the_state_directory_and_the_ledger_are_for_their_owner_only(world: World) -> None:
    open_ledger(world.state).close()
    assert stat.S_IMODE(world.state.stat().st_mode) == 0o700
    assert stat.S_IMODE((world.state / FILENAME).stat().st_mode) == 0o600


def test_it_is_durable_and_checks_references(connection: sqlite3.Connection) -> None:
    pragmas = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO applied VALUES ('a', 'b', 99)")


def test_the_installation_keeps_its_id(world: World) -> None:
    with closing(open_ledger(world.state)) as first:
        known = installation(first)
    with closing(open_ledger(world.state)) as second:
        assert installation(second) == known


def test_two_rows_for_one_due_time_cannot_be(connection: sqlite3.Connection) -> None:
    insert = "INSERT INTO runs (job_id, origin, scheduled_at, state) VALUES ('a', ?, 5, 'waiting')"
    connection.execute(insert, ("schedule",))
    connection.execute(insert, ("manual",))
    connection.execute(insert, ("manual",))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(insert, ("schedule",))


def test_looking_where_there_is_no_ledger_finds_nothing_and_makes_nothing(world: World) -> None:
    assert world.engine.observe() == Observed({}, frozenset(), {})
    assert world.engine.runs() == []
    assert not world.state.exists()


def test_a_newer_format_is_refused_with_both_numbers(world: World) -> None:
    with closing(open_ledger(world.state)) as opened:
        opened.execute("PRAGMA user_version = 7")
    for use in (world.engine.observe, lambda: open_ledger(world.state)):
        with pytest.raises(StoreFailed, match=f"format 7, this program knows {VERSION}"):
            use()


@pytest.mark.parametrize(
    "planted",
    [
        "CREATE TRIGGER evil AFTER INSERT ON runs BEGIN DELETE FROM runs; END",
        "CREATE TABLE more (a)",
        "CREATE VIEW seen AS SELECT * FROM runs",
        "DROP INDEX runs_once",
    ],
)
def test_a_ledger_in_which_something_was_planted_or_removed_is_refused(world: World, planted: str) -> None:
    with closing(open_ledger(world.state)) as opened:
        opened.execute(planted)
    for use in (world.engine.observe, lambda: open_ledger(world.state)):
        with pytest.raises(StoreFailed, match="not a ledger of this program"):
            use()


def test_a_file_of_another_program_is_refused_and_left_as_it_is(world: World) -> None:
    world.state.mkdir()
    with closing(sqlite3.connect(world.state / FILENAME)) as other:
        other.execute("CREATE TABLE apscheduler_jobs (id, job_state)")
        other.commit()
    before = (world.state / FILENAME).read_bytes()
    with pytest.raises(StoreFailed, match="not a ledger"):
        open_ledger(world.state)
    assert (world.state / FILENAME).read_bytes() == before


@pytest.mark.parametrize(
    "damage", [b"no database at all, but long enough to be looked at" * 20, b"SQLite format 3\0cut"]
)
def test_a_damaged_file_is_reported_with_its_path(world: World, damage: bytes) -> None:
    world.state.mkdir()
    (world.state / FILENAME).write_bytes(damage)
    for use in (world.engine.observe, lambda: open_ledger(world.state)):
        with pytest.raises(StoreFailed, match=FILENAME):
            use()


def test_a_link_in_place_of_the_ledger_is_not_followed(world: World, tmp_path: Path) -> None:
    world.state.mkdir()
    (world.state / FILENAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreFailed):
        open_ledger(world.state)
    assert not (tmp_path / "elsewhere").exists()


def test_an_error_inside_a_transaction_undoes_it(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError), transaction(connection):
        connection.executemany("INSERT INTO meta VALUES (?, 'b')", [("a",), ("a",)])
    assert connection.execute("SELECT count(*) FROM meta").fetchone() == (1,)
    assert not connection.in_transaction


def test_a_reader_sees_what_a_living_writer_has_committed(world: World, connection: sqlite3.Connection) -> None:
    world.hold(minutely())
    assert list(world.engine.observe().jobs) == ["tick"]
    with transaction(connection):
        connection.execute("DELETE FROM jobs")
        assert list(world.engine.observe().jobs) == ["tick"]
    assert list(world.engine.observe().jobs) == []
    assert Roster().observe(connection).applied.keys() == {"tick"}


def test_a_reader_sees_what_a_crashed_writer_had_committed(world: World) -> None:
    world.hold(minutely())
    script = (
        "import os, sys, pathlib; from reconciler.engine.ledger import *\n"
        "c = open_ledger(pathlib.Path(sys.argv[1]))\n"
        "c.execute('BEGIN'); c.execute('DELETE FROM jobs'); c.execute('COMMIT'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, world.state], check=False).returncode == -9
    assert (world.state / f"{FILENAME}-wal").stat().st_size > 0
    assert world.engine.observe().jobs == {}
    (world.state / f"{FILENAME}-shm").unlink()
    assert world.engine.observe().jobs == {}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("live", [False, True])
def test_observing_writes_nothing(world: World, tmp_path: Path, live: bool) -> None:
    world.hold(minutely())
    script = (
        "import sys, pathlib; from reconciler.engine.embedded import EmbeddedEngine\n"
        "engine = EmbeddedEngine(pathlib.Path(sys.argv[1])); assert engine.observe().jobs; engine.runs()"
    )
    traced = ["strace", "-f", "-y", "-o", tmp_path / "trace", sys.executable, "-B", "-c", script, world.state]
    if live:
        with closing(open_ledger(world.state)) as opened:
            opened.execute("UPDATE jobs SET owner = owner")
            before = _contents(world.state)
            subprocess.run(traced, check=True)
            assert _contents(world.state) == before
    else:
        before = _contents(world.state)
        subprocess.run(traced, check=True)
        assert _contents(world.state) == before
    calls = [line for line in (tmp_path / "trace").read_text().splitlines() if str(world.state) in line]
    writes = [line for line in calls if re.search(r"O_WRONLY|O_RDWR|O_CREAT|\b(p?write|ftruncate|unlink|rename)", line)]
    # SQLite opens an existing WAL for writing even to read it; it must not write to it.
    allowed = [line for line in writes if live and "openat" in line and "-wal" in line]
    assert writes == allowed
    assert calls


def _contents(directory: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.name: (path.stat().st_mtime_ns, b"" if path.name.endswith("-shm") else path.read_bytes())
        for path in sorted(directory.iterdir())
    }


def test_using_the_ledger_does_not_drop_the_locks_of_this_process(world: World) -> None:
    """Another process that closes the ledger removes the WAL if it believes to be the last."""
    world.hold(minutely())
    with closing(open_ledger(world.state)) as opened:
        opened.execute("SELECT count(*) FROM runs").fetchone()
        assert world.engine.observe().jobs
        world.engine.request_run("tick")
        assert world.engine.observe().jobs
        script = (
            "import pathlib, sys; from reconciler.engine.embedded import EmbeddedEngine\n"
            "EmbeddedEngine(pathlib.Path(sys.argv[1])).request_run('tick')"
        )
        subprocess.run([sys.executable, "-c", script, world.state], check=True)
        assert (world.state / f"{FILENAME}-wal").exists()
        assert opened.execute("SELECT count(*) FROM runs").fetchone() == (2,)
        opened.execute("DELETE FROM runs")
        assert world.runs() == []
