from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.engine.auditing import audit_ledger
from reconciler.errors import StoreFailed
from tests.engine.world import Hand, World


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A world that is audited when the test is over, whatever the test did to it: 0 silent, 0 doubled."""
    made = World(tmp_path)
    yield made
    _audit(made, request)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def still(tmp_path: Path, hand: Hand, request: pytest.FixtureRequest) -> Iterator[World]:
    """A world whose wall clock moves only by hand; audited like the other."""
    made = World(tmp_path, now=hand)
    yield made
    _audit(made, request)


def _audit(world: World, request: pytest.FixtureRequest) -> None:
    """Hold the test to `0 silent, 0 doubled`, unless it forged rows (`pytest.mark.forged`) or broke the store."""
    if request.node.get_closest_marker("forged"):
        return
    try:
        audit = audit_ledger(world.state)
    except StoreFailed:
        return
    assert audit.clean, audit.findings
