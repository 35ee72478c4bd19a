"""A progress line on a terminal, for work that takes longer than half a second; silent elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_PATIENCE = 0.5
_REDRAW = 0.1


class Progress:
    """Counts work done: call it with (done, total)."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._started = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Progress:
        return self

    def __call__(self, done: int, total: int) -> None:
        """Show that *done* of *total* are finished."""
        now = time.monotonic()
        if not sys.stderr.isatty() or now - self._started < _PATIENCE or now - self._drawn < _REDRAW:
            return
        self._drawn = now
        sys.stderr.write(f"\r\x1b[K{self._label} {done:,}/{total:,}")
        sys.stderr.flush()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
