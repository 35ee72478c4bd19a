"""`reconcile merge-lock`: git's merge driver for the lockfile."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler import lockfile
from reconciler.cli.console import note, problem_lines
from reconciler.errors import LockInvalid, StoreFailed
from reconciler.model import Lock
from reconciler.review.text import plural, safe

_MOST_NAMED = 20


@click.command("merge-lock")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
@click.argument("path", default="schedules.lock")
def command(base: Path, ours: Path, theirs: Path, path: str) -> None:
    """Merge THEIRS into OURS by entry, both having come from BASE; PATH is their name in messages.

    `reconcile init --git` makes git call this. Exits 1 with conflict markers around the entries that
    both sides changed; leaves OURS alone and exits 4 where a side is no lockfile.
    """
    mine, other = (lockfile.read(file, name=f"{path} ({side})") for file, side in ((ours, "ours"), (theirs, "theirs")))
    merged = lockfile.merge(_base(base, path), mine, other)
    if merged.lock == mine and not merged.open:
        return
    try:
        lockfile.write_atomically(ours, lockfile.merged_text(merged).encode())
    except OSError as error:
        raise StoreFailed(f"{path}: {error.strerror}") from None
    if merged.open:
        note(f"{safe(path)}: {plural(len(merged.open), 'conflict')}: {_named(merged.open)}")
        note("    settle the YAML, then run `reconcile compile`: it keeps what is merged and compiles the rest")
        sys.exit(1)


def _named(ids: list[str]) -> str:
    shown = ", ".join(ids[:_MOST_NAMED])
    return shown if len(ids) <= _MOST_NAMED else f"{shown} and {len(ids) - _MOST_NAMED:,} more"


def _base(file: Path, path: str) -> Lock | None:
    """Return the version that both sides came from; None where it cannot be told.

    git gives an empty file where there was none, and, where the ancestors themselves had to be merged, one
    that may hold conflict markers.
    """
    name = f"{path} (base)"
    try:
        text = lockfile.read_text(file, name=name)
        return lockfile.loads(text, file=name) if text else Lock({})
    except LockInvalid as error:
        for line in problem_lines(error.problems):
            note(line)
        note("without their common version, every entry that differs is left as a conflict")
        return None
