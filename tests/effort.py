"""How many examples the dearest properties are tried on: a third of them each time, all of them by night."""

from __future__ import annotations

import os


def examples(thorough: int) -> int:
    """Return *thorough* where `RECONCILE_TESTS=thorough` asks for it, a third of it else."""
    return thorough if os.environ.get("RECONCILE_TESTS") == "thorough" else thorough // 3
