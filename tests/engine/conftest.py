from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.world import Hand, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def still(tmp_path: Path, hand: Hand) -> World:
    """A world whose wall clock moves only by hand."""
    return World(tmp_path, now=hand)
