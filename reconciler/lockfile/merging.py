"""Three versions of a lockfile merged entry by entry, each taken whole from one side.

An entry is a reviewed answer under a checksum: half of one and half of another would answer nothing that
anybody reviewed. So what both sides changed differently stays a conflict, around that entry alone, and
`reconcile compile` settles it from the merged YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.lockfile.freezes import NAME
from reconciler.lockfile.text import block, document, freeze_block
from reconciler.model import Freeze, Lock, LockEntry


@dataclass(frozen=True, slots=True)
class Merged:
    """The entries that are settled, and both sides of those that are not, by id; None where a side has no entry.

    *freezes* are both sides of the freeze, where they differ; the lock's own is then not settled.
    """

    lock: Lock
    conflicts: dict[str, tuple[LockEntry | None, LockEntry | None]]
    freezes: tuple[Freeze | None, Freeze | None] | None = None

    @property
    def open(self) -> list[str]:
        """The names of what is not settled."""
        return [*([NAME] if self.freezes else []), *self.conflicts]


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
    if ours.freeze == theirs.freeze or (base is not None and theirs.freeze == base.freeze):
        return Merged(Lock(entries, ours.freeze), conflicts)
    if base is not None and ours.freeze == base.freeze:
        return Merged(Lock(entries, theirs.freeze), conflicts)
    return Merged(Lock(entries), conflicts, (ours.freeze, theirs.freeze))


def merged_text(merged: Merged) -> str:
    """Return the lockfile of *merged*: what `dumps` writes, with git's conflict markers around what is open."""
    return document(_blocks(merged))


def _blocks(merged: Merged) -> Iterator[str]:
    if merged.freezes is not None:
        yield _conflict(*("" if side is None else freeze_block(side) for side in merged.freezes))
    elif merged.lock.freeze is not None:
        yield freeze_block(merged.lock.freeze)
    for id in sorted(merged.lock.entries.keys() | merged.conflicts.keys()):
        if id in merged.lock.entries:
            yield block(merged.lock.entries[id])
        else:
            mine, other = ("" if side is None else block(side) for side in merged.conflicts[id])
            yield _conflict(mine, other)


def _conflict(mine: str, other: str) -> str:
    return f"<<<<<<< ours\n{mine}=======\n{other}>>>>>>> theirs\n"
