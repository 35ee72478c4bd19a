"""Three versions of a lockfile merged entry by entry, each taken whole from one side.

An entry is a reviewed answer under a checksum: half of one and half of another would answer nothing that
anybody reviewed. So what both sides changed differently stays a conflict, around that entry alone, and
`reconcile compile` settles it from the merged YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.lockfile.text import block, document
from reconciler.model import Lock, LockEntry


@dataclass(frozen=True, slots=True)
class Merged:
    """The entries that are settled, and both sides of those that are not, by id; None where a side has no entry."""

    lock: Lock
    conflicts: dict[str, tuple[LockEntry | None, LockEntry | None]]


def merge(base: Lock | None, ours: Lock, theirs: Lock) -> Merged:
    """Return *ours* and *theirs* as one, both having come from *base*.

    What one side alone changed, added or removed is taken; what both did alike is taken once. Without a
    *base* everything that differs is in conflict, since nobody can tell which side changed it.
    """
    entries: dict[str, LockEntry] = {}
    conflicts: dict[str, tuple[LockEntry | None, LockEntry | None]] = {}
    for id in sorted(ours.entries.keys() | theirs.entries.keys()):
        mine, other = ours.entries.get(id), theirs.entries.get(id)
        if mine == other or (base is not None and other == base.entries.get(id)):
            taken = mine
        elif base is not None and mine == base.entries.get(id):
            taken = other
        else:
            conflicts[id] = (mine, other)
            continue
        if taken is not None:
            entries[id] = taken
    return Merged(Lock(entries), conflicts)


def merged_text(merged: Merged) -> str:
    """Return the lockfile of *merged*: what `dumps` writes, with git's conflict markers around what is open."""
    return document(_blocks(merged))


def _blocks(merged: Merged) -> Iterator[str]:
    for id in sorted(merged.lock.entries.keys() | merged.conflicts.keys()):
        if id in merged.lock.entries:
            yield block(merged.lock.entries[id])
        else:
            mine, other = ("" if side is None else block(side) for side in merged.conflicts[id])
            yield f"<<<<<<< ours\n{mine}=======\n{other}>>>>>>> theirs\n"
