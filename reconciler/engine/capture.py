"""What a process writes, kept up to a bound: the beginning and the end."""

from __future__ import annotations

from reconciler.engine.protocol import Output

KEPT = 32 * 1024
"""Bytes kept of the beginning, and as many of the end."""


class Capture:
    """Takes bytes as they come and keeps the first and the last `KEPT` of them; memory stays below three times that."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._total += len(data)
        room = self._kept - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data[-self._kept :]
        if len(self._tail) > 2 * self._kept:
            del self._tail[: -self._kept]

    def output(self) -> Output:
        """Return what is kept."""
        tail = bytes(self._tail[-self._kept :])
        return Output(bytes(self._head), tail, self._total - len(self._head) - len(tail))
