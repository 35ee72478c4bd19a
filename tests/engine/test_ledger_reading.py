from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from reconciler.engine.ledger_reading import reading
from tests.engine.world import World, minutely

WRITE = """
import pathlib, random, sys, time
from reconciler.engine.ledger import open_ledger, transaction
directory, keep, enough = pathlib.Path(sys.argv[1]), sys.argv[2] == "keep", pathlib.Path(sys.argv[3])
connection, number = open_ledger(directory), 0
while not enough.exists():
    number += 1
    with transaction(connection):
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('a', ?), ('b', ?)", (str(number), str(number)))
        row = "INSERT INTO runs (job_id, origin, scheduled_at, state) VALUES ('x', 'manual', 1, 'waiting')"
        connection.executemany(row, [()] * random.choice([1, 50]))
        connection.execute("DELETE FROM runs WHERE id < (SELECT max(id) FROM runs) - 200")
    if not keep:
        connection.close()
        connection = open_ledger(directory)
    time.sleep(0.001)
"""


def pair(connection: sqlite3.Connection) -> tuple[str, ...]:
    values = connection.execute("SELECT value FROM meta WHERE key IN ('a', 'b') ORDER BY key").fetchall()
    (sound,) = connection.execute("PRAGMA quick_check").fetchone()
    assert sound == "ok"
    return tuple(value for (value,) in values)


@pytest.mark.parametrize("how", ["keep", "close"])
def test_readers_see_whole_transactions_however_busy_the_writer_is(world: World, how: str) -> None:
    world.hold(minutely())
    seen, enough = set(), world.root / "enough"
    with subprocess.Popen([sys.executable, "-c", WRITE, world.state, how, enough]) as writer:
        while writer.poll() is None and len(seen) < 40:
            seen.add(reading(world.state, pair, ()))
        enough.touch()
    assert writer.returncode == 0
    assert all(len(set(found)) <= 1 for found in seen)
