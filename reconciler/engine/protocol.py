"""What every engine can do, whatever it keeps its jobs in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.model import Action, Change, Observed, Pause, Run, RunState


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one change: *error* is None where it was applied."""

    id: str
    action: Action
    error: str | None = None


TIMEOUT = "the timeout ended it"
"""The error of an attempt whose time was over."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a process wrote, both streams as one: its beginning, its end, and how many bytes between were dropped."""

    head: bytes = b""
    tail: bytes = b""
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One process of a run, *number* counting from 1; times are aware UTC.

    *exit_code* is None where a *signal* ended it or it could not start (*error* says why).
    """

    number: int
    started_at: datetime
    finished_at: datetime
    exit_code: int | None
    signal: int | None
    error: str | None
    output: Output

    @property
    def timed_out(self) -> bool:
        """Whether its timeout ended it."""
        return self.error is not None and self.error.startswith(TIMEOUT)


class Engine(Protocol):
    """A scheduler that can be observed and changed; every method raises StoreFailed if its store cannot be used."""

    def observe(self) -> Observed:
        """Return what the engine holds; write nothing."""
        ...

    def apply(self, changes: Sequence[Change], revision: str) -> tuple[Applied, ...]:
        """Carry out *changes* whole or not at all, and say what became of each; no change writes nothing."""
        ...

    def runs(
        self, job_id: str | None = None, *, limit: int = 50, states: Collection[RunState] | None = None
    ) -> list[Run]:
        """Return the latest runs, newest first."""
        ...

    def pause(self, id: str, pause: Pause) -> None:
        """Stop the job's due times from running until it is resumed; raise InvalidInput if there is no such job."""
        ...

    def resume(self, id: str, by: str | None = None) -> None:
        """End the pause set by hand, *by* whom; raise InvalidInput if there is no such job."""
        ...
