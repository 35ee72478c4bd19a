"""What a process writes, kept up to a bound: the beginning and the end."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.engine.masking import Mask
from reconciler.engine.protocol import Output

KEPT = 32 * 1024
"""Bytes kept of the beginning, and as many of the end."""


class Capture:
    """Takes bytes as they come and keeps the first and the last `KEPT` of them; memory stays below three times that.

    What is in *hidden* is masked before anything is kept or cut.
    """

    def __init__(self, kept: int = KEPT, hidden: Iterable[bytes] = ()) -> None:
        self._kept = kept
        self._mask = Mask(hidden)
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._keep(self._mask.feed(data))

    def _keep(self, data: bytes) -> None:
        self._total += len(data)
        room = self._kept - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data[-self._kept :]
        if len(self._tail) > 2 * self._kept:
            del self._tail[: -self._kept]

    def output(self) -> Output:
        """Return what is kept, nothing more being to come."""
        self._keep(self._mask.end())
        tail = bytes(self._tail[-self._kept :])
        return Output(bytes(self._head), tail, self._total - len(self._head) - len(tail))
