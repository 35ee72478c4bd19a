"""Secrets out of what a process writes: every form of a value that is likely to be printed becomes `***`. Pure.

A process that wants to show a secret can: backwards, in hexadecimal, a letter a line. This is against accidents.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator, Mapping

SHORTEST = 4
"""Characters below which a value cannot be masked: it would be found everywhere."""
MASK = b"***"
_WRAPS = (64, 76)  # the columns at which base64 is broken into lines: PEM, MIME
_GROUPED = 3
_SHORTEST_ENCODED = 4  # characters of base64


def unmaskable(names: Iterable[str], environment: Mapping[str, str]) -> str | None:
    """Return the first of *names* whose value is too short to be masked. No value at all is nothing to mask."""
    return next((name for name in names if 0 < len(environment.get(name, "").strip()) < SHORTEST), None)


def needles(values: Iterable[str]) -> frozenset[bytes]:
    """Return every text to be masked: each value, its lines, and both in base64."""
    found: set[bytes] = set()
    for value in values:
        found.update(_plain(value))
        raw = os.fsencode(value)
        for form in {raw, raw.strip()}:
            found.update(_encoded(form))
    return frozenset(found)


def _plain(value: str) -> Iterator[bytes]:
    for text in (value, value.strip(), *map(str.strip, value.splitlines())):
        if len(text) >= SHORTEST:
            yield os.fsencode(text)


def _encoded(raw: bytes) -> Iterator[bytes]:
    """Yield the base64 of *raw* as it stands alone, and the part of it that stays the same inside a longer text."""
    if not raw.strip():
        return
    for whole in (base64.b64encode(raw), base64.b64encode(raw + b"\n")):
        yield from _both_alphabets(whole)
        yield from _both_alphabets(whole.rstrip(b"="))
        for width in _WRAPS:
            for at in range(0, len(whole), width) if len(whole) > width else ():
                if len(whole[at : at + width]) >= _SHORTEST_ENCODED:
                    yield whole[at : at + width]
    for shift in range(3):
        inner = raw[shift:]
        yield from _both_alphabets(base64.b64encode(inner[: len(inner) // 3 * 3]))


def _both_alphabets(encoded: bytes) -> Iterator[bytes]:
    if len(encoded) >= _SHORTEST_ENCODED:
        yield encoded
        yield encoded.replace(b"+", b"-").replace(b"/", b"_")


def _alternatives(texts: Iterable[bytes], grouped: int) -> bytes:
    """Return a pattern for the longest of *texts* at a place, its branches grouped by so many bytes: few are tried."""
    longest_first = sorted(texts, key=lambda text: (-len(text), text))
    if not grouped or len(longest_first) == 1 or not all(longest_first):
        return b"|".join(map(re.escape, longest_first))
    groups: dict[bytes, list[bytes]] = {}
    for text in longest_first:
        groups.setdefault(text[:1], []).append(text[1:])
    branches = (re.escape(first) + b"(?:" + _alternatives(rest, grouped - 1) + b")" for first, rest in groups.items())
    return b"|".join(branches)


class Mask:
    """Replaces the needles in a stream; how the stream is cut into pieces makes no difference to what comes out."""

    def __init__(self, hidden: Iterable[bytes]) -> None:
        hidden = frozenset(hidden)
        self._longest = max(map(len, hidden), default=0)
        self._pattern = re.compile(_alternatives(hidden, _GROUPED))
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Return what is certain by now; fewer bytes than the longest needle has are held back."""
        if not self._longest:
            return data
        text = self._held + data
        certain = len(text) - self._longest + 1  # a needle that begins before this one ends within the text
        parts: list[bytes] = []
        done = 0
        for match in self._pattern.finditer(text):
            if match.start() >= certain:
                break
            parts += text[done : match.start()], MASK
            done = match.end()
        until = max(done, certain)
        parts.append(text[done:until])
        self._held = text[until:]
        return b"".join(parts)

    def end(self) -> bytes:
        """Return what was held back, the stream being over."""
        held, self._held = self._held, b""
        return self._pattern.sub(MASK, held) if self._longest else held
