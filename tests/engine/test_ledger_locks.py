"""The daemon's hold on the ledger survives whatever else its process does with the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.ledger import ledger_path, open_ledger, transaction
from reconciler.errors import StoreFailed

VISIT = """
import pathlib, sys
from reconciler.engine.ledger import open_ledger
open_ledger(pathlib.Path(sys.argv[1])).close()
"""


def note(connection: sqlite3.Connection, value: str) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO meta VALUES ('note', ?) ON CONFLICT (key) DO UPDATE SET value = ?", [value] * 2)


def noted_on_disk(state: Path) -> str:
    look = (
        "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(\"SELECT value FROM meta WHERE key='note'\"))"
    )
    path = str(ledger_path(state))
    return subprocess.run([sys.executable, "-c", look, path], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("other_use", ["a look", "a second connection"])
def test_what_is_written_after_a_visit_of_another_process_is_not_lost(tmp_path: Path, other_use: str) -> None:
    state = tmp_path / "state"
    open_ledger(state).close()
    with closing(open_ledger(state)) as daemon:
        if other_use == "a look":
            EmbeddedEngine(state).observe()
        else:
            open_ledger(state).close()
        subprocess.run([sys.executable, "-c", VISIT, str(state)], check=True)
        note(daemon, "written last")
        assert "written last" in noted_on_disk(state)


def test_a_link_in_place_of_the_ledger_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "elsewhere").write_text("")
    ledger_path(tmp_path / "state").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreFailed):
        open_ledger(tmp_path / "state")
    assert (tmp_path / "elsewhere").read_text() == ""


def test_a_look_in_the_process_of_the_daemon_sees_what_was_just_written(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with closing(open_ledger(state)):
        before = EmbeddedEngine(state).runs()
        with closing(open_ledger(state)) as second, transaction(second):
            second.execute(
                "INSERT INTO runs (job_id, origin, scheduled_at, state) VALUES ('a', 'manual', 1, 'waiting')"
            )
        assert len(EmbeddedEngine(state).runs()) == len(before) + 1
