"""How many examples the dearest properties are tried on: a third of them each time, all of them by night."""

from __future__ import annotations

import os


def thorough() -> bool:
    """Return whether `RECONCILE_TESTS=thorough` asks for all examples, as by night."""
    return os.environ.get("RECONCILE_TESTS") == "thorough"


def examples(most: int) -> int:
    """Return *most* where all examples are asked for, a third of it else."""
    return most if thorough() else most // 3
