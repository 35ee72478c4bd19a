from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.world import Faulty, assert_accounted


@pytest.fixture
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Faulty]:
    """A project that is held to its history when the test is over, whatever the test did to it."""
    made = Faulty(tmp_path / "project")
    made.root.mkdir()
    yield made
    for daemon in made.daemons:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
    assert_accounted(made, request.node.name)
